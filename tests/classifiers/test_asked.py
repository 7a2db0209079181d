import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.asked import MOST_BACK, MOST_PARTS, Asked, asked, refers_back
from classifiers.prompt import Part, Place, Prompt

PROOF = "Prove that there are infinitely many primes of the form 4k+3, and say where the form matters."
ANSWER = "Let p be such a prime. Then consider the number four times the product of all of them, less one."


def talk(*said: tuple[Place, str]) -> Prompt:
    return Prompt(tuple(Part(text, turn, 0, place) for turn, (place, text) in enumerate(said)))


def chat(*texts: str) -> Prompt:
    places: list[Place] = ["content", "answer"]
    return talk(*((places[turn % 2], text) for turn, text in enumerate(texts)))


@pytest.mark.parametrize(
    ("prompt", "text", "turns", "refers"),
    [
        pytest.param(Prompt(), "", 0, 0, id="no parts"),
        pytest.param(talk(("instruction", "rules")), "", 0, 0, id="instructions only"),
        pytest.param(talk(("instruction", "rules"), ("tool", "t")), "", 0, 0, id="instructions and tools only"),
        pytest.param(talk(("answer", "Hello!")), "", 0, 0, id="a model alone"),
        pytest.param(talk(("answer", "Hello!"), ("result", "42")), "", 1, 0, id="a model and its tool"),
        pytest.param(talk(("content", "one")), "one", 1, 0, id="one part"),
        pytest.param(talk(("instruction", "rules"), ("content", "one")), "one", 1, 0, id="behind instructions"),
        pytest.param(
            Prompt((Part("one", 0), Part("three", 1, 0), Part("four", 1, 1), Part("me", -1, 0, "field"))),
            "three\nfour", 2, 0, id="all parts of the last turn",
        ),
        pytest.param(chat(PROOF, ANSWER, "What is the capital of France?"), "What is the capital of France?", 3, 0, id="a new ask"),
        pytest.param(chat("What is the capital of France?", "Paris", PROOF), PROOF, 3, 0, id="a long new ask"),
        pytest.param(chat(PROOF, ANSWER, "continue"), f"{PROOF}\ncontinue", 3, 2, id="continue"),
        pytest.param(chat(PROOF, ANSWER, "Now in French"), f"{PROOF}\nNow in French", 3, 2, id="in another language"),
        pytest.param(chat(PROOF, ANSWER, "why?"), f"{PROOF}\nwhy?", 3, 2, id="why"),
        pytest.param(chat(PROOF, ANSWER, "und auf Deutsch?"), f"{PROOF}\nund auf Deutsch?", 3, 2, id="in German"),
        pytest.param(chat(PROOF, ANSWER, "continue", ANSWER, "shorter please"), f"{PROOF}\nshorter please", 5, 4, id="two follow-ups"),
        pytest.param(chat("Say hello.", "Hello!", PROOF, ANSWER, "try again"), f"{PROOF}\ntry again", 5, 2, id="the nearest ask"),
        pytest.param(chat(PROOF, "Shall I prove the lemma too?", "the short way"), f"{PROOF}\nthe short way", 3, 2, id="a reply to a question"),
        pytest.param(chat(PROOF, ANSWER, "the short way"), "the short way", 3, 0, id="the same words to no question"),
        pytest.param(talk(("answer", ANSWER), ("content", "why?")), "why?", 2, 0, id="a follow-up to what was trimmed away"),
        pytest.param(chat("continue", ANSWER, "why?"), "continue\nwhy?", 3, 2, id="follow-ups only"),
        pytest.param(talk(("content", PROOF), ("call", "{}"), ("result", "42")), PROOF, 1, 0, id="what a tool returned inherits"),
        pytest.param(
            talk(("content", PROOF), ("answer", "call_1"), ("content", "OBSERVATION: 42")), PROOF, 3, 0, id="in a person's name too"
        ),
        pytest.param(
            chat(PROOF, ANSWER, "<system-reminder>todo</system-reminder>", ANSWER, "continue"), f"{PROOF}\ncontinue", 5, 4, id="past reminders"
        ),
        pytest.param(talk(("content", "<system-reminder>x</system-reminder>")), "<system-reminder>x</system-reminder>", 1, 0, id="nothing else"),
        pytest.param(
            talk(("instruction", "r"), ("content", "<rules>x</rules>")), "<rules>x</rules>", 1, 0, id="nothing else behind instructions"
        ),
        pytest.param(
            talk(("content", "<rules>x</rules>"), ("answer", ANSWER), ("content", "<rules>y</rules>")), "<rules>y</rules>", 3, 0, id="nor later"
        ),
        pytest.param(
            chat("rule\n" * 200 + "What is up?", ANSWER, "rule\n" * 200 + "And in French?"), "rule\n" * 200 + "What is up?\nAnd in French?", 3, 2,
            id="what a program repeats",
        ),
        pytest.param(chat("x" * 700, ANSWER, "y" * 700), "y" * 700, 3, 0, id="two long ones"),
    ],
)  # fmt: skip
def test_what_is_asked(prompt: Prompt, text: str, turns: int, refers: int) -> None:
    assert asked(prompt) == Asked(text, turns, refers)


