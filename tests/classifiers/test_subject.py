import pytest

from classifiers.prompt import Part, Prompt
from classifiers.signals import NOT_READ, Difficulty, Signals, Subject
from classifiers.subject import Subjects, Wanted, subjects, with_subject

LAW = Prompt((Part("Du bist ein Assistent.", 0, 0, "instruction"), Part("Is the contract void? ```x```", 1)))


class Always:
    def of(self, text: str) -> str | None:
        if "fail" in text:
            raise ValueError(text)
        return "law" if "contract" in text else None


@pytest.mark.parametrize(
    ("wanted", "subject"),
    [
        pytest.param(["code"], Subject(code=True), id="code"),
        pytest.param(["language"], Subject(language="en"), id="the language of the ask, not of its instructions"),
        pytest.param(["topic"], Subject(topic="law"), id="the topic"),
        pytest.param(["code", "language", "topic"], Subject(code=True, language="en", topic="law"), id="all"),
    ],
)
def test_what_is_wanted_is_read_and_nothing_else(wanted: list[Wanted], subject: Subject) -> None:
    reader = subjects(wanted, Always())
    assert reader is not None
    assert reader.of(LAW) == subject


def test_where_nothing_is_wanted_nobody_looks() -> None:
    signals = Signals(difficulty=Difficulty(0.1))
    assert subjects([], Always()) is None
    assert with_subject(signals, LAW, None) is signals
    assert Subjects().of(LAW) == Subject()


def test_a_reader_that_fails_tells_nothing() -> None:
    signals = Signals(difficulty=Difficulty(0.1))
    told = with_subject(signals, LAW, subjects(["topic"], Always()))
    assert (told.subject.topic, told.difficulty) == ("law", signals.difficulty)
    failed = with_subject(signals, Prompt((Part("fail"),)), subjects(["topic"], Always()))
    assert failed.subject is NOT_READ
