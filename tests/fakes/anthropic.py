"""What Anthropic's API sends, in bytes: whole messages and streams, for scripts of a `RawServer`."""

import msgspec

Event = dict[str, object]
START: Event = {
    "type": "message_start",
    "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "claude-opus-4-6", "stop_reason": None,
        "stop_sequence": None, "usage": {"input_tokens": 10, "output_tokens": 1},
    },
}  # fmt: skip
BLOCK: Event = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
FINISH: Event = {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 5}}
STOP: Event = {"type": "message_stop"}
OVERLOADED: Event = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
MESSAGE = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-4-6", "stop_reason": "end_turn", "stop_sequence": None,
    "content": [{"type": "text", "text": "Hello"}], "usage": {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 3},
}  # fmt: skip


def delta(text: str) -> Event:
    """Some text of a stream."""
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}


def sse(*events: Event) -> bytes:
    """Events as they are sent."""
    return b"".join(b"event: %s\ndata: %s\n\n" % (str(event["type"]).encode(), msgspec.json.encode(event)) for event in events)


WHOLE = sse(START, BLOCK, delta("Hel"), delta("lo"), {"type": "content_block_stop", "index": 0}, FINISH, STOP)
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


def answered(body: object = MESSAGE, status: bytes = b"200 OK") -> bytes:
    """A whole answer with its head."""
    data = msgspec.json.encode(body)
    return b"HTTP/1.1 %b\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b" % (status, len(data), data)
