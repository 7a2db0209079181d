"""Every way in which an attempt can fail, as tables: how it is recognised, what is done about it, what the caller sees if it was the last.

Status first, message patterns last: the status is what the target returned, a pattern in its message is a guess. A message can change what
a 400 means; it can never turn a server's fault into the request's, nor anything into more clearance.
"""

import email.utils
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

Kind = Literal[
    "UNREACHABLE",  # no connection: refused, DNS, TLS, the address is not allowed
    "SLOW_START",  # no headers or no first token in time
    "STALLED",  # silence between chunks, or the total time is over
    "OVERLOADED",  # 429, 503, 529
    "SERVER_FAULT",  # other 5xx, 408, 409
    "BAD_ANSWER",  # not an answer: wrong type, broken JSON, nothing in it, too large
    "BAD_REQUEST",  # the target does not accept the request
    "TOO_LONG",  # the request does not fit the context window
    "FILTERED",  # the target's content filter refused it
    "UNABLE",  # no target that may take the request can do what it asks for: none was asked
    "NO_FORM",  # the request has something in it that the target's API has no place for: it was not asked
    "NO_MODEL",  # the target does not know the model or the endpoint that it was asked for
    "REDIRECT",  # 3xx, never followed
    "OUR_KEY",  # the provider refused the gateway's own key or account
    "DROPPED",  # a kept connection was closed at the moment it was used: the target has hardly seen the request
    "CUT",  # the connection or the stream ended before the answer did
    "OVERDUE",  # the caller's own deadline came first
    "OUR_BUG",  # a defect of the gateway
    "UNAVAILABLE",  # nothing of the chain may be asked now, or the chain is empty
    "LOCAL_UNAVAILABLE",  # the same, or all attempts failed, for a request that must stay local
    "LEDGER_UNAVAILABLE",  # the attempt was not made: what leaves must be recorded first, and cannot be
    "LOCKED_DOWN",  # the attempt was not made: a lockdown began after its target was chosen
    "WITHDRAWN",  # the attempt was not made: a reload took the target, or a clearance of its, away after it was chosen
    "FULL",  # the attempt was not made: a local target has no room for it in time
]

Remedy = Literal[
    "retry",  # again at the same target while it has retries, then the next target
    "next",  # the next target of the chain
    "larger",  # only a target with a larger window
    "stop",  # the caller gets the target's own answer
]


@dataclass(frozen=True, slots=True)
class Failure:
    """A row of the table. `hurts` says whether it counts against the target's breaker; `status`, `code` and `say` are for the caller."""

    kind: Kind
    remedy: Remedy
    hurts: bool
    status: int
    code: str
    say: str

    @property
    def is_about_request(self) -> bool:
        """Whether the reason lies in the request: then the attempt was `Refused`, and the caller may see the target's own answer."""
        return self.kind in _ABOUT_REQUEST

    @property
    def is_passing(self) -> bool:
        """Whether the same request may succeed when the caller sends it again, with nobody's help."""
        return self.kind in _PASSING


_ABOUT_REQUEST: frozenset[Kind] = frozenset({"BAD_REQUEST", "TOO_LONG", "FILTERED", "NO_FORM"})
_PASSING: frozenset[Kind] = frozenset(
    {"UNREACHABLE", "SLOW_START", "STALLED", "OVERLOADED", "SERVER_FAULT", "BAD_ANSWER", "CUT", "DROPPED"}
)

NOT_MADE: frozenset[Kind] = frozenset({"LEDGER_UNAVAILABLE", "LOCKED_DOWN", "WITHDRAWN"})
"""Attempts at an external target that were given up before a byte was sent. No other external target is tried after one."""

