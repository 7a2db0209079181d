"""What redaction leaves of what a request inherits: a conversation that went out redacted may go on so; any other stays whole."""

from typing import Any

import msgspec
import pytest

from classifiers.classify import classify
from gateway.descent import Descent
from router.labels import Label
from tests.fakes.downstream import FakeDownstream
from tests.gateway.test_descent import A1, A2, INTERNAL, PERSONAL, PLAN, POLICY, PUBLIC, RESTRICTED, U1, U2, U3, World, chat, turns

EMAIL = frozenset({"email"})
CARD = "And charge it to 4111 1111 1111 1111, which is the card that we have used for everything so far, please."


def serve(world: World, body: dict[str, Any], answer: str, label: Label, left: Label | None, masks: frozenset[str] = EMAIL) -> Descent:
    """A request of that label, which went out with no more than `left` (None: whole), and its answer."""
    descent = world.descent(body)
    descent.inherited(POLICY)
    descent.spread(classify(descent._ask.prompt, PLAN.fast), label, POLICY, masks)
    heard = descent.hear(FakeDownstream(), label, POLICY, left)
    assert heard is not None
    heard._said.whole(msgspec.json.encode({"id": "answer-1", "choices": [{"message": {"role": "assistant", "content": answer}}]}))
    heard.learn()
    return descent


def inherits(world: World, body: dict[str, Any], **more: Any) -> tuple[Label | None, Label | None]:
    """The label that a request inherits, and what redaction leaves of it."""
    descent = world.descent(body, **more)
    inherited = descent.inherited(POLICY)
    return None if inherited is None else inherited.label, descent.left


def test_nothing_inherited_leaves_nothing() -> None:
    assert inherits(World(), chat(U3)) == (None, None)


@pytest.mark.parametrize(
    ("body", "left"),
    [
        pytest.param(chat(U1, A1, U2), PUBLIC, id="the whole history"),
        pytest.param(chat(U1), PUBLIC, id="its sensitive turn alone"),
        pytest.param(chat("What does this mean? " + A1.splitlines()[0]), PUBLIC, id="a line of its answer"),
        pytest.param(turns(("user", U1[-40:]), ("assistant", A1), ("user", U3)), PUBLIC, id="its answer behind another turn"),
        pytest.param(chat(U3, previous_response_id="answer-1"), PUBLIC, id="by the id of its answer"),
    ],
)
def test_what_went_out_redacted_may_go_on_redacted(body: dict[str, Any], left: Label) -> None:
    world = World()
    serve(world, chat(U1), A1, PERSONAL, PUBLIC)
    assert inherits(world, body) == (PERSONAL, left)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(chat(U1, A1, U2), id="the whole history"),
        pytest.param(chat("What does this mean? " + A1.splitlines()[0]), id="a line of its answer"),
        pytest.param(chat(U3, previous_response_id="answer-1"), id="by the id of its answer"),
    ],
)
def test_an_answer_to_the_whole_request_keeps_its_whole_label(body: dict[str, Any]) -> None:
    world = World()
    serve(world, chat(U1), A1, PERSONAL, None)
    assert inherits(world, body) == (PERSONAL, PERSONAL)


def test_a_turn_that_holds_more_than_is_masked_keeps_the_rest() -> None:
    world = World()
    serve(world, chat(f"{U1} {CARD}"), A1, RESTRICTED, None)
    assert inherits(world, chat(f"{U1} {CARD}")) == (RESTRICTED, RESTRICTED), "a card is not masked"
    world = World()
    serve(world, chat(f"{U1} {CARD}"), A1, RESTRICTED, PUBLIC, EMAIL | {"card"})
    assert inherits(world, chat(f"{U1} {CARD}")) == (RESTRICTED, PUBLIC)


