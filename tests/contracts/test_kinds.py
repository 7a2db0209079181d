"""Every file of the plugin folders keeps what CONTRIBUTING promises: a kind is one file with `Options` and `build`, and its mirrored test."""

import ast
import importlib
import inspect
import time
from pathlib import Path

import pytest

from classifiers.kinds import Detector, Family, Scorer, kinds, make_detector, make_scorer
from classifiers.prompt import Part, Prompt

ROOT = Path(__file__).parents[2]
KINDS: list[tuple[Family, str]] = [("detectors", kind) for kind in kinds("detectors")] + [("scorers", kind) for kind in kinds("scorers")]
TEXT = "Mary Smith, mary.smith@example.org, writes code: for i in range(10): print(i)\n" * 52
BUDGET_S = 5.0
"""Seconds for 4 kB: no figure of speed, but what no machine takes unless the time grows with the square of the text."""
IO = {
    "os",
    "io",
    "socket",
    "ssl",
    "subprocess",
    "asyncio",
    "logging",
    "random",
    "time",
    "datetime",
    "pathlib",
    "shutil",
    "urllib.request",
    "http",
    "httpx",
    "requests",
    "tempfile",
}

NEEDS_A_FILE = {"onnx"}
"""Kinds that are nothing without a file of the operator's: their own tests make one."""

every_kind = pytest.mark.parametrize(("family", "kind"), KINDS, ids=[f"{family[:-1]} {kind}" for family, kind in KINDS])


def _source(family: Family, kind: str) -> ast.Module:
    return ast.parse((ROOT / "classifiers" / family / f"{kind}.py").read_text())


def _signals(family: Family, kind: str) -> object:
    if family == "detectors":
        return list(make_detector(kind, {}).detect(TEXT))
    return make_scorer(kind, {}).score(Prompt((Part(TEXT),)))


@every_kind
def test_it_says_what_it_is(family: Family, kind: str) -> None:
    module = importlib.import_module(f"classifiers.{family}.{kind}")
    assert inspect.getdoc(module)
    assert inspect.getdoc(module.Options)
    assert inspect.getdoc(module.build)


ready_kind = pytest.mark.parametrize(
    ("family", "kind"),
    [(family, kind) for family, kind in KINDS if kind not in NEEDS_A_FILE],
    ids=[f"{family[:-1]} {kind}" for family, kind in KINDS if kind not in NEEDS_A_FILE],
)


@ready_kind
def test_it_builds_from_default_options_under_the_name_of_its_file(family: Family, kind: str) -> None:
    made: Detector | Scorer = make_detector(kind, {}) if family == "detectors" else make_scorer(kind, {})
    assert made.kind == kind


@ready_kind
def test_it_says_the_same_twice_and_in_time(family: Family, kind: str) -> None:
    first = _signals(family, kind)
    began = time.thread_time()
    assert _signals(family, kind) == first
    assert time.thread_time() - began < BUDGET_S + (20.0 if kind in ("names", "presidio") else 0.0)  # loading a model is not scanning


@every_kind
def test_it_has_its_own_test(family: Family, kind: str) -> None:
    assert (ROOT / "tests" / "classifiers" / family / f"test_{kind}.py").is_file()


@every_kind
def test_it_imports_no_io(family: Family, kind: str) -> None:
    imported = set()
    for node in ast.walk(_source(family, kind)):
        if isinstance(node, ast.Import):
            imported |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    assert not {name for name in imported if name in IO or name.split(".")[0] in IO}


@pytest.mark.parametrize("kind", kinds("detectors"))
def test_a_detector_returns_only_categories_that_it_declares(kind: str) -> None:
    detector = make_detector(kind, {})
    spans = list(detector.detect(TEXT))
    assert {span.category for span in spans} <= detector.categories
    assert all(0 <= span.start < span.end <= len(TEXT) and 0 <= span.confidence <= 1 for span in spans)
