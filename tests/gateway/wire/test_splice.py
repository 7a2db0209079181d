import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire.splice import spliced, top_level, unkept

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.just("model"), inner, max_size=3),
    max_leaves=12,
)
SPACE = st.sampled_from([b"", b" ", b"\n\t"])


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4), st.text(max_size=20), st.booleans(), SPACE)
def test_only_the_model_and_the_stream_options_change(fields: dict[str, object], model: str, adds_usage: bool, space: bytes) -> None:
    fields = {**fields, "model": "auto"}
    body = space + msgspec.json.encode(fields) + space
    got = msgspec.json.decode(spliced(body, fields, model, adds_usage=adds_usage))
    options = fields.get("stream_options")
    expected = {**fields, "model": model}
    if adds_usage:
        expected["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}
    assert got == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b'{"model":"auto"}', b'{"model":"q"}', id="alone"),
        pytest.param(b'{ "a":1 ,\n"model" :\t"auto" , "b":2}', b'{ "a":1 ,\n"model" :\t"q" , "b":2}', id="every other byte stays"),
        pytest.param(b'{"t":{"model":"x"},"model":"auto"}', b'{"t":{"model":"x"},"model":"q"}', id="another model, deeper"),
        pytest.param(b'{"t":"model","model":"auto"}', b'{"t":"model","model":"q"}', id="model as a value"),
        pytest.param(b'{"t":"\\"model\\":1","model":"a\\"u"}', b'{"t":"\\"model\\":1","model":"q"}', id="model inside a string"),
        pytest.param(
            b'{"mod\\u0065l":"auto","metadata":{"model":"keep"}}',
            b'{"mod\\u0065l":"q","metadata":{"model":"keep"}}',
            id="an escaped key above another",
        ),
        pytest.param(b'{"m":{"x\\"model":"keep"},"model":"auto"}', b'{"m":{"x\\"model":"keep"},"model":"q"}', id="a key that ends like it"),
        pytest.param(b'{"mod\\u0065l":"auto","x":1}', b'{"mod\\u0065l":"q","x":1}', id="an escaped key"),
        pytest.param(
            b'{"x":[{"y":1.50}],"model":"auto","z":1E5}', b'{"x":[{"y":1.50}],"model":"q","z":1E5}', id="numbers keep their spelling"
        ),
    ],
)
def test_bytes(body: bytes, expected: bytes) -> None:
    assert spliced(body, msgspec.json.decode(body), "q", adds_usage=False) == expected


def test_spans_of_members() -> None:
    body = b'{ "a" : [1, {"b": 2}] , "c":"x,}" }'
    assert {key: body[start:end] for key, (start, end) in top_level(body).items()} == {"a": b'[1, {"b": 2}]', "c": b'"x,}"'}


@pytest.mark.parametrize(
    ("body", "made"),
    [
        (b'{"input": "a" }', b'{"input": "a" ,"store":false}'),
        (b'{"store" : true, "input":"\\"store\\": true}"}', b'{"store" : false, "input":"\\"store\\": true}"}'),
        (b'{"st\\u006fre":null}', b'{"st\\u006fre":false}'),
        (b'{"store":false}', b'{"store":false}'),
    ],
)
def test_nothing_is_to_be_kept_and_every_other_byte_stays(body: bytes, made: bytes) -> None:
    assert unkept(body, msgspec.json.decode(body)) == made
