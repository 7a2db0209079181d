"""Lines of output, as OpenAI writes them, with what the gateway knows of each beside them."""

import msgspec

from gateway.batches.calling import Call
from gateway.exchange import Exchange
from gateway.kept.rows import Ended, Line, Result
from router.labels import Labels

NOT_RUN: dict[Result, tuple[str, str]] = {
    "expired": ("batch_expired", "The request was not executed before the batch's completion window was over."),
    "cancelled": ("batch_cancelled", "The request was not executed before the batch was cancelled."),
}
INTERRUPTED = ("interrupted", "The gateway ended each time while it executed this request, which is not tried again.")


def ended(line: Line, call: Call, told: Exchange | None, labels: Labels) -> Ended:
    """What came of a line that was run."""
    usage = None if told is None else told.usage
    label = _higher(line.label, None if told is None or told.label is None else told.label.name, labels)
    cost = None if told is None or told.cost is None else int(told.cost)
    beside = {
        "label": label,
        "path": None if told is None else told.path,
        "target": None if told is None else told.target,
        "cost_usd": None if cost is None else cost / 1e6,
    }
    response = {"status_code": call.status, "request_id": call.request_id, "body": _body(call)}
    output = _line(call.request_id, line, response=response, tidegate=beside)
    return Ended(
        line.number,
        "served" if call.status == 200 else "refused",
        output,
        label,
        "" if told is None else told.path,
        cost,
        None if usage is None else usage.prompt,
        None if usage is None else usage.cached,
        None if usage is None else usage.completion,
        None if usage is None else usage.reasoning,
    )


def not_run(line: Line, batch: str, result: Result, why: tuple[str, str] | None = None) -> Ended:
    """What came of a line that was not run to its end."""
    code, say = why or NOT_RUN[result]
    output = _line(f"req_{batch.removeprefix('batch_')}_{line.number}", line, error={"code": code, "message": say})
    return Ended(line.number, result, output, line.label)


def _line(request_id: str, line: Line, **more: object) -> bytes:
    said = {"id": f"batch_{request_id}", "custom_id": line.custom_id, "response": None, "error": None} | more
    return msgspec.json.encode(said) + b"\n"


def _body(call: Call) -> object:
    """The answer on one line: in JSON a line break can stand only where it means nothing."""
    body = call.answered.replace(b"\r", b" ").replace(b"\n", b" ")
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except msgspec.DecodeError:
        return call.answered.decode(errors="replace")
    return msgspec.Raw(body)


def _higher(known: str, told: str | None, labels: Labels) -> str:
    names = [name for name in (known, told) if name]
    return max((labels.named(name) for name in names), default=labels.highest).name
