"""What a request inherits: conversations trimmed, edited, reordered and pasted; and what must not be inherited."""

import json
import re
import textwrap
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from typing_extensions import override

from classifiers.classify import classify
from classifiers.signals import Doubt, Finding, Signals
from gateway.descent import LEAST, RUN, Descent, Inherited, pieces
from gateway.plan import Plan
from gateway.state.lineage import Lineage
from gateway.wire.ask import decode
from gateway.wire.said import Said
from router.labels import Label, Labels
from tests.fakes.downstream import FakeDownstream
from tests.fakes.gateway import compiled, configuration
from tests.fakes.upstream import delta

PLAN: Plan = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))
POLICY = PLAN.policy
PUBLIC, INTERNAL, PERSONAL, RESTRICTED = POLICY.labels

U1 = "My address is jane.roe@" + "tidegate-mail.org, please find out why the parcel did not come."
A1 = "The parcel was held at the depot because the street in the order does not exist in that town.\nIt goes back on Friday."
U2 = "Could you write to the depot and ask them to keep it for another week?"
A2 = "Of course. Here is a letter that asks the depot to keep the parcel for one more week, until you have corrected the street."
U3 = "Prove that there are infinitely many primes of the form 4k+3."
X, Y = "x" * 60, "y" * 70
SYSTEM = "You are the assistant of a parcel service. Be brief, be kind, never promise a date, and always offer a way to reach a person."


def chat(*texts: str, system: str = "", **more: Any) -> dict[str, Any]:
    """A conversation that begins with the user, after what the system says."""
    roles = ["user", "assistant"] * len(texts)
    turns = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]
    return {"model": "auto", "messages": ([{"role": "system", "content": system}] if system else []) + turns, **more}


def turns(*turns: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"model": "auto", "messages": [{"role": role, "content": text} for role, text in turns], **more}


class World:
    """A memory, and requests that are judged and answered with it."""

    def __init__(self, *, doubts_history: bool = False) -> None:
        self.lineage = Lineage()
        self.doubts_history = doubts_history

    def descent(self, body: dict[str, Any], tenant: str = "t", endpoint: Any = "chat") -> Descent:
        return Descent(self.lineage, decode(msgspec.json.encode(body), endpoint), tenant)

    def inherits(self, body: dict[str, Any], tenant: str = "t", endpoint: Any = "chat") -> Inherited | None:
        return self.descent(body, tenant, endpoint).inherited(POLICY, doubts_history=self.doubts_history)

    def serve(
        self, body: dict[str, Any], answer: str = "", tenant: str = "t", label: Label | None = None, signals: Signals | None = None
    ) -> Label:
        """Judge a request and remember its answer, as the gateway does. `label` is what a header demands, at least."""
        descent = self.descent(body, tenant)
        inherited = descent.inherited(POLICY, doubts_history=self.doubts_history)
        said = classify(descent._ask.prompt, PLAN.fast) if signals is None else signals
        known = [POLICY.categories.get(finding.category, RESTRICTED) for finding in said.findings] + [RESTRICTED] * len(said.doubts)
        total = max([PUBLIC, label or PUBLIC, inherited.label if inherited else PUBLIC, *known])
        descent.spread(said, total, POLICY)
        heard = descent.hear(FakeDownstream(), total, POLICY, doubts_history=self.doubts_history)
        if heard is not None and answer:
            heard._said.whole(msgspec.json.encode({"id": "answer-1", "choices": [{"message": {"role": "assistant", "content": answer}}]}))
            heard.learn()
        return total


@pytest.fixture
def world() -> World:
    """A conversation of two rounds has taken place."""
    made = World()
    assert made.serve(chat(U1), A1) == PERSONAL
    assert made.serve(chat(U1, A1, U2), A2) == PERSONAL
    return made


