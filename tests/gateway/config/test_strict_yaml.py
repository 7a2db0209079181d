"""YAML, strictly."""

import pytest

from gateway.config.errors import ConfigError
from gateway.config.strict_yaml import read


def test_places_have_the_line_on_which_they_stand() -> None:
    document = read("a: 1\nb:\n  - x\n  - c: 2\n    d: 3\n")
    assert document.content == {"a": 1, "b": ["x", {"c": 2, "d": 3}]}
    lines = document.lines
    assert [lines[where] for where in ((), ("a",), ("b",), ("b", 0), ("b", 1), ("b", 1, "d"))] == [1, 1, 2, 3, 4, 5]


def test_an_empty_file_has_no_content() -> None:
    assert read("# nothing\n").content is None


def test_aliases_and_merged_keys_are_read() -> None:
    assert read("a: &x {p: 1}\nb: {<<: *x, q: 2}\nc: *x\n").content == {"a": {"p": 1}, "b": {"p": 1, "q": 2}, "c": {"p": 1}}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", 3, "the key 'a' stands here twice", id="a key twice"),
        pytest.param("a:\n  b: 1\n  b: 2\n", 3, "the key 'b' stands here twice", id="a key twice, deep inside"),
        pytest.param("a: [1, 2\n", 2, "expected ',' or ']'", id="a list that does not end"),
        pytest.param("a: 1\n\tb: 2\n", 2, "cannot start any token", id="a tabulator"),
        pytest.param("when:\n  tokens: > 8000\n", 2, 'put comparisons in quotes: "> 8000"', id="a comparison without quotes"),
        pytest.param("a: !!python/object:os.system x\n", 1, "a tag (!name) is not known here", id="a Python object"),
        pytest.param("a: 1\n---\nb: 2\n", 2, "but found another document", id="two documents"),
        pytest.param("a: *nobody\n", 1, "an alias (*name) stands for nothing", id="an alias of nothing"),
        pytest.param("? [a]\n: 1\n", 1, "found unhashable key", id="a list for a key"),
        pytest.param("a: 2025-99-99\n", 0, "a value cannot be read as YAML (ValueError); put text in quotes", id="a date that is none"),
        pytest.param("a: \x01\n", 0, "a value cannot be read as YAML (ReaderError)", id="a control character"),
        pytest.param("[" * 600 + "]" * 600, 0, "nested too deeply", id="far too deep"),
    ],
)
def test_what_is_not_yaml_is_one_problem_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(text)
    (problem,) = refused.value.problems
    assert words in problem.say
    assert problem.line == line


def test_lines_of_a_structure_that_contains_itself_come_to_an_end() -> None:
    assert len(read("a: &x\n  b: *x\n").lines) < 50
    assert (
        len(read("\n".join(["a0: &a0 [1, 1]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 5))])).lines) <= 10_001
    )
