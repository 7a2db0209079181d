"""What can be said of topics without loading any: the names of those that ship."""

SHIPPED = (
    "biology", "business", "chemistry", "computer_science", "economics", "engineering", "health", "history", "law", "math", "other",
    "philosophy", "physics", "psychology",
)  # fmt: skip
"""The domains of MMLU-Pro. `other`: geography, politics, sociology and what else exams ask, not whatever is unknown."""


class NoPhrase(ValueError):
    """A topic has no phrase with a word that is known. The message is for the operator."""
