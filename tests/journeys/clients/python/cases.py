"""What the scripts of this folder share. It runs in each client's own environment: nothing but the standard library.

A script has a function for each case of its row; `run` calls them and tells of each in a line, with what the function returned or raised.
"""

import asyncio
import inspect
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

BASE_URL, API_KEY, API = os.environ["BASE_URL"], os.environ["API_KEY"], os.environ["API"]
WORDS, TOOLS, WRONG, BUSY, CUT = (f"{name}{os.environ['WAY']}" for name in ("words", "tools", "wrong", "busy", "cut"))
"""Models: one that answers, one that calls a tool first, one that refuses, one that is busy at first, one whose streams break off."""
AT_ONCE = 20
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
SCHEMA = {
    "type": "object",
    "properties": {"score": {"type": "integer"}, "text": {"type": "string"}},
    "required": ["score", "text"],
    "additionalProperties": False,
}


def run(names: dict[str, object]) -> None:
    """Every case that this row has, of a script's functions."""
    for case in os.environ["CASES"].split():
        ok, said = _outcome(names[case])
        print(json.dumps({"case": case, "ok": ok, "said": said}), flush=True)


def _outcome(function: object) -> tuple[bool, str]:
    try:
        said = function()
        return True, asyncio.run(said) if inspect.iscoroutine(said) else said
    except BaseException:  # noqa: BLE001  # whatever it is, the next case has its turn
        return False, traceback.format_exc()[-3000:]


def raised(kind: type[Exception], does: Callable[[], object]) -> str:
    """What the error of that kind says that `does` must raise."""
    try:
        said = does()
    except kind as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError(f"no error, but {said!r}")


async def failed(kind: type[Exception], does: Awaitable[object]) -> str:
    """The same of what is awaited."""
    try:
        said = await does
    except kind as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError(f"no error, but {said!r}")


def all_alike(said: list[str]) -> str:
    """How many there are, and what they all say."""
    assert len(set(said)) == 1, said
    return f"{len(said)} {said[0]}"


def counted(usage_out: int, said: str) -> str:
    """The words, after a look at the numbers: the stand-in counts words as tokens."""
    assert usage_out == len(said.split()), (usage_out, said)
    return said


def command(*words: str, env: Mapping[str, str]) -> str:
    """What a command of this environment wrote, its errors last; raises if it failed."""
    full = [str(Path(sys.executable).parent / words[0]), *words[1:]]
    done = subprocess.run(
        full, check=False, env={**os.environ, **env}, capture_output=True, text=True, timeout=200, stdin=subprocess.DEVNULL
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said
