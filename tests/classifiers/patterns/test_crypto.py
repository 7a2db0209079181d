"""Wallets and what opens them. Keys and phrases are put together at run time."""

import pytest
from stdnum import bitcoin

from classifiers.patterns import crypto
from classifiers.table import Table
from tests.fakes.checked import completed, spoilt

TABLE = Table("table", crypto.rows())
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
FORM = "1NEDqZPvTWRaoho48qXuLLsrYomMXPA??D"
COIN = completed(FORM, bitcoin.is_valid, BASE58)
ETHER = "0x" + "52908400098527886E0F7030069857D2E4169EE7"
RANDOM = "q7Zt2LmX9bVw4KcR8nYp3HsD6fGj1TeA5uQoBiEx" * 3
WORDS = " ".join(["table", "orange", "winter", "candle"] * 3)


def found(text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in TABLE.detect(text)]


@pytest.mark.parametrize(
    ("text", "category", "value"),
    [
        pytest.param(f"send it to {COIN} please", "crypto_wallet", COIN, id="bitcoin by its check"),
        pytest.param(f"my wallet is {ETHER}", "crypto_wallet", ETHER, id="ethereum beside a word"),
        pytest.param(f"tron address T{RANDOM[:33]}", "crypto_wallet", f"T{RANDOM[:33]}", id="tron after a word"),
        pytest.param("cardano addr1" + "q9z8x7" * 10, "crypto_wallet", "addr1" + "q9z8x7" * 10, id="cardano after a word"),
        pytest.param(f"solana {RANDOM[:43]}", "crypto_wallet", RANDOM[:43], id="solana after a word"),
        pytest.param(f"my seed phrase is: {WORDS}", "credential", WORDS, id="twelve words"),
        pytest.param(f"private key: K{RANDOM[:51]}", "credential", f"K{RANDOM[:51]}", id="a key for import"),
    ],
)
def test_found(text: str, category: str, value: str) -> None:
    assert (category, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"send it to {spoilt(FORM, bitcoin.is_valid, BASE58)} please", id="a wrong check"),
        pytest.param(f"the hash {ETHER} of a block", id="forty digits of something else"),
        pytest.param("bitcoin Ttttttttttttttttttttttttttttttttttttt", id="no digits"),
        pytest.param("solana " + "a1" * 22, id="no capitals"),
        pytest.param("a seed phrase is a list of twelve words", id="talk about phrases"),
        pytest.param("the private key: keep it safe", id="talk about keys"),
    ],
)
def test_not_found(text: str) -> None:
    assert found(text) == []
