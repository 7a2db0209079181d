import base64

import pytest

from classifiers.classify import classify
from classifiers.kinds import make_detector
from classifiers.normalise.view import CUT
from classifiers.prompt import Part, Prompt
from classifiers.reading import DEEP, Reading, of_borders, of_part
from classifiers.signals import Finding
from classifiers.table import fuse, sieve_of
from classifiers.work import Work

SHIPPED = fuse((make_detector("patterns", {}), make_detector("secrets", {})))
PROSE = "The committee looks at the proposal again in spring. " * 40
MAIL = "ann@example.org"
CARD = "4111111111111111"


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def found(*texts: str) -> list[tuple[str, str]]:
    """The categories, and the text that each finding covers."""
    signals = classify(Prompt(tuple(Part(text, turn) for turn, text in enumerate(texts))), SHIPPED)
    assert not signals.doubts
    return [(finding.category, texts[finding.turn][finding.start : finding.end]) for finding in signals.findings]


def ways(text: str) -> list[tuple[str, bool]]:
    """The other ways to read a text, and whether each is a guess."""
    reading = Reading(of_part(Part(text), 0, len(text)), Work())
    return [(other.text.strip(), other.is_guess) for other in reading.unfolded()]


@pytest.mark.parametrize(
    ("text", "others"),
    [
        pytest.param("plain text", [], id="no other way"),
        pytest.param("ｐｌａｉｎ", [("plain", False)], id="without its disguise"),
        pytest.param(coded("a long secret"), [("a long secret", False)], id="decoded"),
        pytest.param(coded(coded("a long secret")), [(coded("a long secret"), False), ("a long secret", False)], id="decoded twice"),
        pytest.param(coded("a l%6fng secret"), [("a long secret", False)], id="decoded, then without its disguise"),
        pytest.param("4_1_1_1_1_1_1_1_1_1_1_1_1_1_1_1", [(CARD, True)], id="guessed"),
        pytest.param(
            "four " + "one " * 8 + '1111" + "111', [(CARD[:9] + " 1111111", True), (CARD[:9] + "1111111", True)], id="guessed twice"
        ),
    ],
)
def test_a_text_is_read_in_every_way(text: str, others: list[tuple[str, bool]]) -> None:
    read = ways(text)
    assert read[: len(others)] == others
    assert bool(read) == bool(others)


def layers(text: str, count: int) -> str:
    for _ in range(count):
        text = coded(text)
    return text


@pytest.mark.parametrize("count", range(1, DEEP + 1))
def test_each_layer_of_encoding_is_unpacked(count: int) -> None:
    written = layers(f"write to {MAIL} today", count)
    assert found(written) == [("email", written)]


def test_a_text_below_more_layers_is_a_doubt() -> None:
    signals = classify(Prompt((Part(layers(f"write to {MAIL} today", DEEP + 1), 0),)), SHIPPED)
    assert [doubt.kind for doubt in signals.doubts] == ["over_budget"]


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("ann%40example.org", id="percent"),
        pytest.param("ａｎｎ＠ｅｘａｍｐｌｅ．ｏｒｇ", id="full width"),
        pytest.param(coded("write to ann@example.org"), id="base64"),
        pytest.param(coded("write to ann%40example.org"), id="percent in base64"),
        pytest.param("ann at example dot org", id="in words"),
        pytest.param("&#97;nn at example dot org", id="an entity, and in words"),
    ],
)
def test_a_disguise_in_a_long_text_is_found_where_it_stands(written: str) -> None:
    assert found(f"{PROSE}Write to {written} now. {PROSE}") == [("email", written)]


def test_two_disguises_far_apart_are_both_found() -> None:
    assert found(f"{PROSE}ann%40example.org {PROSE}{coded('write to bob@example.org')} {PROSE}") == [
        ("email", "ann%40example.org"),
        ("email", coded("write to bob@example.org")),
    ]


def test_only_what_stands_near_a_change_is_read_again() -> None:
    [(read, _)] = ways(f"{PROSE}100%25 sure {PROSE}")
    assert "100% sure" in read
    assert len(read) < 500
    assert CUT not in read.strip()


def test_a_word_near_a_disguise_still_says_what_it_is() -> None:
    assert ("date_of_birth", "12%2F03%2F1980") in found(f"{PROSE}Date of birth: 12%2F03%2F1980. {PROSE}")


def test_a_lone_surrogate_beside_it_hides_nothing() -> None:
    assert found(f"\ud800 {coded('write to ann@example.org')}") == [("email", coded("write to ann@example.org"))]


def test_a_guess_needs_proof() -> None:
    assert found("the card is 4_1_1_1_1_1_1_1_1_1_1_1_1_1_1_1 ok") == [("card", "4_1_1_1_1_1_1_1_1_1_1_1_1_1_1_1")]
    assert found("the list is 4_1_1_1_1_1_1_1_1_1_1_1_1_1_1_2 ok") == []


def test_a_value_across_a_border_is_found_in_both_parts() -> None:
    assert found("the first half is 41111111", "11111111 was the rest") == [("card", "41111111"), ("card", "11111111")]


def test_a_border_is_read_without_its_disguise() -> None:
    assert ("card", "4111&#49;111") in found("the first half is 4111&#49;111", "11111111 was the rest")


def test_the_borders_of_one_part_are_none() -> None:
    assert [*of_borders((Part("alone"),), Work())] == []


def test_a_source_says_where_its_spans_stand() -> None:
    source = of_part(Part("a text", 3, 2), 5, 4)
    assert (source.text, source.is_joined) == ("a te", False)
    assert source.places(-3, 99) == ((5, 0, 4),)
    [borders] = of_borders((Part("a", 0), Part("b", 1)), Work())
    assert borders.is_joined
    assert borders.places(0, 2) == [(0, 0, 1), (1, 0, 1)]


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        pytest.param("nothing to see", True, id="no gate opens"),
        pytest.param(f"to {MAIL}", False, id="a gate opens"),
        pytest.param("\uff4eothing", False, id="letters that are not plain"),
        pytest.param("%41", False, id="another way to read it"),
    ],
)
def test_a_text_is_plain_when_there_is_nothing_to_ask_of_it(text: str, is_plain: bool) -> None:
    sieve = sieve_of(SHIPPED)
    assert Reading(of_part(Part(text), 0, 99), Work(), sieve).is_plain is is_plain
    assert Reading(of_part(Part(text), 0, 99), Work(0.0), sieve).is_plain is False


def test_the_finding_names_its_detector() -> None:
    [detector] = [detector for detector in SHIPPED if detector.kind == "patterns"]
    part = Part(f"to {MAIL}", 4, 1)
    reading = Reading(of_part(part, 0, 99), Work())
    assert next(iter(reading.findings(detector, (part,))))[1] == Finding(4, 1, 3, 18, "email", "patterns", 0.95)
