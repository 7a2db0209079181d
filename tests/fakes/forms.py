"""Forms as a client writes them."""


def form(content: bytes, name: str = "x.jsonl", **fields: str) -> tuple[bytes, dict[str, str]]:
    """A form with a file, and its header."""
    parts = [f'--b\r\ncontent-disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode() for key, value in fields.items()]
    parts.append(f'--b\r\ncontent-disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + content + b"\r\n--b--\r\n")
    return b"".join(parts), {"content-type": "multipart/form-data; boundary=b"}
