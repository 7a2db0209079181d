"""Callers of OpenAI's chat completions, served by a target that speaks Anthropic's Messages."""
