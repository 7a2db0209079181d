"""Where secrets are read from, and what is said when they are not there."""

from pathlib import Path

import pytest

from gateway.config.destinations import SecretRef
from gateway.config.errors import Report
from gateway.config.secrets import Secrets

ENV = {"GOOD": "  value-1\n", "EMPTY": " \n", "ODD": "a\x07b", "UMLAUT": "schl\u00fcssel", "LINES": "one\ntwo"}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        pytest.param("MISSING", "the environment variable MISSING is not set; set it, or write {file: PATH}", id="not set"),
        pytest.param("EMPTY", "the environment variable EMPTY is empty", id="empty"),
        pytest.param("ODD", "the environment variable ODD holds characters that cannot be part of a key", id="a control character"),
        pytest.param("UMLAUT", "the environment variable UMLAUT holds characters that cannot be part of a key", id="not ASCII"),
        pytest.param("LINES", "the environment variable LINES holds characters that cannot be part of a key", id="two lines"),
    ],
)
def test_a_variable_that_holds_no_key_is_a_problem(name: str, sentence: str) -> None:
    report = Report()
    assert Secrets(ENV, Path(), report).read(SecretRef(env=name), ("key",)) is None
    assert [problem.say for problem in report.problems] == [sentence]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(None, "the file key.txt cannot be read: No such file or directory", id="no file"),
        pytest.param(b"", "the file key.txt is empty", id="empty"),
        pytest.param(b"\xff\xfe", "the file key.txt cannot be read: it is not text", id="not text"),
    ],
)
def test_a_file_that_holds_no_key_is_a_problem(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    if content is not None:
        (tmp_path / "key.txt").write_bytes(content)
    report = Report()
    assert Secrets({}, tmp_path, report).read(SecretRef(file="key.txt"), ("key",)) is None
    assert [problem.say for problem in report.problems] == [sentence]


def test_secrets_are_trimmed_and_do_not_print(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("value-2\n")
    secrets = Secrets(ENV, tmp_path, Report())
    variable, file = secrets.read(SecretRef(env="GOOD"), ()), secrets.read(SecretRef(file="key.txt"), ())
    assert variable is not None
    assert file is not None
    assert (variable.reveal(), file.reveal()) == ("value-1", "value-2")
    assert "value" not in repr((variable, file))


def test_a_document_may_have_lines() -> None:
    document = Secrets(ENV, Path(), Report()).read(SecretRef(env="LINES"), (), is_document=True)
    assert document is not None
    assert document.reveal() == "one\ntwo"


def test_optional_secrets_that_are_not_there_get_stand_ins_that_differ(tmp_path: Path) -> None:
    report = Report()
    secrets = Secrets({"GOOD": "value-1", "EMPTY": ""}, tmp_path, report, are_optional=True)
    refs = [SecretRef(env="GOOD"), SecretRef(env="EMPTY"), SecretRef(env="MISSING"), SecretRef(file="/nowhere/a"), SecretRef(file="b")]
    read = [secret.reveal() for ref in refs if (secret := secrets.read(ref, ("key",)))]
    assert read == ["value-1", "redis://not-set/EMPTY", "redis://not-set/MISSING", "redis://not-set/nowhere/a", "redis://not-set/b"]
    assert report.problems == []
