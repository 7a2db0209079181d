import asyncio
import json
import threading
from pathlib import Path

import pytest

from gateway.config.errors import ConfigError
from gateway.connecting import CONNECT
from gateway.errors import CODES
from gateway.live import Live
from gateway.observers.log import LogLines
from gateway.plan import Plan
from gateway.redact.shared_vault import SharedVault
from gateway.redact.vault import Vault
from gateway.state.board import Board, make
from gateway.upstreams.openai_compatible import OpenAICompatible
from gateway.usage.recent import Recent
from router.attempt import Attempt
from router.failures import FAILURES
from router.names import TargetName
from tests.fakes.gateway import compiled, configuration

CONTENT = configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")
LOCAL_ONLY = {name: value for name, value in CONTENT.items() if name != "baseline"} | {
    "destinations": {"qwen": CONTENT["destinations"]["qwen"]},
    "routes": [{"name": "all", "to": ["qwen"]}],
}


async def test_a_plan_is_brought_up() -> None:
    live = Live(compiled(CONTENT))
    await live.start()
    assert isinstance(live.runtime.upstreams[TargetName("qwen")], OpenAICompatible)
    assert [type(getattr(observer, "__self__", None)) for observer in live.runtime.observers] == [LogLines, type(live.metrics), Recent]
    assert live.runtime.baseline is live.runtime.plan.policy.targets[TargetName("gpt")]
    assert live.runtime.pool is None
    await live.close()
    assert live.is_draining


async def test_slow_detectors_get_threads_and_observers_can_be_left_out() -> None:
    edits = {
        "sensitivity": {"detectors": [{"tests.fakes.word_detector": {"is_slow": True}}]},
        "observers": {"log": False, "prometheus": False},
    }
    without = {name: value for name, value in (CONTENT | edits).items() if name != "baseline"}
    live = Live(compiled(without))
    assert live.runtime.pool is not None
    assert live.runtime.observers == (live.usage.recent.__call__,)
    assert live.runtime.baseline is None
    await live.close()


async def test_a_bad_file_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "tidegate.yaml"
    path.write_text("version: 7")
    live = Live(compiled(CONTENT), path)
    before = live.runtime
    with pytest.raises(ConfigError):
        await live.reload()
    assert live.runtime is before
    assert "the last good configuration stays" in caplog.text
    await live.close()


async def test_a_good_file_is_swapped_in_and_the_old_runtime_ends_with_its_last_request(tmp_path: Path) -> None:
    path = tmp_path / "tidegate.yaml"
    path.write_text(json.dumps(CONTENT))
    live = Live(compiled(CONTENT), path)
    await live.start()
    old = live.runtime
    attempt = Attempt(1, old.plan.policy.targets[TargetName("qwen")])
    old.fleet.begin(attempt, 0.0)
    await live.reload()
    assert live.runtime is not old
    assert live.metrics.__call__ in live.runtime.observers
    assert (live.runtime.lineage, live.runtime.lockdown) == (old.lineage, old.lockdown), "these outlive a reload"
    assert live.runtime.conversations is old.conversations is not None, "so does this"
    assert live.runtime.memo is not old.memo, "other detectors may find other things"
    await asyncio.sleep(0)
    assert len(live._retiring) == 1
    await live.close()
    await asyncio.sleep(0)


async def test_a_reload_with_other_labels_ranks_what_is_remembered_anew(tmp_path: Path) -> None:
    path = tmp_path / "tidegate.yaml"
    path.write_text(json.dumps(CONTENT | {"labels": ["public", "open", "shared", "internal", "personal", "restricted"]}))
    live = Live(compiled(CONTENT), path)
    live.runtime.lineage.keep(("a text",), live.runtime.plan.policy.labels["restricted"], "answer")
    await live.reload()
    labels = live.runtime.plan.policy.labels
    live.runtime.lineage.keep(("a text",), labels["personal"], "answer")
    entry = live.runtime.lineage.recall(("a text",))
    assert entry is not None
    assert entry.label.name == "restricted"
    assert entry.label == labels["restricted"]
    await live.close()


