import pytest

from classifiers.patterns import person
from classifiers.table import Table

TABLE = Table("table", person.rows())


def found(text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in TABLE.detect(text)]


@pytest.mark.parametrize(
    ("text", "category", "value"),
    [
        pytest.param("DOB: 1964-02-15", "date_of_birth", "1964-02-15", id="english, iso"),
        pytest.param("She was born on March 3rd, 1984 in Leeds", "date_of_birth", "March 3rd, 1984", id="english, month first"),
        pytest.param("born 3 March 1984", "date_of_birth", "3 March 1984", id="english, day first"),
        pytest.param("born: 19840304", "date_of_birth", "19840304", id="a day in one piece"),
        pytest.param("19840304 born", "date_of_birth", "19840304", id="a day in one piece before the word"),
        pytest.param("date_of_birth=03/04/84", "date_of_birth", "03/04/84", id="a field"),
        pytest.param("geboren am 3. März 1984", "date_of_birth", "3. März 1984", id="german"),
        pytest.param("Geburtsdatum: 03.04.1984", "date_of_birth", "03.04.1984", id="german, in digits"),
        pytest.param("née le 1er août 1984", "date_of_birth", "1er août 1984", id="french"),
        pytest.param("nacido el 3 de marzo de 1984", "date_of_birth", "3 de marzo de 1984", id="spanish"),
        pytest.param("And your date of birth?\nA: 1980-05-26.", "date_of_birth", "1980-05-26", id="on the next line"),
        pytest.param("nata il 3 marzo 1984", "date_of_birth", "3 marzo 1984", id="italian"),
        pytest.param("nascido em 3 de março de 1984", "date_of_birth", "3 de março de 1984", id="portuguese"),
        pytest.param("geboortedatum 3 maart 1984", "date_of_birth", "3 maart 1984", id="dutch"),
        pytest.param("data urodzenia: 03.04.1984", "date_of_birth", "03.04.1984", id="polish"),
        pytest.param("дата рождения 03.04.1984", "date_of_birth", "03.04.1984", id="russian"),
        pytest.param("出生日期：1984年3月4日", "date_of_birth", "1984年3月4日", id="chinese"),
        pytest.param("Anna Muster, * 03.04.1984", "date_of_birth", "03.04.1984", id="with an asterisk"),
        pytest.param("12/05/1980 (dob)", "date_of_birth", "12/05/1980", id="the word behind"),
        pytest.param("12/05/1980 (date of birth)", "date_of_birth", "12/05/1980", id="the words behind, in brackets"),
        pytest.param("12/05/1980 - DOB", "date_of_birth", "12/05/1980", id="the word behind a dash"),
        pytest.param("Er wurde am 12.3.1984 geboren.", "date_of_birth", "12.3.1984", id="german, the word at the end"),
        pytest.param("am 12. März 1984 in Bad Homburg geboren", "date_of_birth", "12. März 1984", id="german, with a town"),
        pytest.param("12.3.1984 ist mein Geburtsdatum", "date_of_birth", "12.3.1984", id="german, as a sentence"),
        pytest.param("May 12, 1980 is my birthday", "date_of_birth", "May 12, 1980", id="english, as a sentence"),
        pytest.param("On 12 May 1980 she was born in Leeds", "date_of_birth", "12 May 1980", id="english, the date first"),
        pytest.param("12 May 1980, born in Leeds", "date_of_birth", "12 May 1980", id="english, as a note"),
        pytest.param("le 12/03/1984 (date de naissance)", "date_of_birth", "12/03/1984", id="french, behind"),
        pytest.param("el 12/03/1984 es mi fecha de nacimiento", "date_of_birth", "12/03/1984", id="spanish, behind"),
        pytest.param("nació el 12 de marzo de 1984", "date_of_birth", "12 de marzo de 1984", id="spanish, a verb"),
        pytest.param("Elle naquit le 12 mars 1984", "date_of_birth", "12 mars 1984", id="french, a verb"),
        pytest.param("Il 12/03/1984 è nata a Roma", "date_of_birth", "12/03/1984", id="italian, behind"),
        pytest.param("12-03-1984 geboren te Utrecht", "date_of_birth", "12-03-1984", id="dutch, behind"),
    ],
)
def test_found(text: str, category: str, value: str) -> None:
    assert (category, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The meeting is on 3 March 1984.", id="a date of something else"),
        pytest.param("born in 1984", id="a year only"),
        pytest.param("Einstein was born on 14 March 1879", id="nobody alive was born then"),
        pytest.param("D. B. vom 30. Januar 2011", id="initials before a date"),
        pytest.param("airborne 12/05/1980", id="half a word"),
        pytest.param("On 12 May 1980 the strike began; nobody was born that day.", id="a word of birth far behind"),
        pytest.param("el 12/03/1984 es un día nacional", id="half a word behind"),
    ],
)
def test_not_found(text: str) -> None:
    assert found(text) == []
