from typing import Any

import pytest

from gateway.dialects.messages_over_chat.parts import blocks, content_of, is_text, parts, text_of, worded
from gateway.dialects.reading import Lost
from gateway.errors import BadRequest


def read(*said: Any) -> list[dict[str, object]]:
    return parts(blocks(list(said), "content"), Lost())


def document(**source: object) -> dict[str, object]:
    return {"type": "document", "source": source}


@pytest.mark.parametrize(
    ("block", "part"),
    [
        pytest.param({"type": "text", "text": "hi"}, {"type": "text", "text": "hi"}, id="text"),
        pytest.param(
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}},
            id="an image",
        ),
        pytest.param(
            {"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}},
            {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}},
            id="an image elsewhere",
        ),
        pytest.param(document(type="text", media_type="text/plain", data="all of it"), {"type": "text", "text": "all of it"}, id="a text"),
        pytest.param(document(type="content", content="all of it"), {"type": "text", "text": "all of it"}, id="a text in blocks"),
        pytest.param(
            document(type="base64", media_type="application/pdf", data="JVBE"),
            {"type": "file", "file": {"filename": "document.pdf", "file_data": "data:application/pdf;base64,JVBE"}},
            id="a file",
        ),
        pytest.param({"type": "tool_reference", "tool_name": "weather"}, {"type": "text", "text": "weather"}, id="a tool that was found"),
    ],
)
def test_a_block_becomes_a_part(block: dict[str, object], part: dict[str, object]) -> None:
    assert read(block) == [part]


def test_a_documents_title_and_context_stand_before_it() -> None:
    named = {"title": "Lease", "context": "Signed in May."}
    assert read({**document(type="text", data="Rent: 5."), **named}) == [worded("Lease\n\nSigned in May.\n\nRent: 5.")]
    [before, file] = read({**document(type="base64", media_type="application/pdf", data="JVBE"), **named})
    assert before == worded("Lease\n\nSigned in May.")
    assert file["file"] == {"filename": "Lease", "file_data": "data:application/pdf;base64,JVBE"}


def test_a_search_result_is_told_with_its_title_and_source() -> None:
    found = {
        "type": "search_result",
        "title": "Tides",
        "source": "https://a.example",
        "content": [{"type": "text", "text": "Twice a day."}],
    }
    assert read(found) == [worded("Tides\nhttps://a.example"), worded("Twice a day.")]


@pytest.mark.parametrize(
    ("block", "code", "param"),
    [
        pytest.param({"type": "container_upload", "file_id": "f"}, "not_carried", "content[0]", id="another kind"),
        pytest.param({"type": 1}, "bad_field", "content[0].type", id="no kind"),
        pytest.param({"type": "text"}, "bad_field", "content[0].text", id="no text"),
        pytest.param({"type": "image"}, "bad_field", "content[0].source", id="no source"),
        pytest.param({"type": "image", "source": {"type": "file", "file_id": "f"}}, "not_carried", "content[0].source", id="a kept image"),
        pytest.param({"type": "image", "source": {"type": "tape"}}, "bad_field", "content[0].source.type", id="another source"),
        pytest.param({"type": "image", "source": {"type": "url"}}, "bad_field", "content[0].source.url", id="no address"),
        pytest.param(
            {"type": "image", "source": {"type": "base64", "data": "A"}}, "bad_field", "content[0].source.media_type", id="no type"
        ),
        pytest.param(document(type="url", url="https://a.example"), "not_carried", "content[0].source", id="a document elsewhere"),
        pytest.param(document(type="file", file_id="f"), "not_carried", "content[0].source", id="a kept document"),
        pytest.param(document(type="tape"), "bad_field", "content[0].source.type", id="a document of another source"),
        pytest.param({**document(type="text", data="a"), "title": 5}, "bad_field", "content[0].title", id="no title"),
    ],
)
def test_what_cannot_be_put_is_refused(block: dict[str, object], code: str, param: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        read(block)
    assert (refusal.value.code, refusal.value.param) == (code, param)


def test_what_a_block_has_beside_its_content_is_lost() -> None:
    lost = Lost()
    marked = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}, "citations": [{"type": "char_location"}]}
    parts(blocks([{**document(type="content", content=[marked]), "citations": {"enabled": True}}], "messages[0].content"), lost)
    assert lost.names == (
        "cache_control",
        "messages[].content[].citations",
        "messages[].content[].source.content[].citations",
    )


def test_a_single_text_is_a_plain_string() -> None:
    image: dict[str, object] = {"type": "image_url", "image_url": {"url": "u"}}
    assert content_of([worded("a")]) == "a"
    assert content_of([worded("a"), worded("b")]) == [worded("a"), worded("b")]
    assert content_of([image]) == [image]
    assert (is_text(image), is_text(worded("a")), text_of(worded("a"))) == (False, True, "a")
