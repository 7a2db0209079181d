import re
from datetime import UTC, datetime
from typing import get_args

import pytest

from router.failures import FAILURES, Kind, event_status, parse_retry_after, recognise, recognise_event

NOW_WALL = 1_700_000_000.0


def test_every_kind_has_its_row() -> None:
    assert set(FAILURES) == set(get_args(Kind))
    assert all(kind == row.kind for kind, row in FAILURES.items())


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_row_can_be_shown_to_a_caller(kind: Kind) -> None:
    row = FAILURES[kind]
    assert 400 <= row.status <= 504
    assert row.status not in {401, 403}  # the caller would think that its own key is bad
    assert re.fullmatch("[a-z_]+", row.code)
    assert re.search(r"\b(Try|try|Change|Shorten|Leave|correct|check)\b", row.say), "says what to do"


@pytest.mark.parametrize(
    ("kind", "remedy", "status", "code"),
    [
        ("UNREACHABLE", "retry", 502, "upstream_unreachable"),
        ("SLOW_START", "next", 504, "upstream_timeout"),
        ("STALLED", "next", 504, "upstream_timeout"),
        ("OVERLOADED", "retry", 503, "upstream_overloaded"),
        ("SERVER_FAULT", "retry", 502, "upstream_error"),
        ("BAD_ANSWER", "retry", 502, "upstream_bad_answer"),
        ("BAD_REQUEST", "stop", 400, "bad_request"),
        ("TOO_LONG", "larger", 400, "context_length_exceeded"),
        ("FILTERED", "stop", 400, "content_filter"),
        ("UNABLE", "stop", 400, "unable"),
        ("NO_MODEL", "next", 502, "upstream_model"),
        ("REDIRECT", "next", 502, "upstream_redirect"),
        ("OUR_KEY", "next", 502, "upstream_auth"),
        ("CUT", "retry", 502, "upstream_interrupted"),
        ("OVERDUE", "stop", 504, "deadline_exceeded"),
        ("OUR_BUG", "stop", 500, "internal_error"),
        ("UNAVAILABLE", "stop", 503, "unavailable"),
        ("LOCAL_UNAVAILABLE", "stop", 503, "local_unavailable"),
        ("LEDGER_UNAVAILABLE", "next", 503, "ledger_unavailable"),
        ("LOCKED_DOWN", "next", 503, "locked_down"),
        ("WITHDRAWN", "next", 503, "withdrawn"),
        ("FULL", "next", 503, "saturated"),
    ],
)
def test_the_table(kind: Kind, remedy: str, status: int, code: str) -> None:
    row = FAILURES[kind]
    assert (row.remedy, row.status, row.code) == (remedy, status, code)


def test_only_the_targets_own_faults_hurt_its_breaker() -> None:
    blameless = {kind for kind, row in FAILURES.items() if not row.hurts}
    about_request = {kind for kind, row in FAILURES.items() if row.is_about_request}
    assert about_request == {"BAD_REQUEST", "TOO_LONG", "FILTERED", "NO_FORM"}
    ours = {"OUR_BUG", "UNABLE", "UNAVAILABLE", "LOCAL_UNAVAILABLE", "LEDGER_UNAVAILABLE", "LOCKED_DOWN", "WITHDRAWN", "FULL", "DROPPED"}
    assert blameless == about_request | ours | {"OVERDUE"}


def test_sending_it_again_helps_only_against_what_passes_by_itself() -> None:
    passing = {kind for kind, row in FAILURES.items() if row.is_passing}
    assert passing == {"UNREACHABLE", "SLOW_START", "STALLED", "OVERLOADED", "SERVER_FAULT", "BAD_ANSWER", "CUT", "DROPPED"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, "REDIRECT") for status in (300, 301, 302, 303, 307, 308, 399)),
        *((status, "BAD_REQUEST") for status in (400, 406, 413, 415, 418, 422, 431, 451)),
        *((status, "OUR_KEY") for status in (401, 402, 403)),
        *((status, "NO_MODEL") for status in (404, 405, 410)),
        *((status, "OVERLOADED") for status in (429, 498, 503, 529)),
        *((status, "SERVER_FAULT") for status in (408, 409, 425, 500, 501, 502, 504, 520, 599)),
        *((status, "BAD_ANSWER") for status in (0, 100, 101, 202, 204, 206, 600, 999)),
    ],
)
def test_the_status_decides(status: int, kind: Kind) -> None:
    assert recognise(status).kind == kind
    assert recognise(status, b"<html>Bad gateway</html>").kind == kind


