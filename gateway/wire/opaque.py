"""What no detector can read: media, text that lies elsewhere, and base64 of anything else than text."""

import re

from classifiers.normalise.unpack import SHORTEST, decoded

OPAQUE = {
    "input_audio": "media",
    "audio_url": "media",
    "video_url": "media",
    "file_id": "remote",
    "file_data": "media",
    "file_url": "remote",
    "file_ids": "remote",
    "fileUri": "remote",
    "file_uri": "remote",
    "document_url": "remote",
    "vector_store_ids": "remote",
    "cached_content": "remote",
    "cachedContent": "remote",
    "image_embeds": "media",
    "image_pil": "media",
    "prompt_embeds": "media",
    "prompt_token_ids": "media",
}
"""Members whose value no detector can read: what kind of doubt they are."""

SIGNATURES = frozenset({"thought_signature", "thoughtSignature"})
SEALED = {
    "thinking": SIGNATURES | {"signature"},
    "redacted_thinking": SIGNATURES | {"data"},
    "reasoning": SIGNATURES | {"encrypted_content"},
}
"""Members that a vendor's model made and wants back, by the object's `type`; of any other they are `SIGNATURES`. They are no doubt for
being base64 of something else."""

_BASE64 = re.compile(
    r"(?:data:[\w.+-]{1,100}/[\w.+-]{1,100}(?:;[\w.+-]{1,40}=[\w.+-]{1,100}){0,4};base64,)?[A-Za-z0-9+/_\r\n-]*+={0,2}+\s*+"
)
SHORT = 200
"""Characters up to which what looks like base64 is scanned nevertheless: so many hold an id, a name or a number as well."""


_HEAD, _VARIETY = 4_000, 30
"""Characters by which base64 of something else than text is known, and how many different ones are among them."""
_MEDIA = frozenset({"image", "images", "video", "videos", "audio", "media", "document"})
"""Members that hold a picture or the like in some vendor's form, or say where it lies."""
_HELD = frozenset({"container", "container_id", "audio"})
_HOLDINGS = ("cntr_", "container_", "audio_")
"""How the ids of what a vendor keeps begin: the files of a run of code, and what a model said aloud. Callers have containers as well."""
SOURCES = _MEDIA | _HELD | {"image_url", "source"}
"""Members that `elsewhere` looks at."""

DATA_URL = re.compile(r"data:([\w.+-]{0,100}/[\w.+-]{1,100})?(?:;[\w.+-]{1,40}=[\w.+-]{1,100}){0,4};base64,([A-Za-z0-9+/_\r\n-]*+={0,2}+)")
_READABLE_TYPES = re.compile(
    r"text/|application/(?:[\w.-]+\+)?(?:json|xml|yaml|x-yaml|x-ndjson|jsonl|csv|toml|sql|javascript|markdown|xhtml)$"
)
"""Media types whose bytes are text. A picture made of text (SVG) is a picture: what it shows need not be what it says."""


def is_encoded(text: str) -> bool:
    """Whether the text is base64 to its end, which no detector reads. What only begins like it is scanned."""
    return (len(text) > SHORT or text.startswith("data:")) and _BASE64.fullmatch(text) is not None


def is_undecodable(text: str) -> bool:
    """Whether the text is base64, by its length and its many characters, and not of text: a picture, a recording, something encrypted."""
    if len(text) <= SHORT or text.startswith("data:") or _BASE64.fullmatch(text) is None:
        return False
    head = text[:_HEAD].rstrip()
    kinds = (str.isupper, str.islower, str.isdigit)
    return len(set(head)) >= _VARIETY and all(any(map(kind, head)) for kind in kinds) and not decoded(head)


def elsewhere(key: str, value: object) -> str:
    """Whether a member says where a picture or the like is to be had ("remote"), or is one itself ("media"); else empty."""
    if key == "image_url":
        url = value.get("url") if isinstance(value, dict) else value
        return "media" if isinstance(url, str) and url.startswith("data:") else "remote"
    if key in _HELD:
        name = value.get("id") if isinstance(value, dict) else value
        if isinstance(name, str) and name.startswith(_HOLDINGS):
            return "remote"
    source = value.get("type") if key == "source" and isinstance(value, dict) else None  # Anthropic's images and documents
    if source == "base64":
        return "media"
    return "remote" if source in ("url", "file") or (key in _MEDIA and _is_link(value)) else ""


def _is_link(value: object) -> bool:
    """Whether it is the address of something that lies elsewhere, or a list of such."""
    links = value if isinstance(value, list) else [value]
    return any(type(link) is str and link.startswith(("http://", "https://", "s3://", "gs://", "file://")) for link in links)


def is_text_file(value: object) -> bool:
    """Whether it is a data URL, and nothing else, whose text is read in its place."""
    match = DATA_URL.fullmatch(value) if type(value) is str and value.startswith("data:") else None
    return match is not None and is_readable(match)


def is_readable(url: "re.Match[str]") -> bool:
    """Whether a data URL holds text that can be read. A very short one could be read as anything."""
    mime, payload = (url[1] or "").lower(), url[2]
    return len(payload) >= SHORTEST and _READABLE_TYPES.match(mime) is not None and decoded(payload) != ""
