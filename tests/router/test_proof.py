from dataclasses import replace

from router.names import TargetName
from router.policy import Policy
from router.proof import LabelReach, Reach, prove
from tests.router.examples import EASY, GPT, HARD, INTERNAL, LABELS, PERSONAL, POLICY, PUBLIC, QWEN, RESTRICTED, SENSITIVE, TARGETS


def test_each_label_with_all_that_it_can_reach_and_all_that_it_cannot() -> None:
    assert prove(POLICY).labels == (
        LabelReach(PUBLIC, (TargetName("qwen"), TargetName("gpt"), TargetName("claude")), ()),
        LabelReach(INTERNAL, (TargetName("qwen"), TargetName("gpt"), TargetName("claude")), ()),
        LabelReach(PERSONAL, (TargetName("qwen"),), (TargetName("gpt"), TargetName("claude"))),
        LabelReach(RESTRICTED, (TargetName("qwen"),), (TargetName("gpt"), TargetName("claude"))),
    )


def test_one_row_for_each_decision() -> None:
    proof = prove(POLICY)
    assert len(proof.rows) == len(POLICY.decisions)
    assert Reach(PERSONAL, SENSITIVE.name, "chat", stays=False, named=None, targets=(QWEN.name,)) in proof.rows
    assert Reach(PUBLIC, HARD.name, "chat", stays=True, named=None, targets=(QWEN.name,)) in proof.rows


def test_a_policy_that_was_built_is_sound() -> None:
    assert prove(POLICY).is_sound
    assert prove(POLICY).leaks == ()


def test_decisions_that_reach_nothing_are_listed() -> None:
    unserved = prove(POLICY).unserved
    assert {row.endpoint for row in unserved} == {"embeddings"}
    assert {row.route for row in prove(replace(POLICY, on_explicit_model="deny")).unserved} >= {"denied"}


def test_a_clearance_that_was_lowered_behind_the_policys_back_is_found() -> None:
    gpt = replace(GPT)
    rules = tuple(
        replace(
            rule,
            to=tuple(gpt if target == GPT else target for target in rule.to),
            fallback=tuple(gpt if target == GPT else target for target in rule.fallback),
        )
        for rule in (SENSITIVE, HARD, EASY)
    )
    policy = Policy(LABELS, {**TARGETS, gpt.name: gpt}, rules)
    object.__setattr__(gpt, "clearance", PUBLIC)
    proof = prove(policy)
    assert not proof.is_sound
    assert "internal content reaches 'gpt' by route 'hard', which is cleared for public at most" in proof.leaks
    assert len(proof.leaks) == len(set(proof.leaks))
