"""A small valid configuration, edits of it, and what the compiler says about them."""

import copy
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from gateway.config.compile import compile_text
from gateway.config.errors import ConfigError
from gateway.config.prices import Prices
from gateway.plan import Plan

GONE = object()
"""As an edit: the key is taken out."""

ENV = {"OPENAI_API_KEY": "not-a-key", "CALLER_KEY": "not-a-caller-key"}

VALID: Mapping[str, Any] = {
    "version": 1,
    "keys": [{"name": "app", "value": {"env": "CALLER_KEY"}, "tenant": "apps", "floor": "internal"}],
    "destinations": {
        "qwen": {
            "kind": "openai_compatible",
            "zone": "local",
            "urls": ["http://127.0.0.1:8000/v1", "http://127.0.0.1:8001/v1"],
            "model": "qwen3-8b",
            "clearance": "restricted",
            "cost": {"gpu_hour_usd": 2.49, "gpus": 2},
            "aliases": ["small"],
        },
        "gpt": {
            "kind": "openai_compatible",
            "zone": "external",
            "region": "us",
            "url": "https://api.openai.com/v1",
            "model": "gpt-5",
            "key": {"env": "OPENAI_API_KEY"},
            "clearance": "internal",
            "cost": {"input_per_mtok_usd": 1.25, "output_per_mtok_usd": 10},
        },
    },
    "sensitivity": {
        "detectors": [{"tests.fakes.word_detector": {}}],
        "labels": {"email": "personal"},
        "doubt": "restricted",
    },
    "difficulty": {"scorer": "tests.fakes.length_scorer", "threshold": 0.5},
    "models": {"assistant": "auto"},
    "routes": [
        {"name": "sensitive", "when": {"label": ">= personal"}, "to": ["qwen"]},
        {"name": "hard", "when": {"difficulty": "> threshold"}, "to": ["gpt"], "fallback": ["qwen"]},
        {"name": "easy", "to": ["qwen"], "fallback": ["gpt"]},
    ],
    "tests": [{"say": "my email", "path": "local", "label": "personal", "route": "sensitive"}],
    "baseline": "gpt",
}


def edited(edits: Mapping[str, Any]) -> dict[str, Any]:
    """The valid configuration with other values at the given paths (`routes[0].to`)."""
    content: dict[str, Any] = copy.deepcopy(dict(VALID))
    for path, value in edits.items():
        steps: list[Any] = [int(step) if step.isdecimal() else step for step in re.findall(r"[^.\[\]]+", path)]
        place: Any = content
        for step in steps[:-1]:
            place = place.setdefault(step, {}) if isinstance(place, dict) else place[step]
        if value is GONE:
            del place[steps[-1]]
        elif isinstance(place, list) and steps[-1] == len(place):
            place.append(value)
        else:
            place[steps[-1]] = value
    return content


def plan(
    edits: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
    base_dir: Path | None = None,
    prices: Prices | None = None,
) -> Plan:
    """The edited configuration, compiled."""
    return compile_text(yaml.safe_dump(edited(edits or {}), sort_keys=False), ENV if env is None else env, base_dir, prices or Prices(None))


def said(
    edits: Mapping[str, Any],
    env: Mapping[str, str] | None = None,
    base_dir: Path | None = None,
    prices: Prices | None = None,
) -> list[str]:
    """What is said about the edited configuration, as `path: sentence`, sorted; nothing when it is valid."""
    try:
        plan(edits, env, base_dir, prices)
    except ConfigError as error:
        return sorted(f"{problem.path}: {problem.say}" for problem in error.problems)
    return []
