"""The codes of errors that the gateway's own code makes, read in its source."""

import ast
from collections.abc import Iterator
from pathlib import Path

from gateway import errors


def raised() -> dict[str, set[int]]:
    """Each code with its HTTP statuses: of refusals by their class or first argument, of a connection's last answer by its status line."""
    found: dict[str, set[int]] = {}
    for path in Path(errors.__file__).parent.rglob("*.py"):
        for code, status in _in(ast.parse(path.read_text())):
            found.setdefault(code, set()).add(status)
    return found


def _in(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        kind = getattr(errors, name, None)
        is_refusal = isinstance(kind, type) and issubclass(kind, errors.Refusal)
        if not is_refusal and name != "Last":
            continue
        told = [node.value for each in call.args[:2] for node in _values(each)]
        status = next((each for each in told if isinstance(each, int | bytes)), getattr(kind, "status", 0))
        for code in (each for each in told if isinstance(each, str) and each.isidentifier()):
            yield code, int(status[:3] if isinstance(status, bytes) else status)


def _values(argument: ast.expr) -> Iterator[ast.Constant]:
    """The constants that an argument may be; not those that are in its f-strings."""
    either = (argument.body, argument.orelse) if isinstance(argument, ast.IfExp) else (argument,)
    return (each for each in either if isinstance(each, ast.Constant))
