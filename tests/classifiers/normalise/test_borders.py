import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.normalise.borders import REACH, Joined, joined
from classifiers.prompt import Part, Place

LONG = "x" * 3 * REACH
WORDS = ("y " * REACH)[:-1] + "z"
RUN = "y" * 2 * REACH
CUT = "\n" * 64


def parts(*texts: str, place: Place = "content") -> tuple[Part, ...]:
    return tuple(Part(text, turn, 0, place) for turn, text in enumerate(texts))


def texts(*of: Part) -> list[str]:
    return [text for one in joined(of) for text in one.text.split(CUT)]


def spans(one: Joined, what: str) -> list[tuple[int, int, int]]:
    at = one.text.index(what)
    return one.places(at, at + len(what))


def test_neighbours_are_read_together_glued_and_with_a_space() -> None:
    assert texts(*parts("a", "b")) == ["ab", "a b"]


def test_every_second_turn_is_read_together() -> None:
    assert texts(*parts("a", "b", "c", "d")) == ["abcd", "ac", "bd", "a b c d"]


def test_fields_are_read_apart_from_speech() -> None:
    fields = (Part("k: 1", -1, 0, "field", 3), Part("l: 2", -1, 1, "field", 3))
    assert texts(fields[0], *parts("a", "b"), fields[1]) == ["ab", "a b", "12"]
    assert [one.comes_again for one in joined((fields[0], *parts("a", "b"), fields[1]))] == [False, True]
    assert texts(*fields) == ["12"]


def test_one_part_has_no_border() -> None:
    assert texts(*parts("a")) == []
    assert texts(Part("k: 1", -1, 0, "field"), *parts("a")) == []


def test_the_middle_of_a_long_part_is_left_out() -> None:
    assert texts(*parts(LONG + "a", "b" + LONG))[:3] == ["x" * REACH, "x" * (REACH - 1) + "ab" + "x" * (REACH - 1), "x" * REACH]


@pytest.mark.parametrize(
    ("before", "known", "read"),
    [
        pytest.param(("a", "b"), 2, ["abn", "an", "a b n"], id="from the beginning, where little stands before"),
        pytest.param((LONG, "b"), 2, [f"{LONG[:REACH]}bn", f"{LONG[:REACH]}n", f"{LONG[:REACH]} b n"], id="from the end of a long part"),
        pytest.param(("a", WORDS, "b"), 3, [f"{WORDS}bn", "ab", f"{WORDS}n", f"{WORDS} b n"], id="behind as much as stands at a border"),
        pytest.param(("a b", RUN, "c"), 3, [f"a b{RUN}cn", "a bc", f"{RUN}n", f"a b {RUN} c n"], id="not from within a run without blanks"),
        pytest.param((LONG,), 0, ["x" * REACH, "x" * REACH + "n", "x" * REACH, "x" * REACH + " n"], id="nothing is known"),
        pytest.param(("a", "b"), 3, ["abn", "an", "a b n"], id="all is known, and read as it ends now"),
    ],
)
def test_behind_what_is_known_a_text_begins_where_it_may_have_to_do_with_the_rest(
    before: tuple[str, ...], known: int, read: list[str]
) -> None:
    [one] = joined(parts(*before, "n"), known)
    assert [text for text in one.text.split(CUT) if text] == read


@pytest.mark.parametrize("before", [LONG + "111", WORDS + "111", "z 111"])
def test_a_span_leads_back_behind_what_is_known(before: str) -> None:
    said = parts("a", before, "222 it is")
    assert [spans(one, "111222") for one in joined(said, 2)] == [spans(one, "111222") for one in joined(said)]
    assert [spans(one, "1222 it is") for one in joined(said, 2)] == [spans(one, "1222 it is") for one in joined(said)] != [[]]


def test_what_touches_the_beginning_of_what_is_read_again_may_be_a_piece_of_something_else() -> None:
    said = parts("a", WORDS, "n")
    [whole], [behind] = joined(said), joined(said, 2)
    assert spans(whole, f"{WORDS}n") != []
    assert spans(behind, f"{WORDS}n") == []
    assert spans(behind, "zn") == spans(whole, "zn") != []


def test_a_span_leads_back_to_its_parts() -> None:
    [one] = joined(parts("see 4111", " 1111 ok", "go"))
    assert spans(one, "41111111") == [(0, 4, 8), (1, 1, 5)]
    assert spans(one, "4111 1111") == [(0, 4, 8), (1, 1, 5)]
    assert spans(one, "ok go") == [(1, 6, 8), (2, 0, 2)]


def test_what_lies_in_one_part_was_found_there() -> None:
    [one] = joined(parts("see 4111", "1111 ok"))
    assert spans(one, "4111") == []
    assert one.places(200, 300) == []


@pytest.mark.parametrize("what", ["x" * REACH + "\n", "\n" + "x" * 9, "\n" * 64])
def test_what_touches_a_cut_does_not_count(what: str) -> None:
    assert spans(joined(parts(LONG, "b"))[0], what) == []


def test_chains_are_kept_apart() -> None:
    [one] = joined(parts("a", "b", "c"))
    assert one.places(0, len(one.text)) == []
    assert spans(one, f"abc{CUT}a") == []


def test_no_repr_shows_text() -> None:
    assert "canary" not in repr(joined(parts("canary", "canary")))


@given(st.lists(st.text("ab 1\n", max_size=400), max_size=5), st.integers(0, 900), st.integers(0, 50))
def test_places_lie_inside_the_parts_and_hold_what_was_read(several: list[str], start: int, length: int) -> None:
    every = parts(*several)
    if len(every) < 2:
        assert joined(every) == ()
        return
    [one] = joined(every)
    found = one.places(start, start + length)
    assert all(0 <= begin <= end <= len(every[part].text) for part, begin, end in found)
    asked = one.text[start : start + length].strip()
    pieces = [every[part].text[begin:end] for part, begin, end in found]
    assert not found or asked in {"".join(pieces).strip(), " ".join(pieces).strip()}
