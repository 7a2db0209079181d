"""Frames: what goes in comes out, secrets stay secrets, and what is none is refused."""

import asyncio

import msgspec
import pytest

from gateway.plan import UpstreamPlan
from gateway.secret import Secret
from gateway.upstreams.apart_frames import Ended, Piece, Whole, asked, decoded, ended, framed, read, vendor_of
from gateway.upstreams.upstream import Call
from router.attempt import Abandoned, Broken, Failed, Outcome, Refused, Served, Timing, Usage
from router.clearance import clear
from router.decision import Clocks, Target
from router.failures import FAILURES, guessed
from router.labels import Labels
from router.names import Answered, Sent, TargetName

PUBLIC = Labels(("public", "internal")).lowest
TARGET = Target(TargetName("claude"), "external", PUBLIC, Sent("anthropic/opus"), clocks=Clocks(1, 2, 3, 4, 5))
TIMING = Timing(0.1, 0.2, 0.3)


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(Served(200, Usage(1, 2), Answered("x"), "stop", TIMING), id="served"),
        pytest.param(Refused(guessed("TOO_LONG"), 400, b"{}", TIMING), id="refused"),
        pytest.param(Failed(FAILURES["OVERLOADED"], 429, 2.5, TIMING), id="failed"),
        pytest.param(Broken(FAILURES["CUT"], Usage(1, 2), TIMING, True), id="broken"),
        pytest.param(Abandoned(None, TIMING), id="abandoned"),
    ],
)
async def test_an_outcome_arrives_as_it_was(outcome: Outcome) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(framed(ended(outcome)))
    frame = await read(reader)
    assert isinstance(frame, Ended)
    assert frame.outcome() == outcome


def test_a_target_arrives_with_all_that_counts_there() -> None:
    options = {"aws_region_name": "eu-central-1", "aws_secret_access_key": Secret("hidden")}
    headers = (("x-team", Secret("blue")),)
    plan = UpstreamPlan(TargetName("claude"), "litellm", urls=("https://a.example",), key=Secret("key"), headers=headers, options=options)
    vendor = decoded(vendor_of(TARGET, plan))
    there, target = vendor.plan(), vendor.target("public")
    assert (target.name, target.zone, target.model, target.clocks) == (TARGET.name, TARGET.zone, TARGET.model, TARGET.clocks)
    assert str(target.clearance) == "public"
    assert there.urls == plan.urls
    assert there.key is not None
    assert there.key.reveal() == "key"
    assert [(name, value.reveal()) for name, value in there.headers] == [("x-team", "blue")]
    assert repr(there.options) == "{'aws_region_name': 'eu-central-1', 'aws_secret_access_key': ***}"
    assert [(place.host, place.port) for place in vendor.places] == [("a.example", 443)]


def test_a_request_arrives_with_its_label_and_clocks() -> None:
    call = Call("r1", "chat", True, 2, True, 10, 20, 30, 40.0)
    first = asked(b"", clear("r1", TARGET, PUBLIC, b"body"), b"body", call)
    assert first.call() == call
    cleared = first.cleared(TARGET)
    assert (cleared.for_target(TARGET.name), cleared.label) == (b"body", PUBLIC)


async def test_half_a_frame_and_nonsense_are_told_apart() -> None:
    whole = framed(Piece(b"x"))
    half, nonsense = asyncio.StreamReader(), asyncio.StreamReader()
    half.feed_data(whole[:-1])
    half.feed_eof()
    nonsense.feed_data(b"\0\0\0\2{}")
    with pytest.raises(asyncio.IncompleteReadError):
        await read(half)
    with pytest.raises(msgspec.DecodeError):
        await read(nonsense)


def test_nothing_that_is_said_shows_itself() -> None:
    first = asked(
        vendor_of(TARGET, UpstreamPlan(TargetName("claude"), "litellm", key=Secret("unspeakable"))),
        clear("r1", TARGET, PUBLIC, b"unspeakable"),
        b"unspeakable",
        Call("r1", "chat"),
    )
    said = (
        first,
        decoded(first.vendor),
        Whole(200, b"", b"unspeakable", None),
        Piece(b"unspeakable"),
        ended(Refused(FAILURES["BAD_REQUEST"], 400, b"unspeakable")),
    )
    assert "unspeakable" not in repr(said)
