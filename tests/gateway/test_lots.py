import pytest

from classifiers.prompt import Part, Prompt
from gateway.lots import lot_of


def chat(*turns: str) -> Prompt:
    """A system turn, then a caller's and answers in turn."""
    parts = [Part("be kind", 0, place="instruction")]
    return Prompt((*parts, *(Part(text, at, place="answer" if at % 2 == 0 else "content") for at, text in enumerate(turns, 1))))


def test_a_conversation_keeps_its_lot() -> None:
    assert lot_of(chat("hello"), "a") == lot_of(chat("hello", "hi", "and now?"), "b") != lot_of(chat("hello!"), "a")


def test_lots_are_spread_evenly() -> None:
    lots = [lot_of(chat(f"question {number}"), "") for number in range(4_000)]
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert sum(lot < share for lot in lots) / len(lots) == pytest.approx(share, abs=0.025)  # three standard deviations
    assert all(0 <= lot < 1 for lot in lots)


def test_all_parts_of_the_first_ask_count_and_both_ends_of_a_long_one() -> None:
    both = Prompt((Part("a", 1), Part("b", 1)))
    assert lot_of(both, "") != lot_of(Prompt((Part("a", 1),)), "")
    assert lot_of(both, "") != lot_of(Prompt((Part("ab", 1),)), "")
    long = "x" * 10_000
    assert len({lot_of(chat(text), "") for text in (long, long + "y", "y" + long, long[1:] + "y")}) == 4
    assert lot_of(chat(long), "") == lot_of(chat(long[:5_000] + "y" + long[5_001:]), ""), "what is between the ends does not"


def test_without_text_every_request_is_drawn_for_itself() -> None:
    assert lot_of(Prompt(), "a") != lot_of(Prompt(), "b")
    assert lot_of(Prompt(), "a") == lot_of(Prompt((Part("", 1), Part("be kind", 0, place="instruction"))), "a")
