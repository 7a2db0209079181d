import csv
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from gateway.usage import export
from gateway.usage.rows import TABLES, Used
from tests.fakes.usage import called, leased, rated, used

USED = used(prompt=None, is_stream=True, code='a "b", c')
ROWS: dict[str, Any] = {"used": USED, "called": called(), "leased": leased(energy=None), "rated": rated()}


def test_csv_has_a_line_for_each_row_and_nothing_for_what_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "used.csv"
    assert export.to_csv(path, Used, [USED, used()]) == 2
    with path.open(newline="") as file:
        first, second = csv.DictReader(file)
    assert tuple(first) == Used._fields
    assert (first["prompt"], first["is_stream"], first["code"], first["cost"]) == ("", "true", 'a "b", c', "45")
    assert second["prompt"] == "100"


@pytest.mark.parametrize("table", TABLES)
def test_parquet_keeps_types_and_what_is_unknown(tmp_path: Path, table: str) -> None:
    path, row = tmp_path / "rows.parquet", ROWS[table]
    assert export.to_parquet(path, type(row), [row] * 3) == 3
    found = parquet.read_table(path)
    assert found.column_names == list(row._fields)
    assert found.to_pylist() == [row._asdict()] * 3
    assert export.to_parquet(tmp_path / "none.parquet", type(row), []) == 0
    assert parquet.read_table(tmp_path / "none.parquet").schema == found.schema


@pytest.mark.parametrize("write", [export.to_csv, export.to_parquet])
def test_no_file_is_overwritten(tmp_path: Path, write: Any) -> None:
    path = tmp_path / "kept"
    path.write_text("kept")
    with pytest.raises(FileExistsError):
        write(path, Used, [used()])
    assert path.read_text() == "kept"
