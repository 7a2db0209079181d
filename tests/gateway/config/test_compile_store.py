from pathlib import Path

from gateway.kept.plan import BatchPlan, StorePlan
from tests.gateway.config.examples import plan, said


def test_a_store_is_beside_the_configuration_and_has_bounds() -> None:
    assert plan().store is None
    assert plan({"store": {"folder": "kept"}}).store == StorePlan(Path("kept"))
    made = plan({"store": {"folder": "/var/kept", "keep_s": 3600, "batch": {"concurrency": 2, "lines": 10}}}).store
    assert made == StorePlan(Path("/var/kept"), 3600, batch=BatchPlan(concurrency=2, lines=10))


def test_what_makes_no_sense_is_said() -> None:
    assert "store.folder" in str(said({"store": {}}))
    assert "store.batch.concurrency" in str(said({"store": {"folder": "x", "batch": {"concurrency": 0}}}))
