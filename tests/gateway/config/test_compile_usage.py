from pathlib import Path
from typing import Any

import pytest

from gateway.config.compile import compile_text
from gateway.config.prices import Prices
from gateway.registry import exits
from tests.gateway.config.examples import ENV, plan, said

URL = "postgresql://someone:secret@db:6000/usage"


def places(usage: dict[str, Any], **env: str) -> set[tuple[str, str, int]]:
    made = plan({"usage": usage}, ENV | env)
    return {(one.purpose, one.host, one.port) for one in exits(made) if one.name == "postgres"}


def test_a_file_is_beside_the_configuration_and_no_place_to_connect_to() -> None:
    made = plan({"usage": {"store": "usage.db", "keep_days": 30}}).usage
    assert made is not None
    assert (made.url, made.keep_days, made.marks) == ("usage.db", 30, "usage.db-handed-")
    moved = plan({"usage": {"store": "/var/lib/usage.db", "marks": "marks"}}).usage
    assert moved is not None
    assert (moved.url, moved.marks) == ("/var/lib/usage.db", "marks/usage.db-handed-")
    assert plan().usage is None
    assert places({"store": "usage.db"}) == set()


def test_a_database_is_a_secret_or_has_none_in_it_and_is_the_one_place() -> None:
    made = plan({"usage": {"store": {"env": "DATABASE_URL"}}}, ENV | {"DATABASE_URL": URL}).usage
    assert made is not None
    assert (made.url, made.marks) == (URL, "")
    assert "secret" not in repr(made), "it may hold a password"
    assert places({"store": {"env": "DATABASE_URL"}}, DATABASE_URL=URL) == {("usage", "db", 6000)}
    assert places({"store": "postgresql://db/usage"}) == {("usage", "db", 5432)}
    assert places({"store": "postgresql://x@/usage?host=/run/postgresql"}) == {("usage", "/run/postgresql/.s.PGSQL.5432", 0)}
    marked = plan({"usage": {"store": "postgresql://db/usage", "marks": "marks"}}).usage
    assert marked is not None
    assert marked.marks == "marks/usage-handed-"


@pytest.mark.parametrize(
    ("store", "sentence"),
    [
        pytest.param(URL, "a URL with a password is a secret; write {env: NAME} or {file: PATH}", id="a password"),
        pytest.param("postgresql://a,b/usage", "with one host", id="two hosts"),
        pytest.param("mysql://db/usage", "a URL that begins with postgresql://", id="another database"),
        pytest.param("", "must not be empty", id="nothing"),
        pytest.param({"env": "DATABASE_URL"}, "with one host", id="a secret that is no such URL"),
        pytest.param({"env": "GONE"}, "is not set", id="a secret that is not there"),
    ],
)
def test_what_is_no_store_is_a_problem(store: object, sentence: str) -> None:
    assert sentence in str(said({"usage": {"store": store}}, ENV | {"DATABASE_URL": "redis://db"}))


def test_without_secrets_it_is_still_a_plan() -> None:
    text = Path("configs/default.yaml").read_text() + "\nusage: {store: {env: GONE}}\n"
    made = compile_text(text, {}, prices=Prices(None), needs_secrets=False).usage
    assert made is not None
    assert made.url == "postgresql://not-set/usage"
