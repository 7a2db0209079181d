"""Tools that callers run themselves, but whose form Anthropic's models know by heart: any other model must be told it.

The forms are those of Anthropic's documentation of each tool. What a caller gets back is a call of the same name and members.
"""

from collections.abc import Mapping

from gateway.dialects.reading import Thing

_TEXT: Thing = {"type": "string"}
_FLAG: Thing = {"type": "boolean"}
_COUNT: Thing = {"type": "integer"}
_PAIR: Thing = {"type": "array", "items": _COUNT, "minItems": 2, "maxItems": 2}


def _one_of(names: str) -> Thing:
    return {"type": "string", "enum": names.split()}


def _object(required: str, **members: Thing) -> Thing:
    return {"type": "object", "properties": members, "required": required.split()}


def _commands(names: str, required: str, **more: Thing) -> Thing:
    """The input of a tool that reads and writes files by commands."""
    files = {"path": _TEXT, "view_range": _PAIR, "file_text": _TEXT, "old_str": _TEXT, "new_str": _TEXT, "insert_line": _COUNT}
    return _object(required, command=_one_of(names), **files, **more)


def _actions(names: str, **more: Thing) -> Thing:
    """The input of a tool that uses a computer."""
    where = {"coordinate": _PAIR, "start_coordinate": _PAIR}
    scrolls = {"scroll_direction": _one_of("up down left right"), "scroll_amount": _COUNT}
    return _object("action", action=_one_of(names), text=_TEXT, duration={"type": "number"}, **where, **scrolls, **more)


_ACTIONS = (
    "key type mouse_move left_click left_click_drag right_click middle_click double_click triple_click scroll left_mouse_down "
    "left_mouse_up hold_key wait screenshot cursor_position"
)
_BASH = "Run a command in a bash shell that stays open from call to call. `restart` opens a new one."
_EDIT = "View, create and edit text files. `view` lists a folder or shows a file, from line to line if `view_range` says so."
_MEMORY = "Read and write notes that are kept from one conversation to the next, as files under `/memories`."
_COMPUTER = "Use a computer: its mouse, keyboard and screen. `coordinate` is x and y in pixels from the upper left corner"
_OLD_EDIT = _commands("view create str_replace insert undo_edit", "command path")

FORMS: Mapping[str, tuple[str, Thing]] = {
    "bash_": (_BASH, {"type": "object", "properties": {"command": _TEXT, "restart": _FLAG}}),
    "text_editor_20241022": (_EDIT, _OLD_EDIT),
    "text_editor_20250124": (_EDIT, _OLD_EDIT),
    "text_editor_": (_EDIT, _commands("view create str_replace insert", "command path", insert_text=_TEXT)),
    "memory_": (
        _MEMORY,
        _commands("view create str_replace insert delete rename", "command", insert_text=_TEXT, old_path=_TEXT, new_path=_TEXT),
    ),
    "computer_20241022": (_COMPUTER, _actions(_ACTIONS)),
    "computer_20250124": (_COMPUTER, _actions(_ACTIONS)),
    "computer_20251124": (_COMPUTER, _actions(f"{_ACTIONS} zoom", region={**_PAIR, "minItems": 4, "maxItems": 4})),
}
"""By what the type begins with, the longer beginnings first: what the tool is for, and the form of its input."""
_SIZE = ("display_width_px", "display_height_px")


def form_of(tool: Thing, kind: str) -> tuple[str, Thing] | None:
    """What a model must be told of a tool of such a type; None for one that the caller does not run."""
    for beginning, (say, schema) in FORMS.items():
        if kind.startswith(beginning):
            width, height = (tool.get(name) for name in _SIZE)
            return (f"{say}; the screen is {width} by {height}." if say is _COMPUTER else say), schema
    return None
