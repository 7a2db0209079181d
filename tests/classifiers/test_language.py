import pytest

from classifiers.language import LANGUAGES, language


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("en", "What does the German word Schadenfreude mean?"), ("en", "set an alarm for 7"), ("en", "let α and β be the roots of x"),
        ("de", "Wie ist das Wetter heute in Berlin?"), ("de", "Schreib mir ein Gedicht"),
        ("fr", "Quelle est la capitale de l'Espagne ?"), ("fr", "Écris une fonction en Python"),
        ("es", "¿Cuál es la capital de Francia?"), ("es", "Escribe una función que ordene una lista"),
        ("it", "Qual è la capitale della Francia?"), ("it", "Scrivi una funzione che ordina una lista"),
        ("pt", "Qual é a capital da França?"), ("pt", "Escreva uma função que ordena uma lista"),
        ("nl", "Wat is de hoofdstad van Frankrijk?"), ("sv", "Vad är huvudstaden i Frankrike?"),
        ("da", "Hvad er hovedstaden i Frankrig?"), ("no", "Hva er hovedstaden i Frankrike?"), ("fi", "Mikä on Ranskan pääkaupunki?"),
        ("pl", "Jaka jest stolica Francji?"), ("cs", "Jaké je hlavní město Francie?"), ("tr", "Fransa'nın başkenti neresi? Bana söyle"),
        ("ro", "Care este capitala Franței?"), ("hu", "Miért esik az eső, és hogyan?"), ("id", "Apa ibu kota Prancis?"),
        ("vi", "Thủ đô của Pháp là gì?"), ("ru", "Какая столица Франции? Как это узнать"), ("uk", "Яка столиця Франції? Що це"),
        ("bg", "Коя е столицата на Франция?"), ("ja", "フランスの首都はどこですか"), ("zh", "法国的首都是哪里？"),
        ("ko", "프랑스의 수도는 어디인가요?"), ("el", "Ποια είναι η πρωτεύουσα;"), ("he", "מה בירת צרפת?"), ("ar", "ما هي عاصمة فرنسا؟"),
        ("fa", "پایتخت فرانسه کجاست؟"), ("hi", "फ़्रांस की राजधानी क्या है?"), ("th", "เมืองหลวงของฝรั่งเศสคืออะไร"),
    ],
)  # fmt: skip
def test_a_sentence_tells_its_language(name: str, text: str) -> None:
    assert language(text) == name
    assert name in LANGUAGES


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("12 + 3 = 15", id="no word"),
        pytest.param("hello", id="a word that is no little word"),
        pytest.param("in la", id="words that many languages have"),
        pytest.param("```\nthe of and is that\n```", id="a block of code is no prose"),
    ],
)
def test_what_does_not_tell_is_unknown(text: str) -> None:
    assert language(text) is None


def test_the_prose_around_code_counts() -> None:
    assert language("Warum wird das nicht sortiert?\n```python\nfor the in that: print(this)\n```") == "de"


def test_only_the_beginning_is_read() -> None:
    assert language("Wie ist das? " + "x " * 2_000 + "the of and is that it for was " * 100) == "de"
