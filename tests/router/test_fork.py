import random

import pytest

from classifiers.signals import Subject
from router.decision import Decision, Reason
from router.facts import Facts
from router.fork import Fork, Key, Way
from router.names import RouteName
from router.rules import Test, hold
from tests.router.examples import ASK, PUBLIC

EMPTY = Decision(PUBLIC, RouteName("any"), (), Reason(RouteName("any")))
LAST = Way(Key(9, PUBLIC, "chat"), (), EMPTY)


def fork(*tests: tuple[Test, ...]) -> Fork:
    return Fork([*(Way(Key(place, PUBLIC, "chat"), each, EMPTY) for place, each in enumerate(tests)), LAST])


def taken(at: Fork, difficulty: float | None, facts: Facts = ASK) -> int:
    return at.take(facts, PUBLIC, difficulty, Subject()).key.rule


@pytest.mark.parametrize(
    ("difficulty", "rule"),
    [
        pytest.param(None, 9, id="what is unknown satisfies no rule"),
        pytest.param(0.0, 9, id="too easy for each"),
        pytest.param(0.4, 1, id="on a bound that counts"),
        pytest.param(0.6, 1, id="on a bound that does not"),
        pytest.param(0.6000001, 0, id="just above it"),
        pytest.param(1.0, 0, id="as hard as can be"),
    ],
)
def test_the_first_way_that_holds_is_taken(difficulty: float | None, rule: int) -> None:
    assert taken(fork((Test("difficulty", ">", 0.6),), (Test("difficulty", ">=", 0.4),)), difficulty) == rule


def test_a_way_that_hangs_on_more_than_the_difficulty_is_looked_at_for_every_request() -> None:
    either = fork((Test("difficulty", ">", 0.6), Test("turns", ">", 4)))
    assert [taken(either, 0.7, Facts("r", turns=turns)) for turns in (4, 5)] == [9, 0]


def test_one_that_nothing_leads_elsewhere_from_is_taken_by_all() -> None:
    assert [taken(fork(), difficulty) for difficulty in (None, 0.0, 0.5, 1.0)] == [9, 9, 9, 9]


def test_the_table_says_what_the_rules_say() -> None:
    dice = random.Random(7)
    for _ in range(300):
        rules = [
            tuple(Test("difficulty", dice.choice([">", ">=", "<", "<=", "="]), dice.randrange(5) / 4) for _ in range(2)) for _ in "abc"
        ]
        for difficulty in (None, dice.random(), *(number / 8 for number in range(9))):
            held = [place for place, tests in enumerate(rules) if hold(tests, ASK, PUBLIC, difficulty)]
            assert taken(fork(*rules), difficulty) == (held or [9])[0]
