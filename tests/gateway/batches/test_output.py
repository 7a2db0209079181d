import json

from gateway.batches.calling import Call
from gateway.batches.output import INTERRUPTED, ended, not_run
from gateway.exchange import Exchange
from gateway.kept.rows import Line
from router.attempt import Usage
from router.labels import Labels
from router.names import MicroUsd, TargetName

LABELS = Labels()
LINE = Line(7, "mine", "leaves", b"{}", "internal")


async def answered(status: int, body: bytes) -> Call:
    call = Call("req_0", b"")
    await call.answer(status, b"application/json", body, None)
    return call


def told(label: str, cost: int | None = 5, usage: Usage | None = None) -> Exchange:
    return Exchange(
        "req_0",
        "chat",
        "served",
        200,
        label=LABELS[label],
        path="cloud",
        target=TargetName("gpt"),
        cost=None if cost is None else MicroUsd(cost),
        usage=usage,
    )


async def test_a_line_of_output_is_what_openai_writes_with_what_is_known_beside_it() -> None:
    found = ended(LINE, await answered(200, b'{\r\n "a": "\\n"\n}'), told("public", 5, Usage(10, 4, 2, 0, 1)), LABELS)
    assert found.output.count(b"\n") == 1
    assert json.loads(found.output) == {
        "id": "batch_req_0",
        "custom_id": "mine",
        "response": {"status_code": 200, "request_id": "req_0", "body": {"a": "\n"}},
        "error": None,
        "tidegate": {"label": "internal", "path": "cloud", "target": "gpt", "cost_usd": 0.000005},
    }
    assert (found.result, found.label, found.path, found.cost) == ("served", "internal", "cloud", 5)
    assert (found.asked, found.cached, found.said, found.reasoned) == (10, 2, 4, 1)


async def test_what_is_unknown_is_unknown_and_labels_only_rise() -> None:
    found = ended(LINE, await answered(200, b"{}"), told("restricted", None), LABELS)
    assert (found.cost, found.asked, found.label) == (None, None, "restricted")
    assert json.loads(found.output)["tidegate"]["cost_usd"] is None
    blind = ended(LINE, await answered(500, b"no json"), None, LABELS)
    assert (blind.result, blind.label, blind.path) == ("refused", "internal", "")
    assert json.loads(blind.output)["response"]["body"] == "no json"
    assert ended(Line(1, "x", "leaves", b"", "gone"), await answered(200, b"{}"), None, LABELS).label == "restricted"


def test_a_line_that_was_not_run_says_why() -> None:
    found = not_run(LINE, "batch_1", "expired")
    said = json.loads(found.output)
    assert (said["custom_id"], said["response"], said["error"]["code"]) == ("mine", None, "batch_expired")
    assert (found.result, found.label) == ("expired", "internal")
    assert json.loads(not_run(LINE, "batch_1", "refused", INTERRUPTED).output)["error"]["code"] == "interrupted"
