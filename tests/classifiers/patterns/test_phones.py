import pytest

from classifiers.patterns import phones
from classifiers.table import Table

REGIONS = ("US", "GB", "DE", "FR", "ES")
TABLE = Table("table", phones.rows(REGIONS))
WITHOUT = Table("table", phones.rows(REGIONS, lone=False))


def found(text: str, table: Table = TABLE) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in table.detect(text)]


@pytest.mark.parametrize(
    ("text", "category", "value"),
    [
        pytest.param("ring +44 20 7946 0958 today", "phone", "+44 20 7946 0958", id="international"),
        pytest.param("ring +44 (0)20 7946 0958 today", "phone", "+44 (0)20 7946 0958", id="international with the national zero"),
        pytest.param("+390669812345 rings", "phone", "+390669812345", id="italian with its zero"),
        pytest.param("+44 20 7946 0958 2024", "phone", "+44 20 7946 0958", id="a year behind is cut off"),
        pytest.param("at +1 (498) 817-3220.", "phone", "+1 (498) 817-3220", id="an area code that nobody has yet"),
        pytest.param("0044 20 7946 0958 from abroad", "phone", "0044 20 7946 0958", id="dialled with two zeros"),
        pytest.param("it is (212) 736-5000 now", "phone", "(212) 736-5000", id="american with parentheses"),
        pytest.param("it is 212-736-5000 now", "phone", "212-736-5000", id="american with dashes"),
        pytest.param("it is 1-212-736-5000 now", "phone", "1-212-736-5000", id="american with the one before"),
        pytest.param("es ist 030 901820 jetzt", "phone", "030 901820", id="german"),
        pytest.param("es ist (030) 901820 jetzt", "phone", "(030) 901820", id="german with parentheses"),
        pytest.param("c'est le 01 42 68 53 00", "phone", "01 42 68 53 00", id="french in pairs"),
        pytest.param("Appelez-moi : 01.23.45.67.89", "phone", "01.23.45.67.89", id="french with dots, one that counts, after a verb"),
        pytest.param("c'est le 0142685300, oui", "phone", "0142685300", id="french without spaces"),
        pytest.param("mi móvil: 612 345 678", "phone", "612 345 678", id="spanish, after a word"),
        pytest.param("my phone is 01812-345678", "phone", "01812-345678", id="any country's, after a word"),
        pytest.param("电话: 010 1234 5678", "phone", "010 1234 5678", id="after a chinese word"),
        pytest.param("Please call Ms White at 718-0167 and ask", "phone", "718-0167", id="a verb, somebody, and a local number"),
        pytest.param("you can reach me at 8863543.", "phone", "8863543", id="a verb and digits"),
        pytest.param("+49 030 901820 rings", "phone", "+49 030 901820", id="the zero written behind the country"),
        pytest.param("Tlf: 918038014 / 656352534", "phone", "918038014", id="one of two"),
        pytest.param("Tfno: 976 765553", "phone", "976 765553", id="after a spanish abbreviation"),
    ],
)
def test_found(text: str, category: str, value: str) -> None:
    assert (category, value) in found(text)
    assert (category, value) in found(text, WITHOUT)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("it rose by + 12 34 56 to 7", id="a sum"),
        pytest.param("+999 12345678", id="no country has that code"),
        pytest.param("+12 34", id="too short"),
        pytest.param("call the API on 2024-01-15", id="a date after a word"),
        pytest.param("call me on 15.01.2024", id="a date after a telling word"),
        pytest.param("phone models 12 and 13", id="too few digits after a word"),
        pytest.param("01 02 03 04 05", id="counting"),
        pytest.param("the war of 1737-1738 was long", id="years"),
        pytest.param("we sold 12.345.678 of them", id="thousands with dots"),
        pytest.param("we sold 1 234 567 of them", id="thousands with spaces"),
        pytest.param("it was 12 2023 when", id="a month"),
        pytest.param("a 12345678 here", id="bare digits without a zero"),
        pytest.param('digits = "0123456789"', id="counting in code"),
        pytest.param("phone models 12 13 14 15", id="models"),
        pytest.param("we can reach 6669253 customers", id="a count of those who are reached"),
        pytest.param("numéro de suivi 3044955653099", id="a number of something else in french"),
        pytest.param("from 09:00-17:30 on 12/05/2024 - 14/05/2024", id="hours and days"),
        pytest.param("https://www.example.com/news/2024/05/0708306976.html", id="a page"),
        pytest.param("the 'Reign of Terror', 1793-94, was", id="years, cut short"),
        pytest.param("ca. 1300-1384", id="years long ago"),
        pytest.param("it was 203 166 136 112 91 then", id="numbers that fall"),
        pytest.param("it was 0.22 0.206 0.244 then", id="decimals"),
        pytest.param("at +44 12 and +99 123456789", id="too short, and no country"),
    ],
)
def test_not_found(text: str) -> None:
    assert found(text) == []


def test_a_number_of_no_chosen_region() -> None:
    assert found("000 123 456", WITHOUT) == []


LONE = [
    pytest.param("Please look at 2245 6789 and tell me.", "2245 6789", id="guatemala"),
    pytest.param("It is 34 41 23 45, I think", "34 41 23 45", id="denmark"),
    pytest.param("(06 1) 234 5678", "(06 1) 234 5678", id="hungary, alone"),
    pytest.param("Here it is: 8 (912) 345-67-89.", "8 (912) 345-67-89", id="russia"),
    pytest.param("It is 011 15-2345-6789, I think", "011 15-2345-6789", id="an argentine mobile"),
]


@pytest.mark.parametrize(("text", "value"), LONE)
def test_in_a_sentence_those_of_all_regions_count(text: str, value: str) -> None:
    assert ("phone", value) in found(text)
    assert found(text, WITHOUT) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("f(2245 6789) = 1", id="in code"),
        pytest.param("2245 6789 2246 6790", id="among other numbers"),
        pytest.param("my order 2245 6789 is late", id="an order"),
        pytest.param("about 2245 6789 people", id="a count"),
        pytest.param("It is 999 999 999 999, I think", id="valid nowhere"),
    ],
)
def test_elsewhere_they_do_not(text: str) -> None:
    assert found(text) == []
