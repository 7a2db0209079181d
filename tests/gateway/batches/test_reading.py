import json
from typing import Any

import pytest

from gateway.batches.reading import MOST_PROBLEMS, Reader
from tests.fakes.gateway import compiled, configuration
from tests.fakes.secrets import Canary

PLAN = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))
PATH = "/v1/chat/completions"
BODY: dict[str, Any] = {"model": "auto", "messages": [{"role": "user", "content": "How are you?"}]}


def line(name: str = "1", **more: Any) -> dict[str, Any]:
    return {"custom_id": name, "method": "POST", "url": PATH, "body": BODY} | more


async def read(*lines: Any, most: int = 1_000, floor: str = "") -> Any:
    content = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines).encode()
    return await Reader(PLAN, PATH, "chat", PLAN.policy.labels[floor] if floor else None).read(content, most)


async def test_lines_are_numbered_as_they_stand_and_lanes_follow_from_labels() -> None:
    sensitive = {"model": "auto", "messages": [{"role": "user", "content": Canary().say}]}
    found = await read(line("a"), "", line("b", body=sensitive))
    assert not found.problems
    assert [(one.number, one.custom_id, one.lane, one.label) for one in found.lines] == [
        (1, "a", "leaves", "public"),
        (3, "b", "stays", "restricted"),
    ]
    assert json.loads(found.lines[0].body) == BODY
    assert [one.lane for one in (await read(line(), floor="personal")).lines] == ["stays"]


@pytest.mark.parametrize(
    ("wrong", "code", "param"),
    [
        ("{", "invalid_json_line", None),
        ({"custom_id": "1"}, "invalid_json_line", None),
        (line(more=1), "invalid_json_line", None),
        (line(""), "invalid_custom_id", "custom_id"),
        (line(method="GET"), "invalid_method", "method"),
        (line(url="/v1/completions"), "mismatched_url", "url"),
        (line(body={"messages": []}), "missing_model", "body.model"),
        (line(body={"model": "auto"}), "bad_field", "body.messages"),
        (line(body=BODY | {"stream": True}), "stream_not_supported", "body.stream"),
        (line(body=[]), "not_an_object", "body"),
        (line(body=BODY | {"user": "x" * PLAN.limits.body_bytes}), "body_too_large", "body"),
    ],
)
async def test_what_is_wrong_with_a_line_is_said_with_its_number(wrong: Any, code: str, param: str | None) -> None:
    [problem] = (await read(line("0"), wrong)).problems
    assert (problem.line, problem.code, problem.param) == (2, code, param)
    assert problem.message.endswith(".")


async def test_what_is_wrong_with_all_of_it_is_said_once() -> None:
    assert [(one.code, one.line) for one in (await read("", "")).problems] == [("empty_file", None)]
    assert [one.code for one in (await read(line("a"), line("b"), most=1)).problems] == ["too_many_lines"]
    assert [one.line for one in (await read(line("a"), line("a"))).problems] == [2]
    assert len((await read(*["{"] * 300)).problems) == MOST_PROBLEMS
