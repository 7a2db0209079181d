"""The backstop in a gateway of its own: code inside of the process that wants out is refused, and what the configuration names is reached."""

import json
import signal
from pathlib import Path
from typing import Any

from tests.fakes.client import ask, get, post
from tests.fakes.gateway import Process, configuration, process, samples, total
from tests.fakes.secrets import email
from tests.fakes.upstream import Upstream, upstream

TALKATIVE: dict[str, Any] = {
    "sensitivity": {
        "detectors": ["tests.fakes.talkative_detector"],
        "labels": {"refused": "personal", "other": "internal"},
    }
}


async def found(gate: Process, doing: str) -> str:
    """What the detector says of trying this: a label that tells whether it was refused."""
    reply = await post(gate.port, ask("doing " + doing))
    return {"personal": "refused", "internal": "other", "public": "done"}[reply.headers["x-tidegate-label"]]


async def counted(gate: Process) -> dict[str, float]:
    metrics = samples((await get(gate.admin, "/metrics")).body)
    events = ("connect", "resolve", "send", "process")
    return {event: total(metrics, "tidegate_backstop_refusals_total", event=event) for event in events}


async def test_code_inside_of_the_process_gets_nowhere_but_where_the_configuration_goes(
    local: Upstream, cloud: Upstream, tmp_path: Path
) -> None:
    secret = email()
    async with upstream() as elsewhere, process(configuration(local.url, cloud.url, TALKATIVE), tmp_path) as gate:
        refused = {
            "connect": [
                f"connect 127.0.0.1 {elsewhere.port}",
                f"connect_ex 127.0.0.1 {elsewhere.port}",
                f"fetch http://127.0.0.1:{elsewhere.port}/",
                "connect 192.0.2.1 443",
                "connect ::1 443",
                f"unix {tmp_path}/socket",
            ],
            "send": ["send 127.0.0.1 53"],
            "resolve": [f"resolve {secret.replace('@', '.')}", "byname example.com", "fetch https://example.com/"],
            "process": ["popen true", "system true", "exec /bin/true", "spawn /bin/true"],
        }
        for event, tries in refused.items():
            before = (await counted(gate))[event]
            for one in tries:
                assert await found(gate, one) == "refused", one
            assert (await counted(gate))[event] == before + len(tries)
        assert elsewhere.accepted == 0
        assert await found(gate, f"connect 127.0.0.1 {local.port}") == "done", "the configuration names it"
        assert await found(gate, "resolve 127.0.0.1") == "done", "an address tells a name server nothing"
        assert (await post(gate.port, ask(model="gpt"))).status == 200
        gate.signal(signal.SIGTERM)
        await gate.ended()
    assert secret.partition("@")[0].encode() not in gate.err, "what was asked for may be text"
    said = [json.loads(line) for line in gate.err.splitlines() if b'"backstop"' in line]
    assert any("talkative_detector.py:" in line["where"] for line in said)


async def test_names_of_destinations_are_reached_by_the_addresses_they_have(cloud: Upstream, local: Upstream, tmp_path: Path) -> None:
    content = configuration(local.url.replace("127.0.0.1", "localhost"), cloud.url, TALKATIVE)
    async with process(content, tmp_path) as gate:
        assert (await post(gate.port, ask(model="qwen"))).status == 200
        assert await found(gate, f"connect localhost {local.port}") == "done", "a library that resolves by itself"
        assert set((await counted(gate)).values()) == {0.0}


async def test_warning_lets_pass_and_counts_and_off_does_not_look(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    async with upstream() as elsewhere:
        for mode, count in (("warn", 1.0), ("off", 0.0)):
            content = configuration(local.url, cloud.url, TALKATIVE | {"backstop": mode})
            async with process(content, tmp_path) as gate:
                assert await found(gate, f"connect 127.0.0.1 {elsewhere.port}") == "done"
                assert (await counted(gate))["connect"] == count
        assert elsewhere.accepted == 2


async def test_a_reload_opens_what_is_new(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    content = configuration(local.url, cloud.url, TALKATIVE)
    async with upstream() as later, process(content, tmp_path) as gate:
        assert await found(gate, f"connect 127.0.0.1 {later.port}") == "refused"
        gate.config.write_text(json.dumps(configuration(local.url, later.url, TALKATIVE)))
        gate.signal(signal.SIGHUP)
        await gate.until_said(b'"reloaded"')
        assert (await post(gate.port, ask(model="gpt"))).status == 200
        assert len(later.bodies) == 1
