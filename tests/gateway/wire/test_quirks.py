"""What a target refuses is left out and named; what it calls otherwise is called so."""

import copy

import pytest

from gateway.wire.quirks import adapted, without_unkept
from router.quirks import Quirks

QUIRKS = Quirks(
    frozenset({"seed", "temperature", "logit_bias", "stream_options", "n"}),
    (("max_tokens", "max_completion_tokens"), ("best", "most")),
    (("developer", "system"),),
    frozenset({"name", "reasoning_content"}),
)
ASKED: dict[str, object] = {"model": "m", "messages": [{"role": "user", "content": "Hi."}]}


@pytest.mark.parametrize(
    ("more", "becomes", "lost"),
    [
        pytest.param({}, {}, (), id="nothing to do"),
        pytest.param({"seed": 7, "top_p": 0.5}, {"top_p": 0.5}, ("seed",), id="what is refused is left out and named"),
        pytest.param({"temperature": 0.2}, {}, ("temperature",), id="so is a value that says something"),
        pytest.param({"temperature": 1.0, "n": 1, "logit_bias": {}}, {}, (), id="what asks for what happens anyway is no loss"),
        pytest.param({"temperature": 0}, {}, ("temperature",), id="nor is 0 the same as 1"),
        pytest.param({"seed": None}, {}, (), id="null says nothing"),
        pytest.param({"stream_options": {"include_usage": True}}, {}, (), id="usage is told unasked"),
        pytest.param({"max_tokens": 9}, {"max_completion_tokens": 9}, (), id="called otherwise"),
        pytest.param({"max_tokens": 9, "max_completion_tokens": 9}, {"max_completion_tokens": 9}, (), id="called both, the same"),
        pytest.param({"max_tokens": 8, "max_completion_tokens": 9}, {"max_completion_tokens": 9}, ("max_tokens",), id="called both"),
    ],
)
def test_members(more: dict[str, object], becomes: dict[str, object], lost: tuple[str, ...]) -> None:
    assert adapted(ASKED | more, QUIRKS) == (ASKED | becomes, lost)


@pytest.mark.parametrize(
    ("turn", "becomes", "lost"),
    [
        pytest.param({"role": "developer", "content": "x"}, {"role": "system", "content": "x"}, (), id="a role"),
        pytest.param({"role": "user", "name": "Jo"}, {"role": "user"}, ("messages[].name",), id="a member"),
        pytest.param({"role": "user", "name": None}, {"role": "user"}, (), id="a member without a value"),
        pytest.param({"role": ["odd"]}, {"role": ["odd"]}, (), id="a role that is none"),
        pytest.param("odd", "odd", (), id="a turn that is none"),
        pytest.param(
            {"role": "developer", "name": "Jo", "reasoning_content": "hm"},
            {"role": "system"},
            ("messages[].name", "messages[].reasoning_content"),
            id="everything",
        ),
    ],
)
def test_turns(turn: object, becomes: object, lost: tuple[str, ...]) -> None:
    plain, told = {"role": "user", "content": "Hi."}, {"role": "developer"}
    fields: dict[str, object] = {"messages": [turn, plain, told]}
    before = copy.deepcopy(fields)
    assert adapted(fields, QUIRKS) == ({"messages": [becomes, plain, {"role": "system"}]}, lost)
    assert fields == before, "the request itself stays as it is"


def test_turns_that_are_no_list_stay() -> None:
    assert adapted({"messages": "odd"}, QUIRKS) == ({"messages": "odd"}, ())


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"model": "m", "messages": [{"role": "user", "content": "Hi."}]}, id="a chat that it takes"),
        pytest.param({"prompt": "Hi.", "max_tokens": 9}, id="a completion, whose members have the same names everywhere"),
        pytest.param({}, id="nothing"),
    ],
)
def test_where_nothing_is_to_be_done_it_is_the_same(fields: dict[str, object]) -> None:
    assert adapted(fields, QUIRKS)[0] is fields


def test_a_completion_loses_what_is_refused() -> None:
    assert adapted({"prompt": "Hi.", "max_tokens": 9, "seed": 7}, QUIRKS) == ({"prompt": "Hi.", "max_tokens": 9}, ("seed",))


def test_thoughts_that_nobody_has_kept_are_left_out_and_named() -> None:
    said = {"role": "user", "content": "a"}
    sealed = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
    bare = {"type": "reasoning", "id": "rs_2", "summary": [{"type": "summary_text", "text": "b"}]}
    assert without_unkept({"input": [said, bare, sealed]}) == ({"input": [said, sealed]}, ("input[].reasoning",))
    unchanged: list[dict[str, object]] = [{"input": [said, sealed]}, {"input": "a"}]
    for nothing in unchanged:
        assert without_unkept(nothing) == (nothing, ())


def test_how_much_to_think_is_told_as_the_model_takes_it() -> None:
    asked = {**ASKED, "max_tokens": 10_000, "thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}, "seed": 1}
    told, lost = adapted(asked, Quirks(frozenset({"seed"}), thinks="by_budget"))
    assert (told["thinking"], lost) == ({"type": "enabled", "budget_tokens": 2000}, ("seed",))
    assert adapted(asked, Quirks(thinks="always")) == (asked, ())
