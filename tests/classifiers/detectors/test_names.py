import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pytest

from classifiers.detectors.names import Names, Options, build
from classifiers.kinds import OverBudget
from classifiers.models.names.model import ADDRESS, ORGANISATION, PERSON, PLACE, Model, Stretch

DETECTOR = build(Options())
PRIVATE = build(Options(persons="private"))


@dataclass
class Says:
    """A model that has made up its mind."""

    stretches: list[Stretch]

    def find(self, _text: str, last: int) -> Iterator[Stretch]:
        yield from (stretch for stretch in self.stretches if stretch.tag <= last)


def saying(options: Options, *stretches: Stretch) -> Names:
    return Names(Says(list(stretches)), options)  # type: ignore[arg-type]  # a stand-in with the same method


def found(detector: Names, text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in detector.detect(text)]


@pytest.mark.parametrize(
    ("text", "stretch", "finds"),
    [
        pytest.param("I met Mary Smith.", Stretch(6, 16, PERSON, 0.9), [("person", "Mary Smith")], id="a person"),
        pytest.param("at 12 Baker Street", Stretch(3, 18, ADDRESS, 0.9), [("address", "12 Baker Street")], id="an address"),
        pytest.param("I met Mary.", Stretch(6, 10, PERSON, 0.24), [], id="a name that the model is not sure of"),
        pytest.param("I met mary.", Stretch(6, 10, PERSON, 0.45), [], id="a name in lower case must be surer"),
        pytest.param("I met mary.", Stretch(6, 10, PERSON, 0.55), [("person", "mary")], id="a name in lower case"),
        pytest.param("Dr. Smith", Stretch(2, 9, PERSON, 0.9), [("person", "Smith")], id="without the dot before"),
        pytest.param(
            "John F. (", Stretch(0, 9, PERSON, 0.9), [("person", "John F.")], id="with the dot of an initial, without what follows"
        ),
        pytest.param("12 345 67", Stretch(0, 6, ADDRESS, 0.9), [], id="numbers alone are neither"),
        pytest.param("-- ... --", Stretch(0, 9, PERSON, 0.9), [], id="marks alone are neither"),
        pytest.param("王小明 (王)", Stretch(0, 3, PERSON, 0.9), [("person", "王小明")], id="a name in a script without capitals"),
        pytest.param("怎么回复这封邮件", Stretch(0, 8, PERSON, 0.9), [], id="a sentence in such a script is one word, but no name"),
        pytest.param("王", Stretch(0, 1, PERSON, 0.9), [], id="nor is one letter of it"),
        pytest.param("A" * 300, Stretch(0, 300, PERSON, 0.9), [("person", "A" * 120)], id="no name is that long"),
    ],
)
def test_what_the_model_says_becomes_spans(text: str, stretch: Stretch, finds: list[tuple[str, str]]) -> None:
    assert found(saying(Options(), stretch), text) == finds


@pytest.mark.parametrize(
    ("also", "finds"),
    [
        pytest.param([], ["person"], id="neither"),
        pytest.param(["place"], ["person", "place"], id="places"),
        pytest.param(["place", "organisation"], ["person", "place", "organisation"], id="both"),
    ],
)
def test_places_and_organisations_are_found_when_asked(also: list[str], finds: list[str]) -> None:
    detector = saying(
        Options(own=False, also=also), Stretch(0, 4, PERSON, 0.4), Stretch(5, 10, PLACE, 0.6), Stretch(11, 15, ORGANISATION, 0.6)
    )
    assert detector.categories == {"person", "address", *also}
    assert [category for category, _ in found(detector, "Mary Paris Acme")] == finds


@pytest.mark.parametrize(
    ("text", "finds"),
    [
        pytest.param("I work for Acme. ", ["organisation"], id="where somebody works"),
        pytest.param("He read of Acme. ", [], id="common knowledge"),
        pytest.param(
            "He read of Acme. " + "So it goes. " * 50 + "My resume is below.", ["organisation"], id="what the text is, said at its end"
        ),
        pytest.param("He read of Acme. " + "So it goes. " * 100 + "My resume is below." + " And so on." * 100, [], id="said far from it"),
    ],
)
def test_an_organisation_counts_where_it_is_somebody_s_own(text: str, finds: list[str]) -> None:
    detector = saying(Options(), Stretch(11, 15, ORGANISATION, 0.6))
    assert detector.categories == {"person", "address", "place", "organisation"}
    assert [category for category, _ in found(detector, text)] == finds


@pytest.mark.parametrize(
    ("text", "stretches", "options", "finds"),
    [
        pytest.param("Dear Reuben, I", [], Options(), [("person", "Reuben")], id="a name that the model does not know"),
        pytest.param(
            "Dear Reuben Quill, I", [Stretch(5, 17, PERSON, 0.9)], Options(), [("person", "Reuben Quill")], id="one that it knows, once"
        ),
        pytest.param(
            "Dear Reuben, Mary says", [Stretch(13, 17, PERSON, 0.9)], Options(), [("person", "Reuben"), ("person", "Mary")], id="in order"
        ),
        pytest.param(
            "Mary writes: Dear Reuben",
            [Stretch(0, 4, PERSON, 0.9)],
            Options(),
            [("person", "Mary"), ("person", "Reuben")],
            id="behind another",
        ),
        pytest.param("my shop called quill", [], Options(), [("organisation", "quill")], id="a firm of one's own"),
        pytest.param("my shop called quill", [], Options(own=False), [], id="a firm, where they are not asked for"),
    ],
)
def test_words_tell_a_name_beside_the_model(text: str, stretches: list[Stretch], options: Options, finds: list[tuple[str, str]]) -> None:
    assert found(saying(options, *stretches), text) == finds


