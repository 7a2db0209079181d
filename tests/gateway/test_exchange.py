import pytest

from gateway.exchange import Exchange, Times
from router.labels import Labels
from router.names import RouteName, TargetName


def test_the_log_line_says_how_it_went() -> None:
    exchange = Exchange(
        "req_1",
        "chat",
        "served",
        200,
        label=Labels().highest,
        route=RouteName("easy"),
        path="local",
        target=TargetName("qwen"),
        times=Times(0.0123),
    )
    assert str(exchange) == "req_1 chat served 200 - label=restricted route=easy path=local target=qwen attempts=0 12.3ms"


def test_a_request_that_was_not_understood_has_a_line_too() -> None:
    assert str(Exchange("req_1", None, "invalid", 400, "bad_field")).startswith("req_1 - invalid 400 bad_field label=None")


def test_it_is_frozen() -> None:
    with pytest.raises(AttributeError):
        Exchange("req_1", None, "invalid", 400).status = 200  # type: ignore[misc]  # that is what is tested
