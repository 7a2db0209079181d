from router.attempt import Attempt, Refused, Tried
from router.failures import FAILURES
from tests.router.examples import QWEN


def test_the_targets_own_words_stay_out_of_repr() -> None:
    refused = Refused(FAILURES["BAD_REQUEST"], 400, b'{"error": "canary-7291"}')
    assert "canary" not in repr(Tried(Attempt(1, QWEN), refused))