@pytest.mark.parametrize(
    "text",
    """continue|Go on.|why?|But why?|And in French?|now in German|in Python|as a table|shorter please|Make it shorter|more formal|too long|try again
    Try it again|explain that|What does that mean?|how does it work?|2|the second one|option b|And what about Berlin?|Can you fix it?|could you also add tests?
    now do the same for the second file|Great, now in French|Thanks! And in Spanish?|yes please|Ok, go ahead|which one is faster?|Translate it to German
    rewrite it in Rust|what did you mean by that?|use numpy instead|a bit more detail please|continue with step 3|Warum?|und auf Deutsch?|kürzer bitte|weiter
    übersetze das|pourquoi ?|et en anglais ?|plus court|continúa|y en inglés|otra vez|Write a poem about it|who is he?|为什么？|explain your answer""".replace(
        "\n", "|"
    ).split("|"),
)
def test_follow_ups(text: str) -> None:
    assert refers_back(text.strip())


@pytest.mark.parametrize(
    "text",
    """hello|thanks|No thanks|Thank you so much!|Great, thanks a lot|What time is it in Oslo?|Prove that 7 is prime|What is the capital of France?|ok
    Set a timer for ten minutes|Why is the sky blue?|Warum ist der Himmel blau?|play some jazz|turn on the lights|what is 12 times 4
    Can you explain quantum computing?|Now write a distributed lock service in Go|add 3 eggs to my shopping list|what's next on my calendar
    As an expert, write a plan for my company|What's the weather this week?|Compare oak and pine for a table, and explain how each of them ages.|Detail the history of Rome""".replace(
        "\n", "|"
    ).split("|"),
)
def test_asks_of_their_own(text: str) -> None:
    assert not refers_back(text.strip())


def test_a_long_ask_says_itself_what_it_wants() -> None:
    assert refers_back("and now in French, with all that belongs to it")
    assert not refers_back("and now in French, with all that belongs to it" + ", and with a table of every word that was changed")
    assert not refers_back("Thanks", "Anything else?")
    assert not refers_back("And who are you?" * 3, "Anything else?")


def test_the_look_back_is_bounded() -> None:
    assert asked(chat(PROOF, *[ANSWER, "continue"] * (MOST_BACK * 2))).text == "continue\ncontinue"
    parts = (Part(PROOF, 0), Part(ANSWER, 1, 0, "answer"), *(Part("go on", 2, place) for place in range(MOST_PARTS + 9)))
    assert asked(Prompt(parts)).turns == 3


def test_no_repr_shows_text() -> None:
    assert "canary" not in repr(asked(talk(("content", "canary"))))


PLACES: list[Place] = ["content", "answer", "instruction", "result", "call"]


@given(
    st.lists(
        st.tuples(st.sampled_from(PLACES), st.sampled_from(["why?", "thanks", PROOF, "<rules>x</rules>", "", "OBSERVATION: x", ANSWER]))
    )
)
def test_what_is_asked_is_what_persons_said(said: list[tuple[Place, str]]) -> None:
    found = asked(talk(*said))
    persons = {text for place, text in said if place == "content"}
    assert set(found.text.split("\n")) <= persons | {""}
    assert found.turns <= len(said)
