"""A chat's messages, as `system` and the turns of the Messages API: two speakers, who take turns, with blocks of content."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from gateway.dialects.chat_over_messages.parts import block
from gateway.dialects.naming import plain
from gateway.dialects.reading import Lost, Thing, bad, filled, text, thing, things

Block = dict[str, object]
_SYSTEM = ("system", "developer")
_KNOWN = frozenset({"role", "content", "tool_calls", "tool_call_id", "thinking_blocks", "refusal"})
_THOUGHT = _KNOWN | {"reasoning_content"}
"""What is carried where there are signed thoughts: they say what `reasoning_content` does."""


def turns(fields: Thing, lost: Lost) -> dict[str, object]:
    """`messages`, and `system` where there are instructions. Raises `BadRequest`.

    Instructions that come later stand before everything as well: the API has no other place for them, which is named as lost.
    """
    system: list[Block] = []
    made: list[tuple[str, list[Block]]] = []
    for at, message in things(fields.get("messages"), "messages"):
        role = message.get("role")
        lost.rest(message, _THOUGHT if message.get("thinking_blocks") else _KNOWN, "messages[]")
        if role in _SYSTEM:
            if made:
                lost.add("messages[].role")
            system += _content(message, at, lost)
        else:
            speaker, blocks = _turn(message, at, lost)
            if made and made[-1][0] == speaker:
                made[-1][1].extend(blocks)
            elif blocks:
                made.append((speaker, blocks))
    if not made:
        raise bad("messages", "a list with at least one message of a user")
    turned = {"messages": [{"role": speaker, "content": _plainly(_results_first(blocks))} for speaker, blocks in made]}
    return turned | ({"system": _plainly(system)} if system else {})


def _results_first(blocks: list[Block]) -> list[Block]:
    """What tools said stands before anything else of its turn: so the API wants it."""
    return sorted(blocks, key=lambda one: one["type"] != "tool_result")


def _plainly(blocks: list[Block]) -> str | list[Block]:
    """One text without anything beside it as a string, which is the usual way to write it."""
    only = blocks[0] if len(blocks) == 1 else {}
    return str(only["text"]) if only.keys() == {"type", "text"} else blocks


def _turn(message: Thing, at: str, lost: Lost) -> tuple[str, list[Block]]:
    role = message.get("role")
    read = _ROLES.get(role) if isinstance(role, str) else None
    if read is None:
        raise bad(f"{at}.role", "one of `system`, `developer`, `user`, `assistant`, `tool`")
    return ("assistant" if role == "assistant" else "user"), list(read(message, at, lost))


def _content(message: Thing, at: str, lost: Lost) -> list[Block]:
    """The blocks of a message. Blank texts, which the API does not take, say nothing."""
    content = message.get("content")
    if content is None or isinstance(content, str):
        return [{"type": "text", "text": content}] if content and content.strip() else []
    return [made for place, part in things(content, f"{at}.content") if (made := block(part, place, lost)) is not None]


def _assistant(message: Thing, at: str, lost: Lost) -> Iterator[Block]:
    """Signed thoughts first, as the API wants them back; then what was said, and calls."""
    for _, thought in things(message.get("thinking_blocks") or [], f"{at}.thinking_blocks"):
        yield dict(thought)
    yield from _content(message, at, lost)
    declined = text(message.get("refusal") or "", f"{at}.refusal")
    if declined.strip():
        yield {"type": "text", "text": declined}
    for place, call in things(message.get("tool_calls") or [], f"{at}.tool_calls"):
        function = thing(call.get("function"), f"{place}.function")
        arguments = text(function.get("arguments") or "{}", f"{place}.function.arguments")
        identity = plain(filled(call.get("id"), f"{place}.id"))
        name = filled(function.get("name"), f"{place}.function.name")
        yield {"type": "tool_use", "id": identity, "name": name, "input": _input(arguments, f"{place}.function.arguments")}


def _input(arguments: str, at: str) -> object:
    try:
        made = msgspec.json.decode(arguments)
    except (msgspec.DecodeError, RecursionError):
        made = None
    if not isinstance(made, dict):
        raise bad(at, "a JSON object, as a string")
    return made


def _tool(message: Thing, at: str, lost: Lost) -> Iterator[Block]:
    result: Block = {"type": "tool_result", "tool_use_id": plain(filled(message.get("tool_call_id"), f"{at}.tool_call_id"))}
    said = _content(message, at, lost)
    yield {**result, "content": _plainly(said)} if said else result


_ROLES: Mapping[str, Callable[[Thing, str, Lost], Iterator[Block]]] = {
    "user": lambda message, at, lost: iter(_content(message, at, lost)),
    "assistant": _assistant,
    "tool": _tool,
}
