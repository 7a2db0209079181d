import pytest

from classifiers.prompt import Part, Place
from gateway.state.conversations import Conversations
from gateway.talk import MOST_BACK, USUAL_ANSWER, Earlier, earlier, remember, with_stay
from router.names import TargetName
from router.values import replace
from tests.router.examples import ASK, GPT, POLICY, QWEN

U1 = "Prove that there are infinitely many primes of the form 4k+3."
A1 = "Let p be the largest one, and look at four times the product."
U2 = "And why can that number not have only factors of the other form?"
A2 = "Because a product of such factors is of that form again."
U3 = "Now in French, please."
SYSTEM: tuple[Place, str] = ("instruction", "You are terse.")

Said = tuple[Place, str]


def parts(*said: Said) -> tuple[Part, ...]:
    return tuple(Part(text, turn, 0, place) for turn, (place, text) in enumerate(said))


def chat(*texts: str) -> tuple[Part, ...]:
    places: tuple[Place, Place] = ("content", "answer")
    return parts(*((places[turn % 2], text) for turn, text in enumerate(texts)))


def served(*histories: tuple[Part, ...], target: TargetName = QWEN.name, tenant: str = "t") -> Conversations:
    memory = Conversations()
    for history in histories:
        remember(memory, tenant, history, target)
    return memory


BEFORE = served(chat(U1), chat(U1, A1, U2))


@pytest.mark.parametrize(
    "history",
    [
        pytest.param(chat(U1, A1, U2, A2, U3), id="the next turn"),
        pytest.param(
            parts(SYSTEM, ("content", U1), ("answer", A1), ("content", U2), ("answer", A2), ("content", U3)), id="a system prompt"
        ),
        pytest.param(chat(U2, A2, U3), id="trimmed to the last turns"),
        pytest.param(parts(("answer", A1), ("content", U2), ("answer", A2), ("content", U3)), id="trimmed in the middle"),
        pytest.param(chat(U1, "an edited answer", U3), id="an answer that was edited"),
        pytest.param(parts(("content", U2), ("answer", "c1"), ("call", "{}"), ("result", "42")), id="a tool's turn"),
        pytest.param((*chat(U2, A2, U3), Part("a tool", -1, 0, "tool")), id="with tools"),
    ],
)
def test_a_conversation_is_known_by_what_it_holds(history: tuple[Part, ...]) -> None:
    found = earlier(BEFORE, "t", history)
    assert found is not None
    assert found.target == "qwen"


@pytest.mark.parametrize(
    ("tenant", "history"),
    [
        pytest.param("t", chat("Hi", "Hello", U3), id="another conversation"),
        pytest.param("u", chat(U1, A1, U2, A2, U3), id="another tenant's"),
        pytest.param("t", chat("Hi", "Hello", U2), id="the same words as the last turn"),
        pytest.param("t", (), id="nothing"),
        pytest.param("t", parts(SYSTEM), id="instructions only"),
    ],
)
def test_no_other_is(tenant: str, history: tuple[Part, ...]) -> None:
    assert earlier(BEFORE, tenant, history) is None


def test_nobody_is_known_at_first() -> None:
    assert earlier(Conversations(), "t", chat(U1, A1, U2)) is None


def test_short_turns_say_something_only_after_another() -> None:
    memory = served(chat("Hi", "Hello", "why?"))
    assert earlier(memory, "t", chat("Hi", "Hello", "why?", "So.", "ok")) is not None
    assert earlier(memory, "t", chat("Ho", "Hey", "why?", "So.", "ok")) is None
    assert earlier(memory, "t", chat("why?", "So.", "ok")) is None


def test_the_latest_target_counts() -> None:
    memory = served(chat(U1))
    remember(memory, "t", chat(U1, A1, U2), GPT.name)
    found = earlier(memory, "t", chat(U1, A1, U2, A2, U3))
    assert found is not None
    assert found.target == "gpt"


def test_what_ends_with_an_answer_is_not_remembered() -> None:
    assert served(chat(U1, A1), (), parts(SYSTEM)).is_empty


def test_turns_of_several_parts_are_one() -> None:
    memory = served((Part(U1, 0, 0), Part("[picture]", 0, 1)))
    later = (Part(U1, 0, 0), Part("[picture]", 0, 1), Part(A1, 1, 0, "answer"), Part(U3, 2, 0))
    assert earlier(memory, "t", later) is not None
    assert earlier(memory, "t", (later[1], later[0], *later[2:])) is None


def test_what_is_in_the_cache_and_what_is_new() -> None:
    history = chat("a" * 400, "b" * 800, "c" * 200)
    assert earlier(served(history[:1]), "t", history) == Earlier(QWEN.name, 300, 50, 200)
    tools = parts(("content", "a" * 400), ("call", "d" * 80), ("result", "e" * 40))
    assert earlier(served(tools[:1]), "t", tools) == Earlier(QWEN.name, 120, 10, USUAL_ANSWER)
    several = parts(("content", "a" * 400), ("answer", "b" * 40), ("content", "c" * 80), ("answer", "d" * 40), ("content", "e" * 8))
    assert earlier(served(several[:1]), "t", several) == Earlier(QWEN.name, 110, 32, 10)


def test_the_look_back_is_bounded() -> None:
    more = [f"turn {number} of many" for number in range(MOST_BACK)]
    assert earlier(served(chat(U1)), "t", chat(U1, *more[:-4])) is not None
    assert earlier(served(chat(U1)), "t", chat(U1, *more)) is None


def test_facts_get_it_only_where_it_counts() -> None:
    history, facts = chat(U1, A1, U2, A2, U3), replace(ASK, tenant="t", turns=5)
    stay = with_stay(BEFORE, POLICY, history, facts).stay
    assert stay is not None
    assert (stay.target, stay.prefix) == ("qwen", (len(U1) + len(A1) + len(U2) + len(A2)) // 4)
    for memory, others in [
        (None, facts),
        (BEFORE, replace(facts, turns=2)),
        (BEFORE, replace(facts, preference="best")),
        (BEFORE, replace(facts, tenant="u")),
        (served(history[:1], target=TargetName("gone"), tenant="t"), facts),
    ]:
        assert with_stay(memory, POLICY, history, others) is others
