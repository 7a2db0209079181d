import pytest

from classifiers.models.names import own


@pytest.mark.parametrize(
    ("text", "is_own"),
    [
        pytest.param("I have worked for Acme since May", True, id="what I do"),
        pytest.param("I'm living in Leeds", True, id="with an apostrophe"),
        pytest.param("our best supplier, Acme", True, id="what is ours, with a word between"),
        pytest.param("Cover letter for Acme", True, id="an application"),
        pytest.param("DEAR ACME TEAM", True, id="a letter, in capitals"),
        pytest.param("Ich wohne in Leeds", True, id="German"),
        pytest.param("Notre entreprise Acme", True, id="French"),
        pytest.param("Trabajo en Acme", True, id="Spanish"),
        pytest.param("list job openings from Acme", True, id="a search for work"),
        pytest.param("best area to buy a home in Leeds", True, id="a search for a home"),
        pytest.param("a clothing company located in Leeds", True, id="a firm without a name"),
        pytest.param("Please paraphrase: Acme was glad", True, id="a text that is to be said in other words"),
        pytest.param("a plan for a 4-year-old boy in Leeds", True, id="somebody of some age"),
        pytest.param("What is the revenue of Acme?", False, id="a question"),
        pytest.param("Plan a trip from Leeds to Paris", False, id="a task"),
        pytest.param("my favourite film is set in Leeds", False, id="mine, but nothing that tells who I am"),
        pytest.param("Work, and I", False, id="the words the other way round"),
        pytest.param("I saw a film about the work of painters in Leeds", False, id="the words too far from each other"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_words_tell_whose_it_is(text: str, is_own: bool) -> None:
    assert own.tells(text)(0) is is_own


def test_what_is_said_near_counts_and_what_is_said_far_does_not() -> None:
    filler = "and so it goes " * 200
    text = filler + "I work in Leeds" + filler
    at = text.index("Leeds")
    is_own = own.tells(text)
    assert is_own(at)
    assert is_own(at - own.NEAR)
    assert not is_own(at + 3 * own.NEAR)
    assert not is_own(0)


def test_only_so_much_is_read() -> None:
    is_own = own.tells("and so it goes " * (own.MOST * own.NEAR // 10))
    said = [is_own(cell * own.NEAR) for cell in range(own.MOST + 1)]
    assert said == [False] * own.MOST + [True]
    assert not is_own(0), "what was read is remembered"


def test_words_are_written_as_they_are_compared() -> None:
    words = {word for pair in own._PAIRS for word in pair.split()} | own._ALONE | own._FIRST
    assert all(word == word.lower() and word.isalnum() for word in words)
    assert all(len(pair.split()) == 2 for pair in own._PAIRS)
