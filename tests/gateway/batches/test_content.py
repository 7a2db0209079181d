import json
from dataclasses import replace

import pytest

from gateway.batches.content import PIECE, label_of_file, label_of_line, label_of_text, local_from
from gateway.http.paths import BATCHED
from router.labels import Labels
from tests.fakes.gateway import compiled, configuration
from tests.fakes.secrets import Canary

PLAN = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))
ALONE = compiled(
    {name: value for name, value in configuration("http://127.0.0.1:1/v1", "").items() if name != "baseline"}
    | {
        "destinations": {"qwen": configuration("http://127.0.0.1:1/v1", "")["destinations"]["qwen"]},
        "routes": [{"name": "all", "to": ["qwen"]}],
    }
)


def line(say: str, **more: object) -> bytes:
    body = {"model": "auto", "messages": [{"role": "user", "content": say}]}
    return json.dumps({"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": body} | more).encode()


def test_a_text_has_the_label_of_what_is_found_wherever_it_stands() -> None:
    assert label_of_text(b"How are you?", PLAN).name == "public"
    assert label_of_text(b"word " * (PIECE // 2) + Canary().say.encode(), PLAN).name == "restricted"
    edge = b"word " * (PIECE // 5 - 3)
    assert label_of_text(edge + Canary().say.encode() + b" word" * 50, PLAN).name == "restricted", "it stands across two pieces"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a\0b"])
def test_what_cannot_be_read_is_a_doubt(content: bytes) -> None:
    assert label_of_text(content, PLAN) == PLAN.policy.highest_doubt


def test_a_line_is_read_as_the_request_that_it_is_with_its_id_and_as_a_text_where_it_is_none() -> None:
    canary = Canary()
    assert label_of_line(line("How are you?"), PLAN, BATCHED).name == "public"
    assert label_of_line(line(canary.say), PLAN, BATCHED).name == "restricted"
    assert label_of_line(line("x", custom_id=canary.say), PLAN, BATCHED).name == "restricted"
    assert label_of_line(line("x", url="/v1/nothing"), PLAN, BATCHED).name == "public"
    assert label_of_line(canary.say.encode(), PLAN, BATCHED).name == "restricted"
    image = {"model": "auto", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]}]}
    assert label_of_line(line("", body=image), PLAN, BATCHED) == PLAN.policy.highest_doubt


async def test_a_file_has_the_highest_label_of_its_lines_and_of_its_name() -> None:
    canary = Canary()
    clean = b"\n".join([line("How are you?")] * 2_000)
    assert (await label_of_file(clean, "x.jsonl", PLAN, BATCHED, is_batch=True)).name == "public"
    assert (await label_of_file(clean + b"\n\n" + line(canary.say), "x", PLAN, BATCHED, is_batch=True)).name == "restricted"
    assert (await label_of_file(b"hello", canary.say, PLAN, BATCHED, is_batch=False)).name == "restricted"
    text = "\u00e4".encode() * (3 * PIECE) + b" "
    found = await label_of_file(text + b"\n" + canary.say.encode(), "x", PLAN, BATCHED, is_batch=False)
    assert found.name == "restricted"
    assert (await label_of_file(b"", "x", PLAN, BATCHED, is_batch=False)).name == "public"


async def test_a_file_that_a_remote_detector_was_not_asked_about_is_a_doubt() -> None:
    asking = replace(PLAN, remote=(None,))  # type: ignore[arg-type]  # who it is does not matter
    assert await label_of_file(b"hello", "x", asking, BATCHED, is_batch=False) == PLAN.policy.highest_doubt


def test_lines_stay_from_the_first_label_on_that_nobody_outside_may_have() -> None:
    labels: Labels = PLAN.policy.labels
    assert local_from(PLAN.policy) == labels["personal"]
    assert local_from(ALONE.policy) == ALONE.policy.labels.lowest
    everything = configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", {"destinations.gpt.clearance": "restricted"})
    assert local_from(compiled(everything).policy) is None
