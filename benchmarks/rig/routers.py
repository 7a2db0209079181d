"""The peers that route, each from a virtual environment (or npm) in the folder that `python -m benchmarks.install_peers` makes."""

from functools import partial
from pathlib import Path

from benchmarks.rig.accounts import free_port
from benchmarks.rig.contenders import KEY, OUR_KEY, Contender, Place, Start, plain

_LITELLM = """
model_list:
  - model_name: scripted
    litellm_params: {{model: openai/scripted, api_base: "{upstream}/v1", api_key: sk-up}}
{more}
litellm_settings: {{set_verbose: false, json_logs: false, request_timeout: 600}}
general_settings: {{master_key: {key}}}
"""
_COMPLEXITY = """
  - model_name: strong
    litellm_params: {{model: openai/scripted-strong, api_base: "{upstream}/v1", api_key: sk-up}}
  - model_name: smart
    litellm_params:
      model: auto_router/complexity_router
      complexity_router_config:
        tiers: {{SIMPLE: scripted, MEDIUM: scripted, COMPLEX: strong, REASONING: strong}}
      complexity_router_default_model: scripted
"""


def litellm(place: Place, *, more: str = "", model: str = "scripted") -> Start | None:
    """Its proxy with the settings of its production guide."""
    program = place.environment("litellm") / "litellm"
    if not program.exists():
        return None
    more = more.format(upstream=place.upstream)
    config = place.write("config.yaml", _LITELLM.format(upstream=place.upstream, key=KEY, more=more))
    environment = {
        "LITELLM_LOG": "ERROR",
        "LITELLM_MODE": "PRODUCTION",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_TELEMETRY": "False",
        "DISABLE_ADMIN_UI": "True",
        "NO_DOCS": "True",
        "HOME": str(place.folder),
    }
    command = [str(program), "--config", config, "--host", "127.0.0.1", "--port", str(place.port), "--num_workers", "1"]
    return Start(command, _of(place, "litellm", "litellm"), (OUR_KEY,), environment, model)


def portkey(place: Place) -> Start | None:
    """Its open gateway, from npm."""
    package = (place.peers or Path("/nowhere")) / "npm" / "node_modules" / "@portkey-ai" / "gateway"
    if not package.exists():
        return None
    headers = (OUR_KEY, "x-portkey-provider: openai", f"x-portkey-custom-host: {place.upstream}/v1")
    environment = {"NODE_ENV": "production", "TRUSTED_CUSTOM_HOSTS": "127.0.0.1,localhost"}
    command = ["node", str(package / "build" / "start-server.js"), f"--port={place.port}", "--headless"]
    return Start(command, ["node", "-p", f"'@portkey-ai/gateway ' + require('{package}/package.json').version"], headers, environment)


def rust(place: Place, *, name: str, launch: tuple[str, ...] = ()) -> Start | None:
    """One of the family of sglang-router, which share their options."""
    program = place.environment(name) / _PROGRAMS[name]
    if not program.exists():
        return None
    words = ["--host", "127.0.0.1", "--port", str(place.port), "--worker-urls", place.upstream, "--policy", "round_robin"]
    words += ["--log-level", "error", "--prometheus-port", str(free_port())]
    return Start([str(program), *launch, *words], _of(place, name, _PROGRAMS[name]))


_PROGRAMS = {"sglang": "sglang-router", "vllmr": "vllm-router", "smg": "smg"}

_ROLTER = """
[server]
host = "127.0.0.1"
port = {port}
[[providers]]
name = "engine"
kind = "openai_compatible"
api_base = "{upstream}"
[[routes]]
model = "scripted"
strategy = "round_robin"
[[routes.targets]]
provider = "engine"
model = "scripted"
"""


def rolter(place: Place) -> Start | None:
    """Its data plane alone."""
    program = place.environment("rolter") / "rolter"
    if not program.exists():
        return None
    config = place.write("rolter.toml", _ROLTER.format(port=place.port, upstream=place.upstream))
    command = [str(program), "gateway", "-c", config, "--host", "127.0.0.1", "--port", str(place.port)]
    return Start(command, _of(place, "rolter", "rolter"), (OUR_KEY,))


_SWITCHYARD = """
schema_version = 1
[llm_clients.up]
format = "openai_chat"
base_url = "{upstream}/v1"
api_key_env = "BENCH_KEY"
[targets.weak]
id = "scripted"
llm_client = "up"
[routes.main]
id = "scripted"
type = "passthrough"
target = "weak"
"""
_SERVE = """
import sys, time
from switchyard_rust.server import Server
server = Server(sys.argv[1], port=int(sys.argv[2]))
while True:
    time.sleep(3600)
"""


def switchyard(place: Place) -> Start | None:
    """Its Rust server, with a route that passes everything on."""
    program = place.environment("switchyard") / "python"
    if not program.exists():
        return None
    config, serve = place.write("routes.toml", _SWITCHYARD.format(upstream=place.upstream)), place.write("serve.py", _SERVE)
    command = [str(program), serve, config, str(place.port)]
    return Start(command, _of(place, "switchyard", "nemo-switchyard"), (OUR_KEY,), {"BENCH_KEY": "sk-up"})


def _of(place: Place, environment: str, package: str) -> list[str]:
    code = f"from importlib.metadata import version; print('{package}', version('{package}'))"
    return [str(place.environment(environment) / "python"), "-c", code]


ROUTERS = (
    Contender("vllm-router", "router", "Rust; round robin over one worker", partial(rust, name="vllmr")),
    Contender("sglang-router", "router", "Rust; round robin over one worker", partial(rust, name="sglang", launch=("launch",))),
    Contender("smg", "router", "Rust; round robin over one worker", partial(rust, name="smg", launch=("launch",))),
    Contender("rolter", "router", "Rust; data plane, one route", rolter),
    Contender("switchyard", "router", "Rust; one pass-through route", switchyard),
    Contender("Portkey", "router", "Node; provider openai, custom host", portkey),
    Contender("FastAPI + httpx", "router", "a first draft on uvicorn; routes nothing", plain),
    Contender("litellm", "router", "one worker, no database, production mode, a key", litellm),
    Contender("litellm complexity", "router", "the same with its complexity router", partial(litellm, more=_COMPLEXITY, model="smart")),
)
