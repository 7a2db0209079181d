from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.kinds import OverBudget
from classifiers.normalise.fold import LAYERS, normalise

CARD = "4111111111111111"
EVASIVE = st.text(
    st.sampled_from("ab1 %&#;4x26\u200b\u00ad\u0301\uff14\u0664\u00bd\u2013\u00a0\x00\ufb01\ufdfa\U000e0041")
    | st.characters(codec="utf-8"),
    max_size=60,
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("plain text, 100 of it\n\twith lines", id="ascii"),
        pytest.param("50% off & more; 100%, R&D &c.", id="per cent and ampersand as people write them"),
        pytest.param("Die größte Überraschung – schön, daß …", id="letters with accents, dashes between words"),
        pytest.param("Москва, \u0430 \u0441 \u043e", id="letters of another script among themselves"),
        pytest.param("漢字かな한글", id="scripts without compatibility forms"),
        pytest.param("&nosuchentity; &;", id="an entity that is none"),
        pytest.param("\u20ac 12 &\u20ac;", id="beyond ascii next to an ampersand"),
        pytest.param("lone \ud800 surrogate", id="a lone surrogate"),
        pytest.param("\U0001f600 12 \U0001f600", id="what people feel"),
        pytest.param("東京です。人口は、千万人：多い！", id="signs between words of another script"),
        pytest.param('print("a\\n")  # \\t, \\ and \\"', id="escapes that hide nothing"),
    ],
)
def test_what_reads_as_it_is_written_has_no_view(text: str) -> None:
    assert normalise(text) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("４１１１１１１１１１１１１１１１", CARD, id="full-width digits"),
        pytest.param("٤١١١١١١١١١١١١١١١", CARD, id="arabic-indic digits"),
        pytest.param("4\u200b1\u200d1\u20601\ufeff111111111\u00ad111", CARD, id="invisible characters between digits"),
        pytest.param("4\x001\x1f11111111111111", CARD, id="control characters between digits"),
        pytest.param("\u202e4111111111111111\u202c", CARD, id="bidirectional controls around"),
        pytest.param("&#52;&#x31;11111111111111", CARD, id="html entities"),
        pytest.param("%34%31%31%31111111111111", CARD, id="percent-encoding"),
        pytest.param("%26%2352%3B111111111111111", CARD, id="an entity inside percent-encoding"),
        pytest.param("%2534111111111111111", CARD, id="percent-encoding twice"),
        pytest.param("%25252534111111111111111", CARD, id="percent-encoding four times"),
        pytest.param("p\u0430\u0443pal, \u0430dmin", "paypal, admin", id="letters of another script among Latin ones"),
        pytest.param("密码：hunter2", "密码:hunter2", id="a sign of another script before a word in Latin"),
        pytest.param("７：８", "7:8", id="signs among digits of another script"),
        pytest.param("%EF%BC%94111111111111111", CARD, id="a full-width digit, percent-encoded"),
        pytest.param("078\u201305\u20111120", "078-05-1120", id="dashes of all kinds between digits"),
        pytest.param("tel 12\u2013AB", "tel 12-AB", id="a dash behind a digit"),
        pytest.param("AB\u201312 tel", "AB-12 tel", id="a dash before a digit"),
        pytest.param("a\u00a0b\u3000c", "a b c", id="spaces of all kinds"),
        pytest.param("john＠example．com", "john@example.com", id="full-width signs"),
        pytest.param("\ufb01nance \u00bd ", "finance 1\u20442 ", id="ligatures grow"),
        pytest.param("john\U000e0041@example.com", "john@example.com", id="tag characters"),
        pytest.param("".join(chr(0xE0000 + ord(each)) for each in CARD), CARD, id="a text in tag characters"),
        pytest.param("=34=31=31=31111111111111", "4111111111111111"[:16], id="quoted-printable"),
        pytest.param("\\064\\0611111111111111 1", "411111111111111 1", id="octal escapes"),
        pytest.param("\\U00000034\\U0000003111111111111111", CARD, id="long escapes"),
        pytest.param("U+0034 U+0031", "41", id="code points by their names"),
        pytest.param("\ufdfa \uff14", "\ufdfa 4", id="a ligature of eighteen stays as it is"),
        pytest.param("%FF1", "\ufffd1", id="bytes that are no text"),
        pytest.param("\ud800\uff14", "\ud8004", id="a lone surrogate beside"),
    ],
)
def test_the_view_is_what_a_reader_sees(written: str, read: str) -> None:
    view = normalise(written)
    assert view is not None
    assert view.text == read
    assert view.original(0, len(read)) == (0, len(written)) or written[0] in "\u202e\ufeff"


def test_offsets_lead_back() -> None:
    text = "my card: ４１１１\u200b1111 %31%31%31%31 &#49;111, thanks"
    view = normalise(text)
    assert view is not None
    start = view.text.index("4111")
    begin, end = view.original(start, start + len("41111111 1111 1111"))
    assert text[begin:end] == "４１１１\u200b1111 %31%31%31%31 &#49;111"
    assert text[slice(*view.original(view.text.index("thanks"), len(view.text)))] == "thanks"
    assert view.original(0, 0) == (0, 0)


def test_the_view_hides_its_text() -> None:
    assert "canary" not in repr(normalise("canary\u200b"))


@settings(deadline=None)
@given(EVASIVE)
def test_the_map_is_monotone_and_stays_inside_the_text(text: str) -> None:
    view = normalise(text)
    if view is None:
        return
    assert view.text != text
    spans = [view.original(at, at + 1) for at in range(len(view.text))]
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert all(left[0] <= right[0] and left[1] <= right[1] for left, right in pairwise(spans))


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="%&\\"), max_size=200))
def test_plain_ascii_never_has_a_view(text: str) -> None:
    assert normalise(text) is None


@pytest.mark.parametrize("piece", ["\u200b", "1\u200b", "％", "%25", "&amp;", "\ufdfa", "e\u0301", "&", "\uff14\u0301"])
def test_a_view_is_never_much_longer_than_its_text(piece: str) -> None:
    text = piece * 5_000
    view = normalise(text)
    assert view is None or len(view.text) <= 4 * len(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param('{"t":"card:\\n4111"}', '{"t":"card:\n4111"}', id="a line break"),
        pytest.param("4111\\u00a01111", "4111 1111", id="a space by its number"),
        pytest.param('\\"a\\": 12\\/03\\\\x', '"a": 12/03\\x', id="quotes, slashes"),
    ],
)
def test_json_inside_of_a_string_is_read(text: str, read: str) -> None:
    view = normalise(text)
    assert view is not None
    assert view.text == read


def test_half_a_surrogate_stays_as_it_is_written() -> None:
    assert normalise("\\ud800x") is None


def disguised(text: str, count: int) -> str:
    """Percent-encoded so often."""
    for _ in range(count):
        text = text.replace("%", "%25").replace("@", "%40")
    return text


def test_a_text_is_gone_over_until_nothing_changes() -> None:
    view = normalise(disguised("ann@example.org", LAYERS - 1))
    assert view is not None
    assert "ann@example.org" in view.text


def test_what_is_disguised_more_often_is_not_taken_for_read() -> None:
    with pytest.raises(OverBudget):
        normalise(disguised("ann@example.org", LAYERS))
