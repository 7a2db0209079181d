from collections.abc import Callable

import pytest

from gateway.dialects.reading import (
    Lost,
    bad,
    counted,
    filled,
    flag,
    listed,
    mapping,
    not_carried,
    number,
    object_in,
    string,
    text,
    texts,
    thing,
    things,
    whole,
)
from gateway.errors import BadRequest
from router.cost import Usage


@pytest.mark.parametrize(
    ("read", "value"),
    [
        pytest.param(text, 1, id="text"),
        pytest.param(filled, "", id="a text that says something"),
        pytest.param(filled, None, id="and none that is missing"),
        pytest.param(flag, 1, id="true or false"),
        pytest.param(number, True, id="true is no number"),
        pytest.param(number, "1", id="nor is a string"),
        pytest.param(lambda value, at: whole(value, at, 1), 0, id="less than the least"),
        pytest.param(lambda value, at: whole(value, at, 0), True, id="true is no whole number"),
        pytest.param(lambda value, at: whole(value, at, 0), 1.5, id="nor is a half"),
        pytest.param(thing, [], id="an object"),
        pytest.param(texts, "a", id="a list of strings"),
        pytest.param(texts, ["a", 1], id="of strings only"),
        pytest.param(things, {}, id="a list of objects"),
    ],
)
def test_another_form_is_refused_by_its_place_and_never_quoted(read: Callable[[object, str], object], value: object) -> None:
    with pytest.raises(BadRequest) as refusal:
        read(value, "the.place")
    assert (refusal.value.code, refusal.value.param) == ("bad_field", "the.place")
    assert refusal.value.say.startswith("`the.place` must be ")


def test_what_has_the_right_form_comes_back_as_it_is() -> None:
    assert (text("", "x"), filled("a", "x"), flag(False, "x")) == ("", "a", False)
    assert (text("a", "x"), number(0.5, "x"), number(1, "x"), whole(3, "x", 3)) == ("a", 0.5, 1, 3)
    assert (thing({"a": 1}, "x"), texts(["a"], "x")) == ({"a": 1}, ["a"])
    assert things([{"a": 1}, {}], "x") == [("x[0]", {"a": 1}), ("x[1]", {})]


def test_an_object_of_a_list_is_known_by_its_place() -> None:
    with pytest.raises(BadRequest) as refusal:
        things([{}, "a"], "messages")
    assert refusal.value.param == "messages[1]"


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
    silent = {
        "a": None,
        "b": False,
        "c": "",
        "d": [],
        "e": {},
        "citations": {"enabled": False},
        "allowed_callers": ["direct"],
        "caller": {"type": "direct"},
    }
    lost.rest({**silent, "type": "x", "more": 0, "cache_control": {"type": "ephemeral"}}, {"type"}, "system[3]")
    lost.rest({"speed": "fast"}, set())
    assert lost.names == ("cache_control", "speed", "system[].more")


@pytest.mark.parametrize("name", ["a\r\nset-cookie: b", "Größe", "", "x" * 61, "my secret plan"])
def test_a_name_that_a_caller_made_up_goes_into_no_header(name: str) -> None:
    lost = Lost()
    lost.rest({name: 1}, set(), "tools[0]")
    assert lost.names == ("tools[].other",)


def test_a_member_of_another_form_of_an_answer_is_empty() -> None:
    assert (string(5), mapping([]), listed({}), listed([5, {"a": 1}])) == ("", {}, [], [{"a": 1}])
    assert (string("a"), mapping({"a": 1})) == ("a", {"a": 1})


@pytest.mark.parametrize("said", ["[1]", "null", "{", "", "[" * 100_000, '"\ud800"', b"\xff"])
def test_json_that_is_no_object_is_none(said: str | bytes) -> None:
    assert object_in(said) is None
    assert object_in('{"a": [1]}') == {"a": [1]}


@pytest.mark.parametrize("told", [None, "odd", {}, {"prompt_tokens": "1"}, {"prompt_tokens": 1}, {"input_tokens_details": 5}])
def test_usage_that_was_not_told_is_unknown(told: object) -> None:
    assert counted(told) is None


def test_usage_is_counted_in_any_vendors_words() -> None:
    assert counted({"prompt_tokens": 3, "completion_tokens": 4}, "flex") == Usage(3, 4, tier="flex")
    assert counted({"input_tokens": 3, "cache_read_input_tokens": 2, "output_tokens": 4}) == Usage(5, 4, cached=2)
