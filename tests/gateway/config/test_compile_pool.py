"""Pools: what a destination says of its replicas, and what is refused about that."""

from pathlib import Path
from typing import Any

import pytest

from gateway.plan import PoolPlan
from router.names import TargetName
from tests.gateway.config.examples import GONE, plan, said

QWEN, GPT = TargetName("qwen"), TargetName("gpt")
ONE = {"destinations.qwen.urls": GONE, "destinations.qwen.url": "http://vllm.internal:8000/v1"}
LINE = "it has one API base a line, such as http://10.0.0.1:8000/v1"


def test_several_replicas_inside_are_watched_and_one_is_not() -> None:
    made = plan()
    assert (made.upstreams[QWEN].pool, made.upstreams[GPT].pool) == (PoolPlan(), None)
    assert made.policy.targets[QWEN].is_pool
    alone = plan(ONE)
    assert alone.upstreams[QWEN].pool is None
    assert not alone.policy.targets[QWEN].is_pool


def test_a_pool_is_what_the_file_says() -> None:
    edits = {"destinations.qwen.pool": {"metrics": False, "every_s": 2, "stall_s": 5.5}, "destinations.qwen.networks": ["127.0.0.0/8"]}
    assert plan(edits).upstreams[QWEN].pool == PoolPlan(reads_metrics=False, every_s=2.0, stall_s=5.5, states_networks=True)


def test_a_name_server_says_how_many_there_are() -> None:
    made = plan({**ONE, "destinations.qwen.pool": {"discover": "dns", "refresh_s": 1}})
    assert made.upstreams[QWEN].pool == PoolPlan("dns", refresh_s=1.0)
    assert (made.policy.targets[QWEN].replicas, made.policy.targets[QWEN].is_pool) == (0, True)
    assert made.upstreams[QWEN].urls == ("http://vllm.internal:8000/v1",)


def test_a_file_has_the_addresses(tmp_path: Path) -> None:
    (tmp_path / "replicas").write_text("# two\nhttp://10.0.0.1:8000/v1\n\nhttp://10.0.0.2:8000/v1/\n")
    made = plan({"destinations.qwen.urls": GONE, "destinations.qwen.pool": {"discover": "file", "file": "replicas"}}, base_dir=tmp_path)
    assert made.upstreams[QWEN].pool == PoolPlan("file", tmp_path / "replicas")
    assert made.upstreams[QWEN].urls == ("http://10.0.0.1:8000/v1", "http://10.0.0.2:8000/v1")
    assert made.policy.targets[QWEN].replicas == 0


@pytest.mark.parametrize(
    ("edits", "sentence"),
    [
        pytest.param(
            {"destinations.gpt.pool": {}},
            "destinations.gpt.pool: only replicas of a local openai_compatible destination are found and watched; leave it out",
            id="outside",
        ),
        pytest.param(
            {"destinations.qwen.pool": {"file": "replicas"}},
            "destinations.qwen.pool.file: `file` and `discover: file` belong together",
            id="a file that is not asked",
        ),
        pytest.param(
            {"destinations.qwen.pool": {"discover": "file", "file": "there"}},
            "destinations.qwen.pool: the file has the addresses; leave `url` and `urls` out",
            id="two sources",
        ),
        pytest.param(
            {"destinations.qwen.pool": {"discover": "dns"}},
            "destinations.qwen.pool: give one `url`: its host is looked up, and each of its addresses is a replica",
            id="a list and a name server",
        ),
        pytest.param(
            {"destinations.qwen.urls": GONE, "destinations.qwen.pool": {"discover": "file", "file": "gone"}},
            f"destinations.qwen.pool.file: the file cannot be read; {LINE}",
            id="no file",
        ),
        pytest.param(
            {"destinations.qwen.urls": GONE, "destinations.qwen.pool": {"discover": "file", "file": "empty"}},
            f"destinations.qwen.pool.file: the file names no replica; {LINE}",
            id="an empty file",
        ),
        pytest.param(
            {"destinations.qwen.urls": GONE, "destinations.qwen.pool": {"discover": "file", "file": "outside"}},
            "destinations.qwen.pool.file: line 2: this address is outside the networks of a local destination; name its network under `networks`",
            id="an address outside",
        ),
        pytest.param(
            {"destinations.qwen.pool": {"stall": 5}},
            "destinations.qwen.pool.stall: unknown key; did you mean 'stall_s'?",
            id="a typo",
        ),
    ],
)
def test_what_is_wrong_is_said(edits: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("http://10.0.0.1:8000/v1")
    (tmp_path / "empty").write_text("# nothing\n")
    (tmp_path / "outside").write_text("http://10.0.0.1:8000/v1\nhttp://8.8.8.8/v1\n")
    assert sentence in said(edits, base_dir=tmp_path)