@pytest.mark.parametrize(
    "body,source",
    [
        pytest.param(chat(U1, A1, U2, A2, U3), "turn", id="the whole history"),
        pytest.param(turns(("assistant", A1), ("user", U2), ("assistant", A2), ("user", U3)), "answer", id="without its first turn"),
        pytest.param(turns(("user", U2), ("assistant", A2), ("user", U3)), "answer", id="without its first two turns"),
        pytest.param(turns(("assistant", A2), ("user", U3)), "answer", id="its last answer alone"),
        pytest.param(chat("My parcel did not come.", A1, U2, A2, U3), "answer", id="the sensitive turn edited"),
        pytest.param(chat("My parcel did not come.", "It is late.", U2, A2, U3), "answer", id="and the first answer too"),
        pytest.param(chat(U3, A2, U2, A1, U3), "answer", id="in another order"),
        pytest.param(chat("Translate into French: " + A2), "answer", id="an answer pasted behind other words"),
        pytest.param(chat("Translate this:\n\n> " + A1.splitlines()[0] + "\n"), "answer", id="a line of an answer, quoted"),
        pytest.param(chat('What does "' + A2.split(". ")[1] + '" mean?'), "answer", id="a sentence of an answer quoted in another"),
        pytest.param(chat("What does this mean? " + A2.split(". ", 1)[1]), "answer", id="a sentence of an answer behind another"),
        pytest.param(chat("Summarise.", system="So far: " + A2), "answer", id="in the instructions"),
        pytest.param(chat(U3, prediction={"type": "content", "content": A2}), "answer", id="as a prediction"),
        pytest.param(chat(U3, x_memory=[{"role": "assistant", "said": A2}]), "answer", id="in an unknown field"),
        pytest.param(chat(U3, metadata={"earlier": A2}), "answer", id="as metadata"),
        pytest.param(chat(U1.replace(", ", ",\n> ").upper()), "turn", id="the sensitive turn, quoted in capitals"),
        pytest.param(chat("Shorten this.\n\n" + textwrap.fill(A1, 24)), "answer", id="an answer in shorter lines"),
        pytest.param(
            chat("Why? " + textwrap.fill(A2, 30, initial_indent="> ", subsequent_indent="> ")), "answer", id="quoted as in a mail"
        ),
        pytest.param(chat("Translate:\n```\n" + A2.replace(" ", "\u00a0") + "\n```"), "answer", id="with other spaces, in a fence"),
        pytest.param(chat("Make it polite.\n" + "\n".join("- " + line for line in A2.lower().split(". "))), "answer", id="as a list"),
        pytest.param(
            chat("Make it polite.\n" + "\n".join(f"{n}. {line}" for n, line in enumerate(A2.split(". ")))), "answer", id="numbered"
        ),
        pytest.param(chat("Is this right: \u201c" + A1.splitlines()[0][:-1] + "\u201d?"), "answer", id="in other quotation marks"),
        pytest.param(chat(U3, previous_response_id="answer-1"), "id", id="by the id of the answer before"),
        pytest.param(chat(U3, conversation="answer-1"), "id", id="by the id of the conversation"),
        pytest.param(chat(U3, conversation={"id": "answer-1"}), "id", id="by an object with that id"),
        pytest.param(chat(U3, conversation=7, previous_response_id=None), None, id="by no id"),
        pytest.param(
            {"model": "auto", "messages": [{"role": "user", "content": [{"type": "text", "text": A2}]}]}, "answer", id="in a part"
        ),
        pytest.param({"model": "auto", "messages": [{"role": "tool", "tool_call_id": "c", "content": A2}]}, "answer", id="from a tool"),
    ],
)
def test_a_conversation_is_known_however_it_comes_back(world: World, body: dict[str, Any], source: str | None) -> None:
    assert world.inherits(body) == (None if source is None else (PERSONAL, source))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(chat(U3), id="something else"),
        pytest.param(chat(U3, "Let p be such a prime.", "continue"), id="another conversation"),
        pytest.param(chat("continue"), id="a short text"),
        pytest.param(chat("Hi", "Hello! How can I help you today?", U3), id="what everybody says"),
    ],
)
def test_other_conversations_are_not(world: World, body: dict[str, Any]) -> None:
    assert world.inherits(body) is None


