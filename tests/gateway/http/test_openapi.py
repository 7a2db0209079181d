from typing import get_args

from gateway.http.cold import api
from gateway.http.openapi import CARRIED, document
from gateway.http.paths import HOT
from gateway.live import Live
from router.names import Endpoint
from tests.fakes.gateway import compiled, configuration


def test_the_document_has_every_endpoint() -> None:
    app = api(Live(compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))))
    made = document(app)
    assert set(HOT) | {"/v1/models", "/v1/models/{name}", "/v1/feedback", "/healthz", "/readyz"} <= made["paths"].keys()
    for operations in made["paths"].values():
        for operation in operations.values():
            assert {"4XX", "5XX"} <= operation["responses"].keys()
            assert operation["summary"]
    assert document(app) is made
    assert CARRIED.keys() == set(get_args(Endpoint))


def test_errors_of_anthropics_endpoints_are_anthropics() -> None:
    made = document(api(Live(compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")))))
    refused = made["paths"]["/v1/messages"]["post"]["responses"]["4XX"]["content"]["application/json"]["schema"]
    assert refused == {"$ref": "#/components/schemas/AnthropicError"}
    assert set(made["paths"]["/v1/audio/transcriptions"]["post"]["requestBody"]["content"]) == {"multipart/form-data"}
