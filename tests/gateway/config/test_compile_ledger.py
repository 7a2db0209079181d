import json
from pathlib import Path
from typing import Any

import pytest

from gateway.config.compile import compile_text
from gateway.config.errors import ConfigError
from gateway.config.prices import Prices
from gateway.plan import Plan
from tests.fakes.gateway import configuration
from tests.fakes.ledgers import pair

CONTENT = configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")


def compiled(folder: Path, ledger: dict[str, Any], **more: object) -> Plan:
    return compile_text(
        json.dumps(CONTENT | {"ledger": ledger} | more), {"KEY": pair()[0].reveal(), "BAD": "nonsense"}, folder, Prices(None)
    )


def test_without_one_there_is_none_and_the_backstop_holds() -> None:
    plan = compile_text(json.dumps(CONTENT), {}, prices=Prices(None))
    assert plan.ledger is None
    assert plan.backstop == "enforce"


def test_a_ledger_is_beside_the_configuration_and_synced_unless_it_says_otherwise(tmp_path: Path) -> None:
    plan = compiled(tmp_path, {"dir": "egress"}, backstop="warn").ledger
    assert plan is not None
    assert (plan.folder, plan.rotate_bytes, plan.sync, plan.keeps_all, plan.key) == (tmp_path / "egress", 64_000_000, "always", False, None)


def test_everything_can_be_said(tmp_path: Path) -> None:
    settings = {"dir": "/var/lib/tidegate", "rotate_mb": 1, "sign_key": {"env": "KEY"}, "sync": "interval", "all": True}
    plan = compiled(tmp_path, settings).ledger
    assert plan is not None
    assert (plan.folder, plan.rotate_bytes, plan.sync, plan.keeps_all) == (Path("/var/lib/tidegate"), 1_000_000, "interval", True)
    assert plan.key is not None
    assert "PRIVATE" not in repr(plan)


@pytest.mark.parametrize(
    ("settings", "where", "said"),
    [
        pytest.param({"dir": "a", "sign_key": {"env": "BAD"}}, "ledger.sign_key", "openssl genpkey", id="a key that is none"),
        pytest.param({"dir": "a", "sign_key": "nonsense"}, "ledger.sign_key", "not written into the configuration", id="a key in the file"),
        pytest.param({"dir": ""}, "ledger.dir", "", id="no folder"),
        pytest.param({}, "ledger.dir", "", id="nothing"),
        pytest.param({"dir": "a", "sync": "never"}, "ledger.sync", "", id="another sync"),
    ],
)
def test_what_cannot_be_meant_is_said(tmp_path: Path, settings: dict[str, Any], where: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        compiled(tmp_path, settings)
    (problem,) = refused.value.problems
    assert problem.path == where
    assert said in problem.say
    assert "nonsense" not in problem.say