async def test_a_reload_keeps_the_vault_unless_it_is_another_one(tmp_path: Path) -> None:
    path, key = tmp_path / "tidegate.yaml", tmp_path / "key"
    key.write_text("k" * 64)
    shared = {"redact": {"secret": {"file": str(key)}, "vault": {"kind": "redis", "url": "redis://127.0.0.1:1/0"}}}
    path.write_text(json.dumps(CONTENT))
    live = Live(compiled(CONTENT), path)
    await live.start()
    vaults = [live.runtime.vault]
    for content in (CONTENT | {"models": {"renamed": "gpt"}}, CONTENT | shared, CONTENT | shared | {"models": {"renamed": "gpt"}}, CONTENT):
        path.write_text(json.dumps(content))
        await live.reload()
        vaults.append(live.runtime.vault)
    first, same, other, other_still, last = vaults
    assert first is same
    assert other is other_still
    assert isinstance(other, SharedVault)
    assert isinstance(last, Vault)
    assert last is not first
    assert not any(live.degraded.values())
    await live.close()


async def test_what_a_reload_withdraws_is_withdrawn_in_the_moment_in_which_it_is_swapped_in(tmp_path: Path) -> None:
    path = tmp_path / "tidegate.yaml"
    path.write_text(json.dumps(LOCAL_ONLY))
    pool = {name: value for name, value in CONTENT["destinations"]["qwen"].items() if name != "url"}
    pool["urls"] = ["http://127.0.0.1:1/v1", "http://127.0.0.1:3/v1"]  # whose watch is ended, which takes a moment
    live = Live(compiled(CONTENT | {"destinations": CONTENT["destinations"] | {"qwen": pool}}), path)
    await live.start()
    old = live.runtime
    seen: list[bool] = []

    async def look() -> None:
        while len(seen) < 3:
            await asyncio.sleep(0)  # in every round of the loop
            if live.runtime is not old:
                seen.append("gpt" in old.withdrawn)

    looking = asyncio.ensure_future(look())
    await live.reload()
    await looking
    assert all(seen), "a request that began before may not ask it in between"
    await live.close()


class Reads:
    """A worker that reads one plan after the other; the first takes until `go_on`."""

    def __init__(self, *plans: Plan) -> None:
        self.board = Board(make(1), 1, 0)
        self.go_on, self.begun = threading.Event(), threading.Event()
        self._plans = list(plans)

    def load(self) -> Plan:
        plan = self._plans.pop(0)
        if not self.begun.is_set():
            self.begun.set()
            self.go_on.wait(20)
        return plan


async def test_of_two_reloads_at_once_the_later_one_counts() -> None:
    wide, narrow = compiled(CONTENT | {"models": {"renamed": "gpt"}}), compiled(LOCAL_ONLY)
    worker = Reads(wide, narrow)
    live = Live(compiled(CONTENT), worker=worker)
    await live.start()
    first = asyncio.ensure_future(live.reload())
    await asyncio.to_thread(worker.begun.wait, 20)
    second = asyncio.ensure_future(live.reload())
    await asyncio.wait((second,), timeout=0.5)
    worker.go_on.set()
    await asyncio.gather(first, second)
    assert live.runtime.plan is narrow, "what was read first was swapped in last: a clearance that the operator took away is back"
    await live.close()


async def test_without_a_file_there_is_nothing_to_reload() -> None:
    live = Live(compiled(CONTENT))
    before = live.runtime
    await live.reload()
    assert live.runtime is before
    await live.close()


def test_every_code_of_the_failure_table_is_known_to_the_metrics() -> None:
    assert {failure.code for failure in FAILURES.values()} <= set(CODES)
    assert len(set(CODES)) == len(CODES) or sorted(CODES).count("internal_error") == 2


def test_every_kind_of_destination_can_be_opened() -> None:
    assert CONNECT.keys() == {"openai_compatible", "litellm"}
