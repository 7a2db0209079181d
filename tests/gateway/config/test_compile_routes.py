"""Rules: the grammar of `when`, and chains of names."""

from typing import Any

import pytest

from router.policy import Test
from tests.gateway.config.examples import GONE, plan, said

FIRST = [{"name": "restricted", "when": {"label": "restricted"}, "to": ["qwen"]}]
LAST = [{"name": "other", "to": ["qwen"]}]


@pytest.mark.parametrize(
    ("when", "tests"),
    [
        pytest.param({"label": "personal"}, [("label", "=", "personal")], id="a label"),
        pytest.param({"label": " >=personal "}, [("label", ">=", "personal")], id="a comparison of labels"),
        pytest.param({"difficulty": "> threshold"}, [("difficulty", ">", 0.25)], id="the threshold"),
        pytest.param({"difficulty": ">= 0.6"}, [("difficulty", ">=", 0.6)], id="a score"),
        pytest.param({"turns": "<4", "difficulty": "<= 0.5"}, [("turns", "<", 4), ("difficulty", "<=", 0.5)], id="two numbers"),
        pytest.param({"turns": "== 1"}, [("turns", "=", 1)], id="equality in two signs"),
        pytest.param({"share": "5%"}, [("share", "<", 0.05)], id="a share"),
        pytest.param({"share": 0.5}, [("share", "<", 0.5)], id="a share without a sign"),
        pytest.param({"share": "100 %"}, [("share", "<", 1.0)], id="all of it"),
        pytest.param({"endpoint": "chat"}, [("endpoint", "=", "chat")], id="an endpoint"),
        pytest.param({"endpoint": ["chat", "completions"]}, [("endpoint", "in", frozenset({"chat", "completions"}))], id="endpoints"),
        pytest.param({"tenant": ["apps"]}, [("tenant", "=", "apps")], id="a list of one"),
        pytest.param(
            {"tools": True, "media": False, "schema": True, "stream": False},
            [("tools", "=", True), ("media", "=", False), ("schema", "=", True), ("stream", "=", False)],
            id="flags",
        ),
    ],
)
def test_a_condition_becomes_a_test(when: dict[str, Any], tests: list[tuple[Any, Any, Any]]) -> None:
    edits = {
        "difficulty.threshold": 0.25,
        "tests": [],
        "routes": [*FIRST, {"name": "x", "when": when | {"tokens": "> 7"}, "to": ["qwen"]}, *LAST],
    }
    made = plan(edits).policy
    given = [Test(field, sign, made.labels[value] if field == "label" else value) for field, sign, value in tests]
    assert set(made.rules[1].when) == {*given, Test("tokens", ">", 7)}


def test_chains_hold_targets_in_order() -> None:
    rule = plan().policy.rules[1]
    assert [[target.name for target in chain] for chain in (rule.to, rule.fallback)] == [["gpt"], ["qwen"]]


NUMBER = "expected a comparison with a number: "


@pytest.mark.parametrize(
    ("edits", "sentences"),
    [
        pytest.param(
            {"routes[1].to": ["gtp"]}, ["routes[1].to[0]: there is no destination 'gtp'; did you mean 'gpt'?"], id="an unknown destination"
        ),
        pytest.param(
            {"routes[1].fallback": ["qwen", "gpt"]}, ["routes[1].fallback[1]: 'gpt' stands in this chain twice"], id="a destination twice"
        ),
        pytest.param({"routes[1].name": "easy"}, ["routes[2].name: another route is called 'easy' as well"], id="a name twice"),
        pytest.param(
            {"routes[1].name": "named"},
            ["routes[1].name: 'named' is a route that the gateway itself gives out; take another name"],
            id="our name",
        ),
        pytest.param(
            {"routes[0].when": {"label": ">= personl"}},
            ["routes[0].when.label: there is no label 'personl'; did you mean 'personal'?"],
            id="an unknown label",
        ),
        pytest.param(
            {"routes[0].when": {"label": "personal or more"}},
            ['routes[0].when.label: expected a label, or a comparison with one: ">= personal"'],
            id="prose",
        ),
        pytest.param(
            {"routes[1].when": {"difficulty": 0.5}},
            ['routes[1].when.difficulty: expected a comparison: "> threshold" or ">= 0.6"'],
            id="a bare score",
        ),
        pytest.param(
            {"routes[1].when": {"difficulty": "hard"}},
            ['routes[1].when.difficulty: expected a comparison: "> threshold" or ">= 0.6"'],
            id="a word",
        ),
        pytest.param(
            {"routes[1].when": {"difficulty": "> high"}},
            [f'routes[1].when.difficulty: {NUMBER}"> threshold" or ">= 0.6"'],
            id="more than a word",
        ),
        pytest.param(
            {"routes[1].when": {"difficulty": "> 50"}}, ["routes[1].when.difficulty: difficulty lies between 0 and 1"], id="per cent"
        ),
        *[
            pytest.param(
                {"routes[1].when": {"share": share}},
                ["routes[1].when.share: expected a share of the traffic above 0% and up to 100%: 5%"],
                id=f"the share {share}",
            )
            for share in (0, "0%", "101%", 5, "half", "-5%")
        ],
        pytest.param({"routes[1].when": {"tokens": 8000}}, ['routes[1].when.tokens: expected a comparison: "> 8000"'], id="a bare count"),
        pytest.param(
            {"routes[1].when": {"tokens": "> threshold"}}, [f'routes[1].when.tokens: {NUMBER}"> 8000"'], id="tokens have no threshold"
        ),
        pytest.param({"routes[1].when": {"turns": "> -4"}}, [f'routes[1].when.turns: {NUMBER}"> 4"'], id="a negative count"),
        pytest.param(
            {"routes[1].when": {"endpoint": "chats"}},
            ["routes[1].when.endpoint: there is no endpoint 'chats'; did you mean 'chat'?"],
            id="an unknown endpoint",
        ),
        pytest.param({"routes[1].when": {"endpoint": []}}, ["routes[1].when.endpoint: must not be empty"], id="no endpoint"),
        pytest.param(
            {"routes[1].when": {"tenant": "app"}},
            ["routes[1].when.tenant: there is no tenant 'app'; did you mean 'apps'?"],
            id="an unknown tenant",
        ),
        pytest.param(
            {"difficulty": GONE},
            ["routes[1].when.difficulty: nothing judges difficulty: add `difficulty: {scorer: lexical}`"],
            id="difficulty without a scorer",
        ),
    ],
)
def test_what_is_refused_gets_one_sentence(edits: dict[str, Any], sentences: list[str]) -> None:
    assert said(edits) == sentences


def test_without_keys_any_tenant_may_be_named() -> None:
    edits = {"keys": [], "routes[1].when": {"tenant": "anonymous"}}
    assert plan(edits).policy.rules[1].when == (Test("tenant", "=", "anonymous"),)
