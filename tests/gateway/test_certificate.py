"""Certificates: they say what was proved, are checked again, and name what leaks."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.certificate import Certificate, certify, differences, leaks_of
from gateway.config.compile import compile_text
from gateway.config.errors import ConfigError
from gateway.config.prices import Prices
from router.policy import ENDPOINTS
from tests.fakes.gateway import compiled, configuration

CONTENT = configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")


def made(content: dict[str, Any] = CONTENT, version: str = "1", at: str = "2026-11-22T12:00:00Z") -> Certificate:
    return certify(compiled(content), json.dumps(content).encode(), version, at)


def test_it_has_every_label_route_endpoint_and_failure_with_where_that_leads() -> None:
    certificate = made()
    assert certificate.is_sound
    assert {row.label for row in certificate.rows} == {"public", "internal", "personal", "restricted"}
    assert {row.endpoint for row in certificate.rows} == set(ENDPOINTS)
    outside = {row.label for row in certificate.rows if "gpt" in row.to}
    assert outside == {"public", "internal"}
    assert {row.to for row in certificate.rows if row.failure == "LEDGER_UNAVAILABLE"} <= {("qwen",), ()}


def test_other_sinks_are_listed_and_none_gets_content_outside_of_the_process() -> None:
    with_all = CONTENT | {"ledger": {"dir": "ledger"}, "usage": {"store": "usage.db"}, "state": "redis://127.0.0.1:6379/0"}
    memories = ["usage", "memo", "lineage", "conversations", "answers"]
    readers = ["detector patterns", "detector secrets", "scorer length"]
    assert [sink.name for sink in made(with_all).sinks] == ["log", "metrics", "ledger", "redis", *memories, *readers]
    nothing = {
        "observers": {"log": False, "prometheus": False},
        "sensitivity": {"detectors": ["patterns"], "memo": {"entries": 0}, "lineage": {"entries": 0}},
        "difficulty": {"scorer": "tests.fakes.length_scorer", "sticky": {"entries": 0}},
    }
    assert [sink.name for sink in made(CONTENT | nothing).sinks] == ["answers", "detector patterns", "scorer length"]
    asks = {"difficulty": {"scorer": "llm", "options": {"destination": "qwen"}}}
    assert [sink.name for sink in made(CONTENT | nothing | asks).sinks] == ["conversations", "answers", "detector patterns"], (
        "it is asked at qwen"
    )


def test_a_cascade_shows_where_a_rejected_answer_leads() -> None:
    routes = [dict(route) for route in CONTENT["routes"]]
    routes[-1]["cascade"] = {}
    rows = [row for row in made(CONTENT | {"routes": routes}).rows if "rejected" in row.failure]
    assert {(row.route, row.to) for row in rows} == {("easy", ("qwen", "gpt"))}
    assert {row.label for row in rows} == {"public", "internal"}


def test_what_is_remembered_of_requests_is_listed_with_what_it_holds_where_and_for_how_long(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40)
    edits: dict[str, Any] = {
        "sensitivity.memo": {"ttl_s": 60}, "sensitivity.lineage": {"ttl_s": 120},
        "redact": {"ttl_s": 180, "secret": {"file": str(tmp_path / "key")}, "categories": ["email"]},
        "routes": [{"name": "all", "to": ["gpt"], "fallback": ["qwen"], "redact": True}],
    }  # fmt: skip
    sinks = {sink.name: sink for sink in made(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", edits)).sinks}
    assert {name: sinks[name].ttl_s for name in ("memo", "lineage", "vault")} == {"memo": 60, "lineage": 120, "vault": 180}
    assert {sinks[name].where for name in ("memo", "lineage", "vault", "metrics")} == {"memory of this process"}
    assert "keyed hashes of texts" in sinks["memo"].gets
    assert "keyed hashes of texts" in sinks["lineage"].gets
    assert sinks["vault"].gets.endswith("encrypted: email")
    assert "`redact.secret`" in sinks["vault"].held_by
    edits["redact"] |= {"vault": {"kind": "redis", "url": "redis://127.0.0.1:6379/0"}}
    (shared,) = [
        sink for sink in made(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", edits)).sinks if sink.name == "vault"
    ]
    assert shared.where == "Redis, which replicas share"


def test_it_holds_for_the_same_file_whenever_it_is_made_again() -> None:
    kept = msgspec.json.decode(msgspec.json.encode(made()), type=Certificate)
    assert differences(kept, made(at="2027-01-01T00:00:00Z")) == []
    assert kept.seal == made(at="2027-01-01T00:00:00Z").seal


@pytest.mark.parametrize(
    ("now", "said"),
    [
        pytest.param({"version": "2"}, "made by version 1", id="another version"),
        pytest.param({"content": CONTENT | {"models": {"more": "gpt"}}}, "another one", id="another file"),
        pytest.param({"content": configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", {"destinations.gpt.clearance": "public", "routes": [{"name": "all", "to": ["qwen"]}]})}, "rows are new", id="other decisions"),
    ],
)  # fmt: skip
def test_what_is_different_is_said(now: dict[str, Any], said: str) -> None:
    assert any(said in difference for difference in differences(made(), made(**now)))


def test_a_certificate_that_was_changed_is_noticed() -> None:
    forged = msgspec.structs.replace(made(), labels=("public",))
    assert "its seal does not fit" in differences(forged, made())[0]


def test_a_cloud_fallback_for_everything_is_refused_and_every_leaking_path_is_named() -> None:
    with pytest.raises(ConfigError) as refused:
        compile_text(
            json.dumps(CONTENT | {"routes": [{"name": "everything", "to": ["qwen"], "fallback": ["gpt"]}]}), {}, prices=Prices(None)
        )
    leaks = leaks_of(refused.value.problems)
    assert {(leak.label, leak.route, leak.target) for leak in leaks} == {
        ("personal", "everything", "gpt"),
        ("restricted", "everything", "gpt"),
    }
    assert all(leak.clearance == "internal" and "leaves by route" in leak.say() for leak in leaks)


def test_the_service_of_a_detector_is_a_destination_like_any_other() -> None:
    edits = {
        "destinations.analyzer": {"kind": "presidio", "zone": "local", "url": "http://127.0.0.1:3000", "clearance": "restricted"},
        "sensitivity.detectors": ["secrets", {"presidio_rest": {"destination": "analyzer"}}],
    }
    certificate = made(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", edits))
    (place,) = [one for one in certificate.destinations if one.name == "analyzer"]
    assert (place.zone, place.clearance, place.where) == ("local", "restricted", ("127.0.0.1:3000",))
    assert certificate.detectors == ("secrets", "presidio_rest")
