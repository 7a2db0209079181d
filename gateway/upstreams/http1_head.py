"""What the head of an upstream's answer says of its body. llhttp has checked the syntax, and that no two lengths contradict.

A head is its bytes from the status line to the CRLF after the last header: no name has a space before its colon, and no line is folded.
Only the few headers that matter are looked for in it.
"""

from typing import Literal

Headers = list[tuple[bytes, bytes]]
Body = Literal["sized", "chunked", "open"]
"""How the end of a body is known: by its length (or that there is none), by its chunks, or by the connection's end."""
BODILESS = frozenset({204, 304})
VERSIONS = (b"http/1.1 ", b"http/1.0 ")
FRAMING = (b"\r\ncontent-length:", b"\r\ntransfer-encoding:", b"\r\ncontent-encoding:")
"""Headers of which an answer has one at most."""
LENGTH = FRAMING[0]


def framing(status: int, low: bytes) -> tuple[Body, str]:
    """Return how the body ends, and a flaw or "" if there is none. `low` is the head in lower case."""
    if low.count(LENGTH) == 1 and low.find(b"-encoding:") < 0 and low.startswith(VERSIONS[0]) and status not in BODILESS:
        return "sized", ""
    return _rare(status, low)


def _rare(status: int, low: bytes) -> tuple[Body, str]:
    """The same of a head that has more to say than one length."""
    if not low.startswith(VERSIONS):
        return "open", "its version is neither HTTP/1.0 nor HTTP/1.1"
    if any(low.count(name) > 1 for name in FRAMING):
        return "open", "it has one of its framing headers twice"
    length, coding, content = (value(low, low, name) for name in FRAMING)
    if status in BODILESS and length is not None and length.strip(b"0"):
        return "open", f"status {status} has no body, but it declares one"
    if coding is not None and (length is not None or status in BODILESS or not low.startswith(VERSIONS[0]) or coding != b"chunked"):
        return "open", "its transfer-encoding is not one single `chunked`"
    if content not in (None, b"", b"identity"):
        return "open", "its body is compressed, which was not asked for"
    return "chunked" if coding is not None else "sized" if status in BODILESS or length is not None else "open", ""


def value(head: bytes, low: bytes, mark: bytes) -> bytes | None:
    """The first value of a header. `mark` is what its line begins with, in lower case: CRLF, the name and a colon."""
    at = low.find(mark)
    if at < 0:
        return None
    at += len(mark)
    return head[at : head.find(b"\r\n", at)].strip(b" \t")


def headers(head: bytes) -> Headers:
    """All headers, names in lower case, in the order in which they came."""
    lines = (line.partition(b":") for line in head.split(b"\r\n")[1:-1])
    return [(name.lower(), value.strip(b" \t")) for name, _, value in lines]
