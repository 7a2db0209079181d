"""The table of clients, from clients.py and what the last run showed: `python -m tests.journeys.clients.table --readme README.md`."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from tests.journeys.clients.clients import CASES, CLIENTS, MEANING, Client
from tests.journeys.clients.environments import HOME

BEGIN, END = "<!-- clients -->\n", "<!-- /clients -->"
Results = Mapping[str, Mapping[str, bool]]


def table(results: Results) -> str:
    """In Markdown: a row for each client and API, a column for each case."""
    head = ["client", "version", "API", *(case.replace("_", " ") for case in CASES)]
    lines = [head, ["---"] * 3 + [":-:"] * len(CASES)]
    lines += [[one.name, one.version, one.api, *(_cell(one, case, results) for case in CASES)] for one in CLIENTS]
    meant = "; ".join(f"**{case.replace('_', ' ')}**: {MEANING[case]}" for case in CASES)
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{rows}\n\nYes: shown, against engines that speak chat alone and, by another API, against engines that speak that one too. {meant}.\n"


def _cell(client: Client, case: str, results: Results) -> str:
    """Yes, no, `?` where it was not run, nothing where the client has no such thing."""
    if case not in client.cases:
        return ""
    shown = [results.get(f"{client.name} {client.api}{way}", {}).get(case) for way in client.ways]
    return "?" if None in shown else "yes" if all(shown) else "**no**"


def written(page: str, lines: str) -> str:
    """The page with these lines between its marks."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}{lines}{END}{after}"


def main() -> None:
    """Write it, or print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readme", type=Path, help="a page with the marks; without it the table is printed")
    given = parser.parse_args()
    file = HOME / "results.json"
    lines = table(json.loads(file.read_text()) if file.exists() else {})
    if given.readme is None:
        print(lines)
    else:
        given.readme.write_text(written(given.readme.read_text(), lines))


if __name__ == "__main__":
    main()