def test_two_short_turns_in_a_row_are_known_in_their_tenant_only() -> None:
    world = World()
    world.serve(chat(U1), "ok")
    world.serve(chat(U1, "ok", "What should I do about it next?"), "wait")
    trimmed = turns(("assistant", "ok"), ("user", "What should I do about it next?"), ("assistant", "wait"), ("user", U3))
    assert world.inherits(trimmed) == (PERSONAL, "pair")
    assert world.inherits(trimmed, "another tenant") is None
    answered = turns(("user", "What should I do about it next?"), ("assistant", "wait"), ("user", U3))
    assert world.inherits(answered) == (PERSONAL, "pair")
    assert world.inherits(turns(("assistant", "ok"), ("user", "continue"))) is None, "too short to say anything"


def test_answers_are_known_in_every_tenant(world: World) -> None:
    assert world.inherits(chat(A2), "another tenant") == (PERSONAL, "answer")
    assert world.inherits(chat(U3, previous_response_id="answer-1"), "another tenant") is None, "an id is somebody's own"


@pytest.mark.parametrize("seen", ["finding", "floor"])
def test_what_an_application_says_in_every_conversation_taints_no_other(seen: str) -> None:
    """A shared system prompt, tools, a template before the sensitive turn, and an answer that everybody gets."""
    world = World()
    tool = {"type": "function", "function": {"name": "track", "description": SYSTEM + " Tracks a parcel by its number, which is long."}}
    template = "You will now get a message of a customer. Answer it in the language in which it was written, in at most three sentences."
    ready = "Understood. Please send the message of the customer, and I will answer it in at most three sentences."
    said = U1 if seen == "finding" else "When does the office open?"
    world.serve(chat(template, ready, said, system=SYSTEM, tools=[tool]), "Thank you!", label=None if seen == "finding" else RESTRICTED)
    other = chat(template, ready, "Which countries do you deliver to?", system=SYSTEM, tools=[tool])
    assert world.inherits(other) is None
    assert world.inherits(chat(template, ready, "Which countries do you deliver to?", "Thank you!", "bye", system=SYSTEM)) is None


