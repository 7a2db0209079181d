from typing import Any

import pytest

from gateway.config.compile_redact import SAFE
from gateway.config.errors import ConfigError
from tests.fakes.gateway import compiled, configuration
from tests.gateway.config.examples import ENV, plan, said

LOCAL, CLOUD = "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"


def test_unless_the_file_says_otherwise_only_what_is_safe_is_masked() -> None:
    assert compiled(configuration(LOCAL, CLOUD)).redacting.categories == SAFE


def test_what_the_file_says_is_masked_instead() -> None:
    redacting = compiled(configuration(LOCAL, CLOUD, {"redact": {"categories": ["email"], "max_share": 0.2, "hint": True}})).redacting
    assert (redacting.categories, redacting.max_share, redacting.hint) == (frozenset({"email"}), 0.2, True)


def test_a_category_that_no_detector_finds_is_a_problem() -> None:
    with pytest.raises(ConfigError) as raised:
        compiled(configuration(LOCAL, CLOUD, {"redact": {"categories": ["emial"]}}))
    [problem] = raised.value.problems
    assert problem.path == "redact.categories[0]"
    assert problem.say == "no chosen detector finds 'emial'; did you mean 'email'?"


KEY = {"env": "VAULT_KEY"}
WITH_KEY = ENV | {"VAULT_KEY": "k" * 64, "SHORT": "k" * 31, "REDIS": "rediss://:" + "pass-word" + "@cache/0", "HTTP": "http://cache"}
REDIS = {"kind": "redis", "url": "redis://cache:6379/1"}


def test_a_vault_is_in_memory_unless_it_is_said_where_else() -> None:
    assert plan().redacting.vault_url == ""
    assert plan({"redact": {"secret": KEY, "vault": REDIS}}, WITH_KEY).redacting.vault_url == "redis://cache:6379/1"


def test_the_address_of_a_vault_may_be_a_secret_and_does_not_print() -> None:
    redacting = plan({"redact": {"secret": KEY, "vault": {"kind": "redis", "url": {"env": "REDIS"}}}}, WITH_KEY).redacting
    assert redacting.vault_url == WITH_KEY["REDIS"]
    assert "pass-word" not in repr(redacting)
    assert "kkkk" not in repr(redacting)


@pytest.mark.parametrize(
    ("redact", "sentences"),
    [
        pytest.param(
            {"vault": REDIS},
            [
                "redact.vault: what a Redis holds must be encrypted with a key that every replica has; add `secret: {env: NAME}` beside `vault`"
            ],
            id="no key",
        ),
        pytest.param(
            {"vault": REDIS, "secret": {"env": "SHORT"}},
            ["redact.secret: a key of fewer than 32 characters can be guessed; make one with `openssl rand -hex 32`"],
            id="a key that can be guessed",
        ),
        pytest.param(
            {"vault": REDIS, "secret": {"env": "NOBODY"}},
            ["redact.secret: the environment variable NOBODY is not set; set it, or write {file: PATH}"],
            id="a key that is not set",
        ),
        pytest.param(
            {"vault": {"kind": "redis"}, "secret": KEY},
            ["redact.vault: a vault in Redis needs its URL; add `url: redis://host:6379/0`"],
            id="no address",
        ),
        pytest.param(
            {"vault": {"url": "redis://cache"}},
            ["redact.vault.url: a vault in memory has no URL; add `kind: redis`, or take the URL out"],
            id="an address that nobody asks",
        ),
        pytest.param(
            {"vault": {"kind": "redis", "url": "memory"}, "secret": KEY},
            ["redact.vault.url: expected a URL that begins with redis:// or rediss://"],
            id="no address of a Redis",
        ),
        pytest.param(
            {"vault": {"kind": "redis", "url": "redis://:pass@cache"}, "secret": KEY},
            ["redact.vault.url: a URL with a password is a secret; write {env: NAME} or {file: PATH}"],
            id="a password",
        ),
        pytest.param(
            {"vault": {"kind": "redis", "url": {"env": "HTTP"}}, "secret": KEY},
            ["redact.vault.url: expected the secret to be a URL that begins with redis:// or rediss://"],
            id="a secret that is no such address",
        ),
    ],
)
def test_what_is_wrong_with_a_vault_is_said(redact: dict[str, Any], sentences: list[str]) -> None:
    assert said({"redact": redact}, WITH_KEY) == sentences
