import copy
import pickle

import pytest

from router.labels import Labels


def test_labels_are_ordered_as_written() -> None:
    labels = Labels(["low", "high"])
    assert labels["low"] < labels["high"]
    assert (labels.lowest, labels.highest) == tuple(labels)
    assert len(labels) == 2
    assert "low" in labels
    assert "middle" not in labels
    assert repr(labels) == "low < high"


@pytest.mark.parametrize("names", [pytest.param([], id="no label"), pytest.param(["a", "b", "a"], id="a label twice")])
def test_labels_refuse(names: list[str]) -> None:
    with pytest.raises(ValueError, match="none twice"):
        Labels(names)


def test_a_label_prints_as_its_name_however_it_is_printed() -> None:
    label = Labels()["personal"]
    assert (repr(label), str(label), f"{label}", f"{label:>9}") == ("personal", "personal", "personal", " personal")


def test_a_copied_label_keeps_rank_and_name() -> None:
    label = Labels()["personal"]
    for twin in (copy.deepcopy(label), pickle.loads(pickle.dumps(label))):
        assert (twin, twin.name) == (label, "personal")


def test_joining_takes_the_highest() -> None:
    public, internal, personal, restricted = Labels()
    assert Labels.join(internal, restricted, public) is restricted
    assert Labels.join(public) is public
    assert list(Labels().at_least(personal)) == [personal, restricted]


def test_a_label_of_other_labels_is_known_by_its_name() -> None:
    before, after = Labels(["public", "secret", "gone"]), Labels(["public", "internal", "more", "secret", "highest"])
    assert [after.own(label) for label in before] == [after["public"], after["secret"], after["highest"]]
