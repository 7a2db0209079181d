"""A chat's answer as a response, whole or in events."""

from collections.abc import Mapping

import msgspec

from gateway.dialects.reading import mapping
from gateway.dialects.responses_over_chat.output import Tell
from gateway.dialects.responses_over_chat.shape import Fields, response_of, usage_of
from gateway.dialects.responses_over_chat.stream import Unfolding
from gateway.dialects.responses_over_chat.tools import called
from gateway.dialects.said import said_in
from gateway.dialects.translation import hex_of
from gateway.wire.sse import payload, split

_decode = msgspec.json.Decoder(dict[str, object]).decode
_INCOMPLETE: Mapping[str, str] = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""Finish reasons of a chat that did not say all it had to say, and what a response calls them."""
_BROKEN = frozenset({"abort", "error"})
"""Finish reasons with which an engine gives an answer up."""
_GAVE_UP: Mapping[str, object] = {"code": "server_error", "message": "The model's server gave the answer up. Try again."}


class ResponsesAnswers:
    """Brings one chat's answer to the caller of a response, from the members of the request and its id."""

    __slots__ = ("_asked", "_events", "_is_over", "_request_id", "_response", "_sequence", "_unfolding")

    def __init__(self, asked: Mapping[str, object], request_id: str) -> None:
        self._asked = asked
        self._request_id = request_id
        self._response: Fields = {}
        self._unfolding: Unfolding | None = None
        self._events: list[bytes] = []
        self._sequence = 0
        self._is_over = False

    def whole(self, body: bytes) -> bytes:
        """A whole answer of status 200."""
        chat = _decode(body)
        response, unfolding = self._begun(chat, _say_nothing)
        unfolding.say(said_in(chat, "message"))
        _finish(response, unfolding)
        return msgspec.json.encode(response | {"usage": usage_of(chat.get("usage"))})

    def events(self, block: bytes) -> bytes:
        """Whole events of a chat; what is to be said of them so far. After `[DONE]`, or an error, nothing is.

        Raises `msgspec.DecodeError` for what is no event.
        """
        for event in split(block):
            if not self._is_over:
                self._take(event)
        ready = b"".join(self._events)
        self._events.clear()
        return ready

    def _begun(self, chat: Mapping[str, object], tell: Tell) -> tuple[Fields, Unfolding]:
        wants = mapping(self._asked.get("reasoning"))
        is_summary = bool(wants.get("summary") or wants.get("generate_summary"))
        unfolding = Unfolding(hex_of(self._request_id), called(self._asked), tell, is_summary=is_summary)
        return response_of(self._asked, self._request_id, chat), unfolding

    def _take(self, event: bytes) -> None:
        """One event of the chat. A comment keeps connections open in any dialect."""
        text = payload(event)
        if not text:
            self._events += [event] if event.startswith(b":") else []
        elif text == b"[DONE]":
            self._end()
        elif (chunk := _decode(text)).get("error"):
            error = chunk["error"]
            self._fail(error if isinstance(error, Mapping) else {"message": str(error)})
        else:
            unfolding = self._unfold(chunk)
            self._response["usage"] = usage_of(chunk.get("usage")) or self._response["usage"]
            unfolding.say(said_in(chunk, "delta"))

    def _unfold(self, chunk: Mapping[str, object]) -> Unfolding:
        """The answer, which begins with its first event."""
        if self._unfolding is None:
            self._response, self._unfolding = self._begun(chunk, self._tell)
            self._tell("created", {"response": self._response})
            self._tell("in_progress", {"response": self._response})
        return self._unfolding

    def _end(self) -> None:
        """The end mark came: the answer is whole, unless the chat said otherwise."""
        unfolding = self._unfold({})
        if unfolding.finish in _BROKEN:
            self._fail(_GAVE_UP)
            return
        _finish(self._response, unfolding)
        self._tell(str(self._response["status"]), {"response": self._response})
        self._is_over = True

    def _fail(self, error: Mapping[str, object]) -> None:
        """It ends as an error. OpenAI's SDKs raise at the first event, which has the error in both of its forms; Codex reads the second."""
        self._unfold({})
        told = {name: error.get(name) for name in ("code", "message", "param")}
        self._say("error", {**told, "error": {"type": "server_error", **error}})
        _break(self._response, error)
        self._tell("failed", {"response": self._response})
        self._is_over = True

    def _tell(self, kind: str, members: Fields) -> None:
        self._say(f"response.{kind}", members)

    def _say(self, kind: str, members: Fields) -> None:
        told = msgspec.json.encode({"type": kind, "sequence_number": self._sequence, **members})
        self._events.append(b"event: " + kind.encode() + b"\ndata: " + told + b"\n\n")
        self._sequence += 1


def _finish(response: Fields, unfolding: Unfolding) -> None:
    """The answer is over, as the chat said that it is."""
    if unfolding.finish in _BROKEN:
        _break(response, _GAVE_UP)
        return
    reason = _INCOMPLETE.get(unfolding.finish)
    response["status"] = "incomplete" if reason else "completed"
    response["incomplete_details"] = {"reason": reason} if reason else None
    response["output"] = unfolding.close(str(response["status"]))


def _break(response: Fields, error: Mapping[str, object]) -> None:
    """The answer broke off. Nothing of it is shown as if it were whole."""
    code, message = error.get("code") or "server_error", error.get("message") or ""
    response |= {"status": "failed", "error": {"code": code, "message": message}, "output": []}


def _say_nothing(_kind: str, _members: Fields) -> None:
    """A whole answer has no events."""
