"""YAML, read strictly: only plain values, no duplicate keys, and the line of every place kept for error messages."""

from dataclasses import dataclass

import yaml
from typing_extensions import override

from gateway.config.errors import ConfigError, Problem, Where


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file: its values, and the line (from 1) on which each place starts."""

    content: object
    lines: dict[Where, int]


_MOST_LINES = 10_000
"""Places whose line is kept; a configuration has some hundred."""
_OURS = {
    "found undefined alias": "an alias (*name) stands for nothing; put text that begins with * in quotes",
    "could not determine a constructor": "a tag (!name) is not known here; put text that begins with ! in quotes",
}
"""Sentences that would repeat what stands in the file, and ours instead."""


class _Strict(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping: YAML would silently take the last."""

    @override
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"the key {key.value!r} stands here twice", key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def read(text: str) -> Document:
    """Parse the text. Raises `ConfigError` with the line of what is not YAML."""
    try:
        loader = _Strict(text)
        try:
            node = loader.get_single_node()
            lines: dict[Where, int] = {}
            if node is None:
                return Document(None, lines)
            content: object = loader.construct_document(node)
            _note_lines(node, (), lines)
            return Document(content, lines)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        say = error.problem or error.context or "it ends too early"
        say = next((ours for theirs, ours in _OURS.items() if say.startswith(theirs)), say)
        if "block scalar" in (error.context or ""):  # `tokens: > 8000` begins a folded text
            say += '; put comparisons in quotes: "> 8000"'
        raise ConfigError([Problem("", f"this is not YAML that can be read: {say}", mark.line + 1 if mark else 0)]) from None
    except RecursionError:
        raise ConfigError([Problem("", "the file is nested too deeply")]) from None
    except Exception as error:  # noqa: BLE001  # PyYAML raises whatever comes up: 2025-99-99 is a ValueError, an empty !!int an IndexError
        # Its message would repeat the value.
        raise ConfigError([Problem("", f"a value cannot be read as YAML ({type(error).__name__}); put text in quotes")]) from None


def _note_lines(node: yaml.Node, where: Where, lines: dict[Where, int]) -> None:
    if where in lines or len(where) > 20 or len(lines) > _MOST_LINES:  # aliases may multiply, or refer to what is around them
        return
    lines[where] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*where, str(key.value))  # a list or mapping for a key was refused before
            _note_lines(value, inner, lines)
            lines[inner] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note_lines(value, (*where, index), lines)
