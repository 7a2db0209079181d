"""Times as people write them."""

from datetime import UTC, datetime, timedelta


def moment(text: str, *, is_end: bool = False) -> float:
    """Unix time of a day or a time in ISO 8601 (UTC unless it says otherwise), or of a number. A day that is an end counts to its end.

    Raises ValueError with a sentence.
    """
    try:
        return float(text)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("write a day as 2026-11-22, a time as 2026-11-22T14:00:00Z, or seconds since 1970") from None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return (at + timedelta(days=1) if is_end and len(text) == len("2026-11-22") else at).timestamp()


def day(at: float) -> str:
    """The day of a Unix time, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
