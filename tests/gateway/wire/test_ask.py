import msgspec
import pytest

from gateway.errors import BadRequest, TooLarge
from gateway.wire.ask import decode
from router.decision import Target
from router.labels import Labels
from router.names import Endpoint, Sent, TargetName

LABELS = Labels()
LOCAL = Target(TargetName("qwen"), "local", LABELS.highest, Sent("qwen3-8b"))
CLOUD = Target(TargetName("gpt"), "external", LABELS.lowest, Sent("gpt-5"))


def chat(**fields: object) -> bytes:
    return msgspec.json.encode({"model": "auto", "messages": [{"role": "user", "content": "hi"}], **fields})


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"", "malformed_json", id="nothing"),
        pytest.param(b"{", "malformed_json", id="cut off"),
        pytest.param(b'{"model":"auto",}', "malformed_json", id="trailing comma"),
        pytest.param(b'{"model":"auto","x":NaN}', "malformed_json", id="NaN"),
        pytest.param(b'{"model":"auto","x":Infinity}', "malformed_json", id="Infinity"),
        pytest.param(b'{"model":"auto","x":1e999}', "malformed_json", id="a number that is infinite as a float"),
        pytest.param(b'{"model":"auto","x":"\\ud800"}', "malformed_json", id="a lone high surrogate"),
        pytest.param(b'{"model":"auto","x":"\\udc00"}', "malformed_json", id="a lone low surrogate"),
        pytest.param(b'{"model":"auto","x":"\\ud800\\u0041"}', "malformed_json", id="a high surrogate before a letter"),
        pytest.param(b'{"model":"auto","x":"\xff"}', "not_utf8", id="a byte that is not UTF-8"),
        pytest.param('{"model":"auto"}'.encode("utf-16"), "malformed_json", id="UTF-16"),
        pytest.param(b"\xef\xbb\xbf{}", "malformed_json", id="a byte order mark"),
        pytest.param(b"[1]", "not_an_object", id="a list"),
        pytest.param(b"[" * 100_000, "too_deep", id="a hundred thousand brackets"),
        pytest.param(chat(x=msgspec.Raw(b"[" * 70 + b"]" * 70)), "too_deep", id="seventy levels in an unknown field"),
        pytest.param(b'{"messages":[{}]}', "missing_model", id="no model"),
        pytest.param(chat(model=""), "missing_model", id="an empty model"),
        pytest.param(chat(model=4), "missing_model", id="a number as model"),
        pytest.param(chat(messages=[]), "bad_field", id="no messages"),
        pytest.param(chat(messages="hi"), "bad_field", id="a string as messages"),
        pytest.param(chat(messages=["hi"]), "bad_field", id="a string as message"),
        pytest.param(chat(stream="yes"), "bad_field", id="a string as stream"),
        pytest.param(chat(stream_options=1), "bad_field", id="a number as stream_options"),
        pytest.param(chat(n=0), "bad_field", id="no choices"),
        pytest.param(chat(n=True), "bad_field", id="true choices"),
        pytest.param(chat(api_base="http://elsewhere"), "forbidden_field", id="an address"),
        pytest.param(chat(chat_template="{{ x }}"), "forbidden_field", id="a template"),
        pytest.param(b'{"model":"auto","model":"auto","messages":[{"role":"user","content":"x"}]}', "duplicate_key", id="a key twice"),
        pytest.param(
            b'{"model":"auto","messages":[{"role":"user","content":"x","content":"y"}]}', "duplicate_key", id="a key twice, deeper"
        ),
        pytest.param(b'{"model":"auto","mod\\u0065l":"b","messages":[{"role":"user"}]}', "duplicate_key", id="a key twice, once escaped"),
        pytest.param(
            b'{"model":"auto","messages":[{"role":"user","a":{"k":1,"k":2}}]}', "duplicate_key", id="a key twice, in an unknown field"
        ),
    ],
)
def test_a_bad_body_is_refused_without_being_quoted(body: bytes, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        decode(body, "chat")
    assert refused.value.code == code
    assert "elsewhere" not in refused.value.say
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(chat(), id="plain"),
        pytest.param(chat(x={"a": {"b": [1, {"c": 'a:b:c {"k":1}'}]}}), id="colons and quotes inside of strings"),
        pytest.param(chat(x='\\" : \\\\" :', y=["\\", ":"]), id="backslashes"),
        pytest.param(b' { "model" : "auto" , "messages" : [ { "role" : "user" , "content" : "\\"a\\" : 1" } ] } ', id="white space"),
        pytest.param(chat(x=12345678901234567890123), id="a number beyond 64 bits"),
        pytest.param(chat(x={}, y=[], z=None), id="empty values"),
        pytest.param(chat(x=msgspec.Raw(b"[" * 60 + b"]" * 60)), id="sixty levels"),
        pytest.param(chat(messages=[{"role": ["user"], "content": "hi"}]), id="a list as role"),
        pytest.param(chat(x=']}"]}\\' * 60_000), id="brackets inside of a string"),
        pytest.param(chat(messages=[{"role": {"a": 1}, "content": "hi"}]), id="an object as role"),
    ],
)
def test_a_good_body_is_read(body: bytes) -> None:
    ask = decode(body, "chat")
    assert ask.model == "auto"
    assert ask.body == body


