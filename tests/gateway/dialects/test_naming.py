from string import ascii_letters, digits

from gateway.dialects.messages_over_chat.answers import MessagesAnswers
from gateway.dialects.messages_over_chat.request import translated
from gateway.dialects.naming import LONGEST, plain, short, shortened

LONG = "mcp__a_server_with_a_long_name__" + "and_a_tool_with_a_longer_one" * 3
TOOL = {"name": LONG, "input_schema": {"type": "object"}}


def test_a_name_that_fits_stays() -> None:
    assert short("a" * LONGEST) == "a" * LONGEST


def test_names_that_differ_at_their_end_only_stay_apart() -> None:
    names = {short(LONG + end) for end in ("", "a", "b")}
    assert len(names) == 3
    assert all(len(name) == LONGEST and name.startswith("mcp__a_server_with_a_long_name__") for name in names)


def test_only_what_was_cut_is_known() -> None:
    assert shortened({"tools": [TOOL, {"name": "bash"}, {"type": "x"}, 5]}) == {short(LONG): LONG}
    assert shortened({"tools": "x"}) == {}


def test_the_caller_never_sees_a_name_that_was_cut() -> None:
    call = {"type": "tool_use", "id": "x", "name": LONG, "input": {}}
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": [call]}]
    asked = {"model": "m", "max_tokens": 9, "messages": turns, "tools": [TOOL], "tool_choice": {"type": "tool", "name": LONG}}
    chat = str(translated(asked).fields)
    assert (chat.count(short(LONG)), chat.count(LONG)) == (3, 0)
    function = f'{{"name":"{short(LONG)}","arguments":"{{}}"}}'
    whole = MessagesAnswers(asked, "req_ab").whole(
        b'{"choices":[{"message":{"tool_calls":[{"id":"x","function":%s}]}}]}' % function.encode()
    )
    stream = MessagesAnswers(asked, "req_ab").events(
        b'data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"x","function":%s}]}}]}\n\n' % function.encode()
    )
    assert LONG.encode() in whole
    assert LONG.encode() in stream


def test_ids_of_calls_have_no_odd_characters_and_stay_apart() -> None:
    assert plain("call_aB-9") == "call_aB-9"
    made = {plain(given) for given in ("find:0", "find.0", "find_0", "fünd:0", "")}
    assert len(made) == 5
    assert all(set(one) <= set(ascii_letters + digits + "_-") for one in made)