def test_a_list_of_names_as_long_as_a_book_is_a_doubt() -> None:
    stretches = [Stretch(5 * number, 5 * number + 4, PERSON, 0.9) for number in range(5001)]
    spans = []
    with pytest.raises(OverBudget):
        for span in saying(Options(), *stretches).detect("Mary " * 5001):
            spans.append(span)  # noqa: PERF402  # what came before the exception counts
    assert len(spans) == 5001
    assert len(list(saying(Options(), *stretches[:-1]).detect("Mary " * 5001))) == 5000


def test_a_place_must_be_surer_than_a_name() -> None:
    assert not found(saying(Options(also=["place"]), Stretch(0, 5, PLACE, 0.4)), "Paris")
    assert found(saying(Options(also=["place"]), Stretch(10, 15, PLACE, 0.4)), "I live in Paris"), "unless it is somebody's own"
    assert not found(saying(Options(also=["place"]), Stretch(10, 15, PLACE, 0.34)), "I live in Paris")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(Options(persons="some"), "persons must be any or private", id="persons"),  # type: ignore[arg-type]  # from YAML
        pytest.param(Options(sure=0.0), "0.1 to 1", id="sure"),
        pytest.param(Options(sure_small=1.5), "0.1 to 1", id="sure in lower case"),
        pytest.param(Options(also=["places"]), "also is a list of: place, organisation", id="an unknown category"),
        pytest.param(Options(also="place"), "also is a list of: place, organisation", id="no list"),
    ],
)
def test_what_the_operator_wrote_wrong(options: Options, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(options)


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        pytest.param("Who was Albert Einstein and what did he discover?", False, id="a question about a scientist"),
        pytest.param("Explain the style of Frida Kahlo.", False, id="a task about a painter"),
        pytest.param("¿Quién fue Simón Bolívar?", False, id="accents do not matter"),
        pytest.param("Warum ging Mozart nach Wien?", False, id="a surname that stands alone"),
        pytest.param("Qui était Marie Curie ?", False, id="in French"),
        pytest.param("Write a letter to Albert Einstein.", True, id="no question"),
        pytest.param("Who is Albert Einstein, my patient, and what ails him?", True, id="something private near"),
        pytest.param("Why did Albert Einstein write to albert@example.org?", True, id="contact details near"),
        pytest.param("Who was Albert Einstein? " + "Tell more. " * 40 + "And Marie Curie, my patient?", True, id="private near one of two"),
        pytest.param("Who was Albert Einstein and who is Hanna Wiesinger?", True, id="somebody else beside"),
        pytest.param("Who is Hanna Wiesinger?", True, id="nobody knows her"),
    ],
)
def test_the_well_known_may_be_asked_about(text: str, is_kept: bool) -> None:
    assert bool(found(PRIVATE, text)) == is_kept
    assert found(DETECTOR, text), "under `any` every name counts"


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        pytest.param("Warum ging Goethe fort?", False, id="a small word before"),
        pytest.param("warum ging goethe fort?", True, id="which cannot be told from a name in lower case"),
    ],
)
def test_a_small_word_before_a_name_is_not_part_of_it(text: str, is_kept: bool) -> None:
    assert bool(found(saying(Options(persons="private"), Stretch(6, 17, PERSON, 0.9)), text)) == is_kept


def test_an_address_is_never_well_known() -> None:
    text = "Who was Albert Einstein, 12 Baker Street?"
    stretches = (Stretch(8, 23, PERSON, 0.9), Stretch(25, 40, ADDRESS, 0.9))
    persons: Literal["private"] = "private"
    assert len(found(saying(Options(persons=persons), *stretches), text)) == 2


@pytest.mark.parametrize("persons", ["any", "private"])
def test_what_is_too_long_is_read_as_far_as_it_goes(persons: Literal["any", "private"]) -> None:
    detector = build(Options(persons=persons, longest=100))
    text = "Who was Albert Einstein and what did he discover? " + "And so on. " * 20
    spans = []
    with pytest.raises(OverBudget):
        for span in detector.detect(text):
            spans.append(text[span.start : span.end])  # noqa: PERF401  # what came before the exception counts
    assert spans == ["Albert Einstein"]


@pytest.fixture
def without_numpy() -> Iterator[None]:
    """An environment that lacks the extra."""
    kept = {name: module for name, module in sys.modules.items() if name.startswith("classifiers.models.names.")}
    numpy = sys.modules["numpy"]
    for name in kept:
        del sys.modules[name]
    sys.modules["numpy"] = None  # type: ignore[assignment]  # None makes the import fail
    yield
    sys.modules["numpy"] = numpy
    sys.modules.update(kept)


@pytest.mark.usefixtures("without_numpy")
def test_without_the_extra_the_error_says_what_to_install() -> None:
    with pytest.raises(ImportError, match=r"pip install 'tidegate\[names\]'"):
        build(Options())


def test_it_is_asked_last() -> None:
    assert DETECTOR.is_slow
    assert isinstance(DETECTOR._model, Model)