_SAY: Mapping[Kind, str] = {
    "UNREACHABLE": "The model's server cannot be reached. Try again in a moment.",
    "SLOW_START": "The model did not begin to answer in time. Try again, or send a shorter prompt.",
    "STALLED": "The model stopped answering and was given up. Try again, or ask for a shorter answer.",
    "OVERLOADED": "The model is at its limit. Wait as long as `retry-after` says, then try again.",
    "SERVER_FAULT": "The model's server failed. Try again in a moment.",
    "BAD_ANSWER": "The model's server sent something that is not an answer. Try again in a moment.",
    "BAD_REQUEST": "The model's server does not accept this request. Change it as the server's own message says.",
    "TOO_LONG": "The request is longer than the model's context window. Shorten it, or lower `max_tokens`.",
    "FILTERED": "The provider's content filter refused this request. Change the prompt, or ask a local model.",
    "UNABLE": "No model that may take this request can do what it asks for. Leave that out, or ask for another model.",
    "NO_FORM": "The model's API has no place for something in this request. Change it as the message says, or ask for another model.",
    "NO_MODEL": "The target does not serve the model that is configured for it. The gateway's operator must correct `model` or `urls`.",
    "REDIRECT": "The target answered with a redirect, which is never followed. The gateway's operator must correct `urls`.",
    "OUR_KEY": "The provider refused the gateway's own key or account, not yours. The gateway's operator must check them.",
    "DROPPED": "The model's server closed the connection as the request was sent. Try again.",
    "CUT": "The connection to the model broke before its answer was whole. Try again.",
    "OVERDUE": "The time that `x-request-timeout` gives is over. Try again with more of it, or ask for a shorter answer.",
    "OUR_BUG": "The gateway failed. Try again; if it persists, report the x-request-id of this answer to its operator.",
    "UNAVAILABLE": "No target that may take this request can be asked now. Try again later; if it persists, tell the gateway's operator.",
    "LOCAL_UNAVAILABLE": "No local model can answer now, and this request may not go elsewhere. Try again later, or tell the operator.",
    "LEDGER_UNAVAILABLE": "What leaves cannot be recorded now, so nothing leaves. Ask for `auto:local`, try later, or tell the operator.",
    "LOCKED_DOWN": "The gateway is locked down, so nothing leaves. Ask for `auto:local`, or try again when its operator has released it.",
    "WITHDRAWN": "The target was taken out of the configuration while the request was served. Try again.",
    "FULL": "The local models are at their limit. Wait as long as `retry-after` says, then try again.",
}


def _row(kind: Kind, remedy: Remedy, status: int, code: str, *, hurts: bool = False) -> Failure:
    return Failure(kind, remedy, hurts, status, code, _SAY[kind])


_ROWS = (
    _row("UNREACHABLE", "retry", 502, "upstream_unreachable", hurts=True),
    _row("SLOW_START", "next", 504, "upstream_timeout", hurts=True),
    _row("STALLED", "next", 504, "upstream_timeout", hurts=True),
    _row("OVERLOADED", "retry", 503, "upstream_overloaded", hurts=True),
    _row("SERVER_FAULT", "retry", 502, "upstream_error", hurts=True),
    _row("BAD_ANSWER", "retry", 502, "upstream_bad_answer", hurts=True),
    _row("BAD_REQUEST", "stop", 400, "bad_request"),
    _row("TOO_LONG", "larger", 400, "context_length_exceeded"),
    _row("FILTERED", "stop", 400, "content_filter"),
    _row("UNABLE", "stop", 400, "unable"),
    _row("NO_FORM", "next", 400, "not_carried"),
    _row("NO_MODEL", "next", 502, "upstream_model", hurts=True),
    _row("REDIRECT", "next", 502, "upstream_redirect", hurts=True),
    _row("OUR_KEY", "next", 502, "upstream_auth", hurts=True),
    _row("DROPPED", "retry", 502, "upstream_interrupted"),
    _row("CUT", "retry", 502, "upstream_interrupted", hurts=True),
    _row("OVERDUE", "stop", 504, "deadline_exceeded"),
    _row("OUR_BUG", "stop", 500, "internal_error"),
    _row("UNAVAILABLE", "stop", 503, "unavailable"),
    _row("LOCAL_UNAVAILABLE", "stop", 503, "local_unavailable"),
    _row("LEDGER_UNAVAILABLE", "next", 503, "ledger_unavailable"),
    _row("LOCKED_DOWN", "next", 503, "locked_down"),
    _row("WITHDRAWN", "next", 503, "withdrawn"),
    _row("FULL", "next", 503, "saturated"),
)

