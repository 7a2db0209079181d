"""Request bodies that differ from one another, as files for the driver (driver.cpp says what is in them).

A text is made of sentences with blanks, about one in sixty characters; the driver puts words into them anew each time. So no sentence comes
twice, and no memo of a gateway can help. A conversation is different on purpose: its history stays as it is from request to request, as it
does when a chat goes on, and only its last turn has blanks.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from benchmarks.rig.built import cache

WORDS = """
absolute academic accident accurate activity addition advanced aircraft approach argument athletic attitude audience autonomy aviation
backbone bacteria balanced barriers behavior birthday boundary breeding building business calendar campaign capacity category ceremony
champion children circuits cleaning climbing clinical collapse combined complete composer computer concrete conflict consumer contract
corridor creative criminal cultural currency customer daughter deadline delicate describe designer detailed dialogue dinosaur director
disaster discount distance district division document domestic dramatic drawings economic educated election elements elephant employee
engaging engineer enormous entrance envelope equation estimate evidence exchange exercise explicit external familiar festival fighting
""".split()
BLANK = "\x01" * len(WORDS[0])
ESCAPED = msgspec.json.encode(BLANK)[1:-1]
PROSE = (
    "The committee will look at the {} proposal again in spring, when the figures for the whole region are known. ",
    "Please compare the {} plan with the one we wrote about the {} last month, and keep it short. ",
    "Translate the {} paragraph into plain words, then say in one {} sentence what follows from it. ",
    "Nobody at the {} station knew when the next {} train would come, so they walked. ",
    "Our {} garden has a wall of old bricks, and behind it the {} orchard begins. ",
    "The gateway reads a {} request, decides which model should answer it, and counts what the {} costs. ",
    "What would you tell somebody who asks why the {} index is slower than the {} scan on a small table? ",
    "She thought that the {} museum was closed; it was the {} gallery, and only on that day. ",
    "If the {} pump stops, close the valve, wait for a while and write it into the {} log. ",
)
"""Words alone, as in most of what people write."""
FIGURES = (
    "In 2024 the {} share rose from 3.5 to 4.25 percent, which nobody on the {} board had expected. ",
    "A table of 42 rows and 7 columns lists what each {} team has spent on {} travel. ",
    "Why does the {} query take 12 seconds when the {} index is there? ",
    "She said that the {} museum opens at 10:30 on Sundays, and the {} gallery an hour later. ",
    "Version 2.11 of the {} library changed how {} errors are raised. ",
    "If the {} pump stops, close valve B, wait for 5 minutes and write it into the {} log. ",
    "The recipe wants 250 g of flour, two eggs and a {} pinch of salt; the {} oven must be hot. ",
    "def merge_{}(left, right):\n    return sorted(left + right, key=lambda row: row['{}'])\n",
    "- the {} figures (see the appendix)\n- the {} timetable for weeks 14 to 20\n",
)
"""Numbers, code and lists: what detectors have to look at twice."""


def _with_blanks(*sentences: str) -> tuple[str, ...]:
    return tuple(sentence.format(BLANK, BLANK) for sentence in sentences)


WORDS_ALONE, MIXED = _with_blanks(*PROSE), _with_blanks(*PROSE[:5], *FIGURES)
SHORT, FILLER = f"And the {BLANK} one. ", "and so it goes on as it did. "
SMALL, LARGE = 64, 8
"""Bodies in a file."""


def text(dice: Random, size: int, sentences: Sequence[str] = MIXED) -> str:
    """`size` characters of sentences with blanks."""
    made, room = [], size
    while room >= len(SHORT):
        fitting = [sentence for sentence in sentences if len(sentence) <= room]
        made.append(dice.choice(fitting) if fitting else SHORT)
        room -= len(made[-1])
    return "".join(made) + FILLER[:room]


def filled(dice: Random, said: str) -> str:
    """The text with words in its blanks."""
    for _ in range(said.count(BLANK)):
        said = said.replace(BLANK, dice.choice(WORDS), 1)
    return said


def _chat(*contents: str) -> list[dict[str, Any]]:
    roles = ["system", *("user" if at % 2 == 0 else "assistant" for at in range(len(contents) - 1))] if len(contents) > 1 else ["user"]
    return [{"role": role, "content": content} for role, content in zip(roles, contents, strict=True)]


def tools(dice: Random, count: int = 6, of: Sequence[str] = MIXED) -> list[dict[str, Any]]:
    """Definitions as an agent sends them, the same each time."""
    made = []
    for number in range(count):
        properties = {f"field_{at}": {"type": "string", "description": filled(dice, text(dice, 100, of))} for at in range(4)}
        parameters = {"type": "object", "properties": properties, "required": ["field_0"]}
        function = {"name": f"tool_{number}", "description": filled(dice, text(dice, 180, of)), "parameters": parameters}
        made.append({"type": "function", "function": function})
    return made


def _short(dice: Random, of: Sequence[str] = MIXED) -> dict[str, Any]:
    return {"messages": _chat(text(dice, 145, of))}


def _medium(dice: Random, of: Sequence[str] = MIXED) -> dict[str, Any]:
    turns = _chat(text(dice, 380, of), *(text(dice, 185, of) for _ in range(6)), text(dice, 136, of))
    return {"messages": turns, "temperature": 0.7, "max_tokens": 256}


def _long(dice: Random, of: Sequence[str] = MIXED) -> dict[str, Any]:
    turns = _chat(text(dice, 1_200, of), *(text(dice, 2_990, of) for _ in range(8)), text(dice, 240, of))
    return {"messages": turns, "tools": tools(dice, of=of), "tool_choice": "auto", "max_tokens": 1024}


def _huge(dice: Random) -> dict[str, Any]:
    return {
        "messages": _chat(text(dice, 1_200), text(dice, 250_000), text(dice, 1_200), text(dice, 250_000), text(dice, 200), text(dice, 240))
    }


def _turns(dice: Random) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [{"role": "system", "content": text(dice, 1_500)}, {"role": "user", "content": text(dice, 400)}]
    for number in range(8):
        arguments = msgspec.json.encode({"field_0": text(dice, 120)}).decode().replace(ESCAPED.decode(), BLANK)
        call = {"id": f"call_{number:012d}", "type": "function", "function": {"name": f"tool_{number % 6}", "arguments": arguments}}
        made += [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call["id"], "content": text(dice, 1_400)},
        ]
    return [*made, {"role": "assistant", "content": text(dice, 700)}]


def _last(dice: Random) -> dict[str, Any]:
    return {"role": "user", "content": text(dice, 300)}


def _conversation(dice: Random) -> dict[str, Any]:
    made: dict[str, Any] = {"messages": [*_turns(dice), _last(dice)], "tools": tools(dice), "tool_choice": "auto", "max_tokens": 1024}
    history = msgspec.json.encode(made["messages"][:-1])
    for _ in range(history.count(ESCAPED)):
        history = history.replace(ESCAPED, dice.choice(WORDS).encode(), 1)
    return {**made, "messages": [*msgspec.json.decode(history), made["messages"][-1]]}


def _last_turn(dice: Random) -> dict[str, Any]:
    return {"messages": [_last(dice)], "tools": tools(dice), "tool_choice": "auto", "max_tokens": 1024}


def _new_conversation(dice: Random) -> dict[str, Any]:
    return {"messages": [*_turns(dice), _last(dice)], "tools": tools(dice), "tool_choice": "auto", "max_tokens": 1024}


def _stream(dice: Random) -> dict[str, Any]:
    return {**_short(dice), "stream": True, "stream_options": {"include_usage": True}}


PAYLOADS: Mapping[str, Callable[[Random], dict[str, Any]]] = {
    "200B": partial(_short, of=WORDS_ALONE),
    "2kB": partial(_medium, of=WORDS_ALONE),
    "32kB": partial(_long, of=WORDS_ALONE),
    "200B-figures": _short,
    "2kB-figures": _medium,
    "32kB-figures": _long,
    "512kB": _huge,
    "conversation": _conversation,
    "last-turn": _last_turn,
    "new-conversation": _new_conversation,
    "stream": _stream,
}
"""The first three are of words alone; the others have numbers, code and lists in them. `conversation`: twenty turns of an agent whose
history was seen before; `last-turn`: the same request without its history; `new-conversation`: twenty turns that nobody has seen."""


def body(payload: str, model: str, dice: Random) -> bytes:
    """One body, with 0x01 where the driver puts words."""
    made = msgspec.json.encode({"model": model, **PAYLOADS[payload](dice)})
    return made.replace(ESCAPED, BLANK.encode())


def file_of(payload: str, model: str) -> Path:
    """The file for the driver, made when it is not there."""
    count = LARGE if payload == "512kB" else SMALL
    dice = Random(7)
    made = [body(payload, model, dice) for _ in range(count)]
    content = " ".join(WORDS).encode() + b"\n" + b"".join(b"%d\n%b" % (len(one), one) for one in made)
    path = cache() / f"{payload}-{hashlib.sha256(content).hexdigest()[:16]}.bodies"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return path
