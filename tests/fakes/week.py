"""A made-up week for advice: a house with two engines and two clouds, quiet from 22 to 6, and rows that can be added up by hand."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.config.compile import compile_text
from gateway.config.strict_yaml import read
from gateway.plan import Plan
from gateway.usage.rows import Leased, Used
from tests.fakes.usage import leased, used

MONDAY = 1_762_732_800  # 2025-11-10 00:00 UTC
HOUR = 3_600
DAYS = 7
HOME_BY_DAY, HOME_BY_NIGHT, OUT = 20, 2, 10
"""Requests of an hour."""

HOUSE = """\
version: 1
destinations:
  qwen:
    kind: openai_compatible
    zone: local
    urls: [http://127.0.0.1:8001/v1, http://127.0.0.1:8002/v1]
    model: qwen3-8b
    clearance: restricted
    cost: {gpu_hour_usd: 2.0}
  gpt:
    {kind: openai_compatible, zone: external, url: https://api.example.com/v1, model: gpt, clearance: internal, key: {env: NOBODY},
     cost: {input_per_mtok_usd: 1, output_per_mtok_usd: 10}}
  claude:
    {kind: openai_compatible, zone: external, url: https://api.example.org/v1, model: claude, clearance: internal, key: {env: NOBODY},
     cost: {input_per_mtok_usd: 3, output_per_mtok_usd: 15}}
sensitivity: {detectors: [patterns, secrets]}
difficulty: {scorer: lexical, threshold: 0.5}
routes:
  - {name: sensitive, when: {label: ">= personal"}, to: [qwen]}
  - {name: hard, when: {difficulty: "> threshold"}, to: [gpt, claude], fallback: [qwen]}
  - {name: easy, to: [qwen], fallback: [gpt]}
tests:
  - {say: "mail bob@example.com", path: local}
  - {say: "What is the capital of France?", route: easy}
"""


def house(text: str = HOUSE) -> tuple[Plan, Mapping[str, object]]:
    """The plan, and the content that it was made of."""
    content = read(text).content
    assert isinstance(content, dict)
    return compile_text(text, {}, needs_secrets=False), content


def is_night(hour: int) -> bool:
    return hour % 24 >= 22 or hour % 24 < 6


def requests(days: int = DAYS, **home: Any) -> Iterator[Used]:
    """At home requests of 1,000 + 100 tokens, which cost 0.002 USD at `gpt`; outside of 1,000 + 200, that cost 0.003 at `gpt`."""
    for hour in range(days * 24):
        at = float(MONDAY + hour * HOUR + 1)
        many = HOME_BY_NIGHT if is_night(hour) else HOME_BY_DAY
        for number in range(many):
            yield used(at=at + number, prompt=1_000, completion=100, cost=300, difficulty=0.1, is_stream=True, first_byte_s=0.2, **home)
        for number in range(OUT):
            yield used(
                at=at + number, path="cloud", target="gpt", first="gpt", route="hard", prompt=1_000, completion=200, cost=3_000,
                difficulty=round(0.55 + 0.04 * number, 2), is_stream=True, first_byte_s=0.6,
            )  # fmt: skip


def minutes(days: int = DAYS, replicas: int = 2, busy: float = 0.3) -> Iterator[Leased]:
    """One row an hour and replica, of 2 USD."""
    for hour in range(days * 24):
        for replica in range(replicas):
            yield leased(
                at=float(MONDAY + (hour + 1) * HOUR - 1), target="qwen", replica=replica, wall_s=3_600.0,
                busy_s=0.0 if is_night(hour) else busy * 3_600, reserved=2_000_000, allocated=500_000, idle=1_500_000,
            )  # fmt: skip
