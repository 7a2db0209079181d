import time

import pytest

from classifiers.models.names.told import Told, told


def names(text: str) -> list[str]:
    return [text[name.start : name.end] for name in told(text)]


@pytest.mark.parametrize(
    ("text", "finds"),
    [
        pytest.param("Dear Reuben Please note the change", ["Reuben"], id="a greeting, without a mark behind the name"),
        pytest.param("Hi Anouk,\nhow are you?", ["Anouk"], id="a short one"),
        pytest.param("Liebe Gesche, danke", ["Gesche"], id="a German one"),
        pytest.param("Chère Éloïse, merci", ["Éloïse"], id="a French one"),
        pytest.param("Estimado Íñigo: adjunto", ["Íñigo"], id="a Spanish one"),
        pytest.param("Dear Mr. O'Hara-Quirke, we", ["O'Hara-Quirke"], id="with a title"),
        pytest.param("Liebe Frau Dr. Ömer Özil,", ["Ömer Özil"], id="with two titles"),
        pytest.param("Dr.Anya Alet said", ["Anya Alet"], id="a title without a space behind it"),
        pytest.param("Herr Özil kommt", ["Özil"], id="a German title"),
        pytest.param("Mme Ménard est là", ["Ménard"], id="a French title"),
        pytest.param("my younger sister Wen likes tea", ["Wen"], id="a relative"),
        pytest.param("our landlord, Bexley, called", ["Bexley"], id="somebody one knows, after a comma"),
        pytest.param("Meine Tochter heißt Gesche", ["Gesche"], id="a German relative"),
        pytest.param("mon frère Loïc", ["Loïc"], id="a French relative"),
        pytest.param("mi hermana Itziar", ["Itziar"], id="a Spanish relative"),
        pytest.param("my name is anouk.", ["anouk"], id="an introduction in lower case"),
        pytest.param("my name's Anouk B. Quirke and I", ["Anouk B. Quirke"], id="an introduction, with an initial"),
        pytest.param("je m'appelle Éloïse", ["Éloïse"], id="a French introduction"),
        pytest.param("Thanks.\n\nKind regards,\nAnouk Quirke\nSales", ["Anouk Quirke"], id="a signature"),
        pytest.param("Viele Grüße\nGesche", ["Gesche"], id="a German signature"),
        pytest.param("der Regisseur Bexley", ["Bexley"], id="a German profession"),
        pytest.param("sagte Quirke.", ["Quirke"], id="who spoke, in German"),
        pytest.param("my company called soskwill but", ["soskwill"], id="a firm"),
        pytest.param("our little coffee shop, named Bexley's", ["Bexley"], id="a shop"),
        pytest.param("for my company (MQH) which", ["MQH"], id="a firm in brackets"),
    ],
)
def test_what_the_words_before_tell(text: str, finds: list[str]) -> None:
    assert names(text) == finds


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Dear Sir or Madam,", id="whoever reads it"),
        pytest.param("Dear Hiring Team,", id="a team"),
        pytest.param("Sehr geehrte Damen und Herren,", id="whoever reads it, in German"),
        pytest.param("Liebe Kolleginnen und Kollegen,", id="colleagues"),
        pytest.param("Frau Präsidentin, ich", id="an office"),
        pytest.param("Hello World!", id="the first program"),
        pytest.param("Hi ChatGPT, how are you?", id="the model"),
        pytest.param("Hello Kitty Cafe is open", id="a greeting without an end is none"),
        pytest.param("Hi, I'm late", id="a sentence that goes on"),
        pytest.param("My Mother Said I Never Should", id="a title in capitals"),
        pytest.param("my sister thinks so", id="a relative without a name"),
        pytest.param("my name is on the list.", id="talk about a name"),
        pytest.param("Kind regards,\nThe Team", id="a team's signature"),
        pytest.param("With regards to Paris", id="regards that are no signature"),
        pytest.param("our company (the best in town)", id="praise in brackets"),
        pytest.param("unter Leitung von", id="a noun"),
        pytest.param("General Motors", id="an English word that would be a German rank"),
        pytest.param("GIMMR. Quirke", id="the end of another word"),
    ],
)
def test_words_that_name_nobody(text: str) -> None:
    assert names(text) == []


def test_a_firm_is_told_from_a_person() -> None:
    assert list(told("my brand called Quirke")) == [Told(16, 22, is_firm=True)]
    assert list(told("Dear Quirke,")) == [Told(5, 11, is_firm=False)]


def test_time_grows_with_the_text() -> None:
    began = time.thread_time()
    assert len(names("Dear Quirke, " * 20_000)) == 20_000
    assert names("Dear " + "Quirke-" * 40_000) == ["Quirke-Quirke"]
    assert time.thread_time() - began < 15
