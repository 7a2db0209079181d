import subprocess
import sys
from collections.abc import Iterator

import pytest

from classifiers.detectors.presidio import Options, Presidio, build

MODEL = "tests.fakes.spacy_once"
"""What ships is loaded by the test that has a process of its own."""
TEXT = "Please write to Mary Johnson, mary@example.org or 10.1.2.3, before 3 May 2024. Her card is 4111 1111 1111 1111."

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

NO_NETWORK = """
import sys
asked = []
sys.addaudithook(lambda event, _: asked.append(event) if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto") else None)
from classifiers.detectors.presidio import Options, build
found = [span.category for span in build(Options()).detect("Write to mary@example.co.uk")]
print(found, asked)
"""


@pytest.fixture(scope="module")
def presidio() -> Presidio:
    return build(Options(model=MODEL))


def test_what_presidio_finds_becomes_spans_of_our_categories(presidio: Presidio) -> None:
    found = {(span.category, TEXT[span.start : span.end]) for span in presidio.detect(TEXT)}
    assert found == {
        ("person", "Mary Johnson"),
        ("email", "mary@example.org"),
        ("ip_address", "10.1.2.3"),
        ("card", "4111 1111 1111 1111"),
    }
    assert presidio.is_slow
    assert {"person", "email", "us_ssn"} <= presidio.categories


def test_entities_and_threshold_are_the_operators_to_choose() -> None:
    detector = build(Options(model=MODEL, entities={"DATE_TIME": "date", "EMAIL_ADDRESS": "mail"}, threshold=0.9))
    assert [(span.category, TEXT[span.start : span.end]) for span in detector.detect(TEXT)] == [("mail", "mary@example.org")]
    assert detector.categories == {"date", "mail"}


def test_a_text_that_is_too_long_is_refused() -> None:
    class Silent:
        def analyze(self, *_: object, **__: object) -> list[object]:
            return []

    detector = Presidio(Silent(), {"PERSON": "person"}, Options(longest=10))
    assert list(detector.detect("x" * 10)) == []
    with pytest.raises(ValueError, match="longer than 10 characters"):
        list(detector.detect("x" * 11))


@pytest.mark.parametrize(
    ("entities", "say"), [({"CAT": "cat"}, "Presidio finds no 'CAT'; there are: "), ({}, "none is given; there are: ")]
)
def test_entities_that_presidio_lacks_are_refused(entities: dict[str, str], say: str) -> None:
    with pytest.raises(ValueError, match=say):
        build(Options(model=MODEL, entities=entities))


def test_the_network_is_asked_for_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", NO_NETWORK], capture_output=True, text=True, check=True, timeout=200)
    assert done.stdout.strip() == "['email'] []"


@pytest.fixture
def without_presidio() -> Iterator[None]:
    """An environment that lacks the extra."""
    name = "presidio_analyzer"
    kept, sys.modules[name] = sys.modules.get(name), None  # type: ignore[assignment]  # None makes the import fail
    yield
    del sys.modules[name]
    if kept is not None:
        sys.modules[name] = kept


@pytest.mark.usefixtures("without_presidio")
def test_without_the_extra_the_error_says_what_to_install() -> None:
    with pytest.raises(ImportError, match=r"pip install 'tidegate\[presidio\]'"):
        build(Options())
