import pytest

from classifiers.kinds import UnknownKind, kinds, make_detector, make_scorer


def test_the_listing_of_a_folder_is_the_list_of_kinds() -> None:
    assert {"patterns", "secrets", "names"} <= set(kinds("detectors"))
    assert "lexical" in kinds("scorers")


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        pytest.param("patern", "did you mean 'patterns'?", id="a typing error gets a hint"),
        pytest.param("zzz", "there are: names, patterns, presidio, secrets", id="anything else gets the list"),
    ],
)
def test_an_unknown_kind_is_refused(kind: str, says: str) -> None:
    with pytest.raises(UnknownKind, match="no detector") as refused:
        make_detector(kind, {})
    assert says in str(refused.value)


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(UnknownKind, match="'patterns' has no option 'region'; did you mean 'regions'"):
        make_detector("patterns", {"region": ["US"]})


def test_options_reach_the_detector() -> None:
    assert "email" not in make_detector("patterns", {"without": ["email"], "regions": ["US"]}).categories


def test_a_dotted_kind_is_a_module_of_somebody_else() -> None:
    assert make_detector("classifiers.detectors.secrets", {}).kind == "secrets"
    assert make_scorer("classifiers.scorers.lexical", {}).kind == "lexical"
