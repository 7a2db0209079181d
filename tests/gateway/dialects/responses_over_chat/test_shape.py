from gateway.dialects.responses_over_chat.shape import response_of, usage_of


def test_ids_come_from_the_request() -> None:
    assert response_of({}, "req_0a1b", {})["id"] == "resp_0a1b"


def test_what_the_chat_does_not_tell_is_what_was_asked() -> None:
    asked = {"model": "auto", "service_tier": "flex", "reasoning": {"effort": None, "summary": "auto"}, "text": "odd"}
    response = response_of(asked, "req_1", {"created": "odd", "model": 7})
    assert {name: response[name] for name in ("model", "service_tier", "created_at", "text", "reasoning")} == {
        "model": "auto",
        "service_tier": "flex",
        "created_at": 0,
        "text": {"format": {"type": "text"}},
        "reasoning": {"effort": None, "summary": "auto"},
    }


def test_usage_that_was_not_told_is_unknown() -> None:
    assert usage_of(None) is None
    assert usage_of("odd") is None


def test_a_total_that_was_not_told_is_a_sum() -> None:
    usage = usage_of(
        {"prompt_tokens": 2, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": None, "cache_write_tokens": 1}}
    )
    assert usage is not None
    assert (usage["total_tokens"], usage["input_tokens_details"]) == (5, {"cached_tokens": 0, "cache_write_tokens": 1})
