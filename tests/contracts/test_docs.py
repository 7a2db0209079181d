"""README and CONTRIBUTING are true: what they show is run as it stands there, and what they name is there.

The detector of CONTRIBUTING is put into a copy of the tree, with its test, and must pass what every detector must pass.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.cli.main import app
from gateway.config.compile import compile_text
from gateway.config.compile_callers import PREFERENCES
from gateway.config.prices import bundled

ROOT = Path(__file__).parents[2]
README, CONTRIBUTING = (ROOT / "README.md").read_text(), (ROOT / "CONTRIBUTING.md").read_text()
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(file for name in ("gateway", "router", "classifiers", "configs", "deploy", "benchmarks") for file in (ROOT / name).glob("*.md")),
    ]
)
FILES = dict(re.findall(r"^`([\w/]+\.py)`:\n\n```python\n(.*?)^```", CONTRIBUTING, re.MULTILINE | re.DOTALL))
DETECTOR, DETECTOR_TEST = "classifiers/detectors/codenames.py", "tests/classifiers/detectors/test_codenames.py"
PATTERNS = re.findall(r"^## A pattern\n.*?^```yaml\n(.*?)^```", CONTRIBUTING, re.MULTILINE | re.DOTALL)[0]
each_document = pytest.mark.parametrize("path", [pytest.param(path, id=str(path.relative_to(ROOT))) for path in DOCUMENTS])


def _commands() -> Iterator[str]:
    """Every command, those of a group behind its name."""
    groups = [(app, ""), *((one.typer_instance, f"{one.name} ") for one in app.registered_groups)]
    for group, prefix in groups:
        for command in group.registered_commands if group else ():
            yield prefix + str(command.name or getattr(command.callback, "__name__", ""))


COMMANDS = tuple(_commands())


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def _joined(first: Any, second: Any) -> Any:
    """What an operator gets who adds `second` to a file that holds `first`: rules and tests go above those that there are."""
    if isinstance(first, dict) and isinstance(second, dict):
        return {**first, **{key: _joined(first[key], value) if key in first else value for key, value in second.items()}}
    is_list_of_things = (
        isinstance(first, list) and isinstance(second, list) and isinstance(second[0], dict) and {"name", "say"} & second[0].keys()
    )
    return second + first if is_list_of_things else second


def _env(text: str) -> dict[str, str]:
    return {name: f"not-a-key-{name.lower()}" for name in re.findall(r"\benv: (\w+)", text)}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code and of the tests of detectors, with the files that CONTRIBUTING shows."""
    copy = tmp_path_factory.mktemp("tree")
    for name in ("classifiers", "router", "gateway", "configs", "tests/classifiers", "tests/contracts", "tests/gateway"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for name, text in FILES.items():
        (copy / name).write_text(text)
    return copy


def _run(tree: Path, *arguments: str) -> str:
    environment = {**os.environ, **_env(CONTRIBUTING), "OPENAI_API_KEY": "not-a-key", "PYTHONPATH": str(tree), "COLUMNS": "200"}
    done = subprocess.run([sys.executable, *arguments], cwd=tree, env=environment, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_detector_of_contributing_is_one_file_and_its_test() -> None:
    assert set(FILES) == {DETECTOR, DETECTOR_TEST}


def test_the_detector_of_contributing_passes_what_every_detector_must_pass(tree: Path) -> None:
    said = _run(tree, "-m", "pytest", "-q", "-k", "codenames", DETECTOR_TEST, "tests/contracts/test_kinds.py")
    assert int(said.partition(" passed")[0].split()[-1]) >= 12


def test_the_detector_of_contributing_is_clean(tree: Path) -> None:
    _run(tree, "-m", "ruff", "check", "--no-cache", DETECTOR, DETECTOR_TEST)
    _run(tree, "-m", "ruff", "format", "--no-cache", "--check", DETECTOR, DETECTOR_TEST)


def test_the_detector_the_rule_and_the_providers_work_together(tree: Path) -> None:
    if bundled() is None:
        pytest.skip("litellm is not installed")
    configuration = yaml.safe_load((ROOT / "configs" / "default.yaml").read_text())
    for block in _blocks(CONTRIBUTING, "yaml"):
        if block != PATTERNS:  # it has another list of detectors
            configuration = _joined(configuration, yaml.safe_load(block))
    (tree / "tidegate.yaml").write_text(yaml.safe_dump(configuration, sort_keys=False))
    said = _run(tree, "-m", "gateway", "check", "tidegate.yaml")
    assert "is sound" in said
    assert "5 of 5 hold" in said
    assert all(name in said for name in ("codenames", "unreleased", "mistral", "azure", "cohere"))


def test_the_patterns_of_contributing_are_found(tmp_path: Path) -> None:
    configuration = _joined(yaml.safe_load((ROOT / "configs" / "default.yaml").read_text()), yaml.safe_load(PATTERNS))
    (tmp_path / "tidegate.yaml").write_text(yaml.safe_dump(configuration, sort_keys=False))
    said = _run(ROOT, "-m", "gateway", "check", str(tmp_path / "tidegate.yaml"))
    assert "is sound" in said
    assert "7 of 7 hold" in said


@pytest.mark.parametrize("block", _blocks(README, "yaml"))
def test_the_configuration_of_the_readme_runs(block: str) -> None:
    assert compile_text(block, _env(block)).tests


@pytest.mark.parametrize("block", _blocks(README, "python"))
def test_the_python_of_the_readme_is_python(block: str) -> None:
    assert ast.parse(block)


def test_the_readme_has_every_command_and_no_other() -> None:
    groups = "|".join(str(one.name) for one in app.registered_groups)
    assert set(re.findall(rf"^\| `tidegate ((?:(?:{groups}) )?[\w-]+)", README, re.MULTILINE)) == set(COMMANDS)


def test_the_readme_has_every_model_name() -> None:
    assert set(re.findall(r"`(auto(?::\w+)?)`", README)) == set(PREFERENCES)


def test_options_that_are_shown_are_options_that_there_are() -> None:
    shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README))
    source = "".join(path.read_text() for path in (ROOT / "gateway" / "cli").glob("*.py"))
    declared = {f"--{name.replace('_', '-')}" for name in re.findall(r"^    (\w+): Annotated\[", source, re.MULTILINE)}
    assert shown <= declared | set(re.findall(r'"(--[a-z-]+)"', source))


