"""OpenAI's Responses API in front of a target that speaks chat."""
