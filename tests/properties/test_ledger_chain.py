"""Properties of the ledger's chain: whatever is done to its lines but cutting off the end is found."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ledger.book import files
from gateway.ledger.verify import Verification
from tests.fakes.ledgers import write

LINES = 14


def _ledger() -> tuple[bytes, ...]:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), (LINES - 2) // 2)
        return tuple(files(Path(folder))[0].read_bytes().splitlines(keepends=True))


WHOLE = _ledger()
PLACES = st.integers(0, LINES - 1)
DEEDS = st.one_of(
    st.tuples(st.just("delete"), st.integers(0, LINES - 2), st.just(0)),  # without the last line it is a shorter ledger
    st.tuples(st.just("swap"), PLACES, PLACES),
    st.tuples(st.just("copy"), PLACES, PLACES),
    st.tuples(st.just("alter"), PLACES, st.integers(0, 10_000)),
    st.tuples(st.just("cut"), st.integers(0, LINES - 2), st.integers(1, 10_000)),
)


def _done(lines: list[bytes], deed: str, first: int, second: int) -> list[bytes]:
    match deed:
        case "delete":
            del lines[first]
        case "swap":
            lines[first], lines[second] = lines[second], lines[first]
        case "copy":
            lines.insert(second, lines[first])
        case "alter":
            at = second % (len(lines[first]) - 1)
            lines[first] = lines[first][:at] + bytes([lines[first][at] ^ 1]) + lines[first][at + 1 :]
        case _:
            lines[first] = lines[first][: -1 - second % (len(lines[first]) - 1)] + b"\n"
    return lines


@settings(max_examples=300, deadline=None)
@given(DEEDS, st.integers(0, LINES))
def test_whatever_is_done_to_lines_is_found(deed: tuple[str, int, int], split: int) -> None:
    lines = _done(list(WHOLE), *deed)
    with tempfile.TemporaryDirectory() as folder:
        for name, part in (("egress-000000000001.jsonl", lines[:split]), ("egress-000000000099.jsonl", lines[split:])):
            if part:
                Path(folder, name).write_bytes(b"".join(part))
        verdict = Verification(Path(folder)).run()
    assert verdict.is_sound == (lines == list(WHOLE))
    assert all(fault.file and fault.say for fault in verdict.faults)
