import base64
import random
import string
from typing import Any

import pytest

from gateway.wire.opaque import elsewhere, is_undecodable
from gateway.wire.walk import Walk

DICE = random.Random(5)
PICTURE = base64.b64encode(DICE.randbytes(600)).decode()
LETTER = base64.b64encode(("Dear all, " + "this is a plain letter of some length. " * 12).encode()).decode()


def doubts(body: dict[str, Any]) -> list[str]:
    walk = Walk(64)
    for key, value in body.items():
        walk.member(key, value)
    return [doubt.kind for doubt in walk.prompt().doubts]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            {"messages": [{"content": [{"type": "image", "source": {"type": "base64", "data": PICTURE}}]}]}, id="an image of Anthropic"
        ),
        pytest.param({"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": PICTURE}}]}]}, id="an image of Gemini"),
        pytest.param({"image": {"format": "png", "source": {"bytes": PICTURE}}}, id="an image of Bedrock"),
        pytest.param({"images": [PICTURE]}, id="images of Ollama"),
        pytest.param({"content": PICTURE}, id="a picture as the text"),
        pytest.param({"form": {"name": "x", "signature": PICTURE}}, id="a signature with a pen"),
        pytest.param({"form": {"signature": "data:image/png;base64,iVBORw0KGgo="}}, id="a small one"),
        pytest.param(
            {"parts": [{"thoughtSignature": "data:image/png;base64,iVBORw0KGgo="}]}, id="a picture in the place of what a model made"
        ),
        pytest.param({"parts": [{"type": ["thinking"], "signature": PICTURE}]}, id="a type that is none"),
        pytest.param({"prompt_embeds": PICTURE}, id="embeddings"),
        pytest.param({"prompt_token_ids": [1, 2, 3]}, id="token ids"),
    ],
)
def test_what_is_no_text_is_a_doubt_whatever_its_name(body: dict[str, Any]) -> None:
    assert "media" in doubts(body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            {"content": [{"type": "document", "source": {"type": "url", "url": "https://a.example/b.pdf"}}]}, id="a document of Anthropic"
        ),
        pytest.param({"fileData": {"fileUri": "gs://a/b"}}, id="a file of Gemini"),
        pytest.param({"content": [{"type": "document_url", "document_url": "https://a.example/b.pdf"}]}, id="a document of Mistral"),
        pytest.param({"content": [{"image": "https://a.example/b.png"}]}, id="an image of Qwen"),
        pytest.param({"content": [{"video": ["https://a.example/1.png"]}]}, id="a list of frames"),
        pytest.param({"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]}, id="a store of vectors"),
        pytest.param({"cached_content": "cachedContents/x"}, id="a cache at the vendor's"),
        pytest.param({"container": "container_011CPR5CNjB747bTd36fQLFk"}, id="a container at Anthropic"),
        pytest.param({"container": {"id": "container_011CPR5CNjB747bTd36fQLFk", "skills": []}}, id="a container with skills"),
        pytest.param({"tools": [{"type": "code_interpreter", "container": "cntr_abc"}]}, id="a container at OpenAI"),
        pytest.param({"tools": [{"type": "shell", "environment": {"container_id": "cntr_abc"}}]}, id="a container with a shell"),
        pytest.param({"messages": [{"role": "assistant", "audio": {"id": "audio_abc"}}]}, id="what was said aloud"),
    ],
)
def test_what_lies_elsewhere_is_a_doubt(body: dict[str, Any]) -> None:
    assert "remote" in doubts(body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"content": LETTER}, id="a letter, which is read"),
        pytest.param({"content": "x" * 5_000}, id="one letter again and again"),
        pytest.param({"content": "0123456789abcdef" * 40}, id="hexadecimal digits"),
        pytest.param({"content": "photosynthesis" * 40}, id="words without blanks"),
        pytest.param({"blocks": [{"type": "thinking", "thinking": "hm", "signature": PICTURE}]}, id="what Anthropic's model made"),
        pytest.param({"blocks": [{"type": "redacted_thinking", "data": PICTURE}]}, id="what it hides"),
        pytest.param({"items": [{"type": "reasoning", "encrypted_content": PICTURE}]}, id="what OpenAI's model made"),
        pytest.param({"extra": {"thought_signature": PICTURE}}, id="what Gemini made"),
        pytest.param({"source": {"type": ["url"], "url": "x"}}, id="a type that is a list"),
        pytest.param({"source": "web", "image": "none", "images": [], "video": 3}, id="words that only are called so"),
        pytest.param({"source": {"type": "manual", "url": "x"}}, id="another kind of source"),
    ],
)
def test_what_can_be_read_is_none(body: dict[str, Any]) -> None:
    assert doubts(body) == []


def test_text_that_is_too_short_to_tell_is_scanned() -> None:
    assert not is_undecodable(PICTURE[:200])
    assert not is_undecodable("data:image/png;base64," + PICTURE)
    assert not is_undecodable(PICTURE + " and so on")
    assert not is_undecodable(string.ascii_letters * 10)
    assert is_undecodable(PICTURE)
    assert is_undecodable(PICTURE + " \n ")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        pytest.param({"url": "data:image/png;base64,AAAA"}, "media", id="inline"),
        pytest.param("data:image/png;base64,AAAA", "media", id="inline, without an object"),
        pytest.param({"url": "https://a.example/b"}, "remote", id="elsewhere"),
        pytest.param(7, "remote", id="nobody knows"),
    ],
)
def test_an_image_lies_in_the_body_or_elsewhere(value: object, kind: str) -> None:
    assert elsewhere("image_url", value) == kind


def test_a_container_of_the_callers_own_is_no_doubt() -> None:
    assert doubts({"container": "nginx", "container_id": "3f2a9c", "audio": {"id": "7", "voice": "alloy", "format": "wav"}}) == []
