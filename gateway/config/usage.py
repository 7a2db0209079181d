"""`usage:` of the configuration, as types."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from gateway.config.destinations import SecretRef, Strict
from gateway.usage.address import POSTGRES, address


def _is_store(value: object) -> object:
    if value == "":
        raise ValueError("must not be empty")
    if isinstance(value, str) and value.startswith(POSTGRES):
        if ":" in value.partition("://")[2].partition("/")[0].rpartition("@")[0] or "password=" in value:
            raise ValueError("a URL with a password is a secret; write {env: NAME} or {file: PATH}")
        address(value)
    elif isinstance(value, str) and "://" in value:
        raise ValueError("expected the path of a file, or a URL that begins with postgresql://")
    return value


class Usage(Strict):
    """What each request used, took and cost, kept for reports: names and numbers, no text. A store that is away harms no request."""

    store: Annotated[str | SecretRef, BeforeValidator(_is_store)] = Field(
        description="File of SQLite, relative to the configuration's folder; or the URL of a PostgreSQL. With a password it is a secret."
    )
    keep_days: int = Field(default=400, ge=1, le=36_500, description="Rows that are older are deleted, in small steps.")
    marks: str | None = Field(
        default=None,
        min_length=1,
        description="Folder for the small files by which rows are counted that a killed process had not written. "
        "Absent: beside the file of SQLite; with PostgreSQL none.",
    )