FAILURES: Mapping[Kind, Failure] = MappingProxyType({row.kind: row for row in _ROWS})

_BY_STATUS: Mapping[int, Kind] = {
    401: "OUR_KEY",
    402: "OUR_KEY",
    403: "OUR_KEY",
    404: "NO_MODEL",
    405: "NO_MODEL",
    408: "SERVER_FAULT",
    409: "SERVER_FAULT",
    410: "NO_MODEL",
    425: "SERVER_FAULT",
    429: "OVERLOADED",
    498: "OVERLOADED",  # Groq: capacity of its flex tier is used up
    503: "OVERLOADED",
    529: "OVERLOADED",  # Anthropic
}
_BY_CLASS: Mapping[int, Kind] = {3: "REDIRECT", 4: "BAD_REQUEST", 5: "SERVER_FAULT"}
"""By the first digit, where the status itself is not listed. Anything else is no answer at all."""

_LOOKED_AT_BYTES = 4096
"""Servers put the message first; what follows may be an echo of the request, which must not decide anything."""

_SAYS_ACCOUNT = re.compile(
    rb"credit balance is too low|organization has been disabled|reached your specified (?:workspace )?api usage limits"  # Anthropic
    rb"|api key not valid|insufficient_quota|billing_hard_limit"  # Gemini, OpenAI
)
_SAYS_FILTERED = re.compile(
    rb"content_filter|content filter|content_policy_violation|content management policy|responsibleaipolicy|data_inspection_failed"
    rb"|content exists risk|flagged (?:as|by|for)|was flagged|safety system|violat\w+ our (?:usage|content) polic"
)
_SAYS_TOO_LONG = re.compile(
    rb"context_length_exceeded|exceed_context_size"  # codes: OpenAI, llama.cpp
    rb"|maximum (?:context|model|prompt|input) length|max_model_len"  # OpenAI, vLLM, Mistral, xAI, TensorRT-LLM
    rb"|context length (?:is only|of|\(|exceeded)|exceeds? the model's"  # vLLM
    rb"|longer than the (?:model's context|maximum model) length"  # SGLang, vLLM
    rb"|available context size|exceeds the context window|exceeds? context limit"  # llama.cpp, OpenAI's Responses, Anthropic
    rb"|prompt is too long|input is too long|input token count|too many tokens|request_too_large"  # Anthropic, Bedrock, Gemini, Cohere
    rb"|`inputs` (?:tokens|must have)|reduce the length of the (?:messages|input|prompt)"  # TGI, Groq
)
_SAYS_NO_MODEL = re.compile(
    rb"model_not_found|model not found|is not a valid model|unknown model|invalid model[: ]|model .{0,100}does not exist"
)

_BY_MESSAGE: Mapping[int, tuple[tuple[re.Pattern[bytes], Kind], ...]] = {
    400: ((_SAYS_TOO_LONG, "TOO_LONG"), (_SAYS_FILTERED, "FILTERED"), (_SAYS_ACCOUNT, "OUR_KEY"), (_SAYS_NO_MODEL, "NO_MODEL")),
    403: ((_SAYS_FILTERED, "FILTERED"),),
    413: ((_SAYS_TOO_LONG, "TOO_LONG"),),
    422: ((_SAYS_TOO_LONG, "TOO_LONG"), (_SAYS_FILTERED, "FILTERED")),
    429: ((_SAYS_ACCOUNT, "OUR_KEY"),),
}
"""Where vendors put several meanings under one status. No other status is read further."""


