"""deploy/tidegate.service: it starts what there is, reloads by SIGHUP after a check, and is locked in."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
TEXT = (DEPLOY / "tidegate.service").read_text()


def _all(name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", TEXT, re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("DynamicUser", ["yes"], id="a user of its own that exists while it runs"),
        pytest.param("CapabilityBoundingSet", [""], id="no capability"),
        pytest.param("NoNewPrivileges", ["yes"], id="and no way to gain one"),
        pytest.param("ProtectSystem", ["strict"], id="it writes nothing"),
        pytest.param("ProtectHome", ["yes"], id="it sees no home"),
        pytest.param("RestrictAddressFamilies", ["AF_INET AF_INET6 AF_UNIX"], id="it talks IP and nothing else"),
        pytest.param("MemoryDenyWriteExecute", ["yes"], id="no code is made at run time"),
        pytest.param("SystemCallFilter", ["@system-service", "~@privileged @resources"], id="only a service's system calls"),
        pytest.param("Restart", ["always"], id="it comes back"),
    ],
)
def test_it_is_locked_in(name: str, value: list[str]) -> None:
    assert _all(name) == value


def test_a_reload_checks_the_file_that_is_served_and_then_hangs_up() -> None:
    [start] = _all("ExecStart")
    assert start == "/srv/tidegate/bin/tidegate serve --config /etc/tidegate/tidegate.yaml"
    assert _all("ExecReload") == [start.replace(" serve ", " check "), "/bin/kill -HUP $MAINPID"]


def test_keys_are_credentials_and_not_environment() -> None:
    assert {value.partition(":")[0] for value in _all("LoadCredential")} == {"openai_api_key", "tidegate_key"}
    assert not re.search("KEY|TOKEN|SECRET", " ".join(_all("Environment")))


def test_systemd_understands_it(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / "tidegate.service"
    unit.write_text(TEXT.replace("/srv/tidegate/bin/tidegate", shutil.which("true") or "/bin/true"))
    said = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")
