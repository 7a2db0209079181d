"""The whole way from text to `Plan`: everything at once, and never another exception."""

import copy
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.config.compile import compile_text, load
from gateway.config.errors import ConfigError
from gateway.config.prices import Prices
from gateway.plan import Limits, Observing, Plan, Remembering
from router.names import TargetName
from tests.gateway.config.examples import ENV, GONE, VALID, edited, plan, said

CANARY = "canary-0123456789"


def test_a_file_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "tidegate.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + yaml.safe_dump(edited({"destinations.gpt.key": {"file": "key.txt"}})).encode())
    (tmp_path / "key.txt").write_text("from-a-file\n")
    key = load(str(path), ENV).upstreams[TargetName("gpt")].key
    assert key is not None
    assert key.reveal() == "from-a-file"


def test_the_environment_is_the_process_s_own_unless_given(tmp_path: Path) -> None:
    path = tmp_path / "tidegate.yaml"
    path.write_text(yaml.safe_dump(edited({"destinations.gpt.key": {"env": "PATH"}, "keys": []})))
    assert {upstream.key.reveal() for upstream in load(path).upstreams.values() if upstream.key} == {os.environ["PATH"]}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(None, "the file cannot be read: No such file or directory", id="no file"),
        pytest.param(b"\xff\xff", "the file is not UTF-8 text", id="not text"),
        pytest.param(b"", "the configuration is empty", id="empty"),
        pytest.param(
            b"a: [", "line 1: this is not YAML that can be read: expected the node content, but found '<stream end>'", id="not YAML"
        ),
        pytest.param(b"- 1", "line 1: expected a mapping, got a list", id="no mapping"),
    ],
)
def test_a_file_that_is_none_is_a_problem(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    path = tmp_path / "tidegate.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        load(path, {})
    assert str(refused.value) == f"{path}: {sentence}"


def test_the_rest_of_the_plan_is_what_the_file_says() -> None:
    made = plan({"limits": {"depth": 32}, "observers": {"log": False}, "state": "redis://cache:6379/0"})
    assert made.limits == Limits(depth=32)
    assert made.observing == Observing(log=False, prometheus=True, baseline=plan().observing.baseline)
    assert made.state_url == "redis://cache:6379/0"
    assert (plan().state_url, plan({"baseline": GONE}).observing.baseline) == ("", None)
    assert [test.say for test in made.tests] == ["my email"]


def test_a_secret_state_is_read_and_does_not_print() -> None:
    made = plan({"state": {"env": "STATE"}}, ENV | {"STATE": f"rediss://:{CANARY}@cache/0"})
    assert made.state_url.startswith("rediss://")
    assert CANARY not in repr(made)


@pytest.mark.parametrize(
    ("edits", "sentences"),
    [
        pytest.param(
            {"labels": ["public", "internal", "personal", "restricted", "public"]},
            ["labels[4]: the label 'public' stands here twice"],
            id="a label twice",
        ),
        pytest.param({"baseline": "gtp"}, ["baseline: there is no destination 'gtp'; did you mean 'gpt'?"], id="an unknown baseline"),
        pytest.param(
            {"baseline": "qwen"},
            ["baseline: nothing can be compared with 'qwen', whose prices per token are not known; give it a `cost`"],
            id="a baseline without a price",
        ),
        pytest.param(
            {"state": {"env": "CALLER_KEY"}},
            ["state: expected the secret to be a URL that begins with redis:// or rediss://"],
            id="a secret that is no URL",
        ),
        pytest.param(
            {"state": {"env": "NOPE"}}, ["state: the environment variable NOPE is not set; set it, or write {file: PATH}"], id="no state"
        ),
    ],
)
def test_what_is_refused_gets_one_sentence(edits: dict[str, Any], sentences: list[str]) -> None:
    assert said(edits) == sentences


def test_problems_of_every_kind_are_reported_together_with_their_lines() -> None:
    text = """
version: 1
sever: {port: 1}
destinations:
  qwen: {kind: openai_compatible, zone: local, url: "http://127.0.0.1:8000/v1", model: q, clearance: restricted, retires: 2}
  gpt: {kind: openai_compatible, zone: external, url: "https://api.example.com/v1", model: nope, clearance: internal, key: {env: NOPE}}
sensitivity:
  detectors: [patterns]
  labels: {emial: personal}
routes:
  - {name: leaky, to: [gtp, gpt]}
  - {name: idle, to: [qwen]}
baseline: gpt
"""
    with pytest.raises(ConfigError) as refused:
        compile_text(text, {}, prices=Prices(None))
    got = [(problem.line, problem.path) for problem in refused.value.problems]
    assert got == [
        (3, "sever"),
        (5, "destinations.qwen.retires"),
        (6, "destinations.gpt.key"),
        (6, "destinations.gpt.cost"),
        (9, "sensitivity.labels.emial"),
        (11, "routes[0].to[0]"),
        (11, "routes[0].to[1]"),
        (11, "routes[0].to[1]"),
        (12, "routes[1]"),
    ]


def test_failing_tests_are_reported_beside_other_problems() -> None:
    paths = [
        sentence.partition(":")[0] for sentence in said({"xyzzy": 1, "destinations.gpt.key": {"env": "NOPE"}, "tests[0].path": "cloud"})
    ]
    assert paths == ["destinations.gpt.key", "tests[0].path", "xyzzy"]


def test_nothing_secret_is_repeated() -> None:
    edits = {
        "destinations.gpt.key": CANARY,
        "destinations.gpt.url": f"https://user:{CANARY}@api.example.com/v1?key={CANARY}",
        "destinations.gpt.headers": {"api-key": CANARY},
        "destinations.gpt.retries": CANARY,
        "keys[0]": {"name": "app", "value": CANARY, "sha256": CANARY},
        "state": f"redis://:{CANARY}@cache",
        "version": CANARY,
    }
    with pytest.raises(ConfigError) as refused:
        plan(edits)
    assert len(refused.value.problems) >= 6
    assert CANARY not in str(refused.value)


def _places(content: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    entries = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for step, value in entries:
        yield (*where, step)
        yield from _places(value, (*where, step))


FULL = edited(
    {
        "server": {"host": "127.0.0.1", "port": 0, "admin_port": 0, "shutdown_grace_s": 1.0},
        "limits": {"depth": 10, "receive_s": 3.5},
        "observers": {"log": True},
        "state": "memory",
        "labels": ["public", "internal", "personal", "restricted"],
        "destinations.qwen.networks": ["127.0.0.0/8"],
        "destinations.gpt.headers": {"api-key": {"env": "CALLER_KEY"}},
        "destinations.gpt.clocks": {"total_s": 3},
        "destinations.cl": {
            "kind": "litellm",
            "zone": "external",
            "model": "a/b",
            "clearance": "public",
            "cost": "unknown",
            "options": {"api_version": "1"},
        },
        "routes[1].when": {"difficulty": "> 0.5", "tokens": "> 1", "endpoint": ["chat"], "tenant": "apps", "tools": False},
    }
)
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [
            None,
            True,
            -1,
            0,
            10**30,
            0.5,
            float("nan"),
            float("inf"),
            "",
            "x",
            "qwen",
            "auto",
            ">= personal",
            "> x",
            [],
            {},
            [[]],
            [{}],
            {"": ""},
        ]
    ),
    st.sampled_from(
        [
            ["qwen", "qwen"],
            {"env": "CALLER_KEY"},
            {"file": "\0"},
            {"a": {"b": 1}},
            "http://",
            "http://[",
            "https://\u0660",
            "é" * 70,
            "\ud800",
        ]
    ),
    st.text(max_size=8),
    st.integers(),
)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A configuration with one to three places dropped, renamed, or of another type."""
    content = copy.deepcopy(FULL)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(content))
        where = places[draw(st.integers(0, len(places) - 1))] if places else ()
        place: Any = content
        for step in where[:-1]:
            place = place[step]
        if not where:
            continue
        match draw(st.sampled_from(["drop", "rename", "replace"])):
            case "drop":
                del place[where[-1]]
            case "rename" if isinstance(place, dict):
                place[draw(st.one_of(st.text(max_size=6), st.integers(), st.none(), st.just(f"{where[-1]}s")))] = place.pop(where[-1])
            case _:
                place[where[-1]] = draw(VALUES)
    return content


MUTATIONS = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@settings(MUTATIONS, max_examples=40)
@given(mutated())
def test_any_mutation_gives_a_plan_or_problems(content: Any) -> None:
    assert_plan_or_problems(content)


@pytest.mark.long
@settings(MUTATIONS, max_examples=300)
@given(mutated())
def test_any_of_many_mutations_gives_a_plan_or_problems(content: Any) -> None:
    assert_plan_or_problems(content)


def assert_plan_or_problems(content: Any) -> None:
    try:
        made = compile_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), ENV, prices=Prices(None))
    except ConfigError as error:
        assert error.problems
        assert all(problem.say for problem in error.problems)
    else:
        assert isinstance(made, Plan)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            [
                "a",
                ": ",
                "- ",
                "\n",
                "  ",
                "[",
                "]",
                "{",
                "}",
                "&x ",
                "*x",
                "!!int ",
                "!!binary ",
                "'",
                '"',
                "|",
                ">",
                "?",
                "0x",
                "1:1",
                "#",
                "<<",
            ]
        )
    ).map("".join)
)
def test_any_text_gives_a_plan_or_problems(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        compile_text(text, {}, prices=Prices(None))
    assert refused.value.problems


def test_the_example_is_not_changed_by_edits() -> None:
    assert edited({}) == dict(VALID)


def test_what_is_remembered_locked_and_sung_is_as_the_file_says(tmp_path: Path) -> None:
    made = plan()
    assert (made.remembering, made.lockdown_file, made.canaries_s) == (Remembering(), None, 300.0)
    edits = {
        "sensitivity.memo": {"entries": 5, "ttl_s": 6},
        "sensitivity.lineage": {"entries": 7, "ttl_s": 8, "unknown_history": "doubt"},
        "lockdown_file": "locked",
        "canaries": {"every_s": 0},
    }
    path = tmp_path / "tidegate.yaml"
    path.write_text(yaml.safe_dump(edited(edits)))
    other = load(path, ENV)
    assert other.remembering == Remembering(5, 6.0, 7, 8.0, doubts_history=True)
    assert (other.lockdown_file, other.canaries_s) == (tmp_path / "locked", 0.0)


def test_what_the_detector_of_secrets_finds_is_never_declassified() -> None:
    assert plan({"sensitivity.detectors": ["patterns", "secrets"], "sensitivity.labels": {}, "tests": []}).policy.kept == {"credential"}
    assert plan().policy.kept == frozenset()
