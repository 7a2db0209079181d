"""Keys, model names and addresses."""

import hashlib
from typing import Any

import pytest

from gateway.plan import Listen, Meaning
from router.names import TargetName
from tests.gateway.config.examples import ENV, GONE, plan, said

DIGEST = hashlib.sha256(b"not-a-caller-key").hexdigest()
OPEN = "anybody who reaches 0.0.0.0 could use the gateway: add keys, or bind to 127.0.0.1, or set server.allow_anonymous: true"


def test_only_the_digest_of_a_key_is_kept() -> None:
    made = plan({"keys[1]": {"name": "other", "sha256": "AB" * 32}})
    key = made.keys[bytes.fromhex(DIGEST)]
    assert (key.name, key.tenant, str(key.floor)) == ("app", "apps", "internal")
    assert (made.keys[b"\xab" * 32].tenant, made.keys[b"\xab" * 32].floor) == ("default", None)
    assert ENV["CALLER_KEY"] not in repr(made)
    assert not key.may_declassify
    assert plan({"keys[0].may_declassify": True}).keys[bytes.fromhex(DIGEST)].may_declassify
    assert (key.quality, key.may_ask_best) == (None, True)
    limited = plan({"keys[0].quality": {"max": 7}, "keys[0].may_ask_best": False}).keys[bytes.fromhex(DIGEST)]
    assert (limited.quality, limited.may_ask_best) == ((0, 7), False)
    assert (key.priority, plan({"keys[0].priority": 3}).keys[bytes.fromhex(DIGEST)].priority) == (0, 3)


def test_model_names_mean_preferences_and_targets() -> None:
    made = plan({"models": {"assistant": "auto:local", "tiny": "small", "gpt-4o": "gpt"}, "destinations.qwen.aliases": ["small", "gpt-5"]})
    gpt, qwen = Meaning("named", TargetName("gpt")), Meaning("named", TargetName("qwen"))
    assert made.meanings == {
        "auto": Meaning("auto"),
        "auto:local": Meaning("local"),
        "auto:private": Meaning("private"),
        "auto:best": Meaning("best"),
        "auto:cheap": Meaning("cheap"),
        "qwen": qwen,
        "gpt": gpt,
        "small": qwen,
        "gpt-5": qwen,  # an alias goes before what an upstream calls its model
        "qwen3-8b": qwen,
        "assistant": Meaning("local"),
        "tiny": qwen,
        "gpt-4o": gpt,
    }


def test_of_two_destinations_with_a_model_the_first_is_meant() -> None:
    assert plan({"destinations.gpt.model": "qwen3-8b"}).meanings["qwen3-8b"].target == "qwen"


def test_addresses_are_what_the_file_says() -> None:
    server = {"host": "::1", "port": 1, "admin_host": "0.0.0.0", "admin_port": 1, "shutdown_grace_s": 5.0, "shutdown_delay_s": 2.0}
    assert plan({"server": server}).listen == Listen("::1", 1, "0.0.0.0", 1, 5.0, 2.0)


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param({"server": {"host": "0.0.0.0"}}, id="open, with keys"),
        pytest.param({"server": {"host": "localhost"}, "keys": []}, id="this machine, without keys"),
        pytest.param({"server": {"host": "0.0.0.0", "allow_anonymous": True}, "keys": []}, id="open on purpose"),
        pytest.param({"server": {"port": 0, "admin_port": 0}}, id="two free ports"),
    ],
)
def test_an_address_is_allowed(edits: dict[str, Any]) -> None:
    assert said(edits) == []


@pytest.mark.parametrize(
    ("edits", "sentences"),
    [
        pytest.param({"server": {"host": "0.0.0.0"}, "keys": GONE}, [f"server.host: {OPEN}"], id="open without keys"),
        pytest.param(
            {"server": {"admin_port": 8080}},
            ["server.admin_port: the API has this port already; metrics and admin need one of their own"],
            id="one port for both",
        ),
        pytest.param(
            {"keys[1]": {"name": "app", "sha256": "ab" * 32}}, ["keys[1].name: another key is called 'app' as well"], id="a name twice"
        ),
        pytest.param({"keys[1]": {"name": "b", "sha256": DIGEST}}, ["keys[1]: this is the same key as 'app'"], id="a key twice"),
        pytest.param(
            {"keys[0].floor": "secret"},
            ["keys[0].floor: there is no label 'secret'; there are: internal, personal, public, restricted"],
            id="an unknown floor",
        ),
        pytest.param(
            {"keys[0].value": {"env": "NOPE"}},
            ["keys[0].value: the environment variable NOPE is not set; set it, or write {file: PATH}"],
            id="no key",
        ),
        pytest.param(
            {"models": {"auto:fast": "gpt"}},
            ["models.auto:fast: 'auto:fast' cannot be given away: names that begin with `auto` are the gateway's own"],
            id="a name of ours",
        ),
        pytest.param(
            {"destinations.gpt.aliases": ["small"]},
            ["destinations.gpt.aliases[0]: the name 'small' already stands for 'qwen'"],
            id="an alias twice",
        ),
        pytest.param(
            {"models": {"small": "gpt"}}, ["models.small: the name 'small' already stands for 'qwen'"], id="a model named like an alias"
        ),
        pytest.param(
            {"models": {"x": "gtp"}},
            ["models.x: there is no destination or alias 'gtp'; did you mean 'gpt'?"],
            id="a model that means nothing",
        ),
    ],
)
def test_what_is_refused_gets_one_sentence(edits: dict[str, Any], sentences: list[str]) -> None:
    assert said(edits) == sentences
