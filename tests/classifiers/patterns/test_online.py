import pytest

from classifiers.patterns import online
from classifiers.table import Table

TABLE = Table("table", online.rows())


def found(text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in TABLE.detect(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("username: jlee_84", "jlee_84", id="after a word"),
        pytest.param("my user name is annlee", "annlee", id="in a sentence"),
        pytest.param("Benutzername: alee84", "alee84", id="german"),
        pytest.param("identifiant : alee84", "alee84", id="french"),
        pytest.param("mi usuario es alee84", "alee84", id="spanish"),
        pytest.param("skype: live.ann", "live.ann", id="a messenger"),
        pytest.param("my telegram is annlee_84", "annlee_84", id="a messenger in a sentence"),
        pytest.param("see https://t.me/annlee84 there", "annlee84", id="a channel"),
        pytest.param('{"login": "alee84"}', "alee84", id="a member of an object"),
        pytest.param("see linkedin.com/in/ann-lee-84 there", "ann-lee-84", id="a profile"),
        pytest.param("find me on twitter, @ann_lee", "@ann_lee", id="a handle beside a network"),
    ],
)
def test_found(text: str, value: str) -> None:
    assert ("username", value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("username: required", id="a word of a form"),
        pytest.param("the username is not valid", id="a sentence about names"),
        pytest.param("username: your_username", id="a placeholder"),
        pytest.param("username = req.body", id="code"),
        pytest.param("handle: x", id="too short"),
        pytest.param("user_id=457780 LIMIT 5", id="a row of a table"),
        pytest.param("the telegram is often quoted", id="a message by wire"),
        pytest.param("a reactive way to handle is sues", id="a verb"),
        pytest.param("see https://t.me/annlee84/8565?q=1", id="a message of a channel"),
        pytest.param('{"user": "admin"}', id="a role"),
        pytest.param('{"user": "123456"}', id="digits in an object"),
        pytest.param("linkedin.com/in/login", id="a page of the site"),
        pytest.param("@override in a profile", id="a word of code"),
        pytest.param("ask @everyone in the thread, follow @here", id="everybody"),
        pytest.param("it is @ann_lee there", id="a handle of nothing"),
    ],
)
def test_not_found(text: str) -> None:
    assert found(text) == []
