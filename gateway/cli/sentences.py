"""Problems that a user can solve are sentences and an exit code, not tracebacks."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperGroup
from typing_extensions import override

from gateway.cli.arguments import BAD, INTERRUPTED, MISUSED


class Commands(TyperGroup):
    """The commands, whose problems are said."""

    @override
    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with _sentences():
            return super().invoke(ctx)


@contextlib.contextmanager
def _sentences() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # as in `tidegate classify ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise typer.Exit(0) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        code = _said(error)
        if code is None:
            raise
        raise typer.Exit(code) from None


def _said(error: Exception) -> int | None:
    """Say what is wrong, if it is of a kind that a user can solve. The exit code; None for any other error."""
    from gateway.cli.outcomes import LogError
    from gateway.config.errors import ConfigError
    from gateway.engine import EngineError
    from gateway.errors import Refusal
    from gateway.ledger.errors import Unanswerable
    from gateway.usage.store import StoreError

    match error:
        case ConfigError():
            say, code = f"{error}\n`tidegate check` lists it.", BAD
        case Refusal():
            say, code = error.say, BAD
        case EngineError() | LogError():
            say, code = str(error), BAD
        case Unanswerable() | StoreError():
            say, code = str(error), MISUSED
        case OSError(filename=str(name)):
            say, code = f"{name}: {error.strerror}", MISUSED
        case _:
            return None
    typer.secho(f"tidegate: {say}", err=True, fg="red")
    return code
