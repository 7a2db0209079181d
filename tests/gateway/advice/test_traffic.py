import pytest

from gateway.advice.traffic import Traffic, clearance_outside, counted
from gateway.usage.rows import Used
from tests.fakes.usage import called, leased, rated, used
from tests.fakes.week import HOUR, MONDAY, house, minutes, requests

PLAN, _ = house()


def of(*rows: Used) -> Traffic:
    return counted(PLAN, rows)


def test_a_week_adds_up() -> None:
    week = counted(PLAN, requests(), minutes())
    assert week.hours == 168
    assert week.months == pytest.approx(168 / 730)
    assert (week.requests, week.answered) == (4_032, 4_032)
    assert (week.home, week.outside.requests) == (7 * (16 * 20 + 8 * 2), 1_680)
    assert week.home_open.usage.prompt == week.home * 1_000
    assert week.outside.cost == 1_680 * 3_000
    lease = week.leases["qwen"]
    assert (lease.reserved, lease.idle, len(lease.replicas)) == (2 * 168 * 2_000_000, 2 * 168 * 1_500_000, 2)
    assert lease.busy_s == pytest.approx(2 * 7 * 16 * 0.3 * 3_600)
    assert set(map(len, lease.replicas_by_hour.values())) == {2}


def test_gpus_that_wait_for_the_first_request_are_part_of_the_time() -> None:
    first = float(MONDAY + 10 * HOUR)
    waiting = [leased(at=float(MONDAY + 60 * minute), wall_s=60.0) for minute in range(1, 24 * 60)]
    assert counted(PLAN, [used(at=first)]).hours == 1
    assert counted(PLAN, [used(at=first)], waiting).hours == 24


def test_nothing_is_nothing() -> None:
    assert of().hours == 0


def test_what_no_destination_outside_is_cleared_for_is_sensitive() -> None:
    assert str(clearance_outside(PLAN)) == "internal"
    found = of(used(label="internal"), used(label="personal"), used(label="restricted"), used(label=""))
    assert (found.sensitive, found.unlabelled) == (2, 1)
    assert (found.home_open.requests, found.home_sensitive.requests) == (1, 3), "what has no label stays, too"


def test_where_nothing_is_outside_everything_is_sensitive() -> None:
    plan, _ = house(AIRGAP)
    assert clearance_outside(plan) is None
    assert counted(plan, [used(label="public")]).sensitive == 1


AIRGAP = """\
version: 1
destinations:
  qwen: {kind: openai_compatible, zone: local, url: http://127.0.0.1:8001/v1, model: m, clearance: restricted}
routes:
  - {name: all, to: [qwen]}
"""


def test_unknown_tokens_and_prices_are_counted_not_guessed() -> None:
    found = of(used(path="cloud", target="gpt", prompt=None, cost=None), used(path="cloud", target="gpt", cost=5, beside=2, cached=None))
    assert (found.outside.uncounted, found.outside.unpriced, found.outside.cost, found.outside.beside) == (1, 1, 5, 2)


@pytest.mark.parametrize(
    ("row", "bound", "kept"),
    [
        pytest.param(used(first="qwen"), 1, 1, id="answered at home"),
        pytest.param(used(first="qwen", path="cloud", target="gpt"), 1, 0, id="answered outside instead"),
        pytest.param(used(first="qwen", result="failed", path="blocked", target=""), 1, 0, id="by nobody"),
        pytest.param(used(first="qwen", result="abandoned"), 0, 0, id="the caller left"),
        pytest.param(used(first="qwen", path="cloud", target="gpt", cascade="escalated"), 0, 0, id="a cascade meant to"),
        pytest.param(used(first="gpt", path="cloud", target="gpt"), 0, 0, id="bound outside"),
        pytest.param(used(first=""), 0, 0, id="bound nowhere"),
    ],
)
def test_who_keeps_its_word(row: Used, bound: int, kept: int) -> None:
    found = of(row)
    assert (found.bound[True], found.kept_word[True]) == (bound, kept)


def test_attempts_at_home_that_failed_are_counted() -> None:
    attempts = [called(ending="Failed"), called(ending="Broken"), called(ending="Outrun"), called(ending="Failed", target="gpt")]
    assert counted(PLAN, [used()], (), (), attempts).failed == 2


def test_cascades_and_opinions() -> None:
    found = counted(
        PLAN,
        [used(cascade="accepted"), used(cascade="escalated"), used(cascade="kept")],
        (),
        [
            rated(rating="up", score=None),
            rated(rating="regenerate", score=None),
            rated(path="cloud", score=0.4),
            rated(path="cloud", score=0.5),
        ],
    )
    assert (found.accepted, found.escalated) == (1, 2)
    assert [(one.up, one.down, one.number) for one in (found.opinions[True], found.opinions[False])] == [(1, 1, 2), (1, 1, 2)]


def test_first_tokens_are_of_streams_by_the_length_of_prompts() -> None:
    found = of(
        used(is_stream=True, prompt=256, first_byte_s=0.1), used(is_stream=True, prompt=5_000, first_byte_s=0.4), used(is_stream=False)
    )
    assert {size: list(times) for size, times in found.first_tokens.items()} == {(True, 0): [0.1], (True, 3): [0.4]}


def test_what_waited_and_what_only_a_migration_holds_back() -> None:
    found = of(
        used(queue_s=1.5), used(queue_s=0.5), used(path="cloud", target="gpt", route="easy-not-yet"), used(path="cloud", target="gpt")
    )
    assert (found.waited, found.not_yet.requests, found.outside.requests) == (1, 1, 2)


def test_hours_are_by_target_and_by_what_may_leave() -> None:
    at = float(MONDAY + 5 * HOUR + 7)
    found = counted(PLAN, [used(at=at), used(at=at, label="restricted")], [leased(at=at)])
    hour = MONDAY // HOUR + 5
    assert (found.by_hour["qwen", hour].requests, found.sensitive_by_hour["qwen", hour].requests) == (1, 1)
    assert (found.first, found.last) == (at, at)
