"""The turns of a conversation, as the messages of a chat.

Turns of one role after another are one turn to Anthropic's API, so they are put together first: a chat wants the results of all calls
right behind them, before anything else that the user says.
"""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

import msgspec

from gateway.dialects.messages_over_chat.parts import Part, blocks, content_of, is_text, parts, text_of
from gateway.dialects.naming import short
from gateway.dialects.reading import Lost, Thing, bad, flag, not_carried, text, thing, things

Message: TypeAlias = dict[str, object]
_Placed: TypeAlias = list[tuple[str, Thing]]
BILLING = "x-anthropic-billing-header"
"""How the first line of Claude Code's instructions begins: a note to Anthropic's accounts, other in each request. No model is to
read it, and a prompt that begins with it is found in no prefix cache."""
ATTACHED = "(attached below)"
"""Stands in a tool's result for what a chat takes from users only, and which follows in the user's next message."""
_OF_TURN = frozenset({"role", "content"})
_OF_RESULT = frozenset({"type", "tool_use_id", "content", "is_error"})
_OF_CALL = frozenset({"type", "id", "name", "input"})
_OF_PROSE = {"text": frozenset({"type", "text"}), "thinking": frozenset({"type", "thinking", "signature"})}
"""The members that are carried. A signature is for Anthropic's own servers, and says nothing to others."""
_ROLES = ("user", "assistant", "system")
_ONE_SIDED = "This kind of content block cannot be what a model said in a chat. Leave it out, or ask for one of Anthropic's models."


def messages(fields: Thing, lost: Lost) -> list[Message]:
    """All messages of the chat, the system prompt first. Raises `BadRequest`."""
    said = [message for role, run in _runs(fields, lost) for message in _SAID[role](run, lost)]
    if all(message["role"] == "system" for message in said):
        raise bad("messages", "a list with at least one turn of the user")
    return list(_calls_first(said))


def goes_on(said: list[Message]) -> bool:
    """Whether the answer is to continue the last message: its beginning was put into the model's mouth."""
    return said[-1]["role"] == "assistant" and "tool_calls" not in said[-1] and bool(said[-1]["content"])


def _runs(fields: Thing, lost: Lost) -> Iterator[tuple[str, _Placed]]:
    """The system prompt, and the blocks of turns of one role after another."""
    placed = [] if fields.get("system") is None else [("system", block) for block in blocks(fields["system"], "system")]
    for at, turn in things(fields.get("messages"), "messages"):
        role = text(turn.get("role"), f"{at}.role")
        if role not in _ROLES:
            raise bad(f"{at}.role", "`user`, `assistant` or `system`")
        lost.rest(turn, _OF_TURN, at)
        placed += [(role, block) for block in blocks(turn.get("content"), f"{at}.content")]
    for role, run in groupby(placed, itemgetter(0)):
        yield role, [block for _, block in run]


def _calls_first(said: list[Message]) -> Iterator[Message]:
    """The same messages, with no instruction between calls and their results."""
    held: list[Message] = []
    is_waiting = False
    for message in said:
        if is_waiting and message["role"] == "system":
            held.append(message)
            continue
        if message["role"] != "tool":
            yield from held
            held = []
        yield message
        is_waiting = "tool_calls" in message or message["role"] == "tool"
    yield from held


def _system(run: _Placed, lost: Lost) -> list[Message]:
    """One message of plain text: lists of parts are taken there by few templates."""
    said = []
    for at, block in run:
        if block.get("type") != "text":
            raise bad(f"{at}.type", "`text`")
        [part] = parts([(at, block)], lost)
        note, _, rest = text_of(part).partition("\n")
        if note.startswith(BILLING):
            lost.add(BILLING)
        said.append(rest if note.startswith(BILLING) else text_of(part))
    return [{"role": "system", "content": "\n\n".join(filter(None, said))}] if any(said) else []


def _user(run: _Placed, lost: Lost) -> list[Message]:
    said: list[Message] = []
    attached: list[Part] = []
    for at, block in run:
        if block.get("type") == "tool_result":
            message, more = _result(block, at, lost)
            said.append(message)
            attached += more
    attached += parts([(at, block) for at, block in run if block.get("type") != "tool_result"], lost)
    return [*said, {"role": "user", "content": content_of(attached)}] if attached else said


def _result(block: Thing, at: str, lost: Lost) -> tuple[Message, list[Part]]:
    """The result of a call, which is text, and whatever else it has."""
    lost.rest(block, _OF_RESULT, at)
    content = block.get("content")
    said = [] if content is None else parts(blocks(content, f"{at}.content"), lost)
    told = [text_of(part) if is_text(part) else ATTACHED for part in said]
    is_error = block.get("is_error") is not None and flag(block["is_error"], f"{at}.is_error")
    result = ("Error: " if is_error else "") + "\n".join(told)
    call = text(block.get("tool_use_id"), f"{at}.tool_use_id")
    return {"role": "tool", "tool_call_id": call, "content": result}, [part for part in said if not is_text(part)]


def _assistant(run: _Placed, lost: Lost) -> list[Message]:
    """What the model thought, said and called. Its pieces of text are one text that citations had parted."""
    told: dict[str, list[str]] = {"text": [], "thinking": []}
    calls: list[Part] = []
    for at, block in run:
        kind = text(block.get("type"), f"{at}.type")
        if kind in told:
            told[kind].append(text(block.get(kind), f"{at}.{kind}"))
            lost.rest(block, _OF_PROSE[kind], at)
        elif kind == "tool_use":
            calls.append(_call(block, at, lost))
        else:
            told["text"] += _past(kind, block, at, lost)
    said, thought = "".join(told["text"]), "\n\n".join(filter(None, told["thinking"]))
    message: Message = {"role": "assistant", "content": said or None if calls else said}
    more: Message = {"reasoning_content": thought} if thought else {}
    return [{**message, **more, **({"tool_calls": calls} if calls else {})}]


def _call(block: Thing, at: str, lost: Lost) -> Part:
    lost.rest(block, _OF_CALL, at)
    asked = msgspec.json.encode(thing(block.get("input"), f"{at}.input")).decode()
    function = {"name": short(text(block.get("name"), f"{at}.name")), "arguments": asked}
    return {"id": text(block.get("id"), f"{at}.id"), "type": "function", "function": function}


def _past(kind: str, block: Thing, at: str, lost: Lost) -> list[str]:
    """What Anthropic's own tools did in earlier turns is lost, and what they found: the text that the model made of it is not."""
    if kind == "compaction" and isinstance(block.get("content"), str):
        return [str(block["content"]), "\n\n"]
    if kind in ("redacted_thinking", "compaction", "fallback") or kind.endswith(("_tool_use", "_tool_result")):
        lost.add(f"{at}.{kind if kind in _PAST else 'other'}")
        return []
    raise not_carried(at, _ONE_SIDED)


_PAST = frozenset(
    "redacted_thinking compaction fallback server_tool_use mcp_tool_use mcp_tool_result web_search_tool_result web_fetch_tool_result "
    "code_execution_tool_result bash_code_execution_tool_result text_editor_code_execution_tool_result tool_search_tool_result "
    "advisor_tool_result".split()
)
_SAID = {"user": _user, "assistant": _assistant, "system": _system}
