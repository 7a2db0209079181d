"""The scorer: one that the event loop can wait for, one of this process that it cannot, or a chat model that is asked."""

import dataclasses
from typing import NamedTuple

import msgspec

from classifiers.kinds import Scorer
from gateway.config.compile_remote import Compiled, answering, objection
from gateway.config.compile_signals import scorer
from gateway.config.errors import Report, Where, hint
from gateway.config.models import Difficulty, Settings
from gateway.plan import LateScorerPlan, QuestionPlan
from gateway.scorers import llm
from router.labels import Labels

_WHERE: Where = ("difficulty", "options")


class Scorers(NamedTuple):
    """One of them, or none."""

    fast: Scorer | None = None
    late: LateScorerPlan | None = None


def scorers(settings: Settings, labels: Labels, compiled: Compiled, report: Report) -> Scorers:
    """What judges difficulty. What is not understood, or may not be asked, is reported."""
    asks = settings.difficulty
    if asks is None:
        return Scorers()
    if asks.scorer == "llm":
        question = _question(asks, settings, labels, compiled, report)
        return Scorers(late=None if question is None else LateScorerPlan("llm", question, asks.deadline_s))
    made = scorer(settings, report)
    if made is None or not getattr(made, "is_slow", False):
        return Scorers(fast=made)
    return Scorers(late=LateScorerPlan(made.kind, made, asks.deadline_s))


def _question(asks: Difficulty, settings: Settings, labels: Labels, compiled: Compiled, report: Report) -> QuestionPlan | None:
    name = asks.options.get("destination")
    if not isinstance(name, str):
        report.add(_WHERE, "'llm' asks a model: name its destination, as in `options: {destination: NAME}`")
        return None
    both = answering("llm", name, settings, compiled, report, _WHERE)
    if both is None:
        return None
    target, upstream = both
    refused = objection(target, labels, "scorer")
    if refused:
        report.add(_WHERE, refused)
    question = _built({key: value for key, value in asks.options.items() if key != "destination"}, target.model, report)
    return None if question is None or refused else QuestionPlan(question, target, labels.highest, upstream)


def _built(options: dict[str, object], model: str, report: Report) -> llm.Question | None:
    known = [field.name for field in dataclasses.fields(llm.Options)]
    unknown = [name for name in options if name not in known]
    for name in unknown:
        report.add((*_WHERE, name), f"'llm' has no option {name!r}{hint(name, [*known, 'destination'])}")
    if unknown:
        return None
    try:
        return llm.build(msgspec.convert(options, llm.Options), model)
    except ValueError as error:  # msgspec's ValidationError is one
        report.add(_WHERE, f"'llm' cannot be made with these options: {error}")
        return None
