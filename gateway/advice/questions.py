"""What is asked about each dimension, and what an answer of 1 to 5 means: 1 speaks for closed models, 5 for open ones of one's own."""

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

DIMENSIONS = ("capability", "privacy", "cost", "operations", "customisation", "latency")


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and its five answers from 1 to 5."""

    ask: str
    answers: tuple[str, str, str, str, str]


QUESTIONS: Mapping[str, Question] = {
    "capability": Question(
        "How good are open models at your work?",
        (
            "only the newest closed models are good enough, and others were tried",
            "open models do part of it, and the loss is seen",
            "open models are good enough for about half of it",
            "open models are good enough for nearly all of it; the rest can go out",
            "open models, or ones tuned to the work, are as good or better",
        ),
    ),
    "privacy": Question(
        "What may leave your own machines?",
        (
            "everything: nothing that is sent is sensitive",
            "nearly everything; contracts with vendors cover the rest",
            "most of it, to vendors under an agreement and in the right region",
            "some of it; most of what matters must stay in the house",
            "nothing, by law or by contract",
        ),
    ),
    "cost": Question(
        "How much is there to do for GPUs of your own?",
        (
            "little: they would be idle nearly all of the time",
            "less than half of what they cost would be saved at vendors",
            "about as much as they cost would be saved",
            "clearly more than they cost would be saved, on most days",
            "far more, at all hours",
        ),
    ),
    "operations": Question(
        "Who runs the engines?",
        (
            "nobody here has run GPUs or engines",
            "somebody could learn it; nobody is on call",
            "a team runs services like these; an engine is on trial",
            "engines run in production, and somebody is on call",
            "a platform team runs several engines and holds objectives",
        ),
    ),
    "customisation": Question(
        "How much must the model be yours?",
        (
            "prompts are enough",
            "examples and documents in the prompt are enough",
            "one or two tuned adapters would help",
            "models tuned on your own text are needed",
            "own weights, or how tokens are chosen, are part of the product",
        ),
    ),
    "latency": Question(
        "Where must answers come from to be fast enough?",
        (
            "vendors are faster than anything that could be run here",
            "vendors are fast enough",
            "it makes no difference",
            "an engine near the callers is felt to be faster",
            "only an engine of your own is fast enough, or there is no line to the outside",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A score of 1 to 5, and why, if somebody said."""

    score: int
    because: str = ""


def read_answers(text: str) -> dict[str, Answer]:
    """Answers by dimension: `privacy: 4`, or `privacy: {score: 4, because: ...}`. Raises ValueError with a sentence for anything else."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        raise ValueError("this is not YAML that can be read") from None
    if content is None:
        return {}
    if not isinstance(content, dict):  # a wrong file is no defect of ours
        raise ValueError(f"expected one line for each dimension, as `privacy: 4`. Dimensions: {', '.join(DIMENSIONS)}")  # noqa: TRY004
    return {str(name): _answer(str(name), said) for name, said in content.items() if said is not None}


def _answer(name: str, said: object) -> Answer:
    if name not in DIMENSIONS:
        raise ValueError(f"there is no dimension {name!r}; there are {', '.join(DIMENSIONS)}")
    score, because = (said.get("score"), said.get("because", "")) if isinstance(said, dict) else (said, "")
    unknown = set(said) - {"score", "because"} if isinstance(said, dict) else set()
    if unknown or isinstance(score, bool) or not isinstance(score, int) or not 1 <= score <= 5 or not isinstance(because, str):
        raise ValueError(f"{name}: expected a whole number of 1 to 5, or {{score: 4, because: a reason}}")
    return Answer(score, because)
