"""Detectors behind the network: what a configuration may say of them, and what does not load."""

from typing import Any

import pytest

from tests.gateway.config.examples import GONE, plan, said

SERVICE = {"kind": "presidio", "zone": "local", "url": "http://127.0.0.1:3000", "clearance": "restricted"}
ASKS: dict[str, Any] = {
    "destinations.analyzer": SERVICE,
    "sensitivity.detectors": [{"tests.fakes.word_detector": {}}, {"presidio_rest": {"destination": "analyzer"}}],
}
MODEL: dict[str, Any] = {"sensitivity.detectors": [{"tests.fakes.word_detector": {}}, {"llm": {"destination": "qwen", "max_tokens": 99}}]}
OUTSIDE = "is outside: a detector gets content before anything is known of it, so it must be local"
SENSELESS = "cannot be made with these options: categories must not be empty, max_tokens and longest are at least 1"
TOO_LOW = "a detector gets content before anything is known of it, so its destination must be cleared for restricted"


def test_a_service_is_asked_and_answers_no_request() -> None:
    made = plan(ASKS)
    (remote,) = made.remote
    assert (remote.dialect.kind, remote.target.name, remote.label, remote.upstream.urls) == (
        "presidio_rest", "analyzer", made.policy.labels.highest, ("http://127.0.0.1:3000",),
    )  # fmt: skip
    assert remote.upstream.networks
    assert "analyzer" not in made.policy.targets
    assert "analyzer" not in made.upstreams
    assert "analyzer" not in made.meanings
    assert {"person", "us_ssn"} <= made.policy.categories.keys()
    assert str(made.policy.categories["person"]) == "personal"


def test_a_local_model_is_asked_with_the_name_that_its_engine_knows() -> None:
    (remote,) = plan(MODEL).remote
    assert remote.target.name == "qwen"
    assert b'"model":"qwen3-8b"' in remote.dialect.ask("x")
    assert b'"max_tokens":99' in remote.dialect.ask("x")


@pytest.mark.parametrize(
    ("edits", "sentences"),
    [
        pytest.param(
            ASKS | {"destinations.analyzer": SERVICE | {"clearance": "personal"}},
            [f"sensitivity.detectors[1]: 'analyzer' is cleared for personal at most: {TOO_LOW}"],
            id="a service that is not cleared for everything",
        ),
        pytest.param(
            ASKS | {"destinations.analyzer": SERVICE | {"zone": "external", "url": "https://analyzer.example.org"}},
            [
                f"sensitivity.detectors[1]: 'analyzer' {OUTSIDE}"
            ],
            id="a service outside",
        ),
        pytest.param(
            {"sensitivity.detectors": [{"tests.fakes.word_detector": {}}, {"llm": {"destination": "gpt"}}]},
            [f"sensitivity.detectors[1]: 'gpt' {OUTSIDE}"],
            id="a model outside",
        ),
        pytest.param(
            {"sensitivity.detectors": [{"tests.fakes.word_detector": {}}, {"presidio_rest": {"destination": "qwen"}}]},
            ["sensitivity.detectors[1]: 'presidio_rest' asks a destination of kind 'presidio', and 'qwen' is of kind 'openai_compatible'"],
            id="a service that is a model",
        ),
        pytest.param(
            {"sensitivity.detectors": [{"tests.fakes.word_detector": {}}, "llm"]},
            ["sensitivity.detectors[1]: 'llm' asks a service: name its destination, as in `llm: {destination: NAME}`"],
            id="no destination",
        ),
        pytest.param(
            {"sensitivity.detectors": [{"tests.fakes.word_detector": {}}, {"llm": {"destination": "qwin"}}]},
            ["sensitivity.detectors[1]: there is no destination 'qwin'; did you mean 'qwen'?"],
            id="a destination that does not exist",
        ),
        pytest.param(
            {"sensitivity.detectors": [{"tests.fakes.word_detector": {}}, {"llm": {"destination": "qwen", "max_token": 9}}]},
            ["sensitivity.detectors[1]: 'llm' has no option 'max_token'; did you mean 'max_tokens'?"],
            id="an option that does not exist",
        ),
        pytest.param(
            {"sensitivity.detectors": [{"tests.fakes.word_detector": {}}, {"llm": {"destination": "qwen", "max_tokens": "many"}}]},
            ["sensitivity.detectors[1]: 'llm' cannot be made with these options: Expected `int`, got `str` - at `$.max_tokens`"],
            id="an option of another type",
        ),
        pytest.param(
            {"sensitivity.detectors": [{"tests.fakes.word_detector": {}}, {"llm": {"destination": "qwen", "categories": {}}}]},
            [
                f"sensitivity.detectors[1]: 'llm' {SENSELESS}"
            ],
            id="options without sense",
        ),
        pytest.param(
            {"destinations.analyzer": SERVICE},
            [
                "destinations.analyzer: nobody asks this service; add `presidio_rest: {destination: analyzer}` to sensitivity.detectors"
            ],
            id="a service that nobody asks",
        ),
        pytest.param(
            ASKS | {"routes[0].to": ["analyzer", "qwen"]},
            ["routes[0].to[0]: 'analyzer' is asked by detectors and answers no request; take another destination"],
            id="a service in a chain",
        ),
        pytest.param(
            ASKS | {"baseline": "analyzer"},
            ["baseline: 'analyzer' is asked by detectors and answers no request; nothing can be compared with it"],
            id="a service to compare with",
        ),
        pytest.param(
            ASKS | {"destinations.analyzer": SERVICE | {"model": "m"}},
            ["destinations.analyzer.model: this belongs to models, and a service for detectors is none; leave it out"],
            id="a service with a model",
        ),
        pytest.param(
            ASKS | {"destinations.analyzer": {"kind": "presidio", "zone": "local", "clearance": "restricted"}},
            ["destinations.analyzer: needs `url` or `urls`, for example http://127.0.0.1:8000/v1"],
            id="a service without an address",
        ),
        pytest.param({"destinations.qwen.model": GONE}, ["destinations.qwen.model: is missing"], id="a model without a name"),
    ],
)  # fmt: skip
def test_what_does_not_load(edits: dict[str, Any], sentences: list[str]) -> None:
    assert said(edits) == sentences
