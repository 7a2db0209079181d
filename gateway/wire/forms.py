"""Forms (RFC 7578): recordings and pictures come with their settings in one. Read in memory alone, and written anew for each target."""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import FormParser, parse_options_header
from typing_extensions import override

from classifiers.prompt import Part, Prompt
from classifiers.signals import Doubt
from gateway.errors import BadRequest
from router.names import Endpoint

FORMED: frozenset[Endpoint] = frozenset({"transcriptions", "translations", "image_edits"})
"""Endpoints that are asked by forms."""
_MOST_FIELDS = 200
_LIMITS: dict[Any, Any] = {"MAX_MEMORY_FILE_SIZE": 2**40}
"""Nothing of an upload goes to a disk, however large: its size is bounded as any body's."""
_BOOLS: Mapping[str, bool] = {"true": True, "false": False}
_READ: Mapping[str, Callable[[str], object]] = {
    "stream": lambda said: _BOOLS.get(said, said),
    "n": lambda said: int(said) if re.fullmatch("[0-9]{1,9}", said) else said,
}
"""Fields that say something to the gateway, which in a form are text."""
_NO_FORM = "Send the body as multipart/form-data, with its boundary, a `model`, and the file."


class Upload(msgspec.Struct, frozen=True):
    """A file of a form: the field's name, what the caller calls the file and its type, and its bytes."""

    field: str
    name: str
    kind: str
    content: bytes

    @override
    def __repr__(self) -> str:
        return f"<Upload of {len(self.content)} bytes>"


class Form(msgspec.Struct, frozen=True):
    """A form: its fields, a list where one came several times, and its files. `boundary` is for writing it."""

    fields: dict[str, object]
    uploads: tuple[Upload, ...]
    boundary: str

    @override
    def __repr__(self) -> str:
        return f"<Form of {len(self.fields)} fields and {len(self.uploads)} files>"

    @property
    def lines(self) -> bytes:
        """The header line that says how it is to be read."""
        return f"content-type: multipart/form-data; boundary={self.boundary}\r\n".encode()

    def written(self, more: Mapping[str, object]) -> bytes:
        """It as a body, with these fields instead of its own."""
        pieces: list[bytes] = []
        for name, value in {**self.fields, **more}.items():
            for one in value if isinstance(value, list) else [value]:
                text = str(one).lower() if isinstance(one, bool) else str(one)
                pieces += [self._head(name), b"\r\n\r\n", text.encode(), b"\r\n"]
        for upload in self.uploads:
            head = self._head(upload.field) + f'; filename="{_quoted(upload.name)}"'.encode()
            pieces += [head, f"\r\ncontent-type: {upload.kind}\r\n\r\n".encode(), upload.content, b"\r\n"]
        return b"".join([*pieces, f"--{self.boundary}--\r\n".encode()])

    def _head(self, name: str) -> bytes:
        return f'--{self.boundary}\r\ncontent-disposition: form-data; name="{_quoted(name)}"'.encode()

    def seen(self, prompt: Prompt) -> Prompt:
        """The prompt of its fields and of what its files are called, and a doubt for each: nobody here hears sound or sees pictures."""
        parts, doubts = list(prompt.parts), list(prompt.doubts)
        for upload in self.uploads:
            parts += [Part(upload.kind, -1, len(parts), "field"), Part(upload.name, -1, len(parts) + 1, "name")]
            doubts.append(Doubt("media", -1, len(parts) - 1))
        return Prompt(tuple(parts), tuple(doubts))


def read(body: bytes, content_type: bytes) -> Form:
    """The form in a body of that content type. Raises `BadRequest`."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise BadRequest("not_a_form", _NO_FORM)
    if body.count(b"\r\n--" + boundary) > _MOST_FIELDS:  # before they are read, each of which takes its time
        raise BadRequest("malformed_form", f"The form has more than {_MOST_FIELDS} fields; send fewer.")
    found: list[tuple[str, object]] = []
    uploads: list[Upload] = []
    try:
        parser = FormParser(
            "multipart/form-data",
            lambda field: found.append((_text(field.field_name), _text(field.value or b""))),
            lambda file: uploads.append(_upload(file)),
            boundary=boundary,
            config=_LIMITS,
        )
        parser.write(body)
        parser.finalize()
    except (FormParserError, UnicodeDecodeError):
        raise BadRequest("malformed_form", "The form cannot be read; send multipart/form-data in UTF-8.") from None
    if not found and not uploads:
        raise BadRequest("not_a_form", _NO_FORM)
    if not {"model", *(name for name, _ in found)}.isdisjoint(upload.field for upload in uploads):
        raise BadRequest("malformed_form", "A file of the form is called as a field, or `model`; give each a name of its own.")
    return Form(_fields(found), tuple(uploads), secrets.token_hex(16))


def _fields(found: Sequence[tuple[str, object]]) -> dict[str, object]:
    """What came once by itself, what came several times as a list. `stream` is a truth value, `n` a number."""
    fields: dict[str, object] = {}
    for name, value in found:
        said = _READ[name](str(value)) if name in _READ else value
        known = fields.get(name)
        fields[name] = said if known is None else [*(known if isinstance(known, list) else [known]), said]
    return fields


def _upload(file: Any) -> Upload:
    file.file_object.seek(0)
    kind = file.content_type or b"application/octet-stream"
    return Upload(_text(file.field_name), _text(file.file_name), _plain(kind), file.file_object.read())


def _plain(kind: bytes | str) -> str:
    """A content type that may stand in a header again."""
    text = kind if isinstance(kind, str) else kind.decode("latin-1")
    is_plain = len(text) < 100 and text.isascii() and text.isprintable()
    return text if is_plain else "application/octet-stream"


def _text(value: bytes | str | None) -> str:
    return value if isinstance(value, str) else (value or b"").decode()


def _quoted(name: str) -> str:
    """A name between quotation marks, as browsers write it (WHATWG, multipart/form-data encoding).

    They leave a backslash as it is. Many parsers take the mark behind it for a part of the name, and what follows for anything.
    """
    return name.replace("\\", "%5C").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
