"""The demo's configuration, written out as an operator would write it."""

from pathlib import Path

LOCAL_MODEL, CLOUD_MODEL, OPENAI_MODEL = "smollm2-135m", "gpt-5", "gpt-5-mini"

LOCAL_PRICE, CLOUD_PRICE, OPENAI_PRICE = (0.05, 0.20), (1.25, 10.0), (0.25, 2.0)
"""USD per million tokens, in and out. The local one is an assumption, about what a busy GPU of one's own comes to for a small model;
the others are the list prices of gpt-5 and gpt-5-mini.
"""

_TEXT = """\
version: 1
server: {{port: {port}, admin_port: {admin_port}, shutdown_grace_s: 1}}
destinations:
  local:
    kind: openai_compatible
    zone: local
    url: {local_url}
    model: {local_model}
    clearance: restricted
    cost: {{input_per_mtok_usd: {local_in}, output_per_mtok_usd: {local_out}}}
  cloud:
    kind: openai_compatible
    zone: external
    url: {cloud_url}
    model: {cloud_model}
    clearance: internal
    cost: {{input_per_mtok_usd: {cloud_in}, output_per_mtok_usd: {cloud_out}}}
{key}
sensitivity: {{detectors: [patterns, secrets], on_explicit_model: reroute}}
difficulty: {{scorer: learned, threshold: 0.25}}
routes:
  - {{name: sensitive, when: {{label: ">= personal"}}, to: [local]}}
  - {{name: hard, when: {{difficulty: "> threshold"}}, to: [cloud], fallback: [local]}}
  - {{name: easy, to: [local], fallback: [cloud]}}
baseline: cloud
"""


def write(folder: Path, ports: tuple[int, int], local: tuple[str, str], cloud_url: str) -> Path:
    """The file. `ports` are the API's and the admin's, `local` is the engine's API base and model; without a `cloud_url` it is OpenAI's."""
    price = CLOUD_PRICE if cloud_url else OPENAI_PRICE
    path = folder / "demo.yaml"
    path.write_text(
        _TEXT.format(
            port=ports[0],
            admin_port=ports[1],
            local_url=local[0],
            local_model=local[1],
            local_in=LOCAL_PRICE[0],
            local_out=LOCAL_PRICE[1],
            cloud_url=cloud_url or "https://api.openai.com/v1",
            cloud_model=CLOUD_MODEL if cloud_url else OPENAI_MODEL,
            cloud_in=price[0],
            cloud_out=price[1],
            key="" if cloud_url else "    key: {env: OPENAI_API_KEY}",
        )
    )
    return path
