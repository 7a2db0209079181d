import json
import random

import pytest

from gateway.redact.placeholders import Placeholder
from gateway.redact.restore import Flow, Restorer
from tests.gateway.redact.examples import answer, values

ANSWERS, SEEDS = 10_000, 8
PERSON, EMAIL = Placeholder("PERSON", 1), Placeholder("EMAIL", 2)
KNOWN = {PERSON: "Zoë Ångström", EMAIL: 'a"b@x.org', Placeholder("PERSON", 1, "B"): "Ångström", Placeholder("PERSON", 12): "Li Na"}


def fed(flow: Flow, *pieces: str) -> str:
    return "".join(map(flow.feed, pieces)) + flow.finish()


@pytest.mark.long
@pytest.mark.parametrize("seed", range(SEEDS))
def test_ten_thousand_answers_are_restored_wherever_they_are_cut(seed: int) -> None:
    dice = random.Random(seed)
    for number in range(ANSWERS // SEEDS):
        known, is_json = values(dice), number % 3 == 0
        said, meant = answer(dice, known, is_json=is_json)
        restorer = Restorer(known)
        whole = restorer.whole(said, is_json=is_json)
        assert (json.loads(whole) == json.loads(meant)) if is_json else (whole == meant), said
        for at in range(len(said) + 1):
            assert fed(restorer.flow(is_json=is_json), said[:at], said[at:]) == whole, (said, at)
        assert fed(restorer.flow(is_json=is_json), *said) == whole, said
        assert restorer.unrestored == 0


@pytest.mark.parametrize(
    "said,meant",
    [
        pytest.param("<PERSON_1>", "Zoë Ångström", id="as it was sent"),
        pytest.param("<PERSON_1><PERSON_1B><PERSON_12>", "Zoë ÅngströmÅngströmLi Na", id="one beside the other"),
        pytest.param("PERSON_1's mail", "Zoë Ångström's mail", id="without brackets"),
        pytest.param("[PERSON_1](mailto:EMAIL_2)", '[Zoë Ångström](mailto:a"b@x.org)', id="in a link of Markdown"),
        pytest.param("<person_1>, < Person 1 >, <PERSON-1>, <PERSON1>", ", ".join(["Zoë Ångström"] * 4), id="in another case or spacing"),
        pytest.param("&lt;PERSON_1&gt; <PERSON\\_1>", "Zoë Ångström Zoë Ångström", id="as HTML or Markdown escapes it"),
    ],
)
def test_what_can_be_told_is_restored(said: str, meant: str) -> None:
    restorer = Restorer(KNOWN)
    assert restorer.whole(said) == meant
    assert restorer.unrestored == 0


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("<PERSON_9>", id="a number that was never sent"),
        pytest.param("<PERSON_1Z>", id="a part that was never sent"),
        pytest.param("PERSON_9", id="without brackets"),
        pytest.param("<PERSONNE_1>", id="a translated word"),
        pytest.param("<ΠΡΌΣΩΠΟ_1>", id="in another script"),
    ],
)
def test_what_stands_for_nothing_is_left_and_counted(said: str) -> None:
    restorer = Restorer(KNOWN)
    assert restorer.whole(f"Dear {said}, <PERSON_1>") == f"Dear {said}, Zoë Ångström"
    assert restorer.unrestored == 1
    for at in range(len(said) + 1):
        restorer = Restorer(KNOWN)
        assert fed(restorer.flow(), said[:at], said[at:]) == said
        assert restorer.unrestored == 1


@pytest.mark.parametrize("said", ["person 1 was there", "MY_PERSON_1", "PERSON_1_ID", "<h1>", "a<b", "<item_1>", "PERSON_", "<PERSON", "<"])
def test_what_only_resembles_one_is_neither_restored_nor_counted(said: str) -> None:
    restorer = Restorer(KNOWN)
    assert restorer.whole(said) == said
    assert fed(restorer.flow(), *said) == said
    assert restorer.unrestored == 0


def test_what_the_caller_wrote_is_theirs() -> None:
    restorer = Restorer(KNOWN, own=frozenset({Placeholder("PERSON", 9)}))
    assert restorer.whole("<PERSON_9>") == "<PERSON_9>"
    assert restorer.unrestored == 0


@pytest.mark.parametrize(
    "piece,now",
    [
        pytest.param("Dear <PERS", "Dear ", id="the beginning of one"),
        pytest.param("Dear PERSON_1", "Dear ", id="one that may become longer"),
        pytest.param("Dear <PERSON_1>", "Dear Zoë Ångström", id="a whole one"),
        pytest.param("Dear all", "Dear all", id="nothing like one"),
        pytest.param("Dear <table", "Dear <table", id="a bracket that is none of ours"),
        pytest.param("see x<PERSON_1", "see x", id="within a word, with a bracket"),
    ],
)
def test_no_more_is_held_back_than_may_become_one(piece: str, now: str) -> None:
    flow = Restorer(KNOWN).flow()
    assert flow.feed(piece) == now
    assert flow.is_holding == (not now.endswith(("all", "Ångström", "table")))


def test_nothing_of_a_value_shows() -> None:
    restorer = Restorer(KNOWN)
    assert "Zoë" not in repr(restorer) + repr(restorer.flow()) + str(restorer)
    assert len(restorer) == 4


def test_a_value_in_json_stays_json() -> None:
    assert json.loads(Restorer({EMAIL: '"\\\n'}).whole('{"to": "<EMAIL_2>"}', is_json=True)) == {"to": '"\\\n'}
    said = '{"to": "\\u003cEMAIL_2\\u003e"}'
    assert json.loads(Restorer({EMAIL: '"\\\n'}).whole(said, is_json=True)) == {"to": '"\\\n'}
