import pytest

from classifiers.patterns.prose import in_prose, is_counting, is_unnamed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", "", id="alone"),
        pytest.param("- ", "\nand many more behind 1", id="alone on its line"),
        pytest.param("Please use ", " for this.", id="between words"),
        pytest.param("It is (", "), I think", id="in parentheses"),
        pytest.param("das ist „", "“.", id="in quotation marks"),
        pytest.param("Record shows ", ".", id="a form in sentences"),
        pytest.param("My order is late. It is ", ".", id="a word that is too far away"),
        pytest.param("order of the day\nIt is ", " there", id="a word of another line"),
    ],
)
def test_in_a_sentence(before: str, after: str) -> None:
    assert in_prose(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("see 12 ", " there", id="a number before"),
        pytest.param("see ", " or 12", id="a number behind"),
        pytest.param("f(", ")", id="a call"),
        pytest.param("x = ", ";", id="an assignment"),
        pytest.param("-", " is it", id="a sign"),
        pytest.param('"id": ', ",", id="a member of an object"),
        pytest.param("[", ", two]", id="a list"),
        pytest.param("assert 'a", "'", id="a string of code"),
        pytest.param("see a/b/", " there", id="a path"),
        pytest.param("order ", " is late", id="an order"),
        pytest.param("Bestellung Nr. ", " fehlt", id="an order in german"),
        pytest.param("ma commande ", " n'est pas là", id="an order in french"),
        pytest.param("mi pedido n.", " no llega", id="an order in spanish"),
        pytest.param("the tracking number is ", ".", id="a parcel"),
        pytest.param("the book ", " is sold out", id="a book"),
        pytest.param("Convert ", " to hours", id="a calculation"),
        pytest.param("we have ", " people", id="a count"),
        pytest.param("Is ", " a prime?", id="a question about a number"),
        pytest.param("Is ", " prime?", id="the same without an article"),
        pytest.param("it is ", " = y", id="a sum"),
        pytest.param("weighs ", "kg", id="a measure"),
    ],
)
def test_elsewhere(before: str, after: str) -> None:
    assert not in_prose(before, after)


@pytest.mark.parametrize(
    ("before", "after", "is_free"),
    [
        pytest.param("12 ", " 34", True, id="among numbers"),
        pytest.param("https://x.example/a/", "", False, id="a path"),
        pytest.param("build ", "", False, id="a build"),
        pytest.param("", " rows", False, id="a count"),
    ],
)
def test_what_is_named_otherwise(before: str, after: str, is_free: bool) -> None:
    assert is_unnamed(before, after) is is_free


@pytest.mark.parametrize(
    ("digits", "counts"),
    [
        pytest.param("0123456789", True, id="up"),
        pytest.param("987654321", True, id="down"),
        pytest.param("1234567890", True, id="past nine"),
        pytest.param("123456782", False, id="not to its end"),
        pytest.param("01 02 03", True, id="three numbers in a row"),
        pytest.param("10 20 30", False, id="three numbers apart"),
        pytest.param("10 20 30 40", True, id="four numbers, each as far from the last"),
        pytest.param("0 25 50 76 100", True, id="five numbers that rise"),
        pytest.param("203 166 136 112 91", True, id="five numbers that fall"),
        pytest.param("01 42 68 53 00", False, id="five numbers, up and down"),
    ],
)
def test_counting(digits: str, counts: bool) -> None:
    assert is_counting(digits) is counts