def recognise(status: int, body: bytes = b"") -> Failure:
    """The failure that an answer with this HTTP status and body stands for. The status is one that is not an answer: anything but 200."""
    patterns = _BY_MESSAGE.get(status)
    if patterns:
        text = body[:_LOOKED_AT_BYTES].lower()
        for pattern, kind in patterns:
            if pattern.search(text):
                return guessed(kind)
    return FAILURES[_BY_STATUS.get(status) or _BY_CLASS.get(status // 100, "BAD_ANSWER")]


_GUESSED: Mapping[Kind, Failure] = MappingProxyType({kind: replace(row, hurts=False) for kind, row in FAILURES.items()})
"""The rows for what a message says. They hurt no breaker: a target may echo the request, and no caller may take it from the others."""


def guessed(kind: Kind) -> Failure:
    """The failure of that kind where only a message says so."""
    return _GUESSED[kind]


_STATUS_IN_EVENT = re.compile(rb'"(?:code|status|status_code|error_code)"\s*:\s*"?([1-5][0-9][0-9])"?\s*[,}\]]')
_NAME_IN_EVENT = re.compile(rb'"(?:code|type|status)"\s*:\s*"([a-z_]+)"')
_STATUS_OF_NAME: Mapping[bytes, int] = {
    b"overloaded_error": 529,
    b"overloaded": 503,
    b"service_unavailable": 503,
    b"serviceunavailableerror": 503,
    b"unavailable": 503,
    b"rate_limit_error": 429,
    b"rate_limit_exceeded": 429,
    b"resource_exhausted": 429,
    b"insufficient_quota": 429,
    b"billing_error": 402,
    b"authentication_error": 401,
    b"invalid_api_key": 401,
    b"permission_error": 403,
    b"permission_denied": 403,
    b"not_found_error": 404,
    b"notfounderror": 404,
    b"model_not_found": 404,
    b"timeout_error": 504,
    b"context_length_exceeded": 400,
    b"exceed_context_size_error": 400,
    b"content_filter": 400,
    b"content_policy_violation": 400,
    b"invalid_prompt": 400,
    b"badrequesterror": 400,
    b"request_too_large": 413,
    b"invalid_request_error": 400,
    b"invalid_argument": 400,
}


def event_status(event: bytes) -> int:
    """The HTTP status that an error object inside a 200 stands for, 500 when it has none: vLLM sends an integer `code`, others a name."""
    text = event[:_LOOKED_AT_BYTES].lower()
    status = _STATUS_IN_EVENT.search(text)
    if status:
        return int(status[1])
    known = (_STATUS_OF_NAME[name] for name in _NAME_IN_EVENT.findall(text) if name in _STATUS_OF_NAME)
    return min(known, key=_is_vague, default=500)


def _is_vague(status: int) -> bool:
    """Whether the status says little: several names in one object (`type` and `code`) are settled by the more telling one."""
    return status in {400, 500}


def recognise_event(event: bytes) -> Failure:
    """The failure that an error event inside a stream, or an error object under a success status, stands for. `event` is its JSON."""
    return recognise(event_status(event), event)


LONGEST_COOL_S = 60.0
_SECONDS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{0,12})?")


def parse_retry_after(headers: Mapping[bytes, bytes], now_wall: float) -> float | None:
    """How long the target asks to be left alone, in seconds, clamped to 0..60; None when it does not say, or not legibly.

    `headers` has lower-case names: `retry-after-ms`, else `retry-after` in seconds or as an HTTP date, which is compared with `now_wall`
    (seconds since 1970).
    """
    text, text_ms = (headers.get(name, b"").decode("latin-1").strip() for name in (b"retry-after", b"retry-after-ms"))
    if _SECONDS.fullmatch(text_ms):
        return min(float(text_ms) / 1000, LONGEST_COOL_S)
    return min(float(text), LONGEST_COOL_S) if _SECONDS.fullmatch(text) else _until(text, now_wall)


def _until(date: str, now_wall: float) -> float | None:
    try:
        moment = email.utils.parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    wait = moment - now_wall
    return min(max(wait, 0.0), LONGEST_COOL_S)
