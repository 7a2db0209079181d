"""Schemathesis against the OpenAPI document that the gateway serves: whatever the document allows is answered as it says, and nothing else."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.clients.clients import HERE
from tests.journeys.clients.environments import HOME, bare, made
from tests.journeys.clients.stage import KEY, stage

pytestmark = pytest.mark.clients

LOCK = HERE / "locks" / "schemathesis.lock"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance"
EXAMPLES = 25
"""Of each operation, beside those that cover its members one by one."""
EVERYTHING = (
    *("chat", "completions", "embeddings", "responses", "messages", "count_tokens", "rerank", "score", "moderations", "tokenize"),
    *("images", "image_edits", "speech", "transcriptions", "translations"),
)


def schemathesis() -> Path:
    """The program, in an environment of its own."""
    with made("schemathesis", LOCK) as folder:
        if folder is not None:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            install = ("install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", LOCK)
            subprocess.run([folder / "bin/python", "-m", "pip", *install], check=True, env=bare())
    return HOME / "schemathesis" / "bin" / "st"


def asking_for(document: dict[str, Any], models: list[str]) -> dict[str, Any]:
    """The document, in which a model is one of these: of chance names hardly any is one."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                members = content["schema"].get("properties", {})
                if "model" in members:
                    members["model"] = {"enum": models}
    return document


@pytest.mark.timeout(600)
def test_whatever_the_document_allows_is_answered_as_it_says(tmp_path: Path) -> None:
    program = schemathesis()
    with stage(tmp_path, serves=EVERYTHING) as on:
        document = httpx.get(f"{on.root}/openapi.json").raise_for_status().json()
        path = tmp_path / "openapi.json"
        path.write_text(json.dumps(asking_for(document, ["words", "auto"])))
        command: list[str | Path] = [
            program,
            "run",
            path,
            "--url",
            on.root,
            "--checks",
            CHECKS,
            "--max-examples",
            str(EXAMPLES),
            "--no-color",
        ]
        command += ["--phases", "coverage,fuzzing", "--header", f"Authorization: Bearer {KEY}", "--seed", "1"]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=500, cwd=tmp_path, env=bare())
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert f"{len([1 for operations in document['paths'].values() for _ in operations])} selected" in done.stdout
