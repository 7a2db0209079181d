"""What a decision is taken apart into. What would change it is the router's: tests/router/test_changes.py."""

from collections.abc import Sequence

import msgspec
import pytest

from classifiers.kinds import make_scorer
from classifiers.prompt import Part, Prompt
from classifiers.signals import Subject
from gateway.explained import Explained, Neighbour, explained, neighbours
from router.facts import Facts
from router.fleet import Fleet
from router.values import replace
from tests.router.examples import ASK, INTERNAL, PERSONAL, POLICY, TARGETS, doubtful, found

FLEET = Fleet(TARGETS.values())
PROMPT = Prompt((Part("a canary of a prompt"),))


def test_it_is_json_of_names_and_numbers() -> None:
    signals = replace(found("email", "email", "iban", score=0.75), subject=Subject(code=False, language="en"))
    told = explained(POLICY, ASK, signals, [Neighbour("proofs", 40, 0.75, 0.5)], FLEET, 0.0)
    again = msgspec.json.decode(msgspec.json.encode(told), type=Explained)
    assert again == told
    assert msgspec.to_builtins(told)["raised"] == [
        {"label": "restricted", "source": "finding", "name": "iban", "count": 1},
        {"label": "personal", "source": "finding", "name": "email", "count": 2},
    ]
    assert msgspec.to_builtins(told)["difficulty"] == {
        "score": 0.75,
        "threshold": 0.5,
        "margin": 0.25,
        "is_forced": False,
        "features": [{"name": "proof", "moved": 0.4}],
        "neighbours": [{"name": "proofs", "questions": 40, "failed": 0.75, "likeness": 0.5}],
    }
    assert msgspec.to_builtins(told)["subject"] == {"code": False, "language": "en", "topic": None}
    assert told.rules[0].conditions[0].had == "restricted"
    assert (told.rules[1].conditions[0].had, told.rules[1].conditions[0].condition) == (0.75, "difficulty > 0.5")
    assert [(one.target, one.zone, one.clearance, one.redacted) for one in told.chain] == [("qwen", "local", "restricted", False)]
    assert [one.target for one in told.barred] == ["gpt", "claude"]
    assert ("content", "public", "hard", "cloud", "gpt") in [
        (one.means, one.label, one.route, one.path, one.target) for one in told.changes
    ], "without what was found it would go out"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(ASK, ("cloud", "gpt", None), id="the first of the chain"),
        pytest.param(replace(ASK, prompt_tokens=10**6), ("blocked", None, None), id="none that it fits"),
        pytest.param(replace(ASK, inherited=PERSONAL, lineage="turn", ceiling=INTERNAL), ("cloud", "gpt", "personal"), id="declassified"),
    ],
)
def test_where_it_would_go_now(facts: Facts, expected: tuple[str, str | None, str | None]) -> None:
    told = explained(POLICY, facts, found(score=0.75), [], FLEET, 0.0)
    assert (told.path, told.target, told.declassified_from) == expected


def test_without_a_scorer_there_is_no_score_and_a_doubt_counts() -> None:
    told = explained(POLICY, ASK, doubtful(), [], FLEET, 0.0)
    assert told.difficulty is None
    assert [(one.source, one.name, one.count) for one in told.raised] == [("doubt", "media", 1)]


class Near:
    def neighbours(self, prompt: Prompt) -> Sequence[Neighbour]:
        return [Neighbour(f"group {number}", 30, 0.1, 1 / (number + 1)) for number in range(9)]


class Broken:
    def neighbours(self, prompt: Prompt) -> Sequence[Neighbour]:
        raise ValueError(prompt.parts[0].text)


@pytest.mark.parametrize(
    ("scorer", "names"),
    [
        pytest.param(None, [], id="no scorer"),
        pytest.param(object(), [], id="one that knows none"),
        pytest.param(Near(), [f"group {number}" for number in range(5)], id="the nearest of many"),
        pytest.param(Broken(), [], id="one that fails"),
    ],
)
def test_neighbours(scorer: object, names: list[str]) -> None:
    assert [one.name for one in neighbours(scorer, PROMPT)] == names


def test_the_learned_scorer_names_neighbours() -> None:
    near = neighbours(make_scorer("learned", {}), Prompt((Part("What is the momentum of a photon in a magnetic field?"),)))
    assert near
    assert [one.likeness for one in near] == sorted((one.likeness for one in near), reverse=True)
    assert all(one.questions > 0 and 0 <= one.failed <= 1 for one in near)
    assert neighbours(make_scorer("learned", {}), Prompt()) == []
