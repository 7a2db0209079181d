"""A stream of a real engine that is cut, and continued by it."""

import json

import pytest
from openai import OpenAI

from tests.journeys.vllm.tap import Tap

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(120, func_only=True), pytest.mark.xdist_group("vllm")]
TOKENS = 48


def test_a_stream_that_is_cut_goes_on_from_its_own_words(client: OpenAI, tap: Tap) -> None:
    tap.forget()
    tap.cuts_after = 20  # so late that there are words: many tokens of so small a model are parts of letters
    got = client.chat.completions.create(
        model="torn",
        messages=[{"role": "user", "content": "Count the tides."}],
        max_tokens=TOKENS,
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
        extra_body={"ignore_eos": True},
    )
    chunks = list(got)
    assert not tap.cuts_after, "it was cut"
    again = json.loads(bytes(tap.asked).rpartition(b"\r\n\r\n")[2])
    said = again["messages"][-1]
    assert (said["role"], again["continue_final_message"]) == ("assistant", True)
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text.startswith(said["content"])
    assert len(text) > len(said["content"])
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices][-1] == "length"
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[-1].usage is not None
    assert abs(chunks[-1].usage.completion_tokens - TOKENS) <= 2
