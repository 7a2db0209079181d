"""The comparison of speed: bodies differ, drivers count what came, figures are of one run, tables show what was measured and what was not."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

import msgspec
import pytest

from benchmarks import baseline, guard
from benchmarks.compare import CONTENDERS, picked, too_much
from benchmarks.instructions import read
from benchmarks.profiled import folded, rendered
from benchmarks.rig.accounts import ROOT, Cpu, free_port, process
from benchmarks.rig.bodies import PAYLOADS, body, file_of, filled
from benchmarks.rig.built import built, is_native
from benchmarks.rig.contenders import FLOORS, LEXICAL, Contender, Place, Start, configured
from benchmarks.rig.loads import LOADS, Load, Row, is_carried, options
from benchmarks.rig.stage import Drive, Quantiles, Running, Stage
from benchmarks.rig.tables import Began, Run, added, grid, markdown, ratios, spread
from benchmarks.workers import Figures, scaling
from classifiers.classify import classify
from gateway.config.compile import load
from gateway.wire.ask import decode

IN_PYTHON = [sys.executable, "-m", "benchmarks.rig.in_python"]
NOTHING = Quantiles(0)


# Bodies


@pytest.mark.parametrize(
    ("payload", "size"),
    [("200B", 200), ("2kB", 2_000), ("32kB", 32_000), ("512kB", 512_000), ("conversation", 22_500)],
)
def test_a_body_has_about_the_size_that_it_is_named_for(payload: str, size: int) -> None:
    assert len(body(payload, "auto", Random(1))) == pytest.approx(size, rel=0.05)


@pytest.mark.parametrize("payload", sorted(set(PAYLOADS) - {"conversation"}))
def test_every_text_of_a_body_has_blanks(payload: str) -> None:
    made = body(payload, "auto", Random(1))
    texts = [message["content"] for message in json.loads(made.replace(b"\x01", b"?"))["messages"] if message.get("content")]
    assert all(len(text) / max(1, text.count("?" * 8)) < 100 for text in texts)


def test_the_history_of_a_conversation_stays_and_its_last_turn_does_not() -> None:
    messages = json.loads(body("conversation", "auto", Random(1)).replace(b"\x01", b"?"))["messages"]
    assert len(messages) == 20
    assert [("????????" in json.dumps(message)) for message in messages] == [False] * 19 + [True]


def test_no_two_requests_are_the_same_and_nothing_in_them_is_found(tmp_path: Path) -> None:
    plan = load(Path(configured(Place(tmp_path, 1, "http://127.0.0.1:1"), LEXICAL)))
    dice = Random(3)
    seen = set()
    for payload in ("200B", "2kB", "32kB", "200B-figures", "2kB-figures", "32kB-figures", "conversation"):
        for _ in range(3):
            raw = filled(dice, body(payload, "auto", dice).decode()).encode()
            signals = classify(decode(raw, "chat", plan.limits.depth).prompt, plan.fast)
            assert not signals.findings, "a text that must stay at home would take another way than the rest"
            assert not signals.doubts
            seen.add(raw)
    assert len(seen) == 21


# The driver and the upstream


@pytest.fixture(params=["native", "python"])
def ends(request: pytest.FixtureRequest) -> tuple[list[str], list[str]]:
    """The commands of the driver and the upstream."""
    if request.param == "python":
        return [*IN_PYTHON, "driver"], [*IN_PYTHON, "upstream"]
    if not is_native():
        pytest.skip("there is no compiler")
    return built("driver"), built("upstream")


@contextmanager
def upstream(command: list[str], tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path, 0, 0, None, free_port())
    with process([*command, "--port", str(made.port)], 0, tmp_path / "log"):
        answered(made)
        yield made


def answered(made: Stage) -> None:
    for _ in range(500):
        try:
            made.tell("/_stats")
        except OSError:
            subprocess.run(["sleep", "0.02"], check=True)
        else:
            return
    pytest.fail("it does not answer")


def drive(command: list[str], port: int, payload: str, **told: float) -> Drive:
    words = [word for name, value in told.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    done = subprocess.run(
        [*command, "--port", str(port), "--bodies", str(file_of(payload, "scripted")), *words],
        capture_output=True,
        check=True,
        cwd=ROOT,
        timeout=60,
    )
    return msgspec.json.decode(done.stdout, type=Drive)


def test_every_request_is_answered_and_counted_at_both_ends(ends: tuple[list[str], list[str]], tmp_path: Path) -> None:
    with upstream(ends[1], tmp_path) as made:
        found = drive(ends[0], made.port, "2kB", requests=60, conns=4, seconds=20)
        stats = json.loads(made.tell("/_stats"))
    assert (found.ok, found.wrong, found.connections) == (60, 0, 4)
    assert stats["requests"] == 60
    assert found.latency_us.n == 60
    assert 0 < found.latency_us.p50 <= found.latency_us.p99 <= found.latency_us.most


def test_every_event_of_a_stream_is_stamped_and_counted(ends: tuple[list[str], list[str]], tmp_path: Path) -> None:
    with upstream(ends[1], tmp_path) as made:
        made.tell("/_set?chunks=7&first_ms=20&gap_ms=5")
        found = drive(ends[0], made.port, "stream", requests=6, conns=3, seconds=20, chunks=7)
        cut = drive(ends[0], made.port, "stream", requests=2, conns=1, seconds=20, chunks=8)
    assert (found.ok, found.wrong, found.chunks) == (6, 0, 42)
    assert (found.delay_us.n, found.first_us.n) == (42, 6)
    assert found.first_us.p50 >= 20_000
    assert 0 < found.delay_us.p50 < 20_000, "the delay is from the write to the read, not from the request"
    assert cut.errors == {"short": 2}


def test_at_a_rate_a_latency_counts_from_when_it_was_due(ends: tuple[list[str], list[str]], tmp_path: Path) -> None:
    with upstream(ends[1], tmp_path) as made:
        made.tell("/_set?chunks=3&first_ms=100&gap_ms=1")
        found = drive(ends[0], made.port, "stream", rate=50, conns=64, requests=25, seconds=20, chunks=3)
    assert found.ok == 25
    assert found.most_in_flight > 2, "nobody waits for the answer before"
    assert found.seconds == pytest.approx(0.6, abs=0.4)


def test_a_driver_in_one_language_reads_an_upstream_in_the_other(tmp_path: Path) -> None:
    if not is_native():
        pytest.skip("there is no compiler")
    with upstream([*IN_PYTHON, "upstream"], tmp_path) as made:
        made.tell("/_set?chunks=5")
        assert drive(built("driver"), made.port, "stream", requests=4, conns=2, seconds=20, chunks=5).chunks == 20


def test_the_relay_passes_answers_and_streams_on(ends: tuple[list[str], list[str]], tmp_path: Path) -> None:
    with ExitStack() as stack:
        made = stack.enter_context(upstream(ends[1], tmp_path))
        one = Stage(tmp_path, 0, 0, None, free_port())
        command = [sys.executable, "-m", "benchmarks.rig.relay", str(one.port), str(made.port)]
        stack.enter_context(process(command, 0, tmp_path / "relay"))
        answered(one)
        made.tell("/_set?chunks=30")
        whole = drive(ends[0], one.port, "32kB", requests=40, conns=4, seconds=20)
        streamed = drive(ends[0], one.port, "stream", requests=12, conns=4, seconds=20, chunks=30)
        connections = json.loads(made.tell("/_stats"))["connections"]
    assert (whole.ok, whole.wrong) == (40, 0)
    assert (streamed.ok, streamed.chunks) == (12, 360)
    assert connections < 12, "one goes back when its answer is whole"


# Figures


def told(ok: int = 100, *, wrong: int = 0, p50: float = 100.0, delay: float = 10.0) -> Drive:
    times = Quantiles(ok, p50, p50, 2 * p50, 3 * p50, 4 * p50)
    return Drive(1.0, ok, wrong, {}, "", 0, 1, 1, 0.1, times, times, Quantiles(ok, delay, delay, delay, delay, delay))


def row(contender: str, load_name: str, rep: int = 0, *, request_us: float = 0.0, chunk_us: float = 0.0, drive: Drive | None = None) -> Row:
    return Row(contender, load_name, rep, request_us=request_us, chunk_us=chunk_us, drive=drive or told())


def made_run(*rows: Row) -> Run:
    names = dict.fromkeys(one.contender for one in rows)
    began = [Began(name, "ours" if name.startswith("gateway") else "floor", "1", "s", [0.5, 0.7, 0.6], (90.0, 80.0)) for name in names]
    return Run("2026-01-01 00:00", 60.0, {"cpu": "x"}, [], began, {"envoy": "not installed"}, list(rows))


def test_cpu_is_that_of_the_threads_that_live_unless_one_came_or_went() -> None:
    before = Cpu(1.0, 1.0, frozenset({"1", "2"}))
    assert Cpu(1.5, 1.49, frozenset({"1", "2"})).since(before) == 0.5
    assert Cpu(0.5, 1.49, frozenset({"1"})).since(before) == pytest.approx(0.49)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param([], "-", id="nothing"),
        pytest.param([41.6], "42", id="one has no spread"),
        pytest.param([50, 40, 70], "50 [40-70]", id="the median, and the ends"),
        pytest.param([1.234, 0.5], "0.87 [0.50-1.23]", id="small ones have decimals"),
        pytest.param([12_345], "12,345", id="thousands"),
    ],
)
def test_a_figure_has_its_spread(values: list[float], said: str) -> None:
    assert spread(values) == said


def test_ratios_are_of_the_same_repetition() -> None:
    rows = [row("gateway", "200B", rep, request_us=us) for rep, us in enumerate((50, 100))]
    run = made_run(*rows, row("relay", "200B", 0, request_us=25), row("relay", "200B", 1, request_us=40))
    assert ratios(run, "gateway", "relay", "200B") == [2.0, 2.5]
    assert guard.multiples(run) == {"200 B": 2.25}


def test_what_is_added_is_above_the_upstream_alone() -> None:
    run = made_run(row("direct", "latency", drive=told(p50=100)), row("gateway", "latency", drive=told(p50=350)))
    assert added(run, "gateway", "latency", lambda drive: drive.latency_us.p50) == [250]
    assert added(run, "nginx", "latency", lambda drive: drive.latency_us.p50) == []


def test_a_table_has_no_empty_rows_and_columns() -> None:
    assert grid(["", "a", "b"], [["x", "1", "-"], ["y", "-", "-"]]) == "| | a |\n| --- | ---: |\n| x | 1 |".replace("| |", "|  |")
    assert grid(["", "a"], [["x", "-"]]) == ""


def test_the_tables_show_what_was_measured_and_say_what_was_not() -> None:
    skipped = Row("litellm", "latency", 0, skipped="would take 1.3 cores")
    failing = row("gateway", "2kB", request_us=9, drive=told(90, wrong=10))
    said = markdown(made_run(row("gateway", "200B", request_us=50.4), failing, row("relay", "200B", request_us=25), skipped))
    assert "| gateway | 50 | 9.0 |" in said
    assert "| gateway | 2.02 |" in said
    assert "| gateway | 1 | s | 0.60 [0.50-0.70] | 90 |" in said
    assert "- envoy: not installed" in said
    assert "- litellm under latency: would take 1.3 cores" in said
    assert "- gateway under 2kB: 10 answers were wrong, cut or late" in said
    assert "512kB" not in said, "a load that nobody had is no column"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        pytest.param("nginx", "", id="has room"),
        pytest.param("litellm", "would take 1.3 cores", id="one core does not do a hundred a second"),
        pytest.param("new", "", id="nothing is known yet"),
    ],
)
def test_a_rate_that_no_core_can_have_is_not_tried(name: str, why: str) -> None:
    rows = [row("nginx", "200B", request_us=20), row("litellm", "200B", request_us=13_000), row("litellm", "200B", 1, request_us=15_000)]
    (latency,) = [load for load in LOADS if load.name == "latency"]
    assert too_much(latency, rows, name) == why


def test_paced_streams_are_judged_by_what_a_saturated_event_costs() -> None:
    (paced,) = [load for load in LOADS if load.name == "paced-1000"]
    assert too_much(paced, [row("slow", "stream-100", chunk_us=50)], "slow") == "would take 3.0 cores"
    assert options(paced, 1)["ramp_s"] == pytest.approx(3.05)


@pytest.mark.parametrize(
    ("drive", "carried"),
    [
        pytest.param(told(), True, id="all in time"),
        pytest.param(told(wrong=1), False, id="one was cut"),
        pytest.param(told(delay=60_000), False, id="events are late"),
        pytest.param(told(p50=400_000), False, id="first events are late"),
    ],
)
def test_streams_are_carried_when_all_are_whole_and_in_time(drive: Drive, carried: bool) -> None:
    (most,) = [load for load in LOADS if load.name == "most"]
    assert is_carried(most, drive) is carried


def test_names_are_picked_in_their_own_order_and_unknown_ones_are_told() -> None:
    assert [one.name for one in picked("nginx, relay", CONTENDERS)] == ["relay", "nginx"]
    assert picked("", LOADS) == list(LOADS)
    with pytest.raises(SystemExit, match="not known: apache"):
        picked("nginx,apache", CONTENDERS)


def test_what_belongs_to_few_is_asked_of_few() -> None:
    by_name: dict[str, Contender] = {one.name: one for one in CONTENDERS}
    loads: dict[str, Load] = {one.name: one for one in LOADS}
    assert not loads["200B"].is_for(by_name["direct"])
    assert loads["paced-1000"].is_for(by_name["vllm-router"])
    assert not loads["paced-1000"].is_for(by_name["litellm"])
    assert not loads["latency"].is_for(by_name["gateway learned"])
    assert loads["growth"].is_for(by_name["gateway"])
    assert [loads[name].repeats(by_name["vllm-router"], 3) for name in ("200B", "latency", "most")] == [3, 2, 1]


def test_a_peer_that_is_not_installed_does_not_start(tmp_path: Path) -> None:
    place = Place(tmp_path, 1, "http://127.0.0.1:2", tmp_path)
    peers = [one for one in CONTENDERS if one.group == "router" and one.name != "FastAPI + httpx"]
    assert [one.name for one in peers if one.start(place) is not None] == []


def test_a_header_of_a_contender_is_one_that_its_callers_send() -> None:
    one = Running(FLOORS[0], Start([], [], ("authorization: Bearer x",)), free_port(), 0)
    with pytest.raises(ConnectionRefusedError):
        one.ask()


def test_the_scaling_is_per_core_that_was_left() -> None:
    alone, two = Figures(1, 0, 1_000, 1_000, 1.0, 0.3), Figures(2, 0, 1_500, 1_000, 1.5, 0.5)
    assert (alone.per_core, two.per_core) == (1_000, 1_000)
    assert scaling([alone, two]) == [2.0]


# Baselines, instructions, profiles


def test_figures_stand_beside_the_baseline_and_what_is_missing_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    assert baseline.kept(path) == baseline.Baseline()
    baseline.keep(baseline.Baseline({"old": 2.0, "gone": 1.0}), path)
    lines = baseline.beside(baseline.kept(path).relay, {"old": 3.0, "new": 1_234.0})
    assert [line.split() for line in lines[1:]] == [["old", "2.00", "3.00", "1.50"], ["new", "-", "1,234"], ["gone", "1.00", "-"]]


def test_instructions_are_counted_without_what_counting_takes(tmp_path: Path) -> None:
    for number, total in ((1, 5_000), (2, 45_000), (10, 105_000)):
        (tmp_path / f"counts.{number}").write_text(f"version: 1\nsummary: {total}\n")
    (tmp_path / "counts").write_text("summary: 0\n")
    assert read(tmp_path, ["nothing 1", "decode_2kB 10", "event 100"]) == {"decode 2kB": 4.0, "event": 1.0}
    assert read(tmp_path / "none", []) == {}


def test_a_profile_is_a_tree_with_shares() -> None:
    loop = "Runner.run (asyncio/runners.py:118)"
    root = folded(f"process 1;main (x.py:1);{loop};a (a.py:1);b (b.py:2) 3\nmain (x.py:1);{loop};a (a.py:9) 1\n")
    said = rendered(root, {"payload": "200B"}, least=0.3)
    assert said.splitlines()[0] == "payload: 200B"
    assert " 100.0   25.0  a (a.py)" in said
    assert "  75.0   75.0    b (b.py)" in said
    assert "main" not in said
