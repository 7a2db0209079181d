"""That a prompt is too long, in the sentences of Anthropic's API: its clients look for these, and shorten the conversation or the answer.

How many tokens there are is read out of what the target says, where it says so: no two engines say it alike.
"""

import re

TOO_LONG = "prompt is too long: "
"""How the sentence begins by which Claude Code and others know that they must shorten the conversation."""
_BEGINS = re.compile(re.escape(TOO_LONG.strip(": ")) + r"[:. ]*", re.IGNORECASE)
_OWN = re.compile("input length and `max_tokens` exceed context limit|request exceeds the maximum", re.IGNORECASE)
"""What Anthropic's API says of the other lengths: of prompt and answer together, and of bytes."""
_PROMPT = re.compile(
    r"([0-9]{1,9}) (?:input tokens|in the (?:messages|prompt)|tokens from the input|`inputs` tokens)"  # vLLM, OpenAI, SGLang, TGI
    r"|(?:messages resulted in|prompt contains) ([0-9]{1,9}) tokens"  # OpenAI, Mistral
    r"|(?:input|request|input token count) \(([0-9]{1,9})\b",  # SGLang, llama.cpp, Gemini
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"([0-9]{1,9}) (?:in the completion|output tokens|tokens for the completion|`max_new_tokens`)"  # OpenAI, vLLM, SGLang, TGI
    r"|plus ([0-9]{1,9}) 'max_tokens'|is too large: ([0-9]{1,9})",  # vLLM
    re.IGNORECASE,
)
_WINDOW = re.compile(
    r"context (?:length|size) (?:is |of |is only |\()([0-9]{1,9})"  # OpenAI, vLLM, SGLang, llama.cpp
    r"|(?:limit of |must be <= |tokens allowed \(|with )([0-9]{1,9})",  # OpenAI, TGI, Gemini, Mistral
    re.IGNORECASE,
)


def too_long(say: str) -> str:
    """What Anthropic's API would say where a target says `say`. Without counts it is the target's own sentence, with that beginning."""
    if _OWN.search(say):
        return say
    prompt, answer, window = (_count(pattern, say) for pattern in (_PROMPT, _ANSWER, _WINDOW))
    if window < prompt and window:
        return f"{TOO_LONG}{prompt} tokens > {window} maximum"
    if prompt and answer and window < prompt + answer and window:
        return f"input length and `max_tokens` exceed context limit: {prompt} + {answer} > {window}, decrease one of them and try again"
    return TOO_LONG + _BEGINS.sub("", say, count=1)


def _count(pattern: re.Pattern[str], say: str) -> int:
    """A number of tokens; 0 where it is not told."""
    found = pattern.search(say)
    return int(next(filter(None, found.groups()))) if found else 0
