"""What is read of an ask because rules ask for it, and the operator's own topics."""

from functools import lru_cache

from classifiers.models.topics.names import NoPhrase
from classifiers.subject import Subjects, TellsTopics, Wanted, subjects
from gateway.config.errors import Report
from gateway.config.models import Settings
from router.policy import Policy

_WANTED: tuple[Wanted, ...] = ("code", "language", "topic")


def reader(settings: Settings, policy: Policy, report: Report) -> Subjects | None:
    """For what the rules ask; None when they ask for nothing of it."""
    asked = {test.field for rule in policy.rules for test in rule.when}
    wanted = [field for field in _WANTED if field in asked]
    topics = _topics(settings, report) if "topic" in wanted or settings.topics else None
    if settings.topics and "topic" not in wanted and not report.has_lost("routes"):
        report.add(("topics",), "no rule asks for a `topic`; add one, such as `when: {topic: NAME}`, or leave the topics out")
    return subjects(wanted, topics)


def _topics(settings: Settings, report: Report) -> TellsTopics | None:
    """The operator's topics, or ours."""
    try:
        return _own(tuple(settings.topics.items())) if settings.topics else _shipped()
    except NoPhrase as unknown:
        report.add(("topics",), str(unknown))
    except OSError:
        report.add(("routes",), "the word vectors for `topic` are not there; install Tidegate anew")
    return None


# Word vectors take a tenth of a second and some megabytes, so they are loaded when a rule asks for topics; a reload takes the same.


@lru_cache(1)
def _shipped() -> TellsTopics:
    from classifiers.models.topics import topics

    return topics.shipped()


@lru_cache(2)
def _own(phrases: tuple[tuple[str, tuple[str, ...]], ...]) -> TellsTopics:
    from classifiers.models.topics import topics

    return topics.own(dict(phrases))
