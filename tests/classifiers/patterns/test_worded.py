import pytest

from classifiers.classify import classify
from classifiers.detectors.patterns import Options, build
from classifiers.patterns.worded import named
from classifiers.prompt import Part, Prompt
from classifiers.table import Table

TABLE = Table("table", [named("locker", "locker|schrank", r"[a-z]?\d{4,6}"), named("bay", "bay", r"\d{4,6}", needs_number=True)])


def found(text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in TABLE.detect(text)]


@pytest.mark.parametrize(
    ("text", "category", "value"),
    [
        pytest.param("locker 4711", "locker", "4711", id="behind the word"),
        pytest.param("Locker: 4711", "locker", "4711", id="a colon"),
        pytest.param("locker number is A4711", "locker", "A4711", id="a word for number, and a verb"),
        pytest.param("Schrank Nr. 4711", "locker", "4711", id="short for number"),
        pytest.param("schrank n° 4711", "locker", "4711", id="a sign for number"),
        pytest.param("locker #4711", "locker", "4711", id="a hash"),
        pytest.param('"locker_id": "4711"', "locker", "4711", id="a member of an object"),
        pytest.param("bay no. 4711", "bay", "4711", id="where a word for number must stand"),
    ],
)
def test_found(text: str, category: str, value: str) -> None:
    assert found(text) == [(category, value)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("blocker 4711", id="half a word"),
        pytest.param("the locker on floor 4711", id="words between"),
        pytest.param("locker 47", id="too short"),
        pytest.param("locker 4711 people", id="a count"),
        pytest.param("locker 4711 = 3", id="a sum"),
        pytest.param("locker 4711x9", id="a longer token"),
        pytest.param("bay 4711", id="no word for number"),
    ],
)
def test_not_found(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(("value", "count"), [("12-34", 1), ("AB-1-C-D-2-E-3-F-4", 0)], ids=["digits together", "digits apart"])
def test_a_value_is_checked(value: str, count: int) -> None:
    assert len(list(Table("table", [named("locker", "locker", r"[A-Z0-9-]+")]).detect(f"locker {value}"))) == count


PATTERNS = build(Options())


@pytest.mark.parametrize(
    "form",
    [
        "{}: {}",
        "**{}:** {}",
        "{}:  {}",
        "{}\t{}",
        "{} | {}",
        "{}; {}",
        "{} -> {}",
        "{} – {}",
        "{} .... {}",
        "{}:\n{}",
        "<b>{}:</b> {}",
    ],
)
@pytest.mark.parametrize(("word", "value"), [("MRN", "48291734"), ("Account", "12345678"), ("PIN", "4829"), ("CVV", "123")])
def test_a_value_is_named_in_lists_tables_and_markup(form: str, word: str, value: str) -> None:
    text = form.format(word, value)
    signals = classify(Prompt((Part(text),)), (PATTERNS,))
    assert [finding for finding in signals.findings if value in text[finding.start : finding.end]], text
