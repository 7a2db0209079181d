"""What is missing, and what a caller is told."""

from collections.abc import Sequence
from typing import get_args

import pytest

from router.abilities import lacking, unable
from router.names import Ability
from router.values import replace
from tests.router.examples import CLAUDE, GPT


@pytest.mark.parametrize(
    ("lacks", "needed", "missing"),
    [
        pytest.param([{"vision"}], {"vision"}, {"vision"}, id="one target"),
        pytest.param([{"vision", "tools"}, {"vision"}], {"vision", "tools"}, {"vision"}, id="what all of them lack"),
        pytest.param([{"vision"}, {"tools"}], {"vision", "tools"}, {"vision", "tools"}, id="each something else"),
        pytest.param([{"audio", "vision"}], {"vision"}, {"vision"}, id="only what is needed"),
    ],
)
def test_what_is_missing(lacks: Sequence[set[Ability]], needed: set[Ability], missing: set[Ability]) -> None:
    chain = [replace(GPT, lacks=frozenset(one)) for one in lacks]
    assert lacking(chain, frozenset(needed)) == missing


def test_who_lacks_nothing_is_not_said_to() -> None:
    assert lacking([GPT, CLAUDE], frozenset({"vision"})) == frozenset()


@pytest.mark.parametrize("ability", get_args(Ability))
def test_each_is_named(ability: Ability) -> None:
    failure = unable([ability])
    assert (failure.kind, failure.status) == ("UNABLE", 400)
    assert failure.say != unable(set(get_args(Ability)) - {ability}).say
    assert " can . " not in failure.say


def test_the_sentence() -> None:
    say = unable({"vision", "tools"}).say
    assert say == "No model that may take this request can call tools and see pictures. Leave that out, or ask for another model."
