"""API.md is true: each of its requests is made with curl, and answered as it says; its tables are those of the code. So is CLIENTS.md."""

import asyncio
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gateway.dialects.refusals import type_of
from gateway.dialects.table import TRANSLATIONS
from gateway.errors import CODES, REPEATS, BadRequest
from gateway.http.headers import Headers
from router.failures import FAILURES
from router.names import Endpoint
from tests.fakes.codes import raised
from tests.journeys.api_stage import stage

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "API.md").read_text()
CLIENTS = (ROOT / "CLIENTS.md").read_text()
_BLOCK = re.compile(r"```bash\n(.*?)```\n((?:`\d+`:\n|```(?:json|http|text)\n.*?```\n)*)", re.DOTALL)
_TOLD = re.compile(r"`(\d+)`:\n|```(json|http|text)\n(.*?)```\n", re.DOTALL)
_CURL = 'set -euo pipefail; curl() { command curl -sS --max-time 20 -D head.txt "$@"; }\n'
_IDS = {"response": "RESPONSE", "file": "FILE", "batch": "BATCH"}
_MINIMUM: dict[Endpoint, dict[str, Any]] = {
    "messages": {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]},
    "responses": {"model": "m", "input": "Hi"},
    "chat": {"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
}


class Snippet(NamedTuple):
    """A request and what is said of its answer."""

    script: str
    status: int
    told: tuple[tuple[str, str], ...]


def snippets() -> Iterator[Snippet]:
    for script, rest in _BLOCK.findall(DOCUMENT):
        status, told = 200, []
        for code, kind, text in _TOLD.findall(rest):
            if code:
                status = int(code)
            else:
                told.append((kind, text))
        yield Snippet(script, status, tuple(told))


def assert_like(said: Any, meant: Any, where: str = "") -> None:
    """`...` stands for anything; of objects and lists what is shown must be there."""
    if isinstance(meant, dict):
        for name, value in meant.items():
            assert name in said, f"{where}.{name}"
            assert_like(said[name], value, f"{where}.{name}")
    elif isinstance(meant, list):
        shown = [value for value in meant if value != "..."]
        assert len(said) >= len(shown), where
        for place, value in enumerate(shown):
            assert_like(said[place], value, f"{where}[{place}]")
    elif isinstance(meant, str):
        assert _pattern(meant).fullmatch(said), f"{where}: {said!r}"
    else:
        assert said == meant, where


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("..."))), re.DOTALL)


def assert_told(snippet: Snippet, head: str, body: str) -> None:
    for kind, text in snippet.told:
        if kind == "json":
            assert_like(json.loads(body), json.loads(text))
        elif kind == "http":
            for line in text.strip().splitlines():
                assert any(_pattern(line).fullmatch(one) for one in head.replace("\r", "").splitlines()), f"{line} in {head}"
        else:
            lines = body.splitlines()
            for line in text.strip().splitlines():
                found = next((number for number, one in enumerate(lines) if _pattern(line).fullmatch(one)), None)
                assert found is not None, f"{line} in {body}"
                lines = lines[found + 1 :]


async def run(script: str, folder: Path, env: dict[str, str]) -> str:
    words = ("bash", "-c", _CURL + script.replace("curl -i ", "curl "))
    made = await asyncio.create_subprocess_exec(*words, cwd=folder, env=env, stdout=-1, stderr=-1)
    async with asyncio.timeout(60):
        out, errors = await made.communicate()
    assert made.returncode == 0, f"{script}\n{errors.decode()}"
    return out.decode("utf-8", "replace")


def remember(body: str, env: dict[str, str]) -> None:
    """What later requests name: the ids of what was made."""
    try:
        made = json.loads(body)
    except ValueError:
        return
    if isinstance(made, dict) and isinstance(name := _IDS.get(str(made.get("object"))), str) and "id" in made:
        env.setdefault(name, made["id"])
        if made.get("output_file_id"):
            env["OUTPUT"] = made["output_file_id"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="it needs curl")
