"""The table of tests that an answer must pass."""

import pytest

from router.cascade import Accept, Evidence, Grounds, Rejection, SelfCheck, grounds, rejection

ALL = Accept(min_mean_logprob=-0.7, self_check=SelfCheck(0.5))
NONE = Accept(refusals=False, schema=False, length_stop=False, empty=False)
GOOD = Evidence(mean_logprob=-0.7, belief=0.5)


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        pytest.param(GOOD, None, id="on every bound it is good enough"),
        pytest.param(Evidence(is_empty=True), "empty", id="nothing in it"),
        pytest.param(Evidence(is_cut=True), "length", id="cut at its length"),
        pytest.param(Evidence(fits=False), "schema", id="another form"),
        pytest.param(Evidence(refuses=True), "refusal", id="it declines"),
        pytest.param(Evidence(mean_logprob=-0.71), "low_confidence", id="unlikely tokens"),
        pytest.param(Evidence(belief=0.49), "self_check", id="it does not believe itself"),
        pytest.param(Evidence(), None, id="what was not measured speaks against nothing"),
        pytest.param(Evidence(is_empty=True, is_cut=True, fits=False, refuses=True, mean_logprob=-9.0), "empty", id="the first that fails"),
    ],
)
def test_an_answer_is_rejected_for(seen: Evidence, reason: Rejection | None) -> None:
    assert rejection(seen, ALL) == reason
    assert rejection(seen, NONE) is None


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        pytest.param(Evidence(is_whole=False, is_empty=True, is_cut=True, fits=False, belief=0.0), None, id="only its end could tell"),
        pytest.param(Evidence(is_whole=False, refuses=True), "refusal", id="it begins with a refusal"),
        pytest.param(Evidence(is_whole=False, mean_logprob=-3.0), "low_confidence", id="its tokens are unlikely so far"),
    ],
)
def test_of_a_beginning_less_is_asked(seen: Evidence, reason: Rejection | None) -> None:
    assert rejection(seen, ALL) == reason


@pytest.mark.parametrize(
    ("seen", "accept", "on"),
    [
        pytest.param(GOOD, ALL, "", id="every test was passed"),
        pytest.param(Evidence(), Accept(), "", id="nothing had to be measured"),
        pytest.param(Evidence(belief=0.9), ALL, "unmeasured", id="the engine told no log-probabilities"),
        pytest.param(Evidence(mean_logprob=-0.1), ALL, "unmeasured", id="the self-check said nothing"),
        pytest.param(Evidence(is_whole=False, mean_logprob=-0.1), ALL, "bound", id="it is not over"),
        pytest.param(Evidence(is_whole=False, mean_logprob=-9.0), ALL, "low_confidence", id="it is not over, and bad"),
        pytest.param(Evidence(is_cut=True), ALL, "length", id="it is bad"),
    ],
)
def test_the_grounds_of_a_verdict(seen: Evidence, accept: Accept, on: Grounds) -> None:
    assert grounds(seen, accept) == on
