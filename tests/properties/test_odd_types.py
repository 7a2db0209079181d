"""Whatever stands in any one place of a request or an answer, a translation takes it or says what is wrong, and nothing else happens."""

import contextlib
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from gateway.dialects.table import TRANSLATIONS
from gateway.errors import BadRequest
from gateway.wire.ask import decode
from gateway.wire.thoughts import thought_as
from router.names import Endpoint
from router.quirks import Thinks

GOLDEN = Path(__file__).parents[1] / "golden" / "dialects"
ODD: tuple[Any, ...] = ([], {"type": []}, [{"type": {}}], True, -1, "odd")
"""What cannot be looked up in a table, what is no text, and what only looks like a number."""
MALFORMED = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What `Translating` takes for a bad answer."""
PAIRS: list[tuple[Endpoint, Endpoint]] = [pair for pair in TRANSLATIONS if pair[0] != "count_tokens"]


def cases(pair: tuple[str, str], kind: str) -> Iterator[Any]:
    """What the golden files of a pair have of this kind."""
    for path in sorted((GOLDEN / f"{pair[0]}_over_{pair[1]}").glob("*.json")):
        case = msgspec.json.decode(path.read_bytes())
        if kind in case and (kind != "asked" or "lost" in case):
            yield case[kind]


def oddly(value: Any) -> Iterator[Any]:
    """The same with something odd in each place, one after the other."""
    for place in list(_places(value)):
        for odd in ODD:
            changed = copy.deepcopy(value)
            holder = changed
            for step in place[:-1]:
                holder = holder[step]
            holder[place[-1]] = copy.deepcopy(odd)
            yield changed


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from _places(inner, (*at, step))


@pytest.mark.parametrize("pair", PAIRS, ids="_over_".join)
def test_whatever_a_request_has_somewhere_is_taken_or_refused(pair: tuple[Endpoint, Endpoint]) -> None:
    taken = refused = 0
    for fields in cases(pair, "asked"):
        for odd in oddly(fields):
            try:
                ask = decode(msgspec.json.encode(odd), pair[0])
                for form in (ask.over(pair[1]), *((ask.over("chat").over("messages"),) if pair[0] != "chat" else ())):
                    taken += bool(form.body)
            except BadRequest as refusal:
                refused += bool(refusal.say)
    assert taken > 0
    assert refused > 0


@pytest.mark.parametrize("thinks", get_args(Thinks))
def test_whatever_a_request_has_somewhere_it_can_be_told_how_to_think(thinks: Thinks) -> None:
    told = 0
    for fields in cases(("messages", "chat"), "asked"):
        for odd in oddly(fields):
            told += bool(thought_as(odd, thinks)[0])
    assert told > 0


@pytest.mark.parametrize("pair", PAIRS, ids="_over_".join)
def test_whatever_an_answer_has_somewhere_is_told_or_is_a_bad_answer(pair: tuple[Endpoint, Endpoint]) -> None:
    answers = TRANSLATIONS[pair].answers
    for whole in cases(pair, "answer"):
        for odd in oddly(whole):
            with contextlib.suppress(*MALFORMED):
                assert answers({}, "req_1").whole(msgspec.json.encode(odd))


@pytest.mark.parametrize("pair", PAIRS, ids="_over_".join)
def test_whatever_an_event_has_somewhere_it_is_told_or_is_a_bad_answer(pair: tuple[Endpoint, Endpoint]) -> None:
    for flow in cases(pair, "events"):
        chunks = [one for one in flow if isinstance(one, dict)]
        assert chunks
        for odd in oddly(chunks):
            answer = TRANSLATIONS[pair].answers({}, "req_1")
            with contextlib.suppress(*MALFORMED):
                for chunk in odd:
                    answer.events(b"data: " + msgspec.json.encode(chunk) + b"\n\n")
