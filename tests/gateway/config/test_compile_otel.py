import json
from typing import Any

import pytest

from gateway.certificate import _sinks
from gateway.config.addresses import LOCAL_NETWORKS
from gateway.config.compile import compile_text
from gateway.config.errors import ConfigError
from gateway.config.prices import Prices
from gateway.registry import exits
from gateway.telemetry.plan import OtelPlan
from tests.fakes.gateway import configuration

ENV = {"OTLP_KEY": "not-a-key-" + "a1" * 8}


def planned(**otel: Any) -> OtelPlan | None:
    content = configuration("http://127.0.0.1:8001/v1", "https://api.example/v1", {"observers.otel": otel} if otel else {})
    return compile_text(json.dumps(content), ENV, prices=Prices(None)).observing.otel


def test_without_a_collector_nobody_is_told() -> None:
    assert planned() is None


def test_what_a_collector_is_told_and_where_it_is() -> None:
    assert planned(endpoint="http://127.0.0.1:4318/") == OtelPlan("http://127.0.0.1:4318", networks=LOCAL_NETWORKS)
    plan = planned(
        endpoint="https://otlp.example/otlp",
        zone="external",
        headers={"authorization": {"env": "OTLP_KEY"}},
        sample=0.1,
        propagate="none",
        metrics=False,
        service="gate-eu",
    )
    assert plan is not None
    assert (plan.url, plan.networks, plan.sample, plan.propagate, plan.metrics, plan.service) == (
        "https://otlp.example/otlp",
        (),
        0.1,
        "none",
        False,
        "gate-eu",
    )
    [(name, value)] = plan.headers
    assert (name, value.reveal()) == ("authorization", ENV["OTLP_KEY"])
    assert ENV["OTLP_KEY"] not in repr(plan)


@pytest.mark.parametrize(
    ("otel", "where", "say"),
    [
        pytest.param({"endpoint": "http://198.51.100.7:4318"}, "endpoint", "zone: external", id="an address outside"),
        pytest.param({"endpoint": "http://otlp.example"}, "endpoint", "zone: external", id="a public name"),
        pytest.param({"endpoint": "http://otlp.example", "zone": "external"}, "endpoint", "https", id="outside, in the clear"),
        pytest.param({"endpoint": "http://127.0.0.1:4318/v1/traces"}, "endpoint", "leave out /v1/traces", id="the whole address"),
        pytest.param({"endpoint": "127.0.0.1:4318"}, "endpoint", "http://", id="no URL"),
        pytest.param({"endpoint": "http://key:word@127.0.0.1:4318"}, "endpoint", "password", id="a password"),
        pytest.param({"endpoint": "http://127.0.0.1:1", "sample": 1.5}, "sample", "1", id="too large a share"),
        pytest.param({"endpoint": "http://127.0.0.1:1", "headers": {"host": {"env": "OTLP_KEY"}}}, "headers.host", "itself", id="a header"),
        pytest.param({"endpoint": "http://127.0.0.1:1", "headers": {"a": {"env": "NOT_SET"}}}, "headers.a", "not set", id="no secret"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(otel: dict[str, Any], where: str, say: str) -> None:
    with pytest.raises(ConfigError) as caught:
        planned(**otel)
    [problem] = caught.value.problems
    assert problem.path == f"observers.otel.{where}"
    assert say in problem.say
    assert "word" not in problem.say.replace("password", "")


def test_the_collector_is_a_place_that_the_process_may_reach() -> None:
    content = configuration("http://127.0.0.1:8001/v1", "https://api.example/v1", {"observers.otel": {"endpoint": "http://10.1.2.3:4318"}})
    [one] = [one for one in exits(compile_text(json.dumps(content), ENV, prices=Prices(None))) if one.purpose == "telemetry"]
    assert (one.name, one.host, one.port, one.is_external) == ("otel", "10.1.2.3", 4318, False)
    assert not one.allows("198.51.100.7")
    content["observers"]["otel"] = {"endpoint": "https://otlp.example", "zone": "external"}
    [one] = [one for one in exits(compile_text(json.dumps(content), ENV, prices=Prices(None))) if one.purpose == "telemetry"]
    assert (one.host, one.port, one.is_external) == ("otlp.example", 443, True)


def test_a_certificate_names_it_among_those_who_are_told_of_requests() -> None:
    content = configuration("http://127.0.0.1:8001/v1", "https://api.example/v1", {"observers.otel": {"endpoint": "http://10.1.2.3:4318"}})
    sinks = {one.name: one for one in _sinks(compile_text(json.dumps(content), ENV, prices=Prices(None)))}
    assert "http://10.1.2.3:4318" in str(sinks["otel"])
