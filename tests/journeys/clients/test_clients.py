"""Real clients, each in its own environment, against a gateway that runs: what they show is a test each."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.journeys.clients.clients import CLIENTS, Client, Way
from tests.journeys.clients.environments import HOME, ROOT, words
from tests.journeys.clients.stage import KEY, Stage, stage

LONGEST_S = 300


class Told(NamedTuple):
    """What a script said of a case."""

    ok: bool
    said: str


class Runs:
    """Each script is run once, when the first of its cases is asked for."""

    def __init__(self, on: Stage, folder: Path) -> None:
        self._on, self._folder = on, folder
        self._told: dict[tuple[Client, Way], dict[str, Told]] = {}

    def told(self, client: Client, way: Way) -> dict[str, Told]:
        """What it told, by case."""
        if (client, way) not in self._told:
            self._told[client, way] = self._run(client, way)
        return self._told[client, way]

    def _run(self, client: Client, way: Way) -> dict[str, Told]:
        command = words(client)
        self._on.ready()
        home = self._folder / re.sub(r"\W+", "-", f"{client.name} {client.api}{way}")
        home.mkdir()
        done = subprocess.run(
            command, check=False, env=self._env(client, way, home), cwd=home, capture_output=True, text=True, timeout=LONGEST_S
        )
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"case"')]
        rest = Told(ok=False, said=f"exit {done.returncode}: {(done.stderr + done.stdout)[-3000:]}")
        return dict.fromkeys(client.shows(way), rest) | {line["case"]: Told(line["ok"], line["said"]) for line in lines}

    def _env(self, client: Client, way: Way, home: Path) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "NO_PROXY": "*",
            "BASE_URL": self._on.root if client.api == "messages" else f"{self._on.root}/v1",
            "API_KEY": KEY,
            "API": client.api,
            "WAY": way,
            "CASES": " ".join(client.shows(way)),
        }


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    folder = tmp_path_factory.mktemp("clients")
    with stage(folder) as on:
        yield Runs(on, folder)


@pytest.fixture(scope="session")
def results() -> Iterator[dict[str, dict[str, bool]]]:
    """What was shown, kept beside the environments; what is not run this time stays as it was."""
    file = HOME / "results.json"
    kept: dict[str, dict[str, bool]] = json.loads(file.read_text()) if file.exists() else {}
    yield kept
    HOME.mkdir(exist_ok=True)
    file.write_text(json.dumps(kept, indent=1))


def _every() -> Iterator[object]:
    for client in CLIENTS:
        marks = [pytest.mark.clients, pytest.mark.timeout(900), *([pytest.mark.quick] if client.is_quick else [])]
        for way in client.ways:
            for case in client.shows(way):
                yield pytest.param(client, way, case, marks=marks, id=f"{client.name} {client.api}{way}: {case}")


@pytest.mark.parametrize(("client", "way", "case"), list(_every()))
def test_it_works(runs: Runs, results: dict[str, dict[str, bool]], client: Client, way: Way, case: str) -> None:
    told = runs.told(client, way)[case]
    row = f"{client.name} {client.api}{way}"
    is_shown = told.ok and re.search(client.expects(case), told.said) is not None
    results.setdefault(row, {})[case] = is_shown
    assert is_shown, told.said


def test_environments_are_not_kept_in_the_repository() -> None:
    assert HOME.relative_to(ROOT).as_posix() + "/" in (ROOT / ".gitignore").read_text().splitlines()
