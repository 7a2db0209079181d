from gateway.exchange import Exchange
from gateway.usage import recent
from gateway.usage.recent import Recent
from gateway.usage.store import Known
from router.names import TargetName


def answered(number: int) -> Exchange:
    return Exchange(f"req_{number}", "chat", "served", 200, tenant="acme", path="local", target=TargetName("qwen"))


def test_answers_are_known_by_their_ids_and_what_was_none_is_not() -> None:
    seen = Recent()
    seen(answered(1))
    seen(Exchange("req_2", "chat", "invalid", 400))
    assert seen.find("req_1", "acme") == Known("local", "qwen")
    assert seen.find("req_1", "other") is None
    assert seen.find("req_2", "acme") is None


def test_so_many_are_known_at_least_and_twice_as_many_at_most() -> None:
    seen = Recent()
    for number in range(2 * recent.MOST + 1):
        seen(answered(number))
    assert seen.find("req_0", "acme") is None
    assert seen.find(f"req_{recent.MOST}", "acme") is not None
    assert len(seen._now) + len(seen._before) == recent.MOST + 1
