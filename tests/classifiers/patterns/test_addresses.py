import pytest

from classifiers.patterns import addresses
from classifiers.table import Table

TABLE = Table("table", addresses.rows())


def found(text: str) -> list[str]:
    assert {span.category for span in TABLE.detect(text)} <= {"address"}
    return [text[span.start : span.end] for span in TABLE.detect(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(
            "I live at 742 Evergreen Terrace, Springfield, OR 97403.", "742 Evergreen Terrace, Springfield, OR 97403", id="american"
        ),
        pytest.param("She is at 12b Elm Street now", "12b Elm Street", id="without a town"),
        pytest.param("to 5 N. 42nd St, Apt 4B, please", "5 N. 42nd St, Apt 4B", id="with a flat"),
        pytest.param("at 3 Easy Way, please", "3 Easy Way", id="a word that is also another"),
        pytest.param("P.O. Box 1234", "P.O. Box 1234", id="a box"),
        pytest.param("Hauptstraße 12a ist es", "Hauptstraße 12a", id="german"),
        pytest.param("Am Markt 5, 10115 Berlin", "Am Markt 5, 10115 Berlin", id="german with a town"),
        pytest.param("er wohnt Potsdamer Straße 7 in Berlin", "Potsdamer Straße 7", id="german in two words"),
        pytest.param("Potsdamer Platz 11 ist es", "Potsdamer Platz 11", id="a german square"),
        pytest.param("au 12 bis, rue de la Paix, 75002 Paris", "12 bis, rue de la Paix, 75002 Paris", id="french"),
        pytest.param("vive en Calle Mayor 5, 28013 Madrid", "Calle Mayor 5, 28013 Madrid", id="spanish"),
        pytest.param("abita in via Roma 10, 00184 Roma", "via Roma 10, 00184 Roma", id="italian"),
        pytest.param("Kerkstraat 12, 1012 AB Amsterdam", "Kerkstraat 12, 1012 AB Amsterdam", id="dutch"),
        pytest.param("ul. Długa 5/7, 00-238 Warszawa", "ul. Długa 5/7, 00-238 Warszawa", id="polish"),
        pytest.param("Address: 4 Rosewood Manor", "4 Rosewood Manor", id="after a word"),
        pytest.param("she lives in SW1A 1AA", "SW1A 1AA", id="a british postcode"),
        pytest.param("i live at 221b baker street, london", "221b baker street", id="english in lower case"),
        pytest.param("12 rue de la paix, 75002 paris", "12 rue de la paix, 75002 paris", id="french in lower case"),
        pytest.param("hauptstraße 5 in köln", "hauptstraße 5", id="german in lower case"),
        pytest.param("am rosenweg 5, 50667 köln", "rosenweg 5, 50667 köln", id="german in lower case with a town"),
        pytest.param("piazza garibaldi 12, 20121 milano", "piazza garibaldi 12, 20121 milano", id="italian in lower case"),
        pytest.param("221B\nBaker Street\nLondon", "221B\nBaker Street", id="the number on a line of its own"),
        pytest.param("Hauptstraße\n12\n50667 Köln", "Hauptstraße\n12", id="the number on the next line"),
        pytest.param("Street: Baker Street\nNumber: 221B", "Baker Street\nNumber: 221B", id="two fields"),
        pytest.param("Straße: Hauptstraße\nHausnummer: 12", "Hauptstraße\nHausnummer: 12", id="two fields in German"),
        pytest.param('{"street": "Elm Row", "number": "12b"}', 'Elm Row", "number": "12b', id="two members"),
    ],
)
def test_found(text: str, value: str) -> None:
    assert value in found(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2024 The Way of Water", id="a film"),
        pytest.param("1999 Long Walk", id="a year before a walk"),
        pytest.param("the rue de la Paix is long", id="a street without a number"),
        pytest.param("10 things to do in the street", id="no name"),
        pytest.param("Address: see below", id="nothing after the word"),
        pytest.param("the address is 0x7ffe", id="of memory"),
        pytest.param("the model QA1 2AB is in the uk", id="no area of britain"),
        pytest.param("auf der Bundesstraße 43 in Frankfurt", id="a road between towns"),
        pytest.param("Brasilien Platz 1 der Charts", id="a place in a race"),
        pytest.param("The 3 Idiots Way", id="a title"),
        pytest.param("5 Ways Street art changes cities", id="a headline"),
        pytest.param("her 1932 Ford Roadster", id="half a word"),
        pytest.param("m.p. 108, B.P. 270°", id="a boiling point"),
        pytest.param("route 66 is 2,448 miles long", id="a highway"),
        pytest.param("I live 5 blocks off main street", id="a distance"),
        pytest.param("i live in a flat on elm street", id="lower case without a number"),
        pytest.param("12 main ideas on the street", id="a number of ideas"),
        pytest.param("the 3 idiots way", id="a title in lower case"),
        pytest.param("2 square meters cost 12345 dollars", id="a price"),
        pytest.param("Street: a film\nNumber: unknown", id="fields without a number"),
    ],
)
def test_not_found(text: str) -> None:
    assert found(text) == []