@pytest.mark.parametrize(
    "media",
    [
        pytest.param({"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 400}}, id="an image"),
        pytest.param({"type": "file", "file": {"file_data": "A" * 400}}, id="a file"),
    ],
)
def test_media_do_not_taint_the_words_beside_them(media: dict[str, Any]) -> None:
    world = World()
    words = "Describe this picture in detail for somebody who cannot see it, in three sentences at most, please."
    body = {"model": "auto", "messages": [{"role": "user", "content": [media, {"type": "text", "text": words}]}]}
    assert world.serve(body, A2, signals=Signals(doubts=decode(msgspec.json.encode(body), "chat").prompt.doubts)) == RESTRICTED
    assert world.inherits(chat(words)) is None
    assert world.inherits(chat("And now?" + "\n" + A2)) == (RESTRICTED, "answer")


def test_a_text_that_could_not_be_read_is_a_doubt_the_next_time_too() -> None:
    world, text = World(), "A text for which the detector did not come to its end in the time that it had, last week."
    world.serve(chat(text), signals=Signals(doubts=(Doubt("failed", 0, 0),)))
    assert world.inherits(chat(text)) == (RESTRICTED, "turn")


@pytest.mark.parametrize("label", list(Labels())[1:])
def test_a_header_sticks_to_the_answer_and_not_to_what_was_asked(label: Label) -> None:
    world, asked = World(), "Which of these two suppliers should we choose, and what would you look at before you decide?"
    world.serve(chat(asked), A2, label=label)
    assert world.inherits(chat(asked)) is None
    assert world.inherits(chat(asked, A2, "Why?")) == (label, "answer")


def test_each_turn_carries_its_own_label_and_the_answer_that_of_all() -> None:
    world = World()
    card = "Charge it to the card 4111 1111 1111 1111, which is the one that we have used for everything so far."
    world.serve(chat(U1, A1, card), A2)
    assert world.inherits(chat(U1)) == (PERSONAL, "turn")
    assert world.inherits(chat(card)) == (RESTRICTED, "turn")
    assert world.inherits(chat(A2)) == (RESTRICTED, "answer")
    assert world.inherits(turns(("user", U1[-30:]), ("assistant", "x"))) is None
    assert world.inherits(turns(("user", U1), ("assistant", A1))) == (PERSONAL, "turn")


def test_a_finding_that_the_policy_does_not_mind_carries_nothing() -> None:
    world = World()
    lenient = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", {"sensitivity.labels": {"email": "public"}})).policy
    descent = world.descent(chat(U1, A1, U2))
    descent.spread(Signals((Finding(0, 0, 14, 40, "email", "patterns"), Finding(2, 0, 0, 5, "card", "patterns"))), RESTRICTED, lenient)
    assert world.inherits(chat(U1)) is None
    assert world.inherits(chat(U2)) == (RESTRICTED, "turn")


def test_nothing_carries_more_than_its_request() -> None:
    """A request that was declassified hands on what it was lowered to."""
    world = World()
    descent = world.descent(chat(U1))
    descent.spread(Signals((Finding(0, 0, 14, 40, "email", "patterns"),)), INTERNAL, POLICY)
    assert world.inherits(chat(U1)) == (INTERNAL, "turn")
    descent.spread(Signals((Finding(0, 0, 14, 40, "email", "patterns"),)), PERSONAL, POLICY)
    assert world.inherits(chat(U1)) == (PERSONAL, "turn")


def test_what_is_inherited_is_handed_on(world: World) -> None:
    later = "The depot has answered: the parcel is kept until the end of the month, and a second label was put onto its upper side."
    assert world.serve(turns(("assistant", A2), ("user", U3)), later) == PERSONAL
    assert world.inherits(chat(later)) == (PERSONAL, "answer")


def test_a_label_that_the_policy_no_longer_has_is_its_highest(world: World) -> None:
    plan = compiled(
        configuration(
            "http://127.0.0.1:1/v1",
            "http://127.0.0.1:2/v1",
            {
                "labels": ["open", "secret"],
                "destinations.qwen.clearance": "secret",
                "destinations.gpt.clearance": "open",
                "routes": [{"name": "s", "when": {"label": "secret"}, "to": ["qwen"]}, {"name": "r", "to": ["gpt"]}],
            },
        )
    )
    inherited = world.descent(chat(A2)).inherited(plan.policy)
    assert inherited is not None
    assert (str(inherited.label), inherited.source) == ("secret", "answer")


def test_the_conversation_that_is_named_keeps_the_label() -> None:
    world = World()
    world.serve(chat(U1, conversation="conv-7"))
    assert world.inherits(chat(U3, conversation="conv-7")) == (PERSONAL, "id")


def test_other_endpoints_have_texts_and_no_turns(world: World) -> None:
    assert world.inherits({"model": "auto", "prompt": A2}, endpoint="completions") == (PERSONAL, "answer")
    assert world.inherits({"model": "auto", "input": [U3, A2]}, endpoint="embeddings") == (PERSONAL, "answer")
    assert world.descent({"model": "auto", "input": [U1]}, endpoint="embeddings").hear(FakeDownstream(), PERSONAL, POLICY) is None


def test_a_history_that_nobody_here_gave_is_a_doubt_where_that_is_asked_for() -> None:
    world = World(doubts_history=True)
    assert world.inherits(chat(U3)) is None
    assert world.inherits(chat("Hi", "Hello!", U3)) == (RESTRICTED, "unknown")
    assert world.serve(chat("Hi"), "Hello!") == PUBLIC
    assert world.inherits(chat("Hi", "Hello!", U3)) is None
    assert world.inherits(chat("Hi", "Hello!", U3), "another tenant") == (RESTRICTED, "unknown")
    assert world.inherits({"model": "auto", "prompt": "Hi"}, endpoint="completions") is None
    assert world.inherits({"model": "auto", "messages": [{"role": "user", "content": "a"}]}) is None


def test_without_any_memory_nothing_is_looked_at() -> None:
    descent = World().descent(chat(U1))
    assert descent.inherited(POLICY) is None
    assert descent._turns is None
    descent.spread(Signals(), PUBLIC, POLICY)
    assert descent._turns is None
    assert descent.hear(FakeDownstream(), PUBLIC, POLICY) is None


@pytest.mark.parametrize(
    "text,found",
    [
        pytest.param("x" * (LEAST - 1), [], id="too short"),
        pytest.param("x" * LEAST, ["x" * LEAST], id="just long enough"),
        pytest.param(" " * 60, [], id="nothing but space"),
        pytest.param(f"> {X}\n\n- {Y}\nz", [f"{X}{Y}z", f"{X}{Y}z"[:RUN], X, Y, f"{Y}z"], id="quoted lines"),
        pytest.param(f"{X}. {Y}", [X + Y, (X + Y)[:RUN], X, Y], id="sentences"),
        pytest.param(f'He said "{Y}" twice', [f"hesaid{Y}twice", Y, f"{Y}twice"], id="what was quoted"),
        pytest.param(f"Short. {Y}", [f"short{Y}", Y], id="a sentence behind a short one"),
        pytest.param(f"1. {X}\n2. Y", [f"{X}y", X], id="the numbers of a list are no part of it"),
        pytest.param(f"{X}\n{'y' * 20}. z", [f"{X}{'y' * 20}z", X, X + "y" * 20], id="a sentence over two lines"),
        pytest.param(f"{X}\n{Y}\nz", [f"{X}{Y}z", f"{X}{Y}z"[:RUN], X, Y, f"{Y}z"], id="a sentence that is long"),
        pytest.param("x" * RUN, ["x" * RUN], id="a run and no more"),
        pytest.param(f"a.b {X}", [f"ab{X}"], id="a dot in a word ends nothing"),
        pytest.param(f"{X}\\n{Y}", [X + Y, (X + Y)[:RUN], X, Y], id="a line break in the arguments of a tool"),
        pytest.param("\u4f60" * LEAST + "\u3002" + "\u597d" * LEAST, ["\u4f60" * LEAST + "\u597d" * LEAST, "\u4f60" * LEAST, "\u597d" * LEAST], id="Chinese sentences"),
        pytest.param(f"{X[:30]}\u00a0\u2009\u200b{X[30:]}\ufeff \u2019", [X], id="signs that are not seen"),
    ],
)  # fmt: skip
def test_pieces_are_the_text_its_lines_and_their_sentences(text: str, found: list[str]) -> None:
    assert set(pieces(text)) == set(found)


def said(seed: int, least: int = 2) -> str:
    """A text of three to eight sentences, of words of `least` letters and more that are in no other one."""
    random = Random(seed)

    def sentence() -> str:
        words = ["".join(random.choices("abcdefghijklmnoprstuvwzäé", k=random.randint(least, 9))) for _ in range(random.randint(5, 25))]
        return " ".join(words).capitalize() + random.choice([". ", "! ", "? ", ": ", ".\n", ".\n\n"])

    return "".join(sentence() for _ in range(random.randint(3, 8)))


WRAPS: dict[str, Callable[[str, int], str]] = {
    "lines": textwrap.fill,
    "mail": lambda text, width: textwrap.fill(text, width, initial_indent="> ", subsequent_indent="> "),
    "capitals": lambda text, _: text.upper(),
    "spaces": lambda text, width: text.replace(" ", "\u00a0" * (1 + width % 2)),
    "fence": lambda text, _: f"```text\n{text}\n```",
    "quoted": lambda text, _: f"\u201c{text}\u201d",
    "list": lambda text, _: "\n".join("* " + sentence for sentence in re.split(r"(?<=[.!?:])\s+", text)),
    "JSON": lambda text, _: json.dumps({"text": text}, ensure_ascii=False),
}


@given(st.integers(), st.sampled_from(sorted(WRAPS)), st.integers(20, 100), st.sampled_from(["", "Please look at this.\n\n", "Why? "]))
def test_an_answer_of_some_twenty_words_is_known_however_it_is_wrapped(seed: int, wrap: str, width: int, before: str) -> None:
    text = said(seed)
    assume(sum(map(str.isalnum, text)) >= RUN)
    pasted = before + WRAPS[wrap](text, width) + "\n\nThanks"
    assert not set(pieces(text)).isdisjoint(pieces(pasted))


@given(st.integers(), st.integers(), st.sampled_from(sorted(WRAPS)))
def test_texts_of_different_words_share_no_piece(seed: int, other: int, wrap: str) -> None:
    assume(seed != other)
    assert set(pieces(said(seed, 4))).isdisjoint(pieces(WRAPS[wrap](said(other, 4), 60)))


def test_pieces_of_a_long_text_stay_few_and_short() -> None:
    for text in ("ab\n" * 100_000, "a. " * 100_000, "abcdefghijklmnop\n" * 20_000, "x" * 300_000):
        assert sum(map(len, pieces(text)[1:])) <= 40 * len(text)


def test_instructions_that_an_answer_repeats_are_nobodys() -> None:
    world = World()
    world.serve(chat(U1, system=SYSTEM), "I follow these rules. " + SYSTEM + " " + A2)
    assert world.inherits(chat("When do you open?", system=SYSTEM)) is None
    assert world.inherits(chat("When do you open?", system=A2)) == (PERSONAL, "answer")


def test_instructions_with_a_finding_that_an_answer_repeats_are_somebodys() -> None:
    world, record = (
        World(),
        "The parcel of jane.roe@" + "tidegate-mail.org. It holds medicine for her heart and must not be left with the neighbours.",
    )
    world.serve(chat("What is in it?", system=record), record.split(". ")[1])
    assert world.inherits(chat(record.split(". ")[1])) == (PERSONAL, "answer")


async def test_a_stream_is_remembered_before_the_caller_has_its_last_byte() -> None:
    world = World()
    descent = world.descent(chat(U1))
    known: list[object] = []

    class Watching(FakeDownstream):
        @override
        async def end(self, data: bytes = b"") -> None:
            known.append(world.inherits(chat(A2)))
            await FakeDownstream.end(self, data)

    inner = Watching()
    out = descent.hear(inner, PERSONAL, POLICY)
    assert out is not None
    assert not out.is_committed
    await out.begin(200, b"text/event-stream")
    await out.write(delta(A2[:40]))
    inner.is_slow = True
    assert not out.write_nowait(delta(A2[40:80])), "it will come again"
    inner.is_slow = False
    assert out.write_nowait(delta(A2[40:80]))
    assert world.inherits(chat(A2)) is None
    await out.end(delta(A2[80:]))
    assert known == [(PERSONAL, "answer")]
    assert (out.is_committed, out.is_gone) == (True, False)


async def test_a_whole_answer_is_remembered_before_the_caller_has_it() -> None:
    world = World()
    inner = FakeDownstream()
    out = world.descent(chat(U1)).hear(inner, PERSONAL, POLICY)
    assert out is not None
    await out.answer(200, b"application/json", msgspec.json.encode({"choices": [{"message": {"content": A2}}]}), None)
    assert world.inherits(chat(A2)) == (PERSONAL, "answer")
    remembered = len(world.lineage)
    out.learn()
    assert len(world.lineage) == remembered


def test_an_answer_without_words_or_id_is_nothing() -> None:
    world = World()
    world.descent({"model": "auto", "prompt": [1, 2]}, endpoint="completions").answered(Said(), PERSONAL, PUBLIC, knows_answers=False)
    assert world.lineage.is_empty


def test_turns_show_no_text() -> None:
    [turn] = World().descent(chat(U1)).turns
    assert U1 not in repr(turn)
