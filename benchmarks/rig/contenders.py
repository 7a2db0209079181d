"""What is compared, and how each is started: ours, and floors that only relay. routers.py adds the peers that route.

A contender is a function of a `Place` that writes its configuration there and says how to start it, with the settings that its makers
advise for production, one worker. None: it is not installed.
"""

import compileall
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from benchmarks.rig.accounts import ROOT, free_port

Group = Literal["ours", "floor", "router"]
KEY = "sk-bench-key"
OUR_KEY = f"authorization: Bearer {KEY}"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of its own, the port to listen on, the upstream's address without a path, and the folder of peers."""

    folder: Path
    port: int
    upstream: str
    peers: Path | None = None

    @property
    def upstream_port(self) -> str:
        """The upstream's port."""
        return self.upstream.rpartition(":")[2]

    def write(self, name: str, text: str) -> str:
        """A file of its configuration."""
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def environment(self, name: str) -> Path:
        """The programs of a peer's virtual environment."""
        return (self.peers or Path("/nowhere")) / "venvs" / name / "bin"


@dataclass(frozen=True, slots=True)
class Start:
    """A command, what it finds in its environment, the headers that its callers send, and the model they ask for.

    `version` is a command that prints a line.
    """

    command: list[str]
    version: list[str]
    headers: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    model: str = "scripted"


@dataclass(frozen=True, slots=True)
class Contender:
    """A name, its group, its settings in words, and how it is started."""

    name: str
    group: Group
    settings: str
    start: Callable[[Place], Start | None]


CONFIG = """
version: 1
server: {{port: {port}, admin_port: {admin}}}
keys:
  - {{name: bench, sha256: "{digest}"}}
destinations:
  local:
    {{kind: openai_compatible, zone: local, url: "{upstream}/v1", model: scripted, clearance: restricted,
     cost: {{input_per_mtok_usd: 0.1, output_per_mtok_usd: 0.2}}}}
  cloud:
    {{kind: openai_compatible, zone: external, url: "{upstream}/v1", model: gpt-5, clearance: internal,
     cost: {{input_per_mtok_usd: 1.25, output_per_mtok_usd: 10}}}}
{judging}
baseline: cloud
"""
JUDGING = """routes:
  - {{name: sensitive, when: {{label: ">= personal"}}, to: [local]}}
  - {{name: hard, when: {{difficulty: "> threshold"}}, to: [cloud], fallback: [local]}}
  - {{name: easy, to: [local], fallback: [cloud]}}
sensitivity: {{detectors: [patterns, secrets]}}
difficulty: {{scorer: {scorer}, threshold: {threshold}}}"""
LEXICAL, LEARNED = JUDGING.format(scorer="lexical", threshold=0.5), JUDGING.format(scorer="learned", threshold=0.25)
NOT_JUDGING = """routes: [{name: all, to: [local]}]
sensitivity: {detectors: []}"""


def configured(place: Place, judging: str) -> str:
    """The gateway's configuration: keys, metrics and the log line are on."""
    digest, admin = hashlib.sha256(KEY.encode()).hexdigest(), free_port()
    return place.write(
        "tidegate.yaml", CONFIG.format(port=place.port, admin=admin, digest=digest, upstream=place.upstream, judging=judging)
    )


def gateway(place: Place, *, judging: str, more: tuple[str, ...] = ()) -> Start:
    """The gateway of this tree, its bytecode written as every installer writes it."""
    for package in ("gateway", "router", "classifiers"):
        compileall.compile_dir(ROOT / package, quiet=1)
    command = [sys.executable, "-m", "gateway", "serve", "--config", configured(place, judging), *more]
    return Start(command, ["git", "-C", str(ROOT), "describe", "--always", "--dirty"], (OUR_KEY,), {"PYTHONPATH": str(ROOT)}, "auto")


def relay(place: Place) -> Start:
    """relay.py."""
    return Start([sys.executable, "-m", "benchmarks.rig.relay", str(place.port), place.upstream_port], [sys.executable, "--version"])


def plain(place: Place) -> Start:
    """plain.py."""
    version = [sys.executable, "-c", "import fastapi, httpx; print('FastAPI', fastapi.__version__, 'httpx', httpx.__version__)"]
    return Start([sys.executable, "-m", "benchmarks.rig.plain", str(place.port), place.upstream], version)


NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/errors crit; worker_rlimit_nofile 20000;
events {{ worker_connections 9000; }}
http {{
  access_log off; keepalive_requests 1000000; tcp_nodelay on; client_max_body_size 64m; client_body_buffer_size 1m;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  upstream engine {{ server 127.0.0.1:{upstream_port}; keepalive 1024; keepalive_requests 1000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://engine; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_read_timeout 300s;
    }}
  }}
}}
"""


def _found(name: str) -> str | None:
    return shutil.which(name) or shutil.which(f"/usr/sbin/{name}")


def nginx(place: Place) -> Start | None:
    """A reverse proxy that buffers no answers."""
    program = _found("nginx")
    if program is None:
        return None
    config = place.write("nginx.conf", NGINX.format(folder=place.folder, port=place.port, upstream_port=place.upstream_port))
    return Start([program, "-c", config, "-p", str(place.folder)], [program, "-v"])


HAPROXY = """
global
  nbthread 1
  maxconn 9000
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 300s
  option http-no-delay
frontend in
  bind 127.0.0.1:{port} backlog 4096
  default_backend out
backend out
  http-reuse always
  server engine 127.0.0.1:{upstream_port} pool-max-conn -1
"""


def haproxy(place: Place) -> Start | None:
    """A reverse proxy that shares its connections."""
    program = _found("haproxy")
    if program is None:
        return None
    config = place.write("haproxy.cfg", HAPROXY.format(port=place.port, upstream_port=place.upstream_port))
    return Start([program, "-f", config, "-db"], [program, "-v"])


ENVOY = """
static_resources:
  listeners:
    - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: in
                generate_request_id: false
                route_config:
                  virtual_hosts:
                    - {{name: all, domains: ["*"], routes: [{{match: {{prefix: "/"}}, route: {{cluster: engine, timeout: 300s}}}}]}}
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
  clusters:
    - name: engine
      type: STATIC
      circuit_breakers: {{thresholds: [{{max_connections: 9000, max_requests: 9000, max_pending_requests: 9000}}]}}
      load_assignment:
        cluster_name: engine
        endpoints:
          - lb_endpoints:
              - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {upstream_port}}}}}}}
"""


def envoy(place: Place) -> Start | None:
    """A reverse proxy as meshes run it."""
    own = place.environment("envoy") / "envoy"
    program = str(own) if own.exists() else _found("envoy")
    if program is None:
        return None
    config = place.write("envoy.yaml", ENVOY.format(port=place.port, upstream_port=place.upstream_port))
    return Start([program, "-c", config, "--concurrency", "1", "--log-level", "error", "--use-dynamic-base-id"], [program, "--version"])


def direct(_place: Place) -> Start:
    """Nothing: the scripted upstream itself is asked, to know what it and the driver take. The stage knows it by its name."""
    return Start([], ["uname", "-r"])


CLASSIFIES = "keys, patterns + secrets, {} scorer, metrics, log line; ledger off"
OURS = (
    Contender(
        "gateway",
        "ours",
        CLASSIFIES.format("lexical"),
        partial(gateway, judging=LEXICAL),
    ),
    Contender(
        "gateway learned",
        "ours",
        CLASSIFIES.format("learned"),
        partial(gateway, judging=LEARNED),
    ),
    Contender(
        "gateway unclassified",
        "ours",
        "keys, metrics, log line; no detectors, no scorer",
        partial(gateway, judging=NOT_JUDGING),
    ),
)
FLOORS = (
    Contender("direct", "floor", "the scripted upstream itself", direct),
    Contender("relay", "floor", "two asyncio protocols on uvloop; knows lengths only", relay),
    Contender("nginx", "floor", "1 worker, keep-alive, no buffering, no log", nginx),
    Contender("haproxy", "floor", "1 thread, connections reused, no log", haproxy),
    Contender("envoy", "floor", "1 worker, no log", envoy),
)


def version(start: Start) -> str:
    """The first line of what it says of itself."""
    done = subprocess.run(start.version, capture_output=True, text=True, check=False, timeout=60)
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    line = said[0].strip() if said else "?"
    number = re.search(r"\d+\.\d+[\w.+-]*", line)
    return number[0] if number and len(line) > 40 else line
