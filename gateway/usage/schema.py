"""The tables of a store, made from the rows of `gateway.usage.rows`, and what brings an older file to the newest version.

The four kinds of rows have a table each. Beside them `sessions` has one row for each process that wrote, and `losses` what is missing.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, get_type_hints

from gateway.usage.rows import TABLES, Row

Dialect = Literal["sqlite", "postgres"]
NAMES: Mapping[type[Row], str] = {kind: name for name, kind in TABLES.items()}
SCHEMA = "tidegate_usage"
"""Where the tables are in a PostgreSQL, which may be shared."""
PLACES: Mapping[Dialect, Mapping[type[Row], str]] = {
    "sqlite": NAMES,
    "postgres": {kind: f"{SCHEMA}.{name}" for kind, name in NAMES.items()},
}
"""The tables as statements name them."""
VERSION = 1
"""Of the newest schema. A store of a newer one is neither written nor read."""

_TYPES: Mapping[Dialect, Mapping[object, str]] = {
    "sqlite": {
        str: "text not null",
        int: "integer not null",
        bool: "integer not null",
        float: "real not null",
        int | None: "integer",
        float | None: "real",
    },
    "postgres": {
        str: "text not null",
        int: "bigint not null",
        bool: "boolean not null",
        float: "double precision not null",
        int | None: "bigint",
        float | None: "double precision",
    },
}
_BESIDE: Mapping[Dialect, tuple[str, ...]] = {
    "sqlite": (
        "create table sessions (id text primary key, began real not null, ended real, settled integer not null) without rowid",
        "create table losses (at real not null, reason text not null, missing integer not null)",
    ),
    "postgres": (
        (
            f"create table {SCHEMA}.sessions (id text primary key, "
            "began double precision not null, ended double precision, settled bigint not null)"
        ),
        f"create table {SCHEMA}.losses (at double precision not null, reason text not null, missing bigint not null)",
    ),
}


def columns(kind: type[Row]) -> tuple[str, ...]:
    """The columns of a kind's table, in the order of its fields."""
    return tuple(kind._fields)


def _flags(kind: type[Row]) -> tuple[int, ...]:
    hints = get_type_hints(kind)
    return tuple(number for number, name in enumerate(columns(kind)) if hints[name] is bool)


FLAGS: Mapping[type[Row], tuple[int, ...]] = {kind: _flags(kind) for kind in NAMES}
"""Which columns are true or false, which SQLite gives back as numbers."""


def _made(kind: type[Row], dialect: Dialect) -> Iterator[str]:
    hints, name = get_type_hints(kind), NAMES[kind]
    body = ", ".join(f'"{column}" {_TYPES[dialect][hints[column]]}' for column in columns(kind))
    serial = "" if dialect == "sqlite" else "row bigint generated always as identity, "
    yield f"create table {PLACES[dialect][kind]} ({serial}{body})"
    yield f"create index {name}_at on {PLACES[dialect][kind]} (at{'' if dialect == 'sqlite' else ', row'})"


def _first(dialect: Dialect) -> Iterator[str]:
    for kind in NAMES:
        yield from _made(kind, dialect)
    yield from _BESIDE[dialect]


def migrations(version: int, dialect: Dialect) -> list[str]:
    """The statements that make the newest schema of one of `version`; 0: there is nothing yet."""
    steps: dict[int, Iterator[str]] = {0: _first(dialect)}
    return [statement for before in range(version, VERSION) for statement in steps[before]]