@each_document
def test_a_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        assert "://" in target or (path.parent / target).exists(), target


@each_document
def test_a_file_that_is_named_is_there(path: Path) -> None:
    invented = {DETECTOR, DETECTOR_TEST, "gateway/upstreams/acme.py"}
    named = set(re.findall(r"`((?:gateway|router|classifiers|tests|deploy|configs|benchmarks)/[\w./-]+\.\w+)`", path.read_text()))
    assert [name for name in sorted(named - invented) if not (ROOT / name).exists()] == []


@each_document
def test_a_make_target_that_is_named_is_there(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", path.read_text(), re.MULTILINE)) <= targets


@each_document
def test_a_command_that_is_named_is_there(path: Path) -> None:
    known = {command.partition(" ")[0] for command in COMMANDS}
    assert set(re.findall(r"`(?:\.venv/bin/)?tidegate (\w+)", path.read_text())) <= known


@pytest.mark.parametrize("name", ["gateway", "router", "classifiers", "configs", "deploy", "benchmarks"])
def test_a_folder_says_what_it_is(name: str) -> None:
    lines = (ROOT / name / "README.md").read_text().splitlines()
    assert 15 <= len(lines) <= {"configs": 130, "benchmarks": 200}.get(name, 80), (
        "configs has an example for each thing, benchmarks its tables"
    )
