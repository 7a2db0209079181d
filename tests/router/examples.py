"""A small world for the router's tests: four labels, one local engine, two closed models, an operator's three rules."""

from classifiers.signals import Difficulty, Doubt, Finding, Signals
from router.decision import Target
from router.facts import Facts
from router.labels import Labels
from router.names import RouteName, Sent, TargetName
from router.policy import Policy, Rule, Test
from router.values import replace

LABELS = Labels()
PUBLIC, INTERNAL, PERSONAL, RESTRICTED = LABELS

QWEN = Target(TargetName("qwen"), "local", RESTRICTED, Sent("qwen3-8b"), window=32_000)
GPT = Target(TargetName("gpt"), "external", INTERNAL, Sent("gpt-5"), region="us", window=128_000)
CLAUDE = Target(TargetName("claude"), "external", INTERNAL, Sent("claude-opus"), window=200_000)
TARGETS = {target.name: target for target in (QWEN, GPT, CLAUDE)}

SENSITIVE = Rule(RouteName("sensitive"), (Test("label", ">=", PERSONAL),), (QWEN,))
HARD = Rule(RouteName("hard"), (Test("difficulty", ">", 0.5),), (GPT, CLAUDE), (QWEN,))
EASY = Rule(RouteName("easy"), (), (QWEN,), (GPT,))

POLICY = Policy(LABELS, TARGETS, (SENSITIVE, HARD, EASY), {"email": PERSONAL, "iban": RESTRICTED})

ASK = Facts("r-1")


def found(*categories: str, score: float | None = None) -> Signals:
    """Signals with one finding per category, and a difficulty."""
    difficulty = None if score is None else Difficulty(score, (("proof", 0.4),))
    return Signals(tuple(Finding(0, 0, 0, 1, category, "patterns") for category in categories), difficulty=difficulty)


def doubtful() -> Signals:
    """Signals of a prompt with an image."""
    return replace(found(), doubts=(Doubt("media"),))
