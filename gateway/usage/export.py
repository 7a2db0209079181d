"""A table of a store as a file: CSV, or Parquet for whoever has pyarrow. It grows row by row, and no file is overwritten."""

import csv
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

from gateway.usage.rows import Row
from gateway.usage.schema import FLAGS, columns
from gateway.usage.store import Kind

AT_ONCE = 10_000


def to_csv(path: Path, kind: type[Kind], rows: Iterable[Kind]) -> int:
    """Write rows, and how many those were. What is unknown is empty. Raises `FileExistsError` and other `OSError`."""
    count = 0
    with path.open("x", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(columns(kind))
        for row in rows:
            values: list[object] = list(row)
            for number in FLAGS[kind]:
                values[number] = str(values[number]).lower()
            out.writerow(values)
            count += 1
    return count


def to_parquet(path: Path, kind: type[Kind], rows: Iterable[Kind]) -> int:
    """The same. What is unknown is null. Raises also `ImportError` where there is no pyarrow."""
    import pyarrow  # noqa: ICN001  # a name is longer than two letters here
    from pyarrow import parquet

    schema, count = pyarrow.schema(list(_fields(kind, pyarrow))), 0
    left = iter(rows)
    with path.open("xb") as file, parquet.ParquetWriter(file, schema, compression="zstd") as out:
        while some := list(islice(left, AT_ONCE)):
            out.write_table(
                pyarrow.table(
                    [pyarrow.array(column, one.type) for column, one in zip(zip(*some, strict=True), schema, strict=True)], schema=schema
                )
            )
            count += len(some)
    return count


def _fields(kind: type[Row], pyarrow: ModuleType) -> Iterator[Any]:
    types = {str: pyarrow.string(), int: pyarrow.int64(), bool: pyarrow.bool_(), float: pyarrow.float64()}
    for name, hint in get_type_hints(kind).items():
        own, *more = get_args(hint) or (hint,)
        yield pyarrow.field(name, types[own], nullable=bool(more))
