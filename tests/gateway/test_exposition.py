"""Both formats say what was counted, as the parsers of Prometheus's own library read them, and as promtool likes it."""

import asyncio
import shutil
import subprocess
from itertools import count

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families

from gateway.exposition import PREFIX, TEXT, Format, Writer, chosen
from gateway.families import FAMILIES
from gateway.tally import Count, Spread, Tally

OPEN = chosen("application/openmetrics-text")
SECONDS = next(family for family in FAMILIES if family.name == "request_duration_seconds")
PLACES = len(SECONDS.buckets) + 1
TALLY = Tally(
    {
        "requests_total": (Count(("chat", "local", 'a"b\\c\nd', "served"), 3.0), Count(("chat", "cloud", "gpt", "served"), 0.5)),
        "waits_total": (Count((), 1e20),),
    },
    {
        "request_duration_seconds": (
            Spread(
                ("cloud", "gpt"),
                (1, 2, *(0,) * (PLACES - 3), 4),
                61.25,
                ((1, ("req_1", "", 0.02, 1.5e9)), (PLACES - 1, ("req_2", "ab" * 16, 700.0, 1.6e9))),
            ),
        )
    },
    {"retry_budget": (Count(("gpt",), float("inf")), Count(("qwen",), float("nan"))), "lockdown": (Count((), 1),)},
)


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        pytest.param("", "text/plain; version=0.0.4; charset=utf-8", id="nothing is said"),
        pytest.param("*/*", "text/plain; version=0.0.4; charset=utf-8", id="anything, as curl says"),
        pytest.param("text/html,application/xhtml+xml,*/*;q=0.8", "text/plain; version=0.0.4; charset=utf-8", id="a browser"),
        pytest.param(
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            id="Prometheus 2.42",
        ),
        pytest.param(
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
            "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
            id="Prometheus 3",
        ),
        pytest.param(
            "text/plain;version=0.0.4;q=1, application/openmetrics-text;q=0.9", "text/plain; version=0.0.4; charset=utf-8", id="rather text"
        ),
        pytest.param(
            "text/plain;q=0.2 , APPLICATION/OpenMetrics-Text ; Q=0.3",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            id="in capitals, with spaces",
        ),
        pytest.param("application/openmetrics-text;q=0", "text/plain; version=0.0.4; charset=utf-8", id="anything but OpenMetrics"),
        pytest.param(
            "application/openmetrics-text;version=0.0.1", "application/openmetrics-text; version=0.0.1; charset=utf-8", id="the old one"
        ),
        pytest.param("application/openmetrics-text;version=2.0.0", "text/plain; version=0.0.4; charset=utf-8", id="one that we cannot"),
        pytest.param("application/openmetrics-text;q=lots,;;=,", "text/plain; version=0.0.4; charset=utf-8", id="nonsense"),
        pytest.param("application/openmetrics-text;q=nan", "text/plain; version=0.0.4; charset=utf-8", id="no number"),
        pytest.param(
            "text/plain;version=1.0.0;escaping=smileys", "text/plain; version=1.0.0; charset=utf-8", id="a way of escaping that is none"
        ),
        pytest.param(
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,text/plain;version=0.0.4;q=0.3",
            "text/plain; version=0.0.4; charset=utf-8",
            id="Prometheus with native histograms",
        ),
    ],
)
def test_who_scrapes_gets_the_format_that_is_liked_best(accept: str, content_type: str) -> None:
    form = chosen(accept)
    assert form == Format(content_type.startswith("application/openmetrics-text"), content_type)


@pytest.mark.parametrize("form", [TEXT, OPEN], ids=["text", "OpenMetrics"])
def test_what_was_counted_is_read_as_it_was(form: Format) -> None:
    text = Writer().text(TALLY, form).decode()
    read = (open_families if form.is_open else text_string_to_metric_families)(text)
    families = {family.name: family for family in read}
    assert families.keys() == {PREFIX + family.name.removesuffix("_total") for family in FAMILIES}
    for family in FAMILIES:
        shown = families[PREFIX + family.name.removesuffix("_total")]
        assert (shown.type, shown.documentation) == (family.kind, family.help)
    requests, waits = families["tidegate_requests"].samples, families["tidegate_waits"].samples
    assert [(sample.labels["target"], sample.value) for sample in requests] == [('a"b\\c\nd', 3.0), ("gpt", 0.5)]
    assert [sample.value for sample in waits] == [1e20]
    budgets = {sample.labels["target"]: sample.value for sample in families["tidegate_retry_budget"].samples}
    assert budgets["gpt"] == float("inf")
    assert budgets["qwen"] != budgets["qwen"], "not a number"
    seconds = families["tidegate_request_duration_seconds"].samples
    assert [(sample.name.rpartition("_")[2], sample.value) for sample in seconds[-3:]] == [("bucket", 7.0), ("sum", 61.25), ("count", 7.0)]
    assert [sample.value for sample in seconds[:3]] == [1.0, 3.0, 3.0]
    assert [sample.labels["le"] for sample in seconds[:2]] == ["0.01", "0.025"]


def test_exemplars_are_for_who_can_read_them() -> None:
    assert b"req_1" not in Writer().text(TALLY)
    families = {family.name: family for family in open_families(Writer().text(TALLY, OPEN).decode())}  # type: ignore[no-untyped-call]
    shown = [sample.exemplar for sample in families["tidegate_request_duration_seconds"].samples if sample.exemplar]
    assert [(one.labels, one.value, float(one.timestamp or 0)) for one in shown] == [
        ({"request_id": "req_1"}, 0.02, 1.5e9),
        ({"request_id": "req_2", "trace_id": "ab" * 16}, 700.0, 1.6e9),
    ]
    assert families["tidegate_request_duration_seconds"].unit == "seconds"
    assert families["tidegate_egress_bytes"].unit == "bytes"


@pytest.mark.parametrize("form", [TEXT, OPEN], ids=["text", "OpenMetrics"])
def test_promtool_has_no_objection(form: Format) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    text = Writer().text(TALLY, form)
    if form.is_open:  # promtool reads text only; what is OpenMetrics' own is left out
        lines = [line.partition(" # {")[0] for line in text.decode().splitlines() if not line.startswith(("# UNIT", "# EOF"))]
        text = "\n".join([*map(_as_text, lines), ""]).encode()
    said = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    assert (said.returncode, said.stdout + said.stderr) == (0, b"")


def _as_text(line: str) -> str:
    words = line.split(" ")
    is_counter = len(words) > 2 and f"{words[2].removeprefix(PREFIX)}_total" in {family.name for family in FAMILIES}
    return " ".join([*words[:2], words[2] + "_total", *words[3:]]) if line.startswith("# ") and is_counter else line


async def test_others_have_their_turn_while_much_is_written() -> None:
    rows = tuple(Spread(("cloud", f"model-{number}"), (1,) * PLACES, 1.0) for number in range(900))
    tally, writer, clock, turns = Tally(TALLY.counts, {"request_duration_seconds": rows}), Writer(), count(), 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    beside = asyncio.create_task(others())
    assert await writer.write(tally, OPEN, lambda: float(next(clock))) == writer.text(tally, OPEN)
    beside.cancel()
    assert turns > 100
    lines = [len(piece.splitlines()) for piece in writer._pieces(tally, is_open=True)]
    assert max(lines) < 1_000, "a piece is soon written"


def test_what_is_remembered_of_lines_has_an_end() -> None:
    writer = Writer()
    for number in range(100):
        writer.text(Tally(gauges={"config_info": tuple(Count((f"{number}-{each}",), 1) for each in range(2_000))}))
    assert len(writer._known) <= 102_000
