import base64
import gzip
import re
import zlib
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.kinds import OverBudget
from classifiers.normalise.unpack import RUN, decoded, readable, unpacked
from classifiers.normalise.view import View, linear
from classifiers.work import Work

SAY = "card 4111 1111 1111 1111, thanks"
B64 = base64.b64encode(SAY.encode()).decode()


def read(text: str) -> str:
    return View(text).rewritten(partial(unpacked, work=Work()), Work()).text


@pytest.mark.parametrize(
    ("written", "says"),
    [
        pytest.param(B64, SAY, id="base64"),
        pytest.param(B64.rstrip("="), SAY, id="without its end"),
        pytest.param(
            base64.urlsafe_b64encode("ÿþ? ünd größer als alles".encode()).decode(), "ÿþ? ünd größer als alles", id="for addresses"
        ),
        pytest.param(base64.b64encode(b"078-05-1120").decode(), "078-05-1120", id="a short run that is padded"),
        pytest.param(base64.b32encode(SAY.encode()).decode(), SAY, id="base32"),
        pytest.param(base64.b32encode((SAY + "!!!").encode()).decode(), SAY + "!!!", id="base32 of another length"),
        pytest.param(SAY.encode().hex(), SAY, id="hexadecimal"),
        pytest.param("0x" + SAY.encode().hex().upper(), SAY, id="hexadecimal with its sign"),
        pytest.param(SAY.encode().hex(" "), f" {SAY} ", id="hexadecimal bytes"),
        pytest.param(" ".join(f"0x{byte:02x}" for byte in SAY.encode()), f" {SAY} ", id="hexadecimal bytes, each with its sign"),
        pytest.param(base64.b64encode(SAY.encode("utf-16-le")).decode(), SAY, id="UTF-16"),
        pytest.param("\n".join(re.findall(".{1,76}", base64.b64encode(SAY.encode() * 8).decode())), SAY * 8, id="in lines"),
        pytest.param(base64.b64encode("请帮我写一封回信".encode()).decode(), "请帮我写一封回信", id="UTF-8"),
        pytest.param(
            base64.b64encode("zéro, and a long rest of it".encode()).decode(), "zéro, and a long rest of it", id="UTF-8, nearly plain"
        ),
        pytest.param(base64.b64encode(gzip.compress(SAY.encode(), mtime=0)).decode(), SAY, id="gzip"),
        pytest.param(base64.urlsafe_b64encode(zlib.compress(SAY.encode() * 5)).decode(), SAY * 5, id="zlib"),
        pytest.param(base64.b64encode(zlib.compress(SAY.encode(), 1)).decode(), SAY, id="zlib, quickly"),
        pytest.param(gzip.compress(SAY.encode(), mtime=0).hex(), SAY, id="gzip in hexadecimal"),
        pytest.param(zlib.compress(SAY.encode()).hex(":"), f" {SAY} ", id="zlib in hexadecimal bytes"),
    ],
)
def test_what_a_machine_would_decode_is_read(written: str, says: str) -> None:
    assert linear(RUN).search(f"see {written} there")
    assert read(f"see {written} there") == f"see {says} there"


def test_a_run_may_have_begun_before() -> None:
    assert SAY[2:] in read(f"/b/c/{B64}")
    assert all(SAY[8:-3] in read("xyz"[:shift] + B64) for shift in range(4))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("internationalization is supercalifragilistic", id="long words"),
        pytest.param("d41d8cd98f00b204e9800998ecf8427e da39a3ee5e6b4b0d3255bfef95601890afd80709", id="hashes"),
        pytest.param("46 a0 09 e8 31 9e fa a3 0f ff", id="bytes"),
        pytest.param("00-00-00000000000000000", id="what begins like bytes"),
        pytest.param("550e8400-e29b-41d4-a716-446655440000", id="a UUID"),
        pytest.param("//79/PvDqPj4+Pj4+Pj4+A==", id="bytes that are no text"),
        pytest.param(base64.b64encode("ü\x01ü\x02ü\x03ü\x04ü\x05".encode()).decode(), id="UTF-8 with controls"),
        pytest.param("MFRGGZDFMZTWQ2LK5PXX777777777777", id="base32 of bytes"),
    ],
)
def test_what_is_no_text_stays(text: str) -> None:
    assert read(text) == text


def test_the_offsets_are_those_of_the_whole_run() -> None:
    text = f"see {B64} there"
    view = View(text).rewritten(partial(unpacked, work=Work()), Work())
    at = view.text.index("4111")
    assert view.original(at, at + 19) == (4, 4 + len(B64))


def test_runs_cost_work() -> None:
    with pytest.raises(OverBudget):
        list(unpacked(f"{B64} " * 100, Work(100)))


@pytest.mark.parametrize("inside", [b"a line of a log\n" * 100_000, "a line of a log\n".encode("utf-16-le") * 60_000])
def test_a_compressed_text_that_is_too_long_is_a_doubt(inside: bytes) -> None:
    run = base64.b64encode(zlib.compress(inside)).decode()
    with pytest.raises(OverBudget):
        read(run)
    assert decoded(run) == ""


def test_many_small_runs_that_hold_much_are_paid_for() -> None:
    run = base64.b64encode(zlib.compress(bytes(900_000))).decode()
    with pytest.raises(OverBudget):
        read(" ".join([run] * 10))


@pytest.mark.parametrize("inside", [zlib.compress(bytes(range(256)) * 9), zlib.compress(SAY.encode())[:2] + bytes(range(200, 240))])
def test_what_is_compressed_and_no_text_is_none(inside: bytes) -> None:
    assert decoded(base64.b64encode(inside).decode()) == ""


def test_the_beginning_of_a_compressed_text_is_read() -> None:
    run = base64.b64encode(zlib.compress("".join(f"row {number * number}, " for number in range(200)).encode())).decode()
    assert decoded(run[:200]).startswith("row 0, row 1, row 4")


@given(st.binary(max_size=60))
def test_any_bytes_are_text_or_not(raw: bytes) -> None:
    assert isinstance(readable(raw), str)
    assert isinstance(decoded(base64.b64encode(raw).decode()), str)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=9, max_size=40))
def test_all_plain_text_is_readable_again(text: str) -> None:
    assert text in (decoded(base64.b64encode(text.encode()).decode()), decoded(text.encode().hex())) or text.encode().hex().isdigit()
