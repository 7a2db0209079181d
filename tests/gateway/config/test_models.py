"""The shape of the file: what is refused, and in which words."""

from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

from gateway.config.models import Settings, schema
from tests.gateway.config.examples import GONE, VALID, edited, said


def test_the_example_is_valid() -> None:
    assert said({}) == []


def test_settings_are_frozen() -> None:
    settings = Settings.model_validate(dict(VALID))
    with pytest.raises(ValidationError):
        settings.version = 1  # type: ignore[misc]


def test_what_is_absent_has_its_default() -> None:
    settings = Settings.model_validate(dict(VALID))
    assert (settings.server.host, settings.server.port, settings.labels) == (
        "127.0.0.1",
        8080,
        ("public", "internal", "personal", "restricted"),
    )
    assert (settings.limits.body_bytes, settings.observers.log, settings.state) == (10_000_000, True, "memory")
    assert Settings.model_validate(edited({"sensitivity": GONE})).sensitivity.detectors == ("patterns", "secrets")


def test_the_schema_is_the_same_every_time_and_describes_every_field() -> None:
    assert schema() == schema()
    document = msgspec.json.decode(schema())
    bare = [
        f"{name}.{key}"
        for name, model in (document["$defs"] | {"": document}).items()
        for key, field in model.get("properties", {}).items()
        if "description" not in field
    ]
    assert bare == []


@pytest.mark.parametrize(
    ("edits", "sentences"),
    [
        pytest.param({"sever": {}}, ["sever: unknown key; did you mean 'server'?"], id="an unknown key at the top"),
        pytest.param(
            {"destinations.gpt.clearence": "public"},
            ["destinations.gpt.clearence: unknown key; did you mean 'clearance'?"],
            id="an unknown key inside",
        ),
        pytest.param(
            {"routes[2].xyzzy": 1},
            ["routes[2].xyzzy: unknown key; there are: cascade, fallback, name, redact, to, when"],
            id="an unknown key like no other",
        ),
        pytest.param(
            {"routes[2].spill": {"to": ["gpt"]}},
            ["routes[2].spill: `spill` is not there yet; name the targets that may take over under `fallback`"],
            id="spill is not there yet",
        ),
        pytest.param(
            {"sensitivity.on_explicit_model": "denny"},
            ["sensitivity.on_explicit_model: expected 'reroute', 'redact' or 'deny'; did you mean 'deny'?"],
            id="a misspelt choice",
        ),
        pytest.param({"version": GONE}, ["version: is missing: Version of this format."], id="no version"),
        pytest.param({"version": 2}, ["version: expected 1, got a number"], id="another version"),
        pytest.param({"server": {"port": "8080"}}, ["server.port: expected a whole number, got a text"], id="a number in quotes"),
        pytest.param({"server": {"port": 80.5}}, ["server.port: expected a whole number, got a number"], id="a fraction"),
        pytest.param({"server": {"port": 70000}}, ["server.port: must be at most 65535"], id="too large a number"),
        pytest.param({"limits": {"depth": 1}}, ["limits.depth: must be at least 8"], id="too small a number"),
        pytest.param({"limits": {"receive_s": 0}}, ["limits.receive_s: must be more than 0"], id="no time at all"),
        pytest.param({"limits": {"receive_s": float("inf")}}, ["limits.receive_s: must be a finite number"], id="for ever"),
        pytest.param(
            {"destinations.gpt.region": False},
            ["destinations.gpt.region: expected a text, got true or false; put it in quotes"],
            id="YAML reads `no` as false",
        ),
        pytest.param({"routes[0].to": "qwen"}, ["routes[0].to: expected a list, got a text"], id="a text for a list"),
        pytest.param({"routes[0].to": []}, ["routes[0].to: must not be empty"], id="an empty chain"),
        pytest.param(
            {"routes[0].to": ["a b"]},
            ["routes[0].to[0]: " + "a name has letters, digits, `.`, `_` and `-`, 64 at most, and begins with a letter or digit"],
            id="a name with a space",
        ),
        pytest.param(
            {"routes[0].when.tokens": [1]}, ["routes[0].when.tokens: expected a text or a number, got a list"], id="one of several types"
        ),
        pytest.param(
            {"routes[0].when.schema": "yes"}, ["routes[0].when.schema: expected true or false, got a text"], id="a text for a flag"
        ),
        pytest.param({"routes": GONE}, ["routes: is missing: Rules; the first that applies decides."], id="no routes"),
        pytest.param({"destinations": {}}, ["destinations: must not be empty"], id="no destinations"),
        pytest.param({"destinations": None}, ["destinations: expected a mapping, got nothing"], id="a key with nothing behind it"),
        pytest.param({"destinations.gpt": 3}, ["destinations.gpt: expected a mapping, got a number"], id="a number for a destination"),
        pytest.param({"models": {"a": 1}}, ["models.a: expected a text, got a number; put it in quotes"], id="a number for a model"),
        pytest.param(
            {"models": {"a b": "auto"}},
            ["models.a b: a model name has visible ASCII characters without spaces, 200 at most"],
            id="a bad model name",
        ),
        pytest.param({"models": {1: "auto"}}, ["models[1]: a key must be a text; put it in quotes"], id="a number as a key"),
        pytest.param(
            {"sensitivity.detectors[0]": {"a": {}, "b": {}}},
            ["sensitivity.detectors[0]: expected a kind, or one kind with its options: {names: {threshold: 0.6}}"],
            id="two kinds in one",
        ),
        pytest.param(
            {"sensitivity.detectors[0]": {"patterns": 3}},
            ["sensitivity.detectors[0].patterns: expected a mapping, got a number"],
            id="options that are none",
        ),
        pytest.param(
            {"sensitivity.detectors[0]": 3},
            ["sensitivity.detectors[0]: expected a text or a mapping, got a number; put it in quotes"],
            id="a number for a detector",
        ),
        pytest.param({"keys[0].sha256": "ab" * 32}, ["keys[0]: give either `sha256` or `value`"], id="two sources of a key"),
        pytest.param(
            {"keys[0]": {"name": "app", "sha256": "abc"}},
            ["keys[0].sha256: expected the SHA-256 of the key as 64 hexadecimal digits"],
            id="no SHA-256",
        ),
        pytest.param(
            {"state": "postgres://x"}, ["state: expected `memory`, or a URL that begins with redis:// or rediss://"], id="another state"
        ),
        pytest.param(
            {"state": "redis://:pass@host"},
            ["state: a URL with a password is a secret; write {env: NAME} or {file: PATH}"],
            id="a password in the state's URL",
        ),
        pytest.param({"tests[0].say": ""}, ["tests[0]: give either `say` or `messages`"], id="an empty test"),
        pytest.param({"labels": []}, ["labels: must not be empty"], id="no labels"),
        pytest.param({"baseline": ["gpt"]}, ["baseline: expected a text, got a list"], id="two baselines"),
    ],
)
def test_what_is_refused_gets_one_sentence(edits: dict[str, Any], sentences: list[str]) -> None:
    assert said(edits) == sentences
