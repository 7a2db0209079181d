"""The floors of coverage, by package: `python -m tests.floors` after a run with --cov. Branches count."""

import io
import sys

from coverage import Coverage

FLOORS = {"router": 100.0, "classifiers": 100.0, "gateway": 90.0}
"""Per cent of lines and branches."""


def main() -> int:
    """Print each package's coverage; 1 when one is below its floor."""
    measured = Coverage()
    measured.load()
    failed = 0
    for package, floor in FLOORS.items():
        report = io.StringIO()
        reached = measured.report(include=[f"{package}/*"], file=report, show_missing=True, skip_covered=True)
        sys.stdout.write(f"{package}: {reached:.1f} % of {floor:g} %\n")
        if reached < floor:
            sys.stdout.write(report.getvalue())
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
