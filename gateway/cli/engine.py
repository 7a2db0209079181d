"""`tidegate engine`: becomes `vllm serve`, or prints the command."""

import dataclasses
import os
import shlex
import sys
from pathlib import Path

import typer

from gateway.engine import EngineOptions, MissingVllm, command, environment, find_vllm, is_cpu


def start(model: str, options: EngineOptions, *, dry_run: bool) -> None:
    """Replace this process by the engine's, so that signals reach it. Raises `EngineError`."""
    try:
        vllm = find_vllm(os.environ)
    except MissingVllm:
        if not dry_run:
            raise
        vllm = Path("vllm")
    if is_cpu(vllm, os.environ):
        options = dataclasses.replace(options, small=True)
    words = command(model, options, vllm)
    env = environment(model, options, os.environ)
    if dry_run:
        changed = [f"{name}={shlex.quote(value)}" for name, value in sorted(env.items()) if os.environ.get(name) != value]
        typer.echo(" ".join([*changed, shlex.join(words)]))
        return
    sys.stdout.flush()
    name = options.served_name or model
    typer.secho(f"tidegate: in the configuration, this engine is `url: http://{options.host}:{options.port}/v1`, `model: {name}`", err=True)
    os.execve(vllm, words, env)  # noqa: S606  # a list of words, without a shell
