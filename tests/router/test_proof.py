from router.cascade import Cascade
from router.failures import FAILURES
from router.names import RouteName, TargetName
from router.policy import ENDPOINTS, Policy, Rule
from router.proof import ANYTHING, NOTHING, REJECTED, LabelReach, Reach, prove, walk
from router.values import replace
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
    assert {row.endpoint for row in unserved} == set(ENDPOINTS) - {"chat", "completions", "messages", "responses"}
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


REDACTED = Policy(LABELS, TARGETS, (Rule(RouteName("all"), (), (GPT,), (QWEN,), redacts=True),), {"email": PERSONAL})


def test_what_is_reached_only_redacted_stands_apart() -> None:
    proof = prove(REDACTED)
    assert proof.is_sound
    gpt, claude, qwen = TargetName("gpt"), TargetName("claude"), TargetName("qwen")
    assert proof.labels[1] == LabelReach(INTERNAL, (qwen, gpt, claude), ())
    assert proof.labels[2] == LabelReach(PERSONAL, (qwen,), (claude,), (gpt,))
    row = next(row for row in proof.rows if (row.label, row.endpoint, row.named, row.stays) == (PERSONAL, "chat", None, False))
    assert (row.targets, row.redacted, row.left) == ((gpt, qwen), (gpt,), INTERNAL)


def test_a_redacted_target_whose_clearance_was_lowered_is_found() -> None:
    gpt = replace(GPT)
    policy = Policy(LABELS, {**TARGETS, gpt.name: gpt}, (Rule(RouteName("all"), (), (gpt,), (QWEN,), redacts=True),))
    object.__setattr__(gpt, "clearance", PUBLIC)
    leaks = prove(policy).leaks
    assert "internal content reaches 'gpt' by route 'all', which is cleared for public at most" in leaks
    assert not [leak for leak in leaks if leak.startswith("restricted")], "what is left is internal at most"


def test_every_failure_with_those_that_get_the_request() -> None:
    (hard,) = [row for row in prove(POLICY).rows if (row.label, row.route, row.endpoint, row.stays) == (PUBLIC, HARD.name, "chat", False)]
    walked = dict(walk(POLICY, hard))
    assert walked[NOTHING] == ("gpt",)
    assert walked["BAD_REQUEST"] == ("gpt",), "the target's own answer is the caller's"
    assert walked["NO_MODEL"] == ("gpt", "claude", "qwen")
    assert walked["TOO_LONG"] == ("gpt", "claude"), "only a larger window may follow"
    assert walked["LEDGER_UNAVAILABLE"] == ("qwen",), "what cannot be recorded does not leave"
    assert walked["LOCKED_DOWN"] == ("qwen",)
    assert walked[ANYTHING] == ("gpt", "claude", "qwen")
    assert walked.keys() == {NOTHING, ANYTHING} | FAILURES.keys() - {"UNAVAILABLE", "LOCAL_UNAVAILABLE"}


def test_where_an_answer_is_judged_the_request_goes_on_though_nothing_fails() -> None:
    rules = (SENSITIVE, replace(EASY, to=(QWEN,), fallback=(GPT,), cascade=Cascade()))
    rows = [row for row in prove(replace(POLICY, rules=rules)).rows if row.route == EASY.name and row.endpoint == "chat"]
    walked = {(str(row.label), row.stays): dict(walk(POLICY, row)) for row in rows if row.label <= INTERNAL}
    assert walked["internal", False][NOTHING] == ("qwen",)
    assert walked["internal", False][REJECTED] == ("qwen", "gpt")
    assert REJECTED not in walked["internal", True]


def test_no_failure_leads_out_of_the_chain() -> None:
    for row in prove(POLICY).rows:
        for failure, targets in walk(POLICY, row):
            assert set(targets) <= set(row.targets), (row, failure)


def test_an_unwritable_ledger_leaves_an_all_external_decision_nowhere() -> None:
    (named,) = [row for row in prove(POLICY).rows if row.named == "gpt" and row.label == PUBLIC and row.endpoint == "chat"]
    assert dict(walk(POLICY, named))["LEDGER_UNAVAILABLE"] == ()
