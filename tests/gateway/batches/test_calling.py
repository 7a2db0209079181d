import pytest

from gateway.batches.calling import BEHIND, Call, KeyHeaders
from gateway.errors import TooLarge, Unauthorised
from gateway.http.body import too_large
from gateway.http.keys import ANONYMOUS
from gateway.http.room import no_room
from gateway.plan import CallerKey

KEYS = {b"1": CallerKey("app", b"1", "a", may_declassify=True), b"2": CallerKey("app2", b"2", "a")}


def test_a_line_has_its_key_by_name_behind_all_others_as_long_as_there_is_one() -> None:
    headers = KeyHeaders("app", "a", "restricted")
    caller = headers.caller(KEYS)
    assert (caller.name, caller.tenant, caller.may_declassify, caller.priority) == ("app", "a", True, BEHIND)
    assert headers.caller(KEYS) is caller
    assert headers.labels == (b"restricted",)
    with pytest.raises(Unauthorised):
        headers.caller({b"2": KEYS[b"2"]})
    with pytest.raises(Unauthorised):
        KeyHeaders("app", "b").caller(KEYS)
    assert KeyHeaders(ANONYMOUS.name, ANONYMOUS.tenant).caller({}).name == "anonymous"
    with pytest.raises(Unauthorised):
        KeyHeaders("app", "a").caller({})


async def test_a_call_is_read_at_once_or_is_too_large() -> None:
    call = Call("req_1", b"12345")
    assert call.read_nowait(5) == b"12345"
    assert call.read_nowait(4) is None
    with pytest.raises(TooLarge):
        await call.read(4, 1.0)


async def test_an_answer_is_kept_and_when_a_refusal_says_to_come_again() -> None:
    call = Call("req_1", b"")
    await call.answer(200, b"application/json", b"{}", None)
    assert (call.status, call.kind, call.answered, call.sent_bytes) == (200, b"application/json", b"{}", 2)
    refused = Call("req_2", b"")
    await refused.refuse(no_room())
    assert (refused.status, refused.retry_after_s) == (503, 1.0)
    plain = Call("req_3", b"")
    await plain.refuse(too_large(5))
    assert (plain.status, plain.retry_after_s, plain.attempt) == (413, 0.0, None)


async def test_what_comes_in_pieces_is_put_together() -> None:
    call = Call("req_1", b"")
    await call.begin(200, b"text/event-stream")
    await call.write(b"a")
    assert call.write_nowait(b"b")
    await call.end(b"c")
    assert (call.kind, call.answered, call.sent_bytes) == (b"text/event-stream", b"abc", 3)
