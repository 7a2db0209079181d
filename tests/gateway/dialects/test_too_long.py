"""Each sentence is what an engine says, as its users report it."""

import pytest

from gateway.dialects.too_long import too_long
from router.failures import FAILURES, recognise

SHORTEN = "prompt is too long: 80 tokens > 64 maximum"


@pytest.mark.parametrize(
    "say",
    [
        pytest.param("prompt is too long: 80 tokens > 64 maximum", id="Anthropic"),
        pytest.param(
            "This model's maximum context length is 64 tokens. However, you requested 90 tokens (80 in the messages, 10 in the completion).",
            id="vLLM, OpenAI",
        ),
        pytest.param("This model's maximum context length is 64 tokens. However, your messages resulted in 80 tokens.", id="OpenAI"),
        pytest.param("Input tokens exceed the configured limit of 64 tokens. Your messages resulted in 80 tokens.", id="OpenAI, GPT-5"),
        pytest.param("This model's maximum context length is 64 tokens. However, your request has 80 input tokens.", id="vLLM"),
        pytest.param(
            "This model's maximum context length is 64 tokens. However, you requested 10 output tokens and your prompt contains at least "
            "80 input tokens, for a total of at least 90 tokens.",
            id="vLLM, later",
        ),
        pytest.param("The input (80 tokens) is longer than the model's context length (64 tokens).", id="SGLang"),
        pytest.param("request (80 tokens) exceeds the available context size (64 tokens), try increasing it", id="llama.cpp"),
        pytest.param("The input token count (80) exceeds the maximum number of tokens allowed (64).", id="Gemini"),
        pytest.param("Prompt contains 80 tokens, too large for model with 64 maximum context length", id="Mistral"),
        pytest.param("`inputs` tokens + `max_new_tokens` must be <= 64. Given: 80 `inputs` tokens and 10 `max_new_tokens`", id="TGI"),
    ],
)
def test_counts_that_a_target_tells(say: str) -> None:
    assert too_long(say) == SHORTEN


@pytest.mark.parametrize(
    "say",
    [
        pytest.param(
            "This model's maximum context length is 64 tokens. However, you requested 90 tokens (50 in the messages, 40 in the completion).",
            id="vLLM, OpenAI",
        ),
        pytest.param(
            "'max_tokens' is too large: 40. This model's maximum context length is 64 tokens and your request has 50 input tokens",
            id="vLLM",
        ),
        pytest.param(
            "This model's maximum context length is 64 tokens. However, your request has 50 input tokens plus 40 'max_tokens'.",
            id="vLLM, later",
        ),
        pytest.param(
            "Requested token count exceeds the model's maximum context length of 64 tokens. You requested a total of 90 tokens: "
            "50 tokens from the input messages and 40 tokens for the completion.",
            id="SGLang",
        ),
    ],
)
def test_a_prompt_that_fits_without_the_answer_is_not_too_long(say: str) -> None:
    assert too_long(say).startswith("input length and `max_tokens` exceed context limit: 50 + 40 > 64, ")


@pytest.mark.parametrize(
    "say",
    [
        "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or `max_tokens` and try again",
        "Request exceeds the maximum size",
    ],
)
def test_other_sentences_of_anthropics_stay(say: str) -> None:
    assert too_long(say) == say


@pytest.mark.parametrize(
    ("say", "told"),
    [
        pytest.param("Input is too long for requested model.", "Input is too long for requested model.", id="Bedrock"),
        pytest.param("Prompt is too long: shorten it", "shorten it", id="once is enough"),
        pytest.param("maximum context length is 64 tokens", "maximum context length is 64 tokens", id="only the window"),
        pytest.param("your request has 80 input tokens", "your request has 80 input tokens", id="only the prompt"),
        pytest.param(FAILURES["TOO_LONG"].say, FAILURES["TOO_LONG"].say, id="the gateway itself"),
    ],
)
def test_without_counts_it_is_the_targets_own_sentence(say: str, told: str) -> None:
    assert too_long(say) == f"prompt is too long: {told}"


def test_what_is_told_is_recognised_again() -> None:
    assert recognise(400, too_long("window").encode()).kind == "TOO_LONG"
