import json
from typing import Any

import pytest

from gateway.redact.rewrite import HINT, Unwritable, hinted, last_turn, masked, strings
from gateway.redact.values import Book, Masks


def masks() -> Masks:
    book = Book((), ())
    book.add([("PERSON", "Ada Smith"), ("EMAIL", "a@x.org")])
    return Masks(book.masks)


@pytest.mark.parametrize(
    "fields,meant",
    [
        pytest.param(
            {"a": ["hi Ada Smith", {"b": "a@x.org"}], "n": 1.5}, {"a": ["hi <PERSON_1>", {"b": "<EMAIL_1>"}], "n": 1.5}, id="anywhere"
        ),
        pytest.param(
            {"role": "Ada Smith", "type": "a@x.org"}, {"role": "Ada Smith", "type": "a@x.org"}, id="the protocol's own members stay"
        ),
        pytest.param({"m": {"name": "Ada Smith"}}, {"m": {"name": "PERSON_1"}}, id="a name has no brackets"),
        pytest.param({"m": {"a@x.org": 1, "Ada Smith": 2}}, {"m": {"<EMAIL_1>": 1, "<PERSON_1>": 2}}, id="keys"),
        pytest.param({"m": {"ada": "x", "smith": 1}}, {"m": {"ada": "x", "smith": 1}}, id="keys that look like the protocol's"),
        pytest.param({"t": "[not json Ada Smith"}, {"t": "[not json <PERSON_1>"}, id="what only begins like JSON"),
        pytest.param({"t": ' {"k": [1, 2]}'}, {"t": ' {"k": [1, 2]}'}, id="JSON without values stays as it is written"),
    ],
)
def test_strings_are_masked_wherever_they_stand(fields: dict[str, Any], meant: dict[str, Any]) -> None:
    assert masked(fields, masks()) == meant


def test_json_in_strings_stays_json() -> None:
    inner = json.dumps({"to": "Ada Smith", "deep": json.dumps({"cc": "a@x.org"})})
    rewritten = json.loads(masked({"arguments": inner}, masks())["arguments"])  # type: ignore[arg-type]  # a string
    assert rewritten["to"] == "<PERSON_1>"
    assert json.loads(rewritten["deep"]) == {"cc": "<EMAIL_1>"}


def test_json_of_very_many_members_is_text() -> None:
    text = "[" + ",".join(['"a@x.org"'] + ["[]"] * 10_001) + "]"
    assert str(masked({"t": text}, masks())["t"]).startswith('["<EMAIL_1>",[],')


def test_two_keys_never_become_one() -> None:
    with pytest.raises(Unwritable):
        masked({"m": {"a@x.org": 1, "A@X.ORG": 2}}, masks())


def test_every_string_is_seen() -> None:
    assert list(strings({"a": ["b", 1, {"c": '{"d": "e"}'}]})) == ["a", "b", "c", '{"d": "e"}', "d", "e"]


@pytest.mark.parametrize(
    "fields,said",
    [
        (
            {"messages": [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}, {"role": "assistant", "content": "x"}]},
            "two",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "two"}]}]}, "type\ntext\ntext\ntwo"),
        ({"prompt": "one"}, "one"),
        ({"messages": ["odd"]}, ""),
    ],
)
def test_what_was_said_last(fields: dict[str, Any], said: str) -> None:
    assert last_turn(fields) == said


@pytest.mark.parametrize(
    "messages,first",
    [
        ([{"role": "user", "content": "hi"}], {"role": "system", "content": HINT}),
        ([{"role": "developer", "content": "Be brief."}], {"role": "developer", "content": f"{HINT}\n\nBe brief."}),
        ([{"role": "system", "content": []}], {"role": "system", "content": HINT}),
    ],
)
def test_the_hint_comes_first(messages: list[Any], first: dict[str, str]) -> None:
    assert hinted({"messages": messages})["messages"][0] == first  # type: ignore[index]  # a list
    assert hinted({"prompt": "hi"}) == {"prompt": "hi"}
