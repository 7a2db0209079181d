from dataclasses import replace

from gateway.serving import Serving, Servings, identity, remembered, serving_of
from router.decision import Decision, Reason, Target
from router.labels import Labels
from router.names import RouteName, Sent, TargetName

PUBLIC, _, PERSONAL, RESTRICTED = Labels()
QWEN = Target(TargetName("qwen"), "local", RESTRICTED, Sent("qwen3"))
GPT = Target(TargetName("gpt"), "external", PUBLIC, Sent("gpt-5"))
HARD = Decision(PUBLIC, RouteName("hard"), (GPT, QWEN), Reason(RouteName("hard"), ("difficulty",)))


def test_an_answer_of_the_first_target_misses_none() -> None:
    made = serving_of(HARD, GPT)
    assert (made.path, made.target, made.first, made.because) == ("cloud", "gpt", None, ("difficulty",))
    assert made.lines == b"x-tidegate-path: cloud\r\nx-tidegate-route: hard\r\nx-tidegate-label: public\r\nx-tidegate-target: gpt\r\n"
    assert made.at_once == made.lines + b"x-tidegate-attempts: 1\r\n"


def test_an_answer_of_another_one_says_which_was_to_be_asked_first() -> None:
    made = serving_of(HARD, QWEN)
    assert (made.path, made.target, made.first) == ("local", "qwen", "gpt")


def test_no_answer_is_a_blocked_path_without_a_target() -> None:
    for decision, first in [(HARD, "gpt"), (replace(HARD, chain=()), None)]:
        made = serving_of(decision, None)
        assert (made.path, made.target, made.first) == ("blocked", None, first)
        assert b"x-tidegate-target" not in made.lines


def test_what_a_target_gets_rewritten_is_redacted() -> None:
    decision = Decision(PERSONAL, RouteName("hard"), (GPT, QWEN), Reason(RouteName("hard")), redacts=PUBLIC)
    assert [serving_of(decision, target).path for target in (GPT, QWEN)] == ["redacted", "local"]


def test_each_is_made_once_and_there_are_not_more_and_more_of_them() -> None:
    known: Servings = {}
    assert remembered(known, HARD, GPT) is known[identity(HARD), identity(GPT)]
    assert remembered(known, HARD, None) is not remembered(known, HARD, GPT)
    made = Serving(HARD, GPT, "cloud", GPT.name, None, (), b"", b"")
    known.update(((number, 0), made) for number in range(10_000))
    assert remembered(known, HARD, QWEN).target == "qwen"
    assert len(known) == 1
