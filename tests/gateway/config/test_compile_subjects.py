"""What is read of an ask because rules ask for it."""

from typing import Any

import pytest

from tests.gateway.config.examples import plan, said

TOPICS = {"billing": ["I was charged twice", "Where is my invoice?"], "travel": ["Book me a flight", "A train to Rome"]}


def first(**when: object) -> dict[str, Any]:
    """The rules with one more, after what is sensitive."""
    return {
        "routes": [
            {"name": "sensitive", "when": {"label": ">= personal"}, "to": ["qwen"]},
            {"name": "about", "when": when, "to": ["gpt"]},
            {"name": "easy", "to": ["qwen"]},
        ],
        "tests": [],
    }


def test_without_such_a_rule_nothing_is_read() -> None:
    assert plan().subjects is None
    assert plan(first(tokens="> 9")).subjects is None


@pytest.mark.parametrize(
    ("when", "say", "other"),
    [
        pytest.param({"code": True}, "def f(x):\n    return x\n```", "Who was Noether?", id="code"),
        pytest.param({"language": ["de", "fr"]}, "Wer war das und wo?", "Who was that?", id="languages"),
        pytest.param({"topic": "law"}, "May a landlord sue a tenant for breach of contract in court?", "hello", id="a topic of ours"),
    ],
)
def test_what_a_rule_asks_for_is_read_and_decides(when: dict[str, object], say: str, other: str) -> None:
    tests = [{"say": say, "route": "about"}, {"say": other, "route": "easy"}]
    made = plan(first(**when) | {"tests": tests})
    assert made.subjects is not None
    assert (made.subjects.code is not None, made.subjects.has_language, made.subjects.topics is not None) == (
        "code" in when,
        "language" in when,
        "topic" in when,
    )


def test_topics_of_ones_own() -> None:
    edits = first(topic="billing") | {"topics": TOPICS}
    tests = [{"say": "Why was I charged for this?", "route": "about"}, {"say": "Which flight goes to Rome?", "route": "easy"}]
    assert plan(edits | {"tests": tests}).tests
    assert plan(edits).subjects == plan(edits).subjects, "a reload takes the same"


@pytest.mark.parametrize(
    ("edits", "sentence"),
    [
        pytest.param(
            first(topic="billing") | {"topics": {"billing": ["☃"]}},
            "topics: 'billing' has no phrase with a word that the word vectors know; write some as callers would",
            id="a topic without words",
        ),
        pytest.param(
            {"topics": TOPICS},
            "topics: no rule asks for a `topic`; add one, such as `when: {topic: NAME}`, or leave the topics out",
            id="topics that nobody asks for",
        ),
        pytest.param(
            first(topic="billing") | {"topics": {"billing": []}}, "topics.billing: must not be empty", id="a topic without phrases"
        ),
        pytest.param(first(topic="low"), "routes[1].when.topic: there is no topic 'low'; did you mean 'law'?", id="no such topic"),
        pytest.param(
            first(topic="law") | {"topics": TOPICS},
            "routes[1].when.topic: there is no topic 'law'; there are: billing, travel",
            id="ours beside one's own",
        ),
        pytest.param(first(code="yes"), "routes[1].when.code: expected true or false, got a text", id="code is a flag"),
        pytest.param(first(language=[]), "routes[1].when.language: must not be empty", id="no language"),
    ],
)
def test_what_makes_no_sense_is_said(edits: dict[str, Any], sentence: str) -> None:
    assert sentence in said(edits)


def test_an_unknown_language_is_said() -> None:
    (sentence,) = said(first(language="german"))
    assert sentence.startswith("routes[1].when.language: there is no language 'german'; there are: ar, bg, ")
