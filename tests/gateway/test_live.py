import asyncio
import json
from pathlib import Path

import pytest

from gateway.config.errors import ConfigError
from gateway.connecting import CONNECT
from gateway.errors import CODES
from gateway.live import Live
from gateway.observers.log import LogLines
from gateway.redact.shared_vault import SharedVault
from gateway.redact.vault import Vault
from gateway.upstreams.openai_compatible import OpenAICompatible
from router.attempt import Attempt
from router.failures import FAILURES
from router.names import TargetName
from tests.fakes.gateway import compiled, configuration

CONTENT = configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")


async def test_a_plan_is_brought_up() -> None:
    live = Live(compiled(CONTENT))
    await live.start()
    assert isinstance(live.runtime.upstreams[TargetName("qwen")], OpenAICompatible)
    assert [type(observer) for observer in live.runtime.observers] == [LogLines, type(live.metrics)]
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
    assert live.runtime.observers == ()
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
    assert live.metrics in live.runtime.observers
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