async def test_every_request_is_answered_as_it_says(tmp_path: Path) -> None:
    async with stage(tmp_path) as base:
        env = {**{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}, "BASE": base, "KEY": "any"}
        (tmp_path / "lighthouse.png").write_bytes(b"\x89PNG")
        for snippet in snippets():
            body = await run(snippet.script, tmp_path, env)
            head = (tmp_path / "head.txt").read_text()
            statuses = [int(line.split()[1]) for line in head.splitlines() if line.startswith("HTTP/")]
            try:
                assert statuses[-1] == snippet.status, head + body
                assert_told(snippet, head, body)
            except AssertionError as error:
                raise AssertionError(f"{snippet.script}\n{error}") from None
            remember(body, env)


async def test_what_clients_are_told_to_write_works(tmp_path: Path) -> None:
    found = re.findall(r"```python\n(.*?)```", CLIENTS, re.DOTALL)
    assert len(found) == 2
    async with stage(tmp_path) as base:
        for program in found:
            words = (sys.executable, "-c", program.replace("http://127.0.0.1:8080", base))
            made = await asyncio.create_subprocess_exec(*words, stdout=-1, stderr=-1)
            async with asyncio.timeout(60):
                _, errors = await made.communicate()
            assert made.returncode == 0, errors.decode()


def rows(title: str) -> Iterator[list[str]]:
    """The rows of the table below a title, without its head."""
    section = re.split(r"^#{2,3} ", DOCUMENT.split(f" {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    yield from ([cell.strip() for cell in line.strip("|").split(" | ")] for line in lines)


@pytest.mark.parametrize(
    ("title", "called", "spoken"),
    [
        ("Messages by a target that speaks chat", "messages", "chat"),
        ("Responses by a target that speaks chat", "responses", "chat"),
        ("Chat by a target that speaks Messages", "chat", "messages"),
    ],
)
def test_what_becomes_of_each_member_in_a_translation(title: str, called: Endpoint, spoken: Endpoint) -> None:
    found = list(rows(title))
    assert len(found) > 10
    for shown, becomes in found:
        fields = {**_MINIMUM[called], **json.loads("{" + shown.strip("`") + "}")}
        if becomes.startswith("refused"):
            with pytest.raises(BadRequest) as refusal:
                TRANSLATIONS[called, spoken].translated(fields)
            assert refusal.value.code == "not_carried", shown
        else:
            lost = TRANSLATIONS[called, spoken].translated(fields).lost
            named = re.match(r"dropped: `([^`]+)`", becomes)
            assert lost == (() if named is None else (named[1],)), shown


def test_every_code_of_an_error_is_in_the_table() -> None:
    codes = {row[0].strip("`") for row in rows("Errors") if len(row) == 5}
    assert set(CODES) - codes == set()
    assert codes - set(CODES) == {"headers_too_large", "malformed_http"}, "told where no request can be counted"


_OTHERS = {"caller_left": {499}, "internal_error": {500}, "missing_key": {401}, "unknown_key": {401}}
"""Statuses of errors that are made in a function of their own."""


def test_what_the_table_says_of_an_error_is_so() -> None:
    statuses = {failure.code: {failure.status} for failure in FAILURES.values()} | raised() | _OTHERS
    for code, told, kind, _, repeated in (row for row in rows("Errors") if len(row) == 5):
        name, those = code.strip("`"), [int(status) for status in told.split(" or ")]
        assert set(those) == statuses[name], name
        assert kind.strip("`") == type_of(those[0]), name
        assert repeated == _repeated(name, those[0]), name


def _repeated(code: str, status: int) -> str:
    """What OpenAI's SDKs do: 408, 409, 429 and 5xx are sent again, unless they are told otherwise."""
    settled = REPEATS.get(code)
    if settled is not None:
        return "yes" if settled else "no"
    if status not in (408, 409, 429) and status < 500:
        return "no"
    return "tried" if code in {failure.code for failure in FAILURES.values()} - {"saturated"} else "yes"


def test_every_header_of_an_answer_is_in_the_table() -> None:
    code = "".join(path.read_text() for path in (ROOT / "gateway").rglob("*.py") if "cli" not in path.parts and "demo" not in path.parts)
    sent = set(re.findall(r"(x-tidegate-[a-z-]+): ", code)) - {"x-tidegate-declassify"}
    assert sent <= {name for row in rows("Response headers") for name in re.findall(r"x-[a-z-]+", row[0])}


def test_every_header_that_is_heeded_is_in_the_table() -> None:
    told = {name for row in rows("Request headers") for name in re.findall(r"`([a-z-]+)`", row[0])}
    assert told == {name.decode() for name in Headers._READ}  # the list of them