@pytest.mark.parametrize(
    ("status", "says", "kind"),
    [
        pytest.param(
            400, "This model's maximum context length is 64 tokens. However, your request has 80 input tokens.", "TOO_LONG", id="vLLM"
        ),
        pytest.param(
            400, "You passed 4097 input tokens. However, the model's context length is only 4096 tokens", "TOO_LONG", id="vLLM, newer"
        ),
        pytest.param(400, "The decoder prompt (length 80) is longer than the maximum model length of 64.", "TOO_LONG", id="vLLM, prompt"),
        pytest.param(
            400, "'max_tokens' is too large: 9000. This model's maximum context length is 4096", "TOO_LONG", id="vLLM, max_tokens"
        ),
        pytest.param(400, "The input (80 tokens) is longer than the model's context length (64 tokens).", "TOO_LONG", id="SGLang"),
        pytest.param(400, "Requested token count exceeds the model's maximum context length of 64 tokens.", "TOO_LONG", id="SGLang, total"),
        pytest.param(400, "the request exceeds the available context size, try increasing it", "TOO_LONG", id="llama.cpp"),
        pytest.param(400, '"type":"exceed_context_size_error"', "TOO_LONG", id="llama.cpp, by type"),
        pytest.param(400, '"code": "context_length_exceeded"', "TOO_LONG", id="OpenAI, by code"),
        pytest.param(400, "Your input exceeds the context window of this model.", "TOO_LONG", id="OpenAI, Responses"),
        pytest.param(400, "prompt is too long: 210000 tokens > 200000 maximum", "TOO_LONG", id="Anthropic"),
        pytest.param(400, "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000", "TOO_LONG", id="Anthropic, total"),
        pytest.param(413, '"type": "request_too_large"', "TOO_LONG", id="Anthropic, by size"),
        pytest.param(400, "The input token count (1048577) exceeds the maximum number of tokens allowed", "TOO_LONG", id="Gemini"),
        pytest.param(400, "Input is too long for requested model.", "TOO_LONG", id="Bedrock"),
        pytest.param(400, "too many tokens: total number of tokens in the prompt exceeds the limit", "TOO_LONG", id="Cohere"),
        pytest.param(422, "`inputs` tokens + `max_new_tokens` must be <= 4096", "TOO_LONG", id="TGI"),
        pytest.param(400, "Please reduce the length of the messages or completion.", "TOO_LONG", id="Groq"),
        pytest.param(400, '"code": "content_filter", "innererror": {"code": "ResponsibleAIPolicyViolation"}', "FILTERED", id="Azure"),
        pytest.param(400, "Invalid prompt: your prompt was flagged as potentially violating our usage policy", "FILTERED", id="OpenAI"),
        pytest.param(400, "Output blocked by content filtering policy", "FILTERED", id="Anthropic's filter"),
        pytest.param(400, "Content Exists Risk", "FILTERED", id="DeepSeek"),
        pytest.param(400, '"code": "data_inspection_failed"', "FILTERED", id="DashScope"),
        pytest.param(403, "Your chosen model requires moderation and your input was flagged for violence", "FILTERED", id="OpenRouter"),
        pytest.param(400, "Your credit balance is too low to access the API.", "OUR_KEY", id="an empty account, said with a 400"),
        pytest.param(400, "This organization has been disabled.", "OUR_KEY", id="an account that is closed"),
        pytest.param(
            400,
            "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.",
            "OUR_KEY",
            id="an account that has spent what it may",
        ),
        pytest.param(400, "You have reached your specified workspace API usage limits.", "OUR_KEY", id="a part of one that has"),
        pytest.param(400, "API key not valid. Please pass a valid API key.", "OUR_KEY", id="a bad key, said with a 400"),
        pytest.param(429, '"code": "insufficient_quota"', "OUR_KEY", id="an empty account, said with a 429"),
        pytest.param(400, "acme/large is not a valid model ID", "NO_MODEL", id="an unknown model, said with a 400"),
        pytest.param(400, "The model `acme` does not exist", "NO_MODEL", id="an unknown model in other words"),
        pytest.param(500, "maximum context length; content_filter; insufficient_quota", "SERVER_FAULT", id="a message cannot excuse a 500"),
        pytest.param(503, "content_filter", "OVERLOADED", id="nor a 503"),
        pytest.param(401, "content_filter", "OUR_KEY", id="nor a 401"),
        pytest.param(400, " " * 4096 + "context_length_exceeded", "BAD_REQUEST", id="what comes late may be an echo and is not read"),
        pytest.param(
            400, "Invalid 'user': string too long. Expected at most 64 characters.", "BAD_REQUEST", id="a long field is not a long prompt"
        ),
    ],
)
def test_the_message_decides_where_a_status_has_several_meanings(status: int, says: str, kind: Kind) -> None:
    assert recognise(status, says.encode()).kind == kind


