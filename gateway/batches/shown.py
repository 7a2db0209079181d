"""Files and batches as OpenAI shows them, with what the gateway knows of each beside that."""

from gateway.kept.rows import Batch, File, Status, Totals
from router.labels import Labels

_AT: tuple[tuple[str, Status], ...] = (
    ("in_progress_at", "in_progress"),
    ("finalizing_at", "finalizing"),
    ("completed_at", "completed"),
    ("failed_at", "failed"),
    ("expired_at", "expired"),
    ("cancelling_at", "cancelling"),
    ("cancelled_at", "cancelled"),
)


def file_shown(file: File) -> dict[str, object]:
    """A file."""
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.bytes,
        "created_at": file.created,
        "expires_at": file.expires,
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "processed",
        "status_details": None,
        "tidegate": {"label": file.label},
    }


def batch_shown(batch: Batch, totals: Totals, labels: Labels) -> dict[str, object]:
    """A batch, with what came of its lines until now. What is unknown is null, not zero."""
    problems = [{"code": one.code, "line": one.line, "message": one.message, "param": one.param} for one in batch.problems]
    results = totals.results
    failed = sum(results.get(result, 0) for result in ("refused", "expired", "cancelled"))
    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": batch.path,
        "errors": {"object": "list", "data": problems} if problems else None,
        "input_file_id": batch.file,
        "completion_window": batch.window,
        "status": batch.status,
        "output_file_id": batch.output or None,
        "error_file_id": batch.errors or None,
        "created_at": batch.created,
        "expires_at": batch.due,
        **{name: batch.at.get(status) for name, status in _AT},
        "request_counts": {"total": totals.lines, "completed": results.get("served", 0), "failed": failed},
        "metadata": batch.metadata,
        "usage": _usage(totals),
        "tidegate": _beside(totals, labels),
    }


def _usage(totals: Totals) -> dict[str, object] | None:
    """All tokens; null where some answer came without a count."""
    if totals.uncounted or not totals.results.get("served"):
        return None
    return {
        "input_tokens": totals.asked,
        "input_tokens_details": {"cached_tokens": totals.cached},
        "output_tokens": totals.said,
        "output_tokens_details": {"reasoning_tokens": totals.reasoned},
        "total_tokens": totals.asked + totals.said,
    }


def _beside(totals: Totals, labels: Labels) -> dict[str, object]:
    known = [labels.named(name) for name in totals.labels]
    return {
        "label": max(known).name if known else None,
        "labels": totals.labels,
        "paths": totals.paths,
        "cost_usd": None if totals.unpriced else totals.cost / 1e6,
        "known_cost_usd": totals.cost / 1e6,
        "unpriced": totals.unpriced,
    }


def listed(found: list[dict[str, object]], most: int) -> dict[str, object]:
    """A page of a list, of which one more than `most` was looked for."""
    page = found[:most]
    ends = {"first_id": page[0]["id"] if page else None, "last_id": page[-1]["id"] if page else None}
    return {"object": "list", "data": page, **ends, "has_more": len(found) > most}