def test_of_several_the_most_is_left() -> None:
    world = World()
    serve(world, chat(U1), A1, PERSONAL, PUBLIC)
    serve(world, chat(U1, A1, CARD), A2, RESTRICTED, None)
    assert inherits(world, chat(U1, A1)) == (PERSONAL, PUBLIC)
    assert inherits(world, chat(U1, A1, U3, A2)) == (RESTRICTED, RESTRICTED)
    assert inherits(world, chat(A2)) == (RESTRICTED, RESTRICTED)
    mixed = turns(("assistant", A2), ("user", U3), ("assistant", A1), ("user", U3))
    assert inherits(world, mixed) == (RESTRICTED, RESTRICTED), "whichever comes last"


def test_what_was_sent_whole_once_is_not_less_for_being_redacted_later() -> None:
    world = World()
    serve(world, chat(U1), A1, PERSONAL, None)
    serve(world, chat(U1), A1, PERSONAL, PUBLIC)
    assert inherits(world, chat(A1)) == (PERSONAL, PERSONAL)
    world = World()
    serve(world, chat(U1), A1, PERSONAL, PUBLIC)
    serve(world, chat(U1), A1, PERSONAL, None)
    assert inherits(world, chat(A1)) == (PERSONAL, PERSONAL)


def test_two_turns_in_a_row_hand_on_what_is_left_of_the_first() -> None:
    world, short = World(), "What should I do about it next?"
    serve(world, chat(U1), "ok", PERSONAL, PUBLIC)
    serve(world, chat(U1, "ok", short), "wait", PERSONAL, PUBLIC)
    assert inherits(world, turns(("assistant", "ok"), ("user", short))) == (PERSONAL, PUBLIC)
    assert inherits(world, turns(("user", short), ("assistant", "wait"))) == (PERSONAL, PUBLIC)
    whole = World()
    serve(whole, chat(U1), "ok", PERSONAL, None, frozenset())
    serve(whole, chat(U1, "ok", short), "wait", PERSONAL, None, frozenset())
    assert inherits(whole, turns(("assistant", "ok"), ("user", short))) == (PERSONAL, PERSONAL)


def test_what_is_left_is_handed_on_by_a_request_in_which_nothing_is_found_any_more() -> None:
    """A quoted answer carries its label into the turn that quotes it, and what is left of it too."""
    world = World()
    serve(world, chat(U1), A1, PERSONAL, PUBLIC)
    descent = serve(world, chat("What is meant by this? " + A1, "The street.", U3), A2, PERSONAL, PUBLIC)
    assert (descent._labels, descent._left) == ({0: PERSONAL}, {0: PUBLIC})
    pair = turns(("assistant", "The street."), ("user", U3))
    assert inherits(world, pair) == (PERSONAL, PUBLIC)


def test_the_name_of_a_conversation_keeps_the_whole_label() -> None:
    """A name says nothing of which turns are still there."""
    world = World()
    serve(world, chat(U1, conversation="conv-7"), A1, PERSONAL, PUBLIC)
    assert inherits(world, chat(U3, conversation="conv-7")) == (PERSONAL, PERSONAL)


@pytest.mark.parametrize("is_known", [pytest.param(False, id="nothing known"), pytest.param(True, id="a redacted answer")])
def test_a_history_that_nobody_here_gave_is_left_as_it_is(*, is_known: bool) -> None:
    world = World(doubts_history=True)
    if is_known:
        serve(world, chat(U1), A1, PERSONAL, PUBLIC)
    descent = world.descent(chat("Hi", "Hello to you, whoever you are, and welcome to this place!", U3, A1, U3))
    inherited = descent.inherited(POLICY, doubts_history=True)
    assert inherited is not None
    assert (inherited.label, descent.left) == (RESTRICTED, RESTRICTED)


def test_a_label_between_is_left_as_what_was_sent() -> None:
    world = World()
    serve(world, chat(U1), A1, PERSONAL, INTERNAL)
    assert inherits(world, chat(A1)) == (PERSONAL, INTERNAL)
