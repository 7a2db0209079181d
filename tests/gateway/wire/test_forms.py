import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadRequest
from gateway.wire.ask import decode_form
from gateway.wire.forms import Form, Upload, read
from router.decision import Target
from router.labels import Labels
from router.names import Sent, TargetName

WAV = b"RIFF\r\n--almost\x00\xff"


def sent(fields: dict[str, str | list[str]], name: str = "a.wav", kind: str = "audio/wav") -> tuple[bytes, bytes]:
    """A form as a client writes it, and its content type."""
    request = httpx.Request("POST", "http://a/", data=fields, files={"file": (name, WAV, kind)})
    return request.read(), request.headers["content-type"].encode()


def test_a_form_has_fields_and_files() -> None:
    form = read(*sent({"model": "auto", "stream": "true", "timestamp_granularities[]": ["word", "segment"]}))
    assert form.fields == {"model": "auto", "stream": True, "timestamp_granularities[]": ["word", "segment"]}
    assert form.uploads == (Upload("file", "a.wav", "audio/wav", WAV),)
    assert "auto" not in repr(form)
    assert "wav" not in repr(form.uploads[0])


def test_what_is_written_is_what_was_read_but_for_what_is_said_anew() -> None:
    form = read(*sent({"model": "auto", "stream": "false", "t[]": ["word", "segment"]}, name='a"b\u00e9.wav'))
    again = read(form.written({"model": "whisper"}), form.lines.removeprefix(b"content-type: ").strip())
    assert again.fields == {**form.fields, "model": "whisper"}
    assert [(one.field, one.kind, one.content) for one in again.uploads] == [("file", "audio/wav", WAV)]


@given(st.dictionaries(st.text("abc[]", min_size=1), st.text(st.characters(exclude_categories=["Cs"])), min_size=1), st.binary())
def test_any_form_can_be_read_again(fields: dict[str, str], content: bytes) -> None:
    form = Form(dict(fields.items()), (Upload("file", "n", "a/b", content),), "b0undary")
    again = read(form.written({}), b"multipart/form-data; boundary=b0undary")
    assert (again.fields, again.uploads) == (form.fields, form.uploads)


def test_a_request_has_what_the_form_says_and_a_doubt_for_what_nobody_can_hear() -> None:
    body, kind = sent({"model": "auto", "prompt": "spell Wieczorek", "models": "other"}, name="visit of Annegret.wav")
    ask = decode_form(body, kind, "transcriptions")
    assert ask.model == "auto"
    assert {"spell Wieczorek", "visit of Annegret.wav"} <= {part.text for part in ask.prompt.parts}
    assert [doubt.kind for doubt in ask.prompt.doubts] == ["media"]
    target = Target(TargetName("t"), "external", Labels().highest, Sent("whisper-1"))
    assert ask.form is not None
    again = read(ask.body_for(target), ask.form.lines.removeprefix(b"content-type: ").strip())
    assert again.fields == {"model": "whisper-1", "prompt": "spell Wieczorek"}, "hints of where else it may go are left out"


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"{}", b"", "not_a_form"),
        (b"{}", b"application/json", "not_a_form"),
        (b"{}", b"multipart/form-data", "not_a_form"),
        (b"garbage", b"multipart/form-data; boundary=x", "malformed_form"),
        (b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--\r\n', b"multipart/form-data; boundary=x", "malformed_form"),
        (b"--x--\r\n", b"multipart/form-data; boundary=x", "not_a_form"),
        (
            b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n' * 201 + b"--x--\r\n",
            b"multipart/form-data; boundary=x",
            "malformed_form",
        ),
    ],
)
def test_what_is_no_form_is_refused(body: bytes, kind: bytes, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(body, kind)
    assert refused.value.code == code


def test_a_form_names_its_model_and_its_file() -> None:
    with pytest.raises(BadRequest, match="Say which model"):
        decode_form(*sent({"language": "de"}), "transcriptions")
    with pytest.raises(BadRequest, match="`file` must be"):
        decode_form(
            b'--x\r\ncontent-disposition: form-data; name="model"\r\n\r\nm\r\n--x--\r\n',
            b"multipart/form-data; boundary=x",
            "transcriptions",
        )


def test_a_content_type_that_could_break_a_header_is_not_repeated() -> None:
    assert read(*sent({"model": "m"}, kind="audio/\u00e9")).uploads[0].kind == "application/octet-stream"


def _form(*parts: tuple[str, str]) -> tuple[bytes, bytes]:
    """A form whose parts have these heads and contents, and its content type."""
    pieces = [f"--x\r\ncontent-disposition: form-data; {head}\r\n\r\n{content}\r\n" for head, content in parts]
    return "".join([*pieces, "--x--\r\n"]).encode(), b"multipart/form-data; boundary=x"


@pytest.mark.parametrize("name", ["model", "prompt"])
def test_a_file_cannot_stand_in_for_a_field(name: str) -> None:
    body, kind = _form(('name="prompt"', "Annegret"), (f'name="{name}"; filename="gpt"', "x"))
    with pytest.raises(BadRequest) as refused:
        decode_form(body, kind, "image_edits", model="auto")
    assert refused.value.code == "malformed_form"


@pytest.mark.parametrize(("field", "name"), [("x\\", "; name=model; a="), ("x\\\\", "; name=model; a="), ("image", "x\\")])
def test_no_name_can_be_taken_for_another_field(field: str, name: str) -> None:
    form = Form({"model": "m"}, (Upload(field, name, "image/png", b"another"),), "x")
    again = read(form.written({}), b"multipart/form-data; boundary=x")
    assert again.fields == {"model": "m"}
    assert [one.content for one in again.uploads] == [b"another"]


def test_what_a_file_says_of_its_type_is_scanned() -> None:
    body, kind = _form(('name="model"', "auto"), ('name="image"; filename="a.png"\r\ncontent-type: image/png; by=Annegret', "x"))
    assert "image/png; by=Annegret" in {part.text for part in decode_form(body, kind, "image_edits").prompt.parts}


def test_how_many_pictures_are_wanted_is_a_number() -> None:
    ask = decode_form(*_form(('name="model"', "auto"), ('name="n"', "2"), ('name="image"; filename="a"', "x")), "image_edits")
    assert ask.choices == 2
    assert ask.form is not None
    assert b'name="n"\r\n\r\n2\r\n' in ask.form.written({})
    with pytest.raises(BadRequest, match="`n` must be"):
        decode_form(*_form(('name="model"', "auto"), ('name="n"', "two"), ('name="image"; filename="a"', "x")), "image_edits")
