from collections.abc import Callable

import pytest

from gateway.dialects.messages_over_chat.reading import Lost, bad, blocks, not_carried, number, text, texts, thing, things, whole
from gateway.errors import BadRequest


@pytest.mark.parametrize(
    ("read", "value"),
    [
        pytest.param(text, 1, id="text"),
        pytest.param(number, True, id="true is no number"),
        pytest.param(number, "1", id="nor is a string"),
        pytest.param(lambda value, at: whole(value, at, 1), 0, id="less than the least"),
        pytest.param(lambda value, at: whole(value, at, 0), True, id="true is no whole number"),
        pytest.param(lambda value, at: whole(value, at, 0), 1.5, id="nor is a half"),
        pytest.param(thing, [], id="an object"),
        pytest.param(texts, "a", id="a list of strings"),
        pytest.param(texts, ["a", 1], id="of strings only"),
        pytest.param(things, {}, id="a list of objects"),
        pytest.param(blocks, 5, id="content"),
        pytest.param(blocks, None, id="no content"),
    ],
)
def test_another_form_is_refused_by_its_place_and_never_quoted(read: Callable[[object, str], object], value: object) -> None:
    with pytest.raises(BadRequest) as refusal:
        read(value, "the.place")
    assert (refusal.value.code, refusal.value.param) == ("bad_field", "the.place")
    assert refusal.value.say.startswith("`the.place` must be ")


def test_what_has_the_right_form_comes_back_as_it_is() -> None:
    assert (text("a", "x"), number(0.5, "x"), number(1, "x"), whole(3, "x", 3)) == ("a", 0.5, 1, 3)
    assert (thing({"a": 1}, "x"), texts(["a"], "x")) == ({"a": 1}, ["a"])
    assert things([{"a": 1}, {}], "x") == [("x[0]", {"a": 1}), ("x[1]", {})]


def test_an_object_of_a_list_is_known_by_its_place() -> None:
    with pytest.raises(BadRequest) as refusal:
        things([{}, "a"], "messages")
    assert refusal.value.param == "messages[1]"


def test_a_string_is_one_block_of_text() -> None:
    assert blocks("hi", "x.content") == [("x.content", {"type": "text", "text": "hi"})]
    assert blocks([{"type": "image"}], "x.content") == [("x.content[0]", {"type": "image"})]


def test_refusals_say_what_to_do() -> None:
    assert bad("a", "a string").say == "`a` must be a string."
    assert (not_carried("a", "Do b.").code, not_carried("a", "Do b.").say, not_carried("a", "").param) == ("not_carried", "Do b.", "a")


def test_what_is_lost_is_named_once_in_order_and_without_its_place_in_a_list() -> None:
    lost = Lost()
    lost.add("tools[0].strict")
    lost.add("tools[12].strict")
    lost.add("messages[1].content[2].citations")
    assert lost.names == ("messages[].content[].citations", "tools[].strict")


def test_the_rest_of_an_object_is_lost_but_for_what_says_nothing() -> None:
    lost = Lost()
    silent = {"a": None, "b": False, "citations": {"enabled": False}, "allowed_callers": ["direct"], "caller": {"type": "direct"}}
    lost.rest({**silent, "type": "x", "more": 0, "cache_control": {"type": "ephemeral"}}, {"type"}, "system[3]")
    lost.rest({"speed": "fast"}, set())
    assert lost.names == ("cache_control", "speed", "system[].more")


@pytest.mark.parametrize("name", ["a\r\nset-cookie: b", "Größe", "", "x" * 61, "my secret plan"])
def test_a_name_that_a_caller_made_up_goes_into_no_header(name: str) -> None:
    lost = Lost()
    lost.rest({name: 1}, set(), "tools[0]")
    assert lost.names == ("tools[].other",)


def test_the_names_fit_into_a_header() -> None:
    lost = Lost()
    lost.rest({f"member_{number}": 1 for number in range(5_000)}, set())
    assert len(lost.names) == 40
