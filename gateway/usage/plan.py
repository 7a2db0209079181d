"""What a configuration says of its usage store."""

from dataclasses import dataclass, field

from gateway.usage.address import POSTGRES, address


@dataclass(frozen=True, slots=True)
class UsagePlan:
    """Where usage is kept: the path of a file of SQLite, or the URL of a PostgreSQL, which may hold a password; rows live `keep_days`.

    `marks` is the path that the small files begin with by which a kill is counted; empty: there are none.
    """

    url: str = field(repr=False)
    keep_days: int = 400
    marks: str = ""


def named(usage: UsagePlan) -> str:
    """The store as it may be shown: a file's path, a database without its password."""
    if not usage.url.startswith(POSTGRES):
        return usage.url
    host, port = address(usage.url)
    return f"PostgreSQL at {host}:{port}"
