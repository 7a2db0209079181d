import pytest

from classifiers.prompt import Part, Prompt
from classifiers.signals import Finding
from gateway.redact.placeholders import Placeholder
from gateway.redact.values import Book, Masks, Value, identity, values_of


def found(start: int, end: int, category: str = "person", part: int = 0) -> Finding:
    return Finding(0, part, start, end, category, "words")


def masked(text: str, *values: tuple[str, str], known: tuple[Value, ...] = (), taken: tuple[Placeholder, ...] = ()) -> str:
    book = Book(known, taken)
    book.add(values)
    return Masks(book.masks).masked(text)


@pytest.mark.parametrize(
    "findings,values",
    [
        pytest.param([found(0, 9)], [("PERSON", "Ada Smith")], id="one"),
        pytest.param([found(0, 9), found(11, 19, "email")], [("PERSON", "Ada Smith"), ("EMAIL", "ada@x.de")], id="two"),
        pytest.param([found(0, 3), found(0, 9)], [("PERSON", "Ada Smith"), ("PERSON", "Ada")], id="one within the other"),
        pytest.param(
            [found(0, 9), found(4, 19, "email")],
            [("EMAIL", "Ada Smith <ada@x.de"), ("PERSON", "Ada Smith"), ("EMAIL", "Smith <ada@x.de")],
            id="overlapping: together and each",
        ),
        pytest.param([found(0, 9), found(0, 9, part=1)], [("PERSON", "Ada Smith"), ("PERSON", 'B"o')], id="in two parts, escaped"),
        pytest.param([found(0, 1)], [], id="a single character"),
        pytest.param([found(0, 9, part=7)], [], id="in no part that there is"),
    ],
)
def test_what_was_found_as_values(findings: list[Finding], values: list[tuple[str, str]]) -> None:
    prompt = Prompt((Part("Ada Smith <ada@x.de>"), Part('B\\"o', part=1)))
    assert [value for value in values_of(prompt, findings) if "\\" not in value[1]] == values


@pytest.mark.parametrize(
    "kind,one,other",
    [
        ("PERSON", "Ada  Smith", "ADA SMITH"),
        ("EMAIL", "Ada@X.org", "ada@x.org"),
        ("PHONE", "+49 170 123", "+49-170-123"),
        ("PERSON", "Jos\\u00e9 B", "José B"),
        ("PERSON", "Ada\u200b", "Ada"),
    ],
)
def test_ways_to_write_the_same(kind: str, one: str, other: str) -> None:
    assert identity(kind, one) == identity(kind, other)


def test_what_is_no_escape_is_kept() -> None:
    assert identity("PERSON", 'a\\n"b') == identity("PERSON", 'a\\n"b')
    assert identity("PHONE", "--") == "--"


@pytest.mark.parametrize(
    "text,meant",
    [
        pytest.param("Ada Smith, ADA SMITH, ada  smith", "<PERSON_1>, <PERSON_1>, <PERSON_1>", id="in any case and spacing"),
        pytest.param("Smith and SMITH and Ada's", "<PERSON_1B> and <PERSON_1B> and <PERSON_1A>'s", id="parts of the name"),
        pytest.param("a smith, Smithson, Blacksmith", "a smith, Smithson, Blacksmith", id="not within words, nor common words"),
        pytest.param("Smiths Haus", "<PERSON_1B>s Haus", id="a genitive"),
        pytest.param("Li and li", "<PERSON_2> and <PERSON_2>", id="another name"),
        pytest.param("nobody", "nobody", id="none"),
    ],
)
def test_the_same_value_wherever_it_stands(text: str, meant: str) -> None:
    assert masked(text, ("PERSON", "Ada Smith"), ("PERSON", "Li")) == meant


def test_a_single_word_of_a_known_name_is_its_part() -> None:
    assert masked("Smith wrote to Ada Smith", ("PERSON", "Smith"), ("PERSON", "Ada Smith")) == "<PERSON_1B> wrote to <PERSON_1>"
    assert masked("Smith", ("PERSON", "Smith"), ("PERSON", "Bo Smith"), ("PERSON", "Ada Smith")) == "<PERSON_1B>", "of the first one"
    assert masked("de la Cruz, Dr Q", ("PERSON", "Dr Ana de la Cruz Q")) == "de la <PERSON_1E>, Dr Q", (
        "particles, titles and letters are not"
    )


def test_numbers_go_on_where_the_conversation_was() -> None:
    known = (Value("PERSON", 4, "Ada Smith"), Value("EMAIL", 1, "a@x.org"))
    assert masked("Bo, Ada Smith, Smith, a@x.org, b@x.org", ("PERSON", "Bo"), ("EMAIL", "b@x.org"), known=known) == (
        "<PERSON_5>, <PERSON_4>, <PERSON_4B>, <EMAIL_1>, <EMAIL_2>"
    )


def test_what_the_caller_wrote_is_avoided() -> None:
    taken = (Placeholder("PERSON", 1), Placeholder("PERSON", 2, "A"), Placeholder("PERSON", 4))
    assert masked("Bo", ("PERSON", "Bo"), taken=taken) == "<PERSON_3>"
    assert masked("Bo", known=(Value("PERSON", 4, "Bo"),), taken=taken) == "<PERSON_5>"


def test_what_stands_for_what_is_remembered_as_it_was_first_written() -> None:
    book = Book((), ())
    book.add([("PERSON", "ada smith"), ("PERSON", "Ada Smith")])
    masks = Masks(book.masks)
    assert masks.masked("ADA SMITH or Ada Smith") == "<PERSON_1> or <PERSON_1>"
    assert masks.masked("Ada Smith", is_bare=True) == "PERSON_1"
    assert masks.values == {Placeholder("PERSON", 1): "ADA SMITH"}
    assert Masks(()).masked("Ada") == "Ada"


def test_nothing_of_a_value_shows() -> None:
    book = Book((), ())
    book.add([("PERSON", "Ada Smith")])
    assert "Ada" not in repr(book.masks) + repr(list(book.values.values())) + repr(Masks(book.masks)) + repr(book)
