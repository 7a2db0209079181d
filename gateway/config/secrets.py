"""Secrets: read once, at load, from the environment or a file; kept as `Secret`, which does not print."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.config.destinations import SecretRef
from gateway.config.errors import Report, Where
from gateway.secret import Secret

_LARGEST = 65_536
"""Bytes of a secret's file: service account files have some 2,000; more than this is a wrong file."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Where secrets come from: an environment, and the folder that relative paths start at.

    With `are_optional` one that is not there gets a stand-in, for commands that send nothing.
    """

    env: Mapping[str, str]
    base_dir: Path
    report: Report
    are_optional: bool = False

    def read(self, ref: SecretRef, where: Where, is_document: bool = False) -> Secret | None:
        """The secret without spaces and line ends around it. None, and a problem, when it is missing or cannot be sent in a header.

        A document (a service account's file) may have several lines.
        """
        text = self._text(ref, where)
        if text is None:
            return None
        text = text.strip()
        name = f"environment variable {ref.env}" if ref.env else f"file {ref.file}"
        if not text:
            self.report.add(where, f"the {name} is empty")
        elif not (text.replace("\n", "") if is_document else text).isprintable() or not text.isascii():
            self.report.add(where, f"the {name} holds characters that cannot be part of a key")
        else:
            return Secret(text)
        return None

    def redis_url(self, given: str | SecretRef, where: Where) -> str:
        """The URL of a Redis, which may be a secret. Empty for `memory`, and, with a problem, for one that is missing or no such URL."""
        if isinstance(given, str):
            return "" if given == "memory" else given
        secret = self.read(given, where)
        if secret is None or secret.reveal().startswith(("redis://", "rediss://")):
            return secret.reveal() if secret else ""
        self.report.add(where, "expected the secret to be a URL that begins with redis:// or rediss://")
        return ""

    def _text(self, ref: SecretRef, where: Where) -> str | None:
        if ref.env is not None:
            if self.are_optional:
                return self.env.get(ref.env) or _stand_in(ref.env)
            if ref.env not in self.env:
                self.report.add(where, f"the environment variable {ref.env} is not set; set it, or write {{file: PATH}}")
            return self.env.get(ref.env)
        try:
            with (self.base_dir / str(ref.file)).open("rb") as file:
                return file.read(_LARGEST).decode()
        except (OSError, ValueError) as error:  # ValueError: not UTF-8, or a NUL in the path
            if self.are_optional:
                return _stand_in(str(ref.file))
            reason = getattr(error, "strerror", None) or "it is not text"
            self.report.add(where, f"the file {ref.file} cannot be read: {reason}")
        return None


def _stand_in(name: str) -> str:
    """A URL, because the address of Redis may be a secret too; one for each name, because no two keys may be the same."""
    return f"redis://not-set/{name.removeprefix('/')}"
