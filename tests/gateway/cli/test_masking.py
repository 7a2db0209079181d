import pytest

from classifiers.prompt import Part, Prompt
from classifiers.signals import Finding, Signals
from gateway.cli.masking import AROUND, excerpt, masked

MAIL = Finding(0, 0, 9, 24, "email", "patterns")
NAME = Finding(0, 0, 9, 12, "person", "names")
CODE = Finding(0, 0, 30, 34, "pin", "patterns")
TEXT = "write to ann@example.org, pin 4821"


@pytest.mark.parametrize(
    ("findings", "shown"),
    [
        pytest.param((), TEXT, id="nothing was found"),
        pytest.param((CODE, MAIL), "write to <email>, pin <pin>", id="in the order of the text"),
        pytest.param((MAIL, NAME), "write to <email>, pin 4821", id="one within another"),
    ],
)
def test_findings_are_named(findings: tuple[Finding, ...], shown: str) -> None:
    assert masked(TEXT, findings) == shown


def test_an_excerpt_shows_what_stands_around_and_masks_the_others() -> None:
    prompt = Prompt((Part(f"{'a' * 99} {TEXT}"),))
    far = [Finding(0, 0, one.start + 100, one.end + 100, one.category, one.detector) for one in (MAIL, CODE)]
    assert excerpt(prompt, Signals(tuple(far)), far[0]) == f"{'a' * (AROUND - 10)} write to <email>, pin <pin>"
    assert excerpt(Prompt(), Signals((MAIL,)), MAIL) == "<email>"
