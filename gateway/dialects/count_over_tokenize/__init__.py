"""Anthropic's count of a request's tokens, by an engine that can split it into tokens."""
