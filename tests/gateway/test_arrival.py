import pytest

from gateway.arrival import Arrival, invalid


@pytest.mark.parametrize("status,result", [(400, "invalid"), (401, "invalid"), (499, "abandoned"), (500, "failed")])
def test_a_request_that_was_not_understood_has_an_exchange_too(status: int, result: str) -> None:
    exchange = invalid(Arrival("req_1", "chat", 0.0), status, "why")
    assert (exchange.result, exchange.status, exchange.code, exchange.tenant) == (result, status, "why", "anonymous")
    assert (exchange.label, exchange.route, exchange.path) == (None, None, "blocked")


def test_the_stopwatch_tells_all_stages() -> None:
    arrival = Arrival("req_1", "chat", 0.0)
    arrival.body_bytes, arrival.receive_s, arrival.decode_s = 7, 1.0, 2.0
    times = arrival.times(None)
    assert (arrival.body_bytes, times.first_byte_s, times.receive_s, times.decode_s) == (7, None, 1.0, 2.0)
    assert times.total_s > 0
