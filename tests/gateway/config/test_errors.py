"""How problems are written, and collected."""

import pytest

from gateway.config.errors import ConfigError, Problem, Report, Where, hint, one_of, path_of


@pytest.mark.parametrize(
    ("where", "path"),
    [
        pytest.param((), "", id="the file"),
        pytest.param(("routes", 1, "to", 0), "routes[1].to[0]", id="keys and indices"),
        pytest.param((3, "a"), "[3].a", id="an index first"),
    ],
)
def test_a_path_is_written_as_people_write_it(where: Where, path: str) -> None:
    assert path_of(where) == path


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        pytest.param(Problem("a.b", "is missing", 3), "a.b (line 3): is missing", id="path and line"),
        pytest.param(Problem("a.b", "is missing"), "a.b: is missing", id="path"),
        pytest.param(Problem("", "not YAML", 3), "line 3: not YAML", id="line"),
        pytest.param(Problem("", "not YAML"), "not YAML", id="neither"),
    ],
)
def test_a_problem_prints_as_one_line(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_an_error_lists_every_problem_in_the_order_of_the_file() -> None:
    error = ConfigError([Problem("b", "second", 9), Problem("a", "first", 2)], "x.yaml")
    assert str(error) == "x.yaml: a (line 2): first\nx.yaml: b (line 9): second"
    assert [problem.path for problem in error.problems] == ["a", "b"]
    assert str(ConfigError([Problem("a", "alone")])) == "a: alone"


def test_a_report_says_a_thing_once_and_knows_the_nearest_line() -> None:
    report = Report({(): 1, ("a",): 2})
    report.add(("a", "b"), "is missing")
    report.add(("a", "b"), "is missing")
    report.extend([Problem("a.c[0]", "is odd")])
    assert [(problem.path, problem.line) for problem in report.problems] == [("a.b", 2), ("a.c[0]", 2)]
    assert report.has_said(("a", "c"))
    assert not report.has_said(("b",))


def test_a_report_counts_as_the_file_does_when_elements_were_taken_out() -> None:
    report = Report(origins={("routes",): [0, 3], ("routes", 3, "to"): [1]})
    report.add(("routes", 1, "to", 0), "is odd")
    assert report.problems[0].path == "routes[3].to[1]"


def test_a_report_knows_what_was_lost() -> None:
    report = Report(lost={("routes", 1, "when")})
    assert report.is_lost("routes", 1)
    assert not report.is_lost("routes", 0)
    assert report.has_lost("labels", "routes")
    assert not report.has_lost("labels")
    assert Report(lost={()}).has_lost("labels")


def test_hints_are_close_names_or_all_names() -> None:
    assert hint("gtp", ["qwen", "gpt"]) == "; did you mean 'gpt'?"
    assert hint("xyzzy", ["qwen", "gpt"]) == "; there are: gpt, qwen"
    assert hint("xyzzy", []) == ""


def test_a_list_of_choices_reads_as_a_sentence() -> None:
    assert (one_of(["a"]), one_of(["a", "b"]), one_of(["a", "b", "c"])) == ("a", "a or b", "a, b or c")
