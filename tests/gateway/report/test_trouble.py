from gateway.report.columns import requests
from gateway.report.trouble import trouble
from tests.fakes.usage import called, used


def test_trouble_is_counted_by_kind() -> None:
    rows = [
        used(),
        used(target="gpt", first="qwen", path="cloud"),
        used(target="gpt", first="qwen", path="cloud", cascade="escalated"),
        used(target="claude", first="gpt", path="cloud", hedge="hedge"),
        used(target="", first="qwen", path="blocked", result="failed", code="upstream_failed"),
        used(target="", first="", path="blocked", result="invalid", code="bad", attempts=0, redaction="done"),
    ]
    found = trouble(requests(rows), [called(), called(), called(failure="", ending="Rejected"), called(target="gpt")])
    assert (found.requests, found.asked, found.fell_back) == (6, 5, 3)
    assert found.results == {"served": 4, "failed": 1, "invalid": 1}
    assert found.codes == {"bad": 1, "upstream_failed": 1}
    assert found.fallbacks == {("qwen", "gpt"): 2, ("gpt", "claude"): 1}
    assert found.failures == {("qwen", "TIMEOUT"): 2, ("gpt", "TIMEOUT"): 1}
    assert (found.hedges, found.cascades, found.redactions) == ({"hedge": 1}, {"escalated": 1}, {"done": 1})


def test_where_all_is_well_there_is_none() -> None:
    found = trouble(requests([used()]), [])
    assert (found.codes, found.fallbacks, found.failures, found.hedges, found.fell_back) == ({}, {}, {}, {}, 0)
