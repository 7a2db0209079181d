import pytest

from router.prefixes import BLOCK, KEPT_BLOCKS, MOST_BLOCKS, Prefixes, blocks_of

DOCUMENT = "".join(f"line {number} of it\n" for number in range(400))


def test_a_block_says_what_came_before_it() -> None:
    first, second = blocks_of([DOCUMENT + "a" * BLOCK]), blocks_of([DOCUMENT + "b" * BLOCK])
    same = len(DOCUMENT) // BLOCK
    assert first[:same] == second[:same]
    assert not set(first[same:]) & set(second[same:])
    assert not set(blocks_of(["x" + DOCUMENT])) & set(first)


def test_it_does_not_matter_how_a_prompt_is_cut_into_texts() -> None:
    assert blocks_of([DOCUMENT[:7], DOCUMENT[7:]]) == blocks_of([DOCUMENT])


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param("x" * (BLOCK - 1), 0, id="less than a block"),
        pytest.param("x" * BLOCK, 1, id="one block"),
        pytest.param("\u00e9" * BLOCK, 2, id="bytes count"),
        pytest.param("\ud800" * BLOCK, 3, id="half a surrogate is no error"),
        pytest.param("x" * BLOCK * (MOST_BLOCKS + 5), MOST_BLOCKS, id="no more than are looked at"),
    ],
)
def test_only_whole_blocks_count(text: str, blocks: int) -> None:
    assert len(blocks_of([text, ""])) == blocks


def test_how_much_is_known() -> None:
    prefixes, blocks = Prefixes(), blocks_of([DOCUMENT])
    assert prefixes.share(blocks) == prefixes.share(()) == 0.0
    prefixes.add(blocks[:10])
    assert prefixes.share(blocks) == 10 / len(blocks)
    assert prefixes.share(blocks[:5]) == 1.0
    assert prefixes.share(blocks_of(["y" + DOCUMENT])) == 0.0
    prefixes.clear()
    assert prefixes.share(blocks) == 0.0


def test_the_oldest_is_forgotten_first_and_beginnings_last() -> None:
    prefixes = Prefixes(4)
    prefixes.add((1, 2, 3))
    prefixes.add((5, 6))
    assert len(prefixes) == 4
    assert [prefixes.share((1, 2, 3)), prefixes.share((5, 6))] == [2 / 3, 1.0]
    prefixes.add((1,))
    prefixes.add((7,))
    assert [prefixes.share((1, 2)), prefixes.share((5, 6)), prefixes.share((7,))] == [0.5, 1.0, 1.0]


def test_what_is_kept_is_bounded() -> None:
    prefixes = Prefixes()
    for start in range(0, 3 * KEPT_BLOCKS, 100):
        prefixes.add(range(start, start + 100))
    assert len(prefixes) == KEPT_BLOCKS