def places(body: bytes, endpoint: Endpoint = "chat") -> list[tuple[str, str, int]]:
    return [(part.text, part.place, part.turn) for part in decode(body, endpoint).prompt.parts]


def test_every_string_that_could_carry_content_is_a_part() -> None:
    body = chat(
        messages=[
            {"role": "system", "content": "S"},
            {"role": "user", "name": "N", "content": [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]},
            {
                "role": "assistant",
                "content": "Q",
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "F", "arguments": '{"x":"Y"}'}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "R"},
        ],
        tools=[
            {
                "type": "function",
                "function": {"name": "T", "description": "D", "parameters": {"type": "object", "properties": {"odd key": {}}}},
            }
        ],
        user="U",
        stop=["X"],
        metadata={"k 1": "M"},
        response_format={"type": "json_schema", "json_schema": {"name": "J", "schema": {"const": "C"}}},
        prediction={"type": "content", "content": "P"},
        unknown=[["deep", 4111111111111111, 7, 4111111111111111.0, True]],
    )
    found = places(body)
    for expected in [
        ("S", "instruction", 0), ("N", "name", 1), ("A", "content", 1), ("B", "content", 1), ("Q", "answer", 2), ("F", "name", 2), ('{"x":"Y"}', "call", 2),
        ("R", "result", 3), ("T", "name", -1), ("D", "tool", -1), ("odd key", "field", -1), ("U", "field", -1), ("X", "field", -1),
        ("k 1: M", "field", -1), ("const: C", "field", -1), ("P", "field", -1), ("deep", "field", -1),
        ("4111111111111111", "field", -1),
    ]:  # fmt: skip
        assert expected in found
    assert [text for text, _, _ in found].count("4111111111111111") == 2
    assert "7" not in [text for text, _, _ in found]


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        pytest.param({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}, "media", id="an inline image"),
        pytest.param({"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}, "remote", id="a remote image"),
        pytest.param({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}, "media", id="audio"),
        pytest.param({"type": "file", "file": {"file_id": "file-1"}}, "remote", id="an uploaded file"),
        pytest.param(
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA", "filename": "a.pdf"}}, "media", id="an inline file"
        ),
        pytest.param({"type": "text", "text": "data:text/plain;base64,AAAA"}, "media", id="a data URL as text"),
    ],
)
def test_what_cannot_be_read_is_a_doubt(part: dict[str, object], kind: str) -> None:
    ask = decode(chat(messages=[{"role": "user", "content": [part]}]), "chat")
    assert kind in [doubt.kind for doubt in ask.prompt.doubts]
    assert ask.needs.has_media


@pytest.mark.parametrize(
    "part",
    [
        pytest.param({"type": "text", "text": "data:;base64, my number is CANARY"}, id="words behind the head of a data URL"),
        pytest.param({"type": "text", "text": "data:text/plain;base64,AAAA\nCANARY 1"}, id="words behind a data URL"),
        pytest.param({"type": "image_url", "image_url": "data:image/png;base64,AA CANARY !"}, id="words in an image's place"),
        pytest.param({"type": "file", "file": {"file_id": "CANARY"}}, id="a file's name"),
        pytest.param({"type": "file", "file": {"file_data": "CANARY in plain words. " * 20}}, id="words in a file's place"),
        pytest.param({"type": "video_url", "video_url": "CANARY"}, id="an address"),
    ],
)
def test_what_only_looks_unreadable_is_scanned_as_well(part: dict[str, object]) -> None:
    ask = decode(chat(messages=[{"role": "user", "content": [part]}]), "chat")
    assert ask.prompt.doubts
    assert any("CANARY" in part.text for part in ask.prompt.parts)


