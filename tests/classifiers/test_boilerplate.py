import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.boilerplate import KEPT, MOST, PLAIN, stripped, without_repetition

ASK = "Why does the second test fail?"
FILE = "\n".join(f"{number}: value = compute({number})" for number in range(300))


@pytest.mark.parametrize(
    ("text", "ask"),
    [
        pytest.param(ASK, ASK, id="nothing around it"),
        pytest.param("", "", id="nothing at all"),
        pytest.param("a < b and c > d", "a < b and c > d", id="signs that are no tags"),
        pytest.param(f"{ASK}\n<system-reminder>\nThe file was changed.\n</system-reminder>", ASK, id="a reminder behind it"),
        pytest.param(f"<system-reminder>x</system-reminder>{ASK}<system-reminder>y</system-reminder>", ASK, id="reminders around it"),
        pytest.param(
            f"<task>\n{ASK}\n</task>\n<environment_details>\n{FILE}\n</environment_details>", ASK, id="a task with its environment"
        ),
        pytest.param(f"<context>{FILE}</context>\n<question>{ASK}</question>", ASK, id="a question about a context"),
        pytest.param(f"<user_query>old</user_query> so <user_query>{ASK}</user_query>", ASK, id="the last of two queries"),
        pytest.param(f"<environment_context>\n{FILE}\n</environment_context>", "", id="a turn that a program wrote"),
        pytest.param("[read_file for 'src/a.py'] Result:\n1: import os", "", id="what a tool returned, in a person's name"),
        pytest.param("OBSERVATION:\n" + FILE, "", id="what an agent saw"),
        pytest.param("[1, 2, 3] sorted, please", "[1, 2, 3] sorted, please", id="a list is no result"),
        pytest.param(f'{ASK}\n<file path="a.py">\n{FILE}\n</file>', f"{ASK}\n\n{FILE[: KEPT - 1]}", id="a file is cut"),
        pytest.param(f"{ASK}\n```python\n{FILE}\n```", f"{ASK}\n```python\n{FILE[: KEPT - 7]}```", id="so is code between fences"),
        pytest.param(f"{ASK} ```x = 1``` {'please ' * 100}", f"{ASK} ```x = 1``` {'please ' * 100}".strip(), id="short code is not"),
        pytest.param(
            f"{ASK} <file> without an end, and <file> again", f"{ASK} <file> without an end, and <file> again", id="a tag left open"
        ),
        pytest.param("You are a helpful assistant. " + ASK, ASK, id="a role in a sentence"),
        pytest.param("You are an expert in tests.\nBe brief.\n\n" + ASK, f"Be brief.\n\n{ASK}", id="a role in a paragraph"),
        pytest.param("You are a helpful assistant.", "You are a helpful assistant.", id="a role and nothing else"),
        pytest.param("You are an idiot. No.", "You are an idiot. No.", id="too little is left to be the ask"),
        pytest.param("You are a lawyer. May you say so?\nA. yes\nB. no", "You are a lawyer. May you say so?\nA. yes\nB. no", id="an exam"),
        pytest.param("You are an expert in law. Choose one.\nA. yes\nB. no", "Choose one.\nA. yes\nB. no", id="a role before choices"),
        pytest.param("You are watching a film.\n" + ASK, "You are watching a film.\n" + ASK, id="a story"),
        pytest.param(f"Five people live here:\n{FILE}", f"Five people live here:\n{FILE}", id="conditions behind a colon"),
        pytest.param("You are right, thank you", "You are right, thank you", id="a sentence that begins so"),
        pytest.param(
            f"Below is an instruction that describes a task. Write a response.\n\n### Instruction:\n{ASK}\n\n### Response:",
            ASK,
            id="a template",
        ),
        pytest.param(f"Summarise this text:\n\n{FILE}", f"Summarise this text:\n\n{FILE[: KEPT - 1]}", id="what a colon announces"),
        pytest.param(
            f"{'Please. ' * 60}Read this text:\n\n{FILE}", f"{'Please. ' * 60}Read this text:\n\n{FILE[: KEPT - 1]}", id="after a long line"
        ),
        pytest.param(f"{FILE}\n{ASK}", f"{FILE}\n{ASK}", id="an ask behind a long text"),
    ],
)
def test_what_is_left(text: str, ask: str) -> None:
    assert stripped(text).strip() == ask


def test_of_a_very_long_turn_both_ends_are_looked_at() -> None:
    left = stripped(f"{ASK} <system-reminder>{FILE * 20}</system-reminder> And why the third?")
    assert left == f"{ASK}  And why the third?"
    assert len(stripped("word " * MOST)) <= MOST + 1


@pytest.mark.parametrize(
    ("text", "before", "fresh"),
    [
        pytest.param("short", "short too", "short", id="a short one"),
        pytest.param(f"{FILE}\n{ASK}", f"{FILE}\nWhat is this?", ASK, id="the same file in front of another ask"),
        pytest.param(f"{FILE}\n{ASK}", "x" + FILE, f"{FILE}\n{ASK}", id="another beginning"),
        pytest.param(f"{FILE}\n{ASK}", f"{FILE}\n{ASK}", f"{FILE}\n{ASK}", id="the same once more"),
        pytest.param(FILE, f"{FILE}\n{ASK}", FILE, id="nothing new"),
    ],
)
def test_what_programs_repeat(text: str, before: str, fresh: str) -> None:
    assert without_repetition(text, before) == fresh


@pytest.mark.parametrize("text", ["<file>" * 400_000, "```" * 800_000, "You are a " * 200_000, "<x " * 800_000, "a:\n" * 800_000])
def test_no_text_is_gone_over_again_and_again(text: str) -> None:
    start = time.process_time()
    stripped(text)
    without_repetition(text, text[:-1])
    assert time.process_time() - start < 20  # minutes, where time grows with the square of the text


@given(st.text(st.characters()) | st.text("<>/task`\n file#[]:You are a"))
def test_short_text_without_tags_is_left_alone_and_nothing_is_made_up(text: str) -> None:
    left = stripped(text)
    assert set(left) <= set(text)
    assert len(left) <= max(len(text), PLAIN)
