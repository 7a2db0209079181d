"""How a route cascades, in the file."""

from typing import Any

import pytest

from router.cascade import Accept, Cascade, Hold, SelfCheck
from tests.gateway.config.examples import plan, said

SENSITIVE = {"name": "sensitive", "when": {"label": ">= personal"}, "to": ["qwen"]}


def routes(cascade: object, **more: Any) -> dict[str, Any]:
    return {"routes": [SENSITIVE, {"name": "first", "to": ["qwen"], "fallback": ["gpt"], "cascade": cascade} | more]}


@pytest.mark.parametrize(
    ("cascade", "meant"),
    [
        pytest.param({}, Cascade(), id="nothing said"),
        pytest.param(
            {
                "accept": {
                    "min_mean_logprob": -0.7,
                    "refusals": False,
                    "schema": False,
                    "length_stop": False,
                    "empty": False,
                    "self_check": {"min_probability": 0.8, "max_s": 1},
                },
                "hold": {"max_s": 2, "max_tokens": 50},
            },
            Cascade(Accept(-0.7, False, False, False, False, SelfCheck(0.8, 1.0)), Hold(2.0, 50)),
            id="all said",
        ),
        pytest.param({"accept": {"self_check": {}}}, Cascade(Accept(self_check=SelfCheck())), id="a self-check as it is"),
    ],
)
def test_a_cascade_means(cascade: dict[str, Any], meant: Cascade) -> None:
    assert plan(routes(cascade)).policy.rules[-1].cascade == meant


def test_without_one_no_route_cascades() -> None:
    assert [rule.cascade for rule in plan().policy.rules] == [None, None, None]


@pytest.mark.parametrize(
    ("edits", "sentence"),
    [
        pytest.param(routes({"accpet": {}}), "routes[1].cascade.accpet: ", id="an unknown key"),
        pytest.param(routes({"accept": {"min_mean_logprob": 0.7}}), "routes[1].cascade.accept.min_mean_logprob: ", id="a probability"),
        pytest.param(routes({"hold": {"max_tokens": 0}}), "routes[1].cascade.hold.max_tokens: ", id="no hold"),
        pytest.param(
            routes({"accept": {"refusals": False, "schema": False, "length_stop": False, "empty": False}}),
            "routes[1].cascade.accept: every test is off, so nothing could be rejected; turn one on, or leave `cascade` out",
            id="no test",
        ),
        pytest.param(
            routes({}, to=["gpt"], fallback=["qwen"]),
            "routes[1].cascade: rule 'first' cannot cascade: its first target, 'gpt', is external; name a local one first",
            id="the first is external",
        ),
        pytest.param(
            routes({}, fallback=[]),
            "routes[1].cascade: rule 'first' cannot cascade: nothing comes after 'qwen'; name a target in `fallback`",
            id="nothing after it",
        ),
        pytest.param(
            {
                "routes": [
                    {
                        "name": "secret",
                        "when": {"label": ">= personal"},
                        "to": ["qwen"],
                        "fallback": ["gpt"],
                        "redact": True,
                        "cascade": {},
                    },
                    {"name": "rest", "to": ["qwen"]},
                ]
            },
            "routes[0].cascade: rule 'secret' cascades nothing: 'gpt' may have no chat or completion that the rule gets as it is; "
            "leave `cascade` out",
            id="nothing that may go on",
        ),
        pytest.param(
            {"routes": [{"name": "first", "to": ["qwen"], "fallback": ["gpt"], "cascade": {}}]},
            "routes[0].fallback[0]: route 'first' would send personal content to 'gpt'",
            id="a leak is a leak",
        ),
    ],
)
def test_what_is_said_of_one_that_cannot_be(edits: dict[str, Any], sentence: str) -> None:
    found = said({**edits, "tests": []})
    assert any(one.startswith(sentence) for one in found), found
