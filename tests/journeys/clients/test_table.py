"""The table in README is of the clients that are tried, at the versions that their locks have."""

import json

from tests.journeys.clients.clients import CASES, CLIENTS, HERE, MEANING
from tests.journeys.clients.environments import ROOT
from tests.journeys.clients.table import BEGIN, END, table, written

ALL_SHOWN = {f"{one.name} {one.api}{way}": dict.fromkeys(one.shows(way), True) for one in CLIENTS for way in one.ways}


def test_readme_has_this_table() -> None:
    page = (ROOT / "README.md").read_text()
    said = page.split(BEGIN)[1].split(END)[0]
    assert [line.split("|")[1:4] for line in said.splitlines() if line.startswith("|")] == [
        line.split("|")[1:4] for line in table({}).splitlines() if line.startswith("|")
    ], "run `make test-clients`"


def test_a_case_counts_when_it_was_shown_in_every_way() -> None:
    assert "**no**" not in table(ALL_SHOWN)
    assert "?" not in table(ALL_SHOWN)
    one = CLIENTS[0]
    assert "**no**" in table(ALL_SHOWN | {f"{one.name} {one.api}{one.ways[-1]}": dict.fromkeys(one.cases, False)})
    assert "?" in table({})


def test_only_what_is_between_the_marks_changes() -> None:
    assert written(f"a\n{BEGIN}old\n{END}\nb\n", "new\n") == f"a\n{BEGIN}new\n{END}\nb\n"


def test_every_case_is_explained_and_every_lock_is_in_use() -> None:
    assert MEANING.keys() == CASES.keys()
    assert {*(HERE / "locks").iterdir(), *(HERE / "node/locks").glob("*/package-lock.json")} == {
        HERE / "node/locks/node/package-lock.json",  # Node itself
        HERE / "locks/schemathesis.lock",  # test_document.py
        *(one.lock_file for one in CLIENTS),
    }
    shared = {HERE / "python/cases.py", *(HERE / "node" / f"{name}.mjs" for name in ("agents", "ai_sdk", "cases"))}
    scripts = {*(HERE / "python").glob("*.py"), *(HERE / "node").glob("*.mjs")}
    assert scripts - shared == {HERE / one.kind / one.script for one in CLIENTS}


def test_no_lock_says_where_packages_come_from() -> None:
    for lock in (HERE / "node/locks").glob("*/package-lock.json"):
        packages = json.loads(lock.read_text())["packages"]
        assert all("resolved" not in one for one in packages.values()), lock
        assert all("integrity" in one for name, one in packages.items() if name), lock


def test_rows_have_names_of_their_own() -> None:
    assert len({(one.name, one.api) for one in CLIENTS}) == len(CLIENTS)
    assert all(set(one.cases) <= CASES.keys() for one in CLIENTS)
