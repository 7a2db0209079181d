from dataclasses import dataclass

from gateway.state.conversations import Conversations
from router.names import TargetName
from tests.fakes.secrets import Canary

QWEN, GPT = TargetName("qwen"), TargetName("gpt")


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_words_are_known_by_all_of_them() -> None:
    memory = Conversations()
    assert memory.is_empty
    memory.keep(("a", "one", "two"), QWEN)
    assert (memory.recall(("a", "one", "two")), memory.is_empty) == (QWEN, False)
    for others in [("b", "one", "two"), ("a", "onet", "wo"), ("a", "one"), ("a", "one", "two", "")]:
        assert memory.recall(others) is None
    memory.keep(("a", "one", "two"), GPT)
    assert (memory.recall(("a", "one", "two")), len(memory)) == (GPT, 1)


def test_of_a_long_text_both_ends_and_the_length_tell() -> None:
    memory = Conversations()
    text = "".join(chr(97 + place % 26) for place in range(100_000))
    memory.keep((text,), QWEN)
    assert memory.recall((text,)) == QWEN
    assert memory.recall((text + "x",)) is None
    assert memory.recall(("x" + text[1:],)) is None
    assert memory.recall((text[:-1] + "x",)) is None


def test_the_oldest_goes_first() -> None:
    memory = Conversations(entries=2)
    for word in ("a", "b", "a", "c"):
        memory.keep((word,), QWEN)
    assert [memory.recall((word,)) for word in "abc"] == [QWEN, None, QWEN]
    memory.resize(1, 9.0)
    assert ([memory.recall((word,)) for word in "abc"], len(memory)) == ([None, None, QWEN], 1)


def test_it_forgets_in_time() -> None:
    clock = Clock()
    memory = Conversations(ttl_s=10.0, now=clock)
    memory.keep(("a",), QWEN)
    clock.now = 9.9
    assert memory.recall(("a",)) == QWEN
    clock.now = 10.0
    assert memory.recall(("a",)) is None


def test_without_room_nothing_is_kept() -> None:
    memory = Conversations(entries=0)
    memory.keep(("a",), QWEN)
    assert memory.is_empty


def test_no_text_is_kept() -> None:
    canary, memory = Canary(), Conversations()
    memory.keep(("tenant", canary.say, "\ud800"), QWEN)
    canary.assert_nowhere(entries=repr(memory._entries))
    assert {type(spot) for spot in memory._entries} == {int}
    assert memory._entries.keys().isdisjoint(_kept(canary.say)), "another memory has another secret"


def _kept(say: str) -> set[int]:
    other = Conversations()
    other.keep(("tenant", say, "\ud800"), QWEN)
    return set(other._entries)
