import pytest

from gateway.ledger.chain import Head, record_of, seal, unseal
from gateway.ledger.errors import Unanswerable
from gateway.ledger.records import Stopped
from tests.fakes.ledgers import intent


def test_a_line_says_its_number_its_time_and_a_hash_over_the_line_before() -> None:
    line, head = seal(intent(), Head(), 1_795_348_800.25)
    read = unseal(line.removesuffix(b"\n"))
    assert read is not None
    assert (read.seq, read.at, read.kind) == (1, "2026-11-22T12:00:00.250000Z", "intent")
    assert read.follows(Head().hash)
    assert not read.follows("1" * 64)
    assert head == Head(1, read.hash)
    assert record_of(read) == intent()
    assert read.fields()["destination"] == "gpt"


def test_the_next_line_hangs_on_the_one_before() -> None:
    _, first = seal(intent(1), Head(), 0)
    _, other = seal(intent(2), Head(), 0)
    assert seal(Stopped(), first, 0)[0] != seal(Stopped(), other, 0)[0]


@pytest.mark.parametrize("text", [b"", b"{}", b'{"seq":1}', b"x" * 90, b'{"a":1,"hash":"' + b"0" * 64 + b'"}', b"\xff" * 100])
def test_what_has_not_the_form_of_a_line_is_none(text: bytes) -> None:
    assert unseal(text) is None


def test_a_record_of_a_later_version_is_no_error() -> None:
    line, _ = seal(Stopped(), Head(), 0)
    read = unseal(line.removesuffix(b"\n").replace(b'"stop"', b'"soup"'))
    assert read is not None
    assert record_of(read) is None


def test_a_head_is_read_as_it_is_written() -> None:
    head = Head(12, "ab" * 32)
    assert Head.parse(f" {head}\n") == head
    with pytest.raises(Unanswerable, match="audit verify"):
        Head.parse("12")
