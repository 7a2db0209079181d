"""deploy/Dockerfile and its locks: what goes into the image, who runs it, and that nothing else can."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = re.sub(r"\\\n\s*", "", (ROOT / "deploy" / "Dockerfile").read_text())
Instruction = tuple[str, str]


def _stages() -> list[list[Instruction]]:
    stages: list[list[Instruction]] = []
    for line in TEXT.splitlines():
        if not line or line.startswith("#"):
            continue
        word, _, rest = line.partition(" ")
        if word == "FROM":
            stages.append([])
        stages[-1].append((word, rest.strip()))
    return stages


BUILD, ENVIRONMENT, FINAL = _stages()


def _of(stage: list[Instruction], word: str) -> list[str]:
    return [rest for one, rest in stage if one == word]


def _pins(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE | re.IGNORECASE))


def test_every_stage_is_the_same_slim_python() -> None:
    assert {stage[0][1].split(" AS ")[0] for stage in (BUILD, ENVIRONMENT, FINAL)} == {"python:3.11-slim"}


@pytest.mark.parametrize("install", [line for line in TEXT.splitlines() if "pip install" in line])
def test_what_is_installed_has_a_hash_or_was_built_here(install: str) -> None:
    first = install.split("&&", maxsplit=1)[0]
    assert "--require-hashes -r " in first or first.rstrip().endswith("--no-deps dist/*.whl")


def test_the_lock_is_a_layer_before_the_code() -> None:
    steps = [rest for word, rest in ENVIRONMENT if word in {"COPY", "RUN"}]
    lock = next(index for index, step in enumerate(steps) if "requirements.lock" in step and "pip install" in step)
    wheel = next(index for index, step in enumerate(steps) if "--from=wheel" in step)
    assert lock < wheel


def test_the_final_image_gets_the_environment_and_nothing_else() -> None:
    assert _of(FINAL, "COPY") == ["--from=environment /srv/tidegate /srv/tidegate"]
    assert not _of(FINAL, "ADD")
    assert not re.search(r"apt-get|pip install|build-essential|gcc", " ".join(_of(FINAL, "RUN")))
    assert "uninstall --quiet --yes setuptools pip" in " ".join(_of(ENVIRONMENT, "RUN"))
    assert "pip uninstall" in " ".join(_of(FINAL, "RUN"))


def test_it_does_not_run_as_root() -> None:
    [user] = _of(FINAL, "USER")
    uid, gid = map(int, user.split(":"))
    assert min(uid, gid) >= 1000
    words = [word for word, _ in FINAL]
    assert max(index for index, word in enumerate(words) if word in {"RUN", "COPY"}) < words.index("USER") < words.index("ENTRYPOINT")


def test_it_serves_and_says_whether_it_is_well() -> None:
    assert json.loads(_of(FINAL, "ENTRYPOINT")[0]) == ["tidegate"]
    assert json.loads(_of(FINAL, "CMD")[0]) == ["serve", "--config", "/etc/tidegate/tidegate.yaml"]
    assert _of(FINAL, "EXPOSE") == ["8080 9090"]
    assert "PYTHONUNBUFFERED=1" in _of(FINAL, "ENV")[0]
    probe = json.loads(_of(FINAL, "HEALTHCHECK")[0].partition("CMD ")[2])
    assert probe[:2] == ["python", "-c"]
    compile(probe[2], "HEALTHCHECK", "exec")
    assert "/healthz" in probe[2]


def test_no_secret_is_built_in() -> None:
    assert not re.search(r"(?i)^(arg|env)\b.*(key|token|password|secret)", TEXT, re.MULTILINE)


@pytest.mark.parametrize("name", ["deploy/requirements.lock", "deploy/build.lock"])
def test_a_lock_has_a_hash_for_every_pin_and_no_index(name: str) -> None:
    text = (ROOT / name).read_text()
    for pin in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in pin, pin
    assert "://" not in text
    assert "--index" not in text


@pytest.mark.parametrize("name", ["deploy/requirements.lock", "deploy/build.lock"])
def test_what_runs_is_what_was_tested(name: str) -> None:
    tested = _pins("requirements.lock")
    assert _pins(name)
    assert {pin: version for pin, version in _pins(name).items() if tested.get(pin) != version} == {}, "run `make lock`"


def test_the_image_has_the_extras_and_no_tools_of_ours() -> None:
    pins = _pins("deploy/requirements.lock")
    assert {"fastapi", "uvicorn", "litellm", "redis", "numpy"} <= set(pins)
    assert not {"spacy", "pytest", "mypy", "ruff", "hypothesis", "hatchling", "vllm", "torch"} & set(pins)
    assert pins["litellm"] not in {"1.82.7", "1.82.8", "1.107.0"}


def test_the_builder_gets_only_what_the_image_is_made_of() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    allowed = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {source for word, rest in BUILD + ENVIRONMENT if word == "COPY" and "--from" not in rest for source in rest.split()[:-1]}
    assert copied == allowed
    assert all((ROOT / source).exists() for source in copied)
