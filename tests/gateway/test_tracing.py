import random
import re

import pytest
from opentelemetry.trace import get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gateway.telemetry.plan import OtelPlan
from gateway.tracing import CHECKS, MOST_STATE, NO_TRACE, STAGES, Trace, begun, below

ID, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{ID}-{SPAN}-01".encode()
PLAN = OtelPlan("http://127.0.0.1:4318")

INVALID: dict[str, list[bytes]] = {
    "none": [],
    "empty": [b""],
    "two of them": [PARENT, PARENT],
    "capitals": [PARENT.upper()],
    "capitals in the id": [f"00-{ID.upper()}-{SPAN}-01".encode()],
    "version ff": [b"ff" + PARENT[2:]],
    "more behind version 00": [PARENT + b"-00"],
    "something behind a later version that is no part": [b"01" + PARENT[2:] + b"00"],
    "no trace": [b"00-" + b"0" * 32 + PARENT[35:]],
    "no parent": [f"00-{ID}-{'0' * 16}-01".encode()],
    "too short": [PARENT[:-1]],
    "no digits": [f"00-{'g' * 32}-{SPAN}-01".encode()],
    "spaces around": [b" " + PARENT],
    "a line end": [PARENT + b"\n"],
    "words": [b"00-thisisnotatraceidbutasentence---b7ad6b7169203331-01"],
    "no dashes": [PARENT.replace(b"-", b"_")],
    "digits of another script": [PARENT.replace(b"0a", "٠١".encode())],
}


@pytest.mark.parametrize("values", [pytest.param(values, id=name) for name, values in INVALID.items()])
def test_what_is_not_valid_is_as_if_it_were_not_there(values: list[bytes]) -> None:
    assert begun(values, [b"a=1"], None) is NO_TRACE
    trace = begun(values, [b"a=1"], PLAN)
    assert trace.parent_span_id == ""
    assert trace.state == b"", "it belongs to a trace that we do not know"
    assert trace.trace_id != ID
    assert re.fullmatch(r"[0-9a-f]{32}", trace.trace_id)
    assert re.fullmatch(r"[0-9a-f]{16}", trace.span_id)


@pytest.mark.parametrize(
    ("value", "is_sampled"),
    [
        pytest.param(PARENT, True, id="sampled"),
        pytest.param(PARENT[:-2] + b"00", False, id="not sampled"),
        pytest.param(PARENT[:-2] + b"02", False, id="a flag that we do not know"),
        pytest.param(PARENT[:-2] + b"ff", True, id="all flags"),
        pytest.param(b"cc" + PARENT[2:], True, id="a later version"),
        pytest.param(b"cc" + PARENT[2:] + b"-what-will-be", True, id="a later version with more"),
    ],
)
def test_a_valid_one_is_gone_on_from(value: bytes, is_sampled: bool) -> None:
    trace = begun([value], [], PLAN)
    assert (trace.trace_id, trace.parent_span_id, trace.is_sampled) == (ID, SPAN, is_sampled)
    assert trace.span_id not in ("", SPAN)
    assert begun([value], [], None) == Trace(ID), "nobody exports, and the log has the id"


def test_we_read_what_opentelemetry_reads() -> None:
    dice, theirs = random.Random(3), TraceContextTextMapPropagator()
    agreed = 0
    for _ in range(3_000):
        text = bytearray(PARENT)
        for _ in range(dice.choice([0, 0, 1, 2])):
            text[dice.randrange(len(text))] = dice.choice(b"0123456789abcdef-gzAF")
        if dice.random() < 0.1:
            text += dice.choice([b"-", b"-00", b"0"])
        context = get_current_span(theirs.extract({"traceparent": text.decode()})).get_span_context()
        mine = begun([bytes(text)], [], PLAN)
        if context.is_valid:
            agreed += 1
        elif mine.parent_span_id:
            pytest.fail(f"only we take {text!r}")
        if mine.parent_span_id:
            assert (int(mine.trace_id, 16), int(mine.parent_span_id, 16)) == (context.trace_id, context.span_id)
            assert mine.is_sampled == context.trace_flags.sampled
    assert agreed > 1_000


def state(*values: bytes) -> bytes:
    return begun([PARENT], list(values), PLAN).state


def test_a_state_is_handed_on_whole_or_not_at_all() -> None:
    assert state(b"a=1") == b"a=1"
    assert state(b"a=1, b=2,,", b"t1@sys=x y") == b"a=1,b=2,t1@sys=x y"
    assert state(b",".join(b"k%d=v" % number for number in range(32))).count(b",") == 31
    for bad in (
        b"a",
        b"A=1",
        b"a=1,a=2",
        b"a=\xff",
        b"a=1\r\nx-evil: 1",
        b"a==",
        b"=1",
        b"a=" + b"x" * MOST_STATE,
        b",".join(b"k%d=v" % number for number in range(33)),
    ):
        assert state(bad) == b"", bad
    assert begun([PARENT], [b"a=1"], None).state == b""


def test_the_lines_for_a_target_depend_on_where_it_is_and_on_who_may_know() -> None:
    for reach, local, external in (("none", False, False), ("local", True, False), ("external", True, True)):
        trace = begun([PARENT], [b"a=1"], OtelPlan("http://127.0.0.1:4318", propagate=reach))  # type: ignore[arg-type]
        for is_local, is_told in ((True, local), (False, external)):
            lines = trace.lines(1, is_local=is_local)
            assert bool(lines) == is_told
            if is_told:
                assert lines.startswith(b"traceparent: 00-%b-%b-01\r\n" % (ID.encode(), below(trace.span_id, 1).encode()))
                assert lines.endswith(b"tracestate: a=1\r\n") == is_local, "it is text of the caller's"
    assert NO_TRACE.lines(1, is_local=True) == b""


def test_spans_below_ours_have_ids_of_their_own() -> None:
    for span in ("0000000000000001", "ffffffffffffffff", "fffffffffffffff0", SPAN):
        found = [below(span, number) for number in (*range(100), CHECKS + 1, STAGES + 1, STAGES + 2)]
        assert len({*found, span}) == len(found) + 1
        assert {len(one) for one in found} == {16}
        assert "0" * 16 not in found


def test_the_share_of_new_traces_that_is_drawn() -> None:
    assert sum(begun([], [], OtelPlan("http://c", sample=0.25)).is_sampled for _ in range(2_000)) == pytest.approx(500, abs=120)
    assert all(begun([], [], PLAN).is_sampled for _ in range(50))
    assert not any(begun([], [], OtelPlan("http://c", sample=0.0)).is_sampled for _ in range(50))
