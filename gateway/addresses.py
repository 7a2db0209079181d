"""The addresses that a configuration names, and taking one of them, before anything else is done with it."""

import contextlib
import socket
from dataclasses import replace
from pathlib import Path

from gateway.config.compile import load
from gateway.config.compile_callers import listen
from gateway.config.errors import ConfigError, Report
from gateway.config.shape import settle
from gateway.config.strict_yaml import read
from gateway.errors import Refusal
from gateway.plan import Listen


class NoPlace(Refusal):
    """The address cannot be bound."""


def addresses(config: Path) -> Listen:
    """What the file names, without what takes long to compile. Raises `ConfigError` with all that is wrong."""
    with contextlib.suppress(OSError, UnicodeDecodeError, ConfigError):
        document = read(config.read_bytes().decode("utf-8-sig"))
        report = Report(document.lines)
        settings = settle(document.content, report)
        found = None if settings is None else listen(settings, report)
        if found is not None and not report.problems:
            return found
    return load(config).listen  # says what is wrong


def moved(listen: Listen, host: str | None, port: int | None, admin_port: int | None) -> Listen:
    """The same with other addresses, where they are given."""
    here = replace(listen, host=host or listen.host)
    here = here if port is None else replace(here, port=port)
    return here if admin_port is None else replace(here, admin_port=admin_port)


def bind(host: str, port: int) -> socket.socket:
    """A socket that is bound, for other processes too, and does not listen yet. Raises `NoPlace`."""
    made = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError as error:
        if made is not None:
            made.close()
        say = f"{host}:{port} cannot be bound: {(error.strerror or 'no such address').lower()}. Give another, or end what has it."
        raise NoPlace("no_place", say) from None
    made.set_inheritable(True)
    return made