def test_base64_to_its_end_is_not_scanned() -> None:
    inline = "data:application/pdf;name=a.pdf;base64," + "QUJD" * 100 + "QQ==\n"
    parts = [
        {"type": "text", "text": inline},
        {"type": "file", "file": {"file_data": inline}},
        {"type": "file", "file": {"file_data": "QUJD" * 100}},
    ]
    ask = decode(chat(messages=[{"role": "user", "content": parts}]), "chat")
    assert [doubt.kind for doubt in ask.prompt.doubts] == ["media", "media", "media"]
    assert [part.text for part in ask.prompt.parts] == []


@pytest.mark.parametrize(
    ("body", "endpoint"),
    [
        pytest.param(chat(x=["a"] * 100_001), "chat", id="strings"),
        pytest.param(chat(x=[{}] * 100_001), "chat", id="empty objects"),
        pytest.param(chat(x=[1.5] * 100_001), "chat", id="fractions"),
        pytest.param(chat(x=[4_111_111_111_111_111] * 100_001), "chat", id="numbers that are scanned"),
        pytest.param(chat(x=[[[[]]]] * 50_001), "chat", id="nested lists"),
        pytest.param(b"[" + b"[]," * 2_000_000, "chat", id="millions of empty lists"),
        pytest.param(chat(x={str(key): 1 for key in range(100_001)}), "chat", id="keys"),
        pytest.param(chat(messages=[{"role": "user", "content": "a"}] * 50_001), "chat", id="messages"),
        pytest.param(msgspec.json.encode({"model": "m", "input": ["a"] * 100_001}), "embeddings", id="inputs"),
    ],
)
def test_a_body_of_too_many_values_is_refused(body: bytes, endpoint: Endpoint) -> None:
    with pytest.raises(TooLarge, match="more than 100,000 values"):
        decode(body, endpoint)


def test_token_ids_may_be_many() -> None:
    assert len(decode(msgspec.json.encode({"model": "m", "input": [7] * 200_000}), "embeddings").prompt.doubts) == 1
    assert len(decode(msgspec.json.encode({"model": "m", "input": [[7] * 50_000] * 4}), "embeddings").prompt.doubts) == 1


def test_embeddings_are_not_streamed() -> None:
    with pytest.raises(BadRequest, match="leave `stream` out"):
        decode(b'{"model":"m","input":"a","stream":true}', "embeddings")
    assert decode(b'{"model":"m","input":"a","stream":false}', "embeddings").model == "m"


@pytest.mark.parametrize(
    ("fields", "texts", "doubts"),
    [
        pytest.param({"prompt": "a"}, ["a"], 0, id="a string"),
        pytest.param({"prompt": ["a", "b"]}, ["a", "b"], 0, id="strings"),
        pytest.param({"prompt": [1, 2, 3]}, [], 1, id="token ids"),
        pytest.param({"prompt": [[1, 2], [3]]}, [], 1, id="lists of token ids"),
        pytest.param({"prompt": ["a", 3]}, ["a"], 1, id="a mixture"),
    ],
)
def test_prompts_of_completions(fields: dict[str, object], texts: list[str], doubts: int) -> None:
    ask = decode(msgspec.json.encode({"model": "m", **fields}), "completions")
    assert [part.text for part in ask.prompt.parts] == texts
    assert len(ask.prompt.doubts) == doubts


def test_embeddings_need_an_input() -> None:
    with pytest.raises(BadRequest, match="`input` must be a string or a list"):
        decode(b'{"model":"m","input":""}', "embeddings")
    assert places(b'{"model":"m","input":["a","b"]}', "embeddings") == [("a", "content", 0), ("b", "content", 1)]


def test_a_local_engine_gets_the_callers_bytes_and_an_external_one_what_was_scanned() -> None:
    body = b'{"model":"auto" , "x":1e2,"messages":[{"role":"user","content":"\\u0041"}], "stream":true}'
    ask = decode(body, "chat")
    assert ask.body_for(LOCAL) == (
        b'{"model":"qwen3-8b" , "x":1e2,"messages":[{"role":"user","content":"\\u0041"}], "stream":true,"stream_options":{"include_usage":true}}'
    )
    assert msgspec.json.decode(ask.body_for(CLOUD)) == {
        "model": "gpt-5", "x": 100.0, "messages": [{"role": "user", "content": "A"}], "stream": True, "stream_options": {"include_usage": True},
    }  # fmt: skip


