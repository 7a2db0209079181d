import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.prompt import Part
from gateway.errors import BadRequest
from gateway.wire.ask import decode
from gateway.wire.outline import LONG, Outline, members_met, members_written, outline

LEADS = ["Please do: ", "Please do: it ", '"', "\\", ":", ",", "}", "]", " ", "\n", "é", "\U0001f600", "model", 'a "b": c', "\\u003a"]
TEXT = st.builds(
    lambda lead, more, times: lead + more * times, st.sampled_from(LEADS), st.text(max_size=6), st.sampled_from([0, 1, 60, 700])
)
JSON = st.recursive(
    TEXT | st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t: ")])


def strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for key, member in value.items() for text in (key, *strings(member))]
    if isinstance(value, list):
        return [text for member in value for text in strings(member)]
    return [value] if isinstance(value, str) else []


def members(body: bytes) -> int:
    """How many members are written, by a parser that shows all of them."""
    found = 0

    def count(pairs: list[tuple[str, Any]]) -> None:
        nonlocal found
        found += len(pairs)

    json.loads(body, object_pairs_hook=count)
    return found


@given(st.dictionaries(TEXT, JSON, max_size=4), SEPARATORS, st.booleans(), st.sampled_from(["", '"k":', '"k":1,"', "Please do: "]))
def test_an_outline_has_all_members_of_the_body(value: dict[str, object], separators: tuple[str, str], is_ascii: bool, odd: str) -> None:
    body = json.dumps({"a": odd, **value}, separators=separators, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")
    body = b'{"a":1,' + body[1:]  # `a` twice, or more
    made = outline(body, [Part(text) for text in strings(value)])
    assert members_written(made.text) == members(body)
    for at, sign in enumerate(made.text):
        assert body[made.place(at)] == sign


def test_long_strings_are_left_out() -> None:
    text = 'She said: "no"\n' * 100
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}] * 3, "n": 1}).encode()
    made = outline(body, [Part(text), Part("short"), Part(text), Part(text)])
    assert (
        made.text
        == b'{"model": "m", "messages": [{"role": "user", "content": }, {"role": "user", "content": }, {"role": "user", "content": }], "n": 1}'
    )
    assert body[made.place(made.text.index(b'"n"')) :] == b'"n": 1}'


def test_what_is_written_in_another_way_stays() -> None:
    body = b'{"a":"' + b"\\u0041" * LONG + b'"}'
    assert outline(body, [Part("A" * LONG)]) == Outline(body)


LONG_TEXT = "Here: is what I want. " * 40


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('{"model":"m","messages":[{"role":"user","content":"TEXT","content":"TEXT"}]}', id="the same twice"),
        pytest.param('{"model":"m","messages":[{"role":"user","content":"x","content":"TEXT"}]}', id="a short one before"),
        pytest.param('{"model":"m","messages":[{"role":"user","content":"TEXT","content":"x"}]}', id="a short one behind"),
        pytest.param('{"model":"m","messages":[{"role":"user","content":"TEXT \\"a\\":1 ","content":"TEXT"}]}', id="quotes in the first"),
        pytest.param('{"model":"m","messages":[{"role":"user","content":"TEXT"}],"x":"TEXT","x":"TEXT"}', id="elsewhere"),
        pytest.param('{"model":"m","messages":[{"role":"user","content":"\\"TEXT"}],"x":{"k":1,"k":"TEXT"}}', id="behind a quote"),
    ],
)
def test_a_key_that_comes_twice_beside_a_long_text_is_found(body: str) -> None:
    with pytest.raises(BadRequest, match="same key twice"):
        decode(body.replace("TEXT", LONG_TEXT).encode(), "chat")


def test_an_outline_does_not_show_the_text() -> None:
    assert "unspeakable" not in repr(outline(b'{"a": "unspeakable"}', ()))


def test_members_are_counted_at_every_depth() -> None:
    value = {"a": [{"b": 1}, [{"c": {"d": None}}]], "e": "f: g"}
    assert members_met(value) == 5 == members_written(json.dumps(value).encode())
