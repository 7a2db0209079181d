import asyncio
import json
from dataclasses import replace

import pytest

from classifiers.prompt import Part, Prompt
from classifiers.signals import Doubt, Signals
from gateway.detectors import llm, presidio_rest
from gateway.detectors.dialect import Dialect
from gateway.detectors.remote import MOST_TEXTS, Remote, connect
from gateway.plan import RemotePlan, UpstreamPlan
from gateway.secret import Secret
from router.decision import Clocks, Target
from router.labels import Labels
from router.names import Sent, TargetName
from tests.fakes.sockets import Close, Reset, Sleep
from tests.fakes.upstream import Script, Upstream, answer, chat, failing, upstream

PERSONAL, RESTRICTED = list(Labels())[2:]
TARGET = Target(TargetName("analyzer"), "local", RESTRICTED, Sent(""), clocks=Clocks(20, 20, 20, 20, 50))
HASTY = replace(TARGET, clocks=Clocks(20, 0.3, 0.3, 0.3, 50))
PRESIDIO = presidio_rest.build(presidio_rest.Options(longest=100), "")
CLEAN = answer(200, b"[]")
ANN = answer(200, json.dumps([{"entity_type": "PERSON", "start": 0, "end": 3, "score": 0.9}]).encode())


def remote(at: Upstream, dialect: Dialect = PRESIDIO, target: Target = TARGET, key: Secret | None = None) -> Remote:
    return connect(RemotePlan(dialect, target, RESTRICTED, UpstreamPlan(target.name, "presidio", (at.url,), key, (("x-a", Secret("b")),))))


async def said(*texts: str, scripts: tuple[Script, ...] = (ANN,), target: Target = TARGET) -> tuple[Signals, Upstream]:
    async with upstream(*scripts) as at:
        one = remote(at, target=target)
        signals = await one.detect(Prompt(tuple(Part(text, turn) for turn, text in enumerate(texts))))
        await one.close()
        return signals, at


async def test_it_asks_about_each_text_once_and_findings_have_their_places() -> None:
    signals, at = await said("Ann is here", "...", "Ann is here", scripts=(ANN,))
    assert [(one.turn, one.start, one.end, one.category, one.detector) for one in signals.findings] == [
        (0, 0, 3, "person", "presidio_rest"),
        (2, 0, 3, "person", "presidio_rest"),
    ]
    assert (signals.doubts, signals.coverage) == ((), 1.0)
    assert [fields["text"] for fields in at.fields] == ["Ann is here"]  # a text without letters and digits is not sent
    assert b"POST /v1/analyze HTTP/1.1" in at.heads[0]


async def test_it_reads_disguised_text_too_and_offsets_lead_back() -> None:
    def play(text: str) -> Script:
        start = text.find("Ann")
        return answer(
            200, json.dumps([{"entity_type": "PERSON", "start": start, "end": start + 3, "score": 1}] if start >= 0 else []).encode()
        )

    signals, at = await said("hi A\u200bnn", scripts=(play("hi A\u200bnn"), play("hi Ann")))
    asked = [fields["text"] for fields in at.fields]
    assert sorted(asked) == sorted(["hi A\u200bnn", "hi Ann"])
    assert {(one.start, one.end) for one in signals.findings} == {(3, 7)}


async def test_the_key_and_headers_go_along() -> None:
    async with upstream(CLEAN) as at:
        one = remote(at, key=Secret("k1"))
        await one.detect(Prompt((Part("hello"),)))
        await one.close()
    assert b"authorization: Bearer k1\r\n" in at.heads[0]
    assert b"x-a: b\r\n" in at.heads[0]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(failing(500), id="an error"),
        pytest.param(failing(404), id="another service"),
        pytest.param(answer(302, b"", {"location": "http://127.0.0.1:9/"}), id="a redirect"),
        pytest.param(answer(200, b"<html>"), id="a page"),
        pytest.param(answer(204, b""), id="no content"),
        pytest.param((Sleep(30),), id="silence"),
        pytest.param((Reset(),), id="a reset"),
        pytest.param((b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[", Close()), id="half an answer"),
        pytest.param((b"HTTP/1.1 200 OK\r\ncontent-length: 5000000\r\n\r\n" + b" " * 5_000_000,), id="an endless answer"),
    ],
)
async def test_whatever_goes_wrong_is_a_doubt_about_that_text(script: Script, caplog: pytest.LogCaptureFixture) -> None:
    signals, _ = await said("Ann is here", scripts=(script,), target=HASTY)
    assert signals == Signals(doubts=(Doubt("failed", 0, 0, "presidio_rest"),), coverage=0.0)
    assert "Ann" not in caplog.text


async def test_nobody_there_is_a_doubt() -> None:
    async with upstream(CLEAN) as at:
        port = at.port
    at.port = port
    assert [doubt.kind for doubt in (await remote(at).detect(Prompt((Part("Ann"),)))).doubts] == ["failed"]


async def test_one_text_that_fails_does_not_hide_what_is_in_another() -> None:
    signals, _ = await said("Ann is here", "x" * 101)
    assert [finding.category for finding in signals.findings] == ["person"]
    assert signals.doubts == (Doubt("failed", 1, 0, "presidio_rest"),)
    assert signals.coverage == 0.5


async def test_a_prompt_of_too_many_texts_is_asked_about_in_part() -> None:
    signals, at = await said(*(f"Ann {number}" for number in range(MOST_TEXTS + 2)))
    assert len(at.bodies) == MOST_TEXTS
    assert [doubt.kind for doubt in signals.doubts] == ["over_budget"] * 2
    assert len(signals.findings) == MOST_TEXTS


async def test_a_connection_that_the_service_had_closed_is_no_fault() -> None:
    async with upstream(CLEAN, (Close(),), ANN) as at:
        one = remote(at)
        await one.detect(Prompt((Part("first"),)))
        signals = await one.detect(Prompt((Part("Ann is here"),)))
        await one.close()
    assert [finding.category for finding in signals.findings] == ["person"]
    assert not signals.doubts
    assert len(at.bodies) == 3


async def test_content_goes_to_no_destination_that_is_not_cleared_for_the_highest_label() -> None:
    signals, at = await said("Ann is here", target=replace(TARGET, clearance=PERSONAL))
    assert (at.accepted, [doubt.kind for doubt in signals.doubts]) == (0, ["failed"])


async def test_leaving_ends_the_calls() -> None:
    async with upstream((Sleep(30),)) as at:
        one = remote(at, target=replace(TARGET, clocks=Clocks()))
        asking = asyncio.ensure_future(one.detect(Prompt((Part("Ann"),))))
        await at.until(requests=1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await at.until(closed=True)
        await one.close()


async def test_a_local_model_is_asked_the_same_way() -> None:
    dialect = llm.build(llm.Options(), "qwen3-8b")
    async with upstream(chat('{"spans": [{"category": "health", "quote": "asthma"}]}'), chat("None, I think.")) as at:
        one = remote(at, dialect)
        found = await one.detect(Prompt((Part("her asthma"),)))
        odd = await one.detect(Prompt((Part("her asthma"),)))
        await one.close()
    assert [(finding.category, finding.start, finding.detector) for finding in found.findings] == [("health", 4, "llm")]
    assert odd.doubts == (Doubt("failed", 0, 0, "llm"),)
    assert b"POST /v1/chat/completions HTTP/1.1" in at.heads[0]
