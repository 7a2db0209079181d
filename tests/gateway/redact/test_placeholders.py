import pytest

from gateway.redact.placeholders import Grammar, Placeholder, grammar, kind_of

KNOWN = Grammar(["PERSON", "IP_ADDRESS"])


@pytest.mark.parametrize("category,kind", [("person", "PERSON"), ("ip_address", "IP_ADDRESS"), ("in_pan2", "IN_PAN"), ("42", "VALUE")])
def test_the_word_of_a_category(category: str, kind: str) -> None:
    assert kind_of(category) == kind


def test_how_one_is_written() -> None:
    assert (Placeholder("PERSON", 2).text, Placeholder("PERSON", 2, "A").bare) == ("<PERSON_2>", "PERSON_2A")


@pytest.mark.parametrize(
    "text,found",
    [
        pytest.param("to <PERSON_2A> by <ip address 1>", [Placeholder("PERSON", 2, "A"), Placeholder("IP_ADDRESS", 1)], id="two"),
        pytest.param("IP_ADDRESS_1, xPERSON_1", [Placeholder("IP_ADDRESS", 1)], id="without brackets, not within a word"),
        pytest.param("<STRASSE_3>", [Placeholder("STRASSE", 3)], id="of another kind"),
        pytest.param("<b>1</b> person_ 2", [], id="none"),
    ],
)
def test_what_is_found(text: str, found: list[Placeholder]) -> None:
    assert [seen.placeholder for seen in KNOWN.found(text)] == found


@pytest.mark.parametrize(
    "text,held",
    [
        ("see <", "<"),
        ("see <PER", "<PER"),
        ("see < PERSON_1", "< PERSON_1"),
        ("see &lt;PERSON_1&g", "&lt;PERSON_1&g"),
        ("see \\u003cip address", "\\u003cip address"),
        ("see IP_ADDR", "IP_ADDR"),
        ("see PERSON_12", "PERSON_12"),
        ("see <STR", "<STR"),
        ("see <PERSON_1>", ""),
        ("see XPERSON_1", ""),
        ("PERSON_1 is", ""),
        ("x < y", ""),
    ],
)
def test_what_is_held_back(text: str, held: str) -> None:
    assert text[KNOWN.cut(text) :] == held


def test_the_same_kinds_have_the_same_grammar() -> None:
    assert grammar(frozenset({"PERSON"})) is grammar(frozenset({"PERSON"}))
