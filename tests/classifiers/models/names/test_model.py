import hashlib
from importlib import resources

import numpy as np
import pytest

from classifiers.models.names.model import ADDRESS, MARGIN, PERSON, PIECE, Stretch, _joined, load

MODEL = load()


def found(text: str, tag: int) -> list[str]:
    return [text[stretch.start : stretch.end] for stretch in MODEL.find(text) if stretch.tag == tag and stretch.probability > 0.5]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        pytest.param("Please write to Mary Johnson about her results.", ["Mary Johnson"], id="English"),
        pytest.param("my name is priya raghunathan and i need a resume", ["priya raghunathan"], id="in lower case"),
        pytest.param("Sehr geehrte Frau Wiesinger, der Termin am Montag steht.", ["Wiesinger"], id="German"),
        pytest.param("La patiente Mme Lefebvre a été vue par Jean Dupont lundi.", ["Lefebvre", "Jean Dupont"], id="French"),
        pytest.param("El paciente Miguel Rivera Bueno refiere dolor desde el martes.", ["Miguel Rivera Bueno"], id="Spanish"),
        pytest.param("WRITE A BIO FOR ADEREMI FUNMILOLA FROM LAGOS", ["ADEREMI FUNMILOLA"], id="in capitals"),
    ],
)
def test_it_finds_people(text: str, people: list[str]) -> None:
    assert found(text, PERSON) == people


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Send the parcel to 12 Baker Street, please.", id="English"),
        pytest.param("Er wohnt seit Mai in der Gartenstraße 12.", id="German"),
        pytest.param("J'habite 14 rue de Rennes à Paris.", id="French"),
        pytest.param("Vive en la calle Rosales 23 desde mayo.", id="Spanish"),
    ],
)
def test_it_finds_addresses(text: str) -> None:
    assert len(found(text, ADDRESS)) == 1


@pytest.mark.parametrize(
    ("stretches", "joined"),
    [
        pytest.param([(0, 2, ADDRESS), (3, 8, PERSON), (9, 15, ADDRESS)], [(0, 15, ADDRESS)], id="12 Baker Street"),
        pytest.param([(0, 2, ADDRESS), (3, 8, PERSON)], [(0, 2, ADDRESS), (3, 8, PERSON)], id="an address, then a person"),
        pytest.param(
            [(0, 2, ADDRESS), (5, 8, PERSON), (9, 15, ADDRESS)], [(0, 2, ADDRESS), (5, 8, PERSON), (9, 15, ADDRESS)], id="not side by side"
        ),
        pytest.param(
            [(0, 2, ADDRESS), (3, 8, PERSON), (12, 15, ADDRESS)], [(0, 2, ADDRESS), (3, 8, PERSON), (12, 15, ADDRESS)], id="nor behind"
        ),
        pytest.param(
            [(0, 2, ADDRESS), (3, 4, PERSON), (5, 6, ADDRESS), (7, 8, PERSON), (9, 10, ADDRESS)], [(0, 10, ADDRESS)], id="once more"
        ),
        pytest.param([(0, 2, PERSON), (5, 8, PERSON), (9, 15, PERSON)], [(0, 2, PERSON), (5, 8, PERSON), (9, 15, PERSON)], id="people"),
    ],
)
def test_who_a_street_is_named_after_is_nobody(stretches: list[tuple[int, int, int]], joined: list[tuple[int, int, int]]) -> None:
    made = _joined(Stretch(start, end, tag, 0.9) for start, end, tag in stretches)
    assert [(each.start, each.end, each.tag) for each in made] == joined


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Das Fahrrad, der Tisch und die Lampe stehen im Keller.", id="German nouns"),
        pytest.param("for index in range(10): total += Order(index).price", id="code"),
        pytest.param("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", id="a hash"),
        pytest.param("x,y,z\n14.23,1.71,2.43\n13.2,1.78,2.14", id="a table"),
        pytest.param("What is the capital of France and how far is it from Berlin?", id="places"),
        pytest.param("Explain Kubernetes, Docker and Terraform to a beginner.", id="products"),
        pytest.param("", id="nothing"),
    ],
)
def test_it_finds_nobody(text: str) -> None:
    assert not [stretch for stretch in MODEL.find(text) if stretch.probability > 0.5]


def test_a_name_is_found_wherever_it_stands_in_a_long_text() -> None:
    filler = "The weather was fine and the road was long. "
    for begin in (0, PIECE - 60, PIECE - 5, PIECE, PIECE + MARGIN, 3 * PIECE):
        text = (filler * 300)[:begin].rsplit(" ", 1)[0] + " Please write to Mary Johnson today. " + filler * 50
        assert [name for name in found(text, PERSON) if "Mary" in name or "Johnson" in name], begin


def test_a_name_is_known_by_what_stands_before_it_in_the_piece_before() -> None:
    said = "my name is priya raghunathan and i need a resume"
    alone = [stretch.probability for stretch in MODEL.find(said) if stretch.tag == PERSON]
    for cut in (said.index("priya"), said.index("raghunathan"), said.index("unathan"), said.index(" and")):
        text = ("." * (PIECE - cut)) + said
        assert [text[each.start : each.end] for each in MODEL.find(text) if each.tag == PERSON] in (
            ["priya raghunathan"],
            ["priya", "raghunathan"],
        ), cut
    assert alone == [pytest.approx(1, abs=0.2)]


def test_every_token_belongs_to_one_piece() -> None:
    text = "Mary Johnson met Peter Miller. " * 600
    stretches = [(stretch.start, stretch.end) for stretch in MODEL.find(text)]
    assert stretches == sorted(stretches)
    assert len(set(stretches)) == len(stretches)


def test_it_reads_whatever_it_is_given() -> None:
    for text in ("\u200b" * 9_000, "x" * 9_000, "12 " * 3_000, "\U0001f600\ud800é中" * 2_000, "\n" * 9_000):
        list(MODEL.find(text))


def test_it_is_small() -> None:
    assert MODEL.table.nbytes + MODEL.lists.lexicon.nbytes + MODEL.lists.gazetteer.nbytes < 10_000_000
    assert MODEL.table.dtype == np.int8
    assert not MODEL.table[0].any(), "what is unknown weighs nothing"


def test_the_card_is_of_these_weights() -> None:
    folder = resources.files("classifiers.models.names")
    assert f"`{hashlib.sha256(folder.joinpath('names.npz').read_bytes()).hexdigest()}`" in folder.joinpath("CARD.md").read_text()