def test_usage_is_asked_for_only_in_streams_that_did_not() -> None:
    assert not decode(chat(), "chat").hides_usage
    assert decode(chat(stream=True), "chat").hides_usage
    asked = decode(chat(stream=True, stream_options={"include_usage": True}), "chat")
    assert not asked.hides_usage
    assert b"stream_options" in asked.body_for(LOCAL)
    declined = decode(chat(stream=True, stream_options={"include_usage": False, "other": 1}), "chat")
    assert msgspec.json.decode(declined.body_for(CLOUD))["stream_options"] == {"include_usage": True, "other": 1}


def test_an_ask_does_not_show_its_text() -> None:
    ask = decode(chat(messages=[{"role": "user", "content": "canary-text"}], model="canary-model"), "chat")
    assert "canary" not in repr(ask)
    assert "canary" not in repr(ask.prompt)
    assert "canary" not in repr(ask.prompt.parts)


@pytest.mark.parametrize(
    ("member", "text"),
    [
        pytest.param({"password": "Tr0ub4dor"}, "password: Tr0ub4dor", id="a word that says what the value is"),
        pytest.param({"mrn": 83920175}, "mrn: 83920175", id="a number"),
        pytest.param({"born": 1980.5}, "born: 1980.5", id="a fraction"),
        pytest.param({"card": 4111111111111111.0}, "card: 4111111111111111", id="a whole number that is written as a fraction"),
        pytest.param({"note": "x" * 400}, "x" * 400, id="a long value stands alone"),
        pytest.param({"flag": True}, "flag", id="true says nothing"),
    ],
)
def test_an_unfamiliar_key_is_read_together_with_its_value(member: dict[str, object], text: str) -> None:
    assert text in [found for found, _, _ in places(chat(metadata=member))]


def test_a_data_url_is_a_doubt_under_any_key() -> None:
    ask = decode(chat(metadata={"odd": "data:image/png;base64,AAAA"}, thing={"audio_url": "https://a.example/b"}), "chat")
    assert [doubt.kind for doubt in ask.prompt.doubts] == ["media", "media"]


@pytest.mark.parametrize(
    ("fields", "tokens"),
    [
        pytest.param({}, 0, id="no word of it"),
        pytest.param({"max_tokens": 100}, 100, id="the old member"),
        pytest.param({"max_tokens": 100, "max_completion_tokens": 70}, 70, id="the new one goes first"),
        pytest.param({"max_tokens": "100"}, 0, id="a text"),
        pytest.param({"max_tokens": True}, 0, id="a flag"),
        pytest.param({"max_tokens": -1}, 0, id="less than nothing"),
    ],
)
def test_how_long_an_answer_may_be(fields: dict[str, object], tokens: int) -> None:
    assert decode(chat(**fields), "chat").answer_tokens == tokens


def test_what_a_tool_returned_is_no_person_s_even_in_a_person_s_turn() -> None:
    parts = [{"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "R"}]}, {"type": "text", "text": "A"}]
    assert [(text, place) for text, place, _ in places(chat(messages=[{"role": "user", "content": parts}])) if text in "RA"] == [
        ("R", "result"),
        ("A", "content"),
    ]


def test_what_somebody_says_is_scanned_though_it_is_a_word_of_the_protocol() -> None:
    turns = [{"role": "user", "content": "assistant"}, {"role": "user", "name": "user", "content": "auto"}]
    assert [part.text for part in decode(chat(messages=turns), "chat").prompt.parts] == ["assistant", "auto"]


def test_the_protocols_own_key_is_no_part_where_it_holds_an_object() -> None:
    turns = [{"role": "user", "content": [{"type": "redacted_thinking", "data": {"text": "kept"}}]}]
    assert [part.text for part in decode(chat(messages=turns), "chat").prompt.parts] == ["redacted_thinking", "kept"]


@pytest.mark.parametrize(
    ("fields", "is_bare"),
    [
        pytest.param({}, True, id="nothing"),
        pytest.param({"temperature": 0.5, "user": "u"}, True, id="what nobody heeds"),
        pytest.param({"reasoning_effort": "high"}, False, id="a hint"),
        pytest.param({"stream": False}, False, id="how to answer"),
        pytest.param({"tools": []}, False, id="what it needs"),
    ],
)
def test_a_bare_request_says_nothing_that_is_heeded(fields: dict[str, object], is_bare: bool) -> None:
    assert decode(chat(**fields), "chat", 64).is_bare is is_bare
