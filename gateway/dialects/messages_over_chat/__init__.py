"""Callers of Anthropic's Messages API, served by a target that speaks OpenAI's chat completions."""
