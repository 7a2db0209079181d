"""The OpenAPI document of the API, whole: what FastAPI knows of, and the endpoints that are served without it.

Of a body it says what the gateway itself asks for. All else goes on to the model that answers, which knows its own members best.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gateway.dialects.refusals import ANTHROPIC
from gateway.http.paths import HOT
from gateway.upstreams.openai_compatible import SPOKEN
from gateway.wire.carriers import STREAMED
from gateway.wire.forms import FORMED
from router.names import Endpoint

Schema = dict[str, Any]
ABOUT = "OpenAI's API, and Anthropic's: ask for model `auto` and the gateway chooses."

_TEXT: Schema = {"type": "string", "minLength": 1}
_TEXTS: Schema = {"oneOf": [_TEXT, {"type": "array", "minItems": 1, "items": {"type": "string"}}]}
_TURNS: Schema = {"type": "array", "minItems": 1, "items": {"type": "object"}}
_TEXT_OR_TURNS: Schema = {"oneOf": [_TEXT, _TURNS]}
_FILE: Schema = {"type": "string", "format": "binary"}
CARRIED: Mapping[Endpoint, tuple[str, Mapping[str, Schema]]] = {
    "chat": ("Answer a conversation (OpenAI's Chat Completions)", {"messages": _TURNS}),
    "completions": ("Go on with a text (OpenAI's Completions)", {"prompt": _TEXTS}),
    "embeddings": ("Embed texts (OpenAI's Embeddings)", {"input": _TEXTS}),
    "responses": ("Answer a conversation (OpenAI's Responses)", {"input": _TEXT_OR_TURNS}),
    "messages": ("Answer a conversation (Anthropic's Messages)", {"messages": _TURNS}),
    "count_tokens": ("Count the tokens of a conversation (Anthropic's)", {"messages": _TURNS}),
    "rerank": ("Order documents by what they have to do with a query", {"query": _TEXT, "documents": _TEXTS}),
    "score": ("Score pairs of texts", {"text_1": _TEXTS, "text_2": _TEXTS}),
    "moderations": ("Classify what may be harmful (OpenAI's Moderations)", {"input": _TEXTS}),
    "tokenize": ("Split a text into the model's tokens (vLLM's)", {"prompt": _TEXT}),
    "images": ("Make a picture (OpenAI's Images)", {"prompt": _TEXT}),
    "image_edits": ("Change a picture (OpenAI's Images)", {"image": _FILE}),
    "speech": ("Speak a text (OpenAI's Audio)", {"input": _TEXT}),
    "transcriptions": ("Write down what is said (OpenAI's Audio)", {"file": _FILE}),
    "translations": ("Write down in English what is said (OpenAI's Audio)", {"file": _FILE}),
}
"""For each endpoint what it does, and the members that it must have beside `model`."""
_ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
_ANTHROPICS: Schema = {
    "type": "object",
    "required": ["type", "error", "request_id"],
    "properties": {
        "type": {"const": "error"},
        "error": {"type": "object", "required": ["type", "message"], "properties": {"message": {"type": "string"}}},
        "request_id": {"type": "string"},
    },
}
REFUSED: dict[int | str, dict[str, Any]] = {
    status: {"description": say, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    for status, say in (("4XX", "The request is not served as it is; the error says what to do."), ("5XX", "It could not be served now."))
}
"""What any endpoint may answer instead."""


def document(app: FastAPI) -> Schema:
    """The document. Made once, and kept by the application."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        schemas |= {"Error": _ERROR, "AnthropicError": _ANTHROPICS}
        made["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        made["security"] = [{"key": []}, {}]
        for path, endpoint in HOT.items():
            made["paths"][path] = {"post": _operation(endpoint)}
        app.openapi_schema = made
    return app.openapi_schema


def _operation(endpoint: Endpoint) -> Schema:
    say, carried = CARRIED[endpoint]
    members: Schema = {"model": _TEXT, **carried}
    if endpoint in STREAMED and endpoint not in FORMED:
        members["stream"] = {"type": ["boolean", "null"]}
    body = {"type": "object", "required": ["model", *carried], "properties": members}
    kind = "multipart/form-data" if endpoint in FORMED else "application/json"
    return {
        "operationId": endpoint,
        "summary": say,
        "requestBody": {"required": True, "content": {kind: {"schema": body}}},
        "responses": {"200": {"description": "The model's answer.", "content": _answers(endpoint)}, **_refusals(endpoint)},
    }


def _answers(endpoint: Endpoint) -> Schema:
    answers: Schema = {} if endpoint == "speech" else {"application/json": {"schema": {"type": "object"}}}
    if endpoint in STREAMED:
        answers["text/event-stream"] = {"schema": {}}  # of each event
    if endpoint in SPOKEN:
        answers["*/*"] = {"schema": _FILE}
    return answers


def _refusals(endpoint: Endpoint) -> Schema:
    name = "AnthropicError" if endpoint in ANTHROPIC else "Error"
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {str(status): {**said, "content": {"application/json": {"schema": schema}}} for status, said in REFUSED.items()}
