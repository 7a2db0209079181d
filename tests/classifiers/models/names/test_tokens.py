import numpy as np
import pytest

from classifiers.models.names.tokens import EMPTY, GAZETTEER, LEXICON, ROWS, WORD, Lists, read, word_hash


def words(text: str) -> list[str]:
    tokens = read(text, EMPTY)
    return [text[start:end] for start, end in zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True)]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param(" \n\t", [], id="white space"),
        pytest.param("Dr. O'Brien-Smith, 12b", ["Dr", ".", "O", "'", "Brien", "-", "Smith", ",", "12", "b"], id="letters, digits, marks"),
        pytest.param("Ada_2 é中文\U0001f600x", ["Ada", "_", "2", "é中文", "\U0001f600", "x"], id="letters of all scripts; emoji are marks"),
        pytest.param("Zoe\u0308 \ud800", ["Zoe\u0308", "\ud800"], id="marks above letters belong to them; half a surrogate is a mark"),
    ],
)
def test_where_tokens_begin_and_end(text: str, tokens: list[str]) -> None:
    assert words(text) == tokens


def test_a_word_has_one_hash_wherever_and_however_it_is_written() -> None:
    tokens = read("mary, said MARY to Mary.", EMPTY)
    assert tokens.words[0] == tokens.words[3] == tokens.words[5] == word_hash("Mary")
    assert word_hash("mary") != word_hash("maryx") != word_hash("ymar")


def test_what_a_token_is_described_by() -> None:
    rows = read("Mary saw mary.\nMarylin 12, 13", EMPTY).rows
    mary, small, marylin, twelve, thirteen = rows[0], rows[2], rows[4], rows[5], rows[7]
    assert rows.shape == (8, ROWS)
    assert mary[WORD] == small[WORD] != marylin[WORD]
    assert (mary[[1, 2, 3]] == marylin[[1, 2, 3]]).all(), "two, three and four letters at the beginning"
    assert mary[7] != small[7], "the shape"
    assert mary[12] == small[12] != marylin[12], "whether it is also written otherwise here"
    assert (twelve[1:7] == 0).all(), "numbers have no prefix"
    assert twelve[7] == thirteen[7]
    assert (mary[[LEXICON, GAZETTEER]] == 0).all(), "no lists, nothing known"


def test_what_lists_say() -> None:
    known = np.sort(np.array([word_hash("mary"), word_hash("house")], np.uint64))
    lists = Lists(known, np.array([1, 2], np.uint8), known[:1], np.array([3], np.uint8))
    rows = read("Mary house garden", lists).rows
    assert 0 < rows[0, LEXICON] != rows[1, LEXICON] > 0
    assert sorted(rows[:2, GAZETTEER] > 0) == [False, True]
    assert (rows[2, [LEXICON, GAZETTEER]] == 0).all()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Anna came", "ANNA came", id="all capitals"),
        pytest.param("Anna came", "aNna came", id="mixed"),
        pytest.param("A came", "a came", id="one letter"),
        pytest.param("Anna came", "1234 came", id="a number"),
    ],
)
def test_shapes_differ(one: str, other: str) -> None:
    assert read(one, EMPTY).rows[0, 7] != read(other, EMPTY).rows[0, 7]


def test_gaps_differ() -> None:
    texts = ("a b", "a  b", "a\nb", "a.b")
    assert len({int(read(text, EMPTY).rows[-1, 10]) for text in texts}) == len(texts)


def test_a_piece_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        read("x" * 16_385, EMPTY)
