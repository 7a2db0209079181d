"""What the header block of an upstream's answer says of its body. llhttp has checked the syntax, and that no two lengths contradict."""

Headers = list[tuple[bytes, bytes]]
BODILESS = frozenset({204, 304})
FRAMING = (b"content-length", b"transfer-encoding", b"content-encoding")
"""Headers of which an answer has one at most."""


def size(headers: Headers) -> int:
    """Bytes of names and values."""
    return sum(len(name) + len(value) for name, value in headers)


def framing(status: int, version: str, headers: Headers) -> tuple[bool, str]:
    """Return whether the length of the body is known without waiting for the connection's end, and a flaw or "" if there is none."""
    if version not in ("1.0", "1.1"):
        return False, "its version is neither HTTP/1.0 nor HTTP/1.1"
    by_name = dict(headers)
    if len(by_name) != len(headers):
        names = [name for name, _ in headers]
        if any(names.count(name) > 1 for name in FRAMING):
            return False, "it has one of its framing headers twice"
    length, coding = by_name.get(b"content-length"), by_name.get(b"transfer-encoding")
    if status in BODILESS and length is not None and length.strip(b"0"):
        return False, f"status {status} has no body, but it declares one"
    if coding is not None and (length is not None or status in BODILESS or version == "1.0" or coding.strip().lower() != b"chunked"):
        return False, "its transfer-encoding is not one single `chunked`"
    if by_name.get(b"content-encoding", b"").strip().lower() not in (b"", b"identity"):
        return False, "its body is compressed, which was not asked for"
    return status in BODILESS or length is not None or coding is not None, ""
