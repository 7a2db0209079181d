"""The table of metrics in the documentation is the one in the code."""

from pathlib import Path

from gateway.cli.metrics import markdown

DOCUMENT = Path(__file__).parents[2] / "deploy" / "METRICS.md"


def test_the_table_is_what_the_command_prints() -> None:
    assert DOCUMENT.read_text().endswith("\n\n" + markdown()), "write it anew: tidegate metrics --markdown"