@pytest.mark.parametrize(
    ("event", "status", "kind"),
    [
        pytest.param(
            '{"error": {"message": "full", "type": "x", "param": null, "code": 503}}', 503, "OVERLOADED", id="vLLM sends an integer"
        ),
        pytest.param('{"error": {"message": "slow down", "code": "429"}}', 429, "OVERLOADED", id="an integer in a string"),
        pytest.param('{"type": "error", "error": {"type": "overloaded_error", "message": "x"}}', 529, "OVERLOADED", id="Anthropic"),
        pytest.param('{"error": {"type": "server_error", "code": null, "message": "x"}}', 500, "SERVER_FAULT", id="OpenAI's server error"),
        pytest.param('{"error": {"type": "invalid_request_error", "code": "invalid_api_key"}}', 401, "OUR_KEY", id="the telling name wins"),
        pytest.param('{"error": {"type": "invalid_request_error", "code": "context_length_exceeded"}}', 400, "TOO_LONG", id="too long"),
        pytest.param('{"error": {"code": "content_filter", "message": "x"}}', 400, "FILTERED", id="filtered"),
        pytest.param('{"error": {"type": "NotFoundError", "code": 404}}', 404, "NO_MODEL", id="no model"),
        pytest.param('{"error": "it broke"}', 500, "SERVER_FAULT", id="an error that is only text"),
        pytest.param("", 500, "SERVER_FAULT", id="nothing at all"),
        pytest.param(
            r'{"error": {"message": "you wrote \"code\": 401, ok?"}}', 500, "SERVER_FAULT", id="an echo inside a string is no code"
        ),
    ],
)
def test_events(event: str, status: int, kind: Kind) -> None:
    assert event_status(event.encode()) == status
    assert recognise_event(event.encode()).kind == kind


def http_date(seconds: float) -> bytes:
    return datetime.fromtimestamp(NOW_WALL + seconds, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").encode()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, None, id="not said"),
        pytest.param({b"retry-after": b"7"}, 7.0, id="seconds"),
        pytest.param({b"retry-after": b" 0.5 "}, 0.5, id="fractions of a second"),
        pytest.param({b"retry-after": b"0"}, 0.0, id="at once"),
        pytest.param({b"retry-after": b"3600"}, 60.0, id="an hour is clamped"),
        pytest.param({b"retry-after-ms": b"250", b"retry-after": b"9"}, 0.25, id="milliseconds are more exact"),
        pytest.param({b"retry-after-ms": b"soon", b"retry-after": b"9"}, 9.0, id="unless illegible"),
        pytest.param({b"retry-after": http_date(12)}, 12.0, id="an HTTP date"),
        pytest.param({b"retry-after": http_date(-5)}, 0.0, id="a date that has passed"),
        pytest.param({b"retry-after": http_date(86_400)}, 60.0, id="a date tomorrow is clamped"),
        pytest.param({b"retry-after": b"-1"}, None, id="negative"),
        pytest.param({b"retry-after": b"nan"}, None, id="not a number"),
        pytest.param({b"retry-after": b"inf"}, None, id="forever"),
        pytest.param({b"retry-after": b"1e9"}, None, id="an exponent"),
        pytest.param({b"retry-after": "٣".encode()}, None, id="digits of another script"),
        pytest.param({b"retry-after": b"Mon, 99 Foo 9999 99:99:99 GMT"}, None, id="a broken date"),
        pytest.param({b"retry-after": b"\xff\x00"}, None, id="bytes that are no text"),
    ],
)
def test_retry_after(headers: dict[bytes, bytes], seconds: float | None) -> None:
    assert parse_retry_after(headers, NOW_WALL) == seconds


def test_what_a_message_says_hurts_no_breaker() -> None:
    by_message, by_status = recognise(400, b'{"error":{"message":"model_not_found"}}'), recognise(404)
    assert (by_message.kind, by_message.hurts) == ("NO_MODEL", False)
    assert (by_status.kind, by_status.hurts) == ("NO_MODEL", True)
