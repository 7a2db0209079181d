import time
from typing import Any

import pytest

from gateway.cascade.forms import Form, fits, form_of, is_json

PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "pets": {"type": "array", "items": {"$ref": "#/$defs/pet"}}},
    "required": ["name"],
    "additionalProperties": False,
    "$defs": {"pet": {"anyOf": [{"enum": ["cat", "dog"]}, {"type": "null"}]}},
}


@pytest.mark.parametrize(
    ("fields", "form"),
    [
        pytest.param({}, "text", id="nothing"),
        pytest.param({"response_format": None}, "text", id="null"),
        pytest.param({"response_format": {"type": "text"}}, "text", id="text"),
        pytest.param({"response_format": {"type": "json_object"}}, "json", id="an object"),
        pytest.param({"response_format": {"type": "json_schema", "json_schema": {"schema": PERSON}}}, PERSON, id="a schema"),
        pytest.param({"response_format": {"type": "json_schema", "json_schema": {}}}, "json", id="a schema that is none"),
        pytest.param({"response_format": {"type": "json_schema"}}, "json", id="no schema"),
        pytest.param({"response_format": {"type": "grammar"}}, "text", id="what only the engine knows"),
    ],
)
def test_the_form_that_a_request_asks_for(fields: dict[str, object], form: Form) -> None:
    assert form_of(fields) == form


@pytest.mark.parametrize(
    ("text", "form", "does"),
    [
        pytest.param("anything", "text", True, id="any text"),
        pytest.param('{"a": 1}', "json", True, id="an object"),
        pytest.param("[1]", "json", False, id="a list is no object"),
        pytest.param('```json\n{"a": 1}\n```', "json", False, id="in a fence it is no JSON"),
        pytest.param("{", "json", False, id="cut"),
        pytest.param("[" * 100_000, {}, False, id="deep"),
        pytest.param('{"name": "A", "age": 4, "pets": ["cat", null]}', PERSON, True, id="all of a schema"),
        pytest.param('{"name": "A"}', PERSON, True, id="the least of a schema"),
        pytest.param('{"age": 4}', PERSON, False, id="a member is missing"),
        pytest.param('{"name": 4}', PERSON, False, id="a member has another type"),
        pytest.param('{"name": "A", "age": 4.5}', PERSON, False, id="a broken number"),
        pytest.param('{"name": "A", "age": true}', PERSON, False, id="a flag is no number"),
        pytest.param('{"name": "A", "pets": ["cow"]}', PERSON, False, id="an item is none of those"),
        pytest.param('{"name": "A", "x": 1}', PERSON, False, id="a member too many"),
        pytest.param('["name"]', PERSON, False, id="another type"),
        pytest.param('{"x": 1}', {"additionalProperties": False}, False, id="no members at all"),
        pytest.param(
            "1", {"additionalProperties": False, "required": ["a"], "properties": {"a": {}}, "items": {}}, True, id="of other types"
        ),
        pytest.param('{"x": 1}', {"additionalProperties": False, "patternProperties": {}}, True, id="members by pattern"),
        pytest.param("1", {"allOf": [{"type": "number"}, {"enum": [1]}]}, True, id="all of several"),
        pytest.param("2", {"allOf": [{"type": "number"}, {"enum": [1]}]}, False, id="not all of several"),
        pytest.param('"a"', {"oneOf": [{"type": "number"}, {"type": "string"}]}, True, id="one of several"),
        pytest.param("null", {"type": ["string", "null"]}, True, id="one of several types"),
        pytest.param("1", {"type": "whatever"}, True, id="a type that nobody knows"),
        pytest.param("1", {"type": 7, "enum": 7, "required": 7, "properties": 7, "anyOf": 7, "allOf": 7, "$ref": 7}, True, id="no schema"),
        pytest.param("1", {"$ref": "https://example.com/schema"}, True, id="a schema that stands elsewhere"),
        pytest.param("1", {"$ref": "#/nowhere/there"}, True, id="a schema that is not there"),
        pytest.param("1", {"$ref": "#"}, True, id="a schema that is itself"),
        pytest.param('{"a": 1}', {"properties": {"a": False}}, False, id="what may not be"),
        pytest.param('{"a": 1}', {"properties": {"a": True}}, True, id="what may be anything"),
        pytest.param("1.0", {"type": "integer"}, True, id="a whole number"),
    ],
)
def test_whether_a_text_has_a_form(text: str, form: Form, does: bool) -> None:
    assert fits(text, form) is does


@pytest.mark.parametrize(("text", "does"), [("", True), ("{}", True), ("[1]", True), ("{", False), ("name: x", False)])
def test_arguments_of_a_tool_are_json(text: str, does: bool) -> None:
    assert is_json(text) is does


MANY = 100_000


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        pytest.param("{}", {"allOf": [{"$ref": "#"}] * 3}, id="a schema that is itself three times"),
        pytest.param("{}", {"allOf": [{"$ref": "#/a"}] * 9, "a": {"allOf": [{"$ref": "#"}] * 9}}, id="two that are each other"),
        pytest.param(str([0] * 9_000), {"items": {"enum": [1] * MANY}}, id="many values for many items"),
        pytest.param(str([0] * 9_000), {"items": {"$ref": "#" + "/a" * MANY}}, id="a long way for many items"),
        pytest.param(str([0] * 9_000), {"items": {str(at): 0 for at in range(MANY)}}, id="many keywords for many items"),
    ],
)
def test_a_schema_that_is_too_much_work_says_nothing(text: str, schema: Form) -> None:
    start = time.thread_time()
    assert fits(text, schema)
    assert time.thread_time() - start < 10  # without bounds it takes minutes, or for ever
