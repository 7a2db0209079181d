"""`tidegate key`: keys for callers."""

import hashlib
import re
import secrets

import msgspec
import typer

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def is_name(text: str) -> bool:
    """Whether it can be a name in the configuration without quotes or doubt."""
    return _NAME.fullmatch(text) is not None


def new(name: str, tenant: str, *, as_json: bool) -> None:
    """Print a new key of 256 random bits, and what the configuration says of it."""
    key = "tg-" + secrets.token_urlsafe(32)
    digest = hashlib.sha256(key.encode()).hexdigest()
    if as_json:
        typer.echo(msgspec.json.encode({"name": name, "tenant": tenant, "key": key, "sha256": digest}))
        return
    typer.secho(key, fg="green")
    typer.secho("\nGive it to the caller now: it is shown this once. Then add to the configuration:\n", err=True)
    typer.echo(f"keys:\n  - name: {name}\n    tenant: {tenant}\n    sha256: {digest}")
