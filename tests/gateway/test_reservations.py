"""Who pays for local engines: every attempt for what it took, and nobody for the rest. Time passes when a test says so."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from typing_extensions import override

from gateway.arrival import Arrival
from gateway.http.chat import facts_of
from gateway.plan import Plan
from gateway.record import Record
from gateway.reservations import Reservations, Sums
from gateway.upstreams.upstream import Call, Downstream
from gateway.usage.rows import Leased
from gateway.wire.ask import decode
from router.attempt import Abandoned, Attempt, Failed, Outcome, Served, Usage
from router.clearance import ClearedBody
from router.failures import FAILURES
from router.fleet import Fleet
from router.names import TargetName
from router.replica import Load
from router.reservation import ALPHA, ANSWER
from router.values import replace
from tests.fakes.client import ask
from tests.fakes.gateway import compiled, configuration
from tests.fakes.scripted import Scripted, Stage, stage

QWEN, LORA = TargetName("qwen"), TargetName("lora")
GOOD, BAD = "The answer is 42.", "I'm sorry, but I can't help with that."
RENTED = {"gpu_hour_usd": 3.6, "gpus": 2}
"""0.002 USD a second."""
OWNED = {"capex_usd": 35_040, "life_years": 4, "gpus": 2, "power_kw": 3, "pue": 1.5, "kwh_usd": 0.24}
"""A dollar an hour, and 300 micro-USD a second of power."""
FAILING = Failed(FAILURES["SERVER_FAULT"], 500)


class Clock:
    """Time, in nanoseconds."""

    def __init__(self) -> None:
        self.now = 1_000 * 1_000_000_000

    def __call__(self) -> int:
        return self.now

    def pass_by(self, seconds: float) -> None:
        """So much later."""
        self.now += round(seconds * 1e9)


@dataclass(slots=True)
class Working(Scripted):
    """An engine that takes `takes_s` seconds for everything, half of it before the first byte. `looks` is called before and after that."""

    clock: Clock = field(default_factory=Clock)
    looks: Callable[[], object] = bool
    takes_s: float = 3.0
    says: str = GOOD

    @override
    async def relay(self, attempt: Attempt, payload: ClearedBody, call: Call, out: Downstream) -> Outcome:
        """Take that long."""
        play = self.plays[min(len(self.seen), len(self.plays) - 1)]
        self.seen.append((attempt, payload, call))
        self.clock.pass_by(self.takes_s / 2)
        self.looks()
        if isinstance(play, Served):
            if call.is_stream:
                await out.begin(200, b"text/event-stream")
            else:
                message = {"role": "assistant", "content": self.says}
                choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
                await out.answer(200, b"application/json", msgspec.json.encode({"choices": [choice]}), play.usage)
        self.looks()
        self.clock.pass_by(self.takes_s / 2)
        assert not isinstance(play, str | Exception)
        return play


def planned(cost: object = RENTED, edits: Mapping[str, Any] | None = None) -> Plan:
    content = configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", {"destinations.qwen.cost": cost, **(edits or {})})
    return compiled(content)


def fleet_of(plan: Plan) -> Fleet:
    return Fleet(plan.policy.targets.values(), {name: one.urls for name, one in plan.upstreams.items()})


def made(local: Working, cloud: Scripted, cost: object = RENTED, edits: Mapping[str, Any] | None = None) -> tuple[Stage, Reservations]:
    plan, reservations = planned(cost, {"destinations.qwen.retries": 0, **(edits or {})}), Reservations(now=local.clock)
    fleet = fleet_of(plan)
    reservations.follow(plan, fleet)
    return stage(plan, {"qwen": local, "gpt": cloud}, reservations=reservations, fleet=fleet), reservations


def books(reservations: Reservations) -> tuple[int, int, int]:
    """Micro-USD that were reserved, allocated and idle, in the rows so far."""
    rows = reservations.rows(of_all=True)
    assert all(row.reserved == row.allocated + row.idle for row in rows)
    return sum(row.reserved for row in rows), sum(row.allocated for row in rows), sum(row.idle for row in rows)


@pytest.mark.parametrize("is_stream", [pytest.param(False, id="a whole answer"), pytest.param(True, id="a stream")])
async def test_an_answer_costs_the_time_that_it_takes(is_stream: bool) -> None:
    local = Working()
    on, reservations = made(local, Scripted())
    exchange = await on.conduct(ask("easy"), is_stream=is_stream)
    local.clock.pass_by(7)
    assert (exchange.cost, exchange.attempts[0].cost, exchange.attempts[0].gpu_s) == (6000, 6000, 6.0)
    assert exchange.attempts[0].marginal is None, "of a rented GPU nobody knows the power"
    assert "x-tidegate-cost-usd" not in on.caller.headers, "it is not known before the answer begins"
    assert books(reservations) == (20_000, 6000, 14_000)


async def test_of_power_an_answer_costs_its_part() -> None:
    on, _ = made(Working(), Scripted(), OWNED)
    exchange = await on.conduct(ask("easy"))
    assert (exchange.cost, exchange.attempts[0].marginal) == (1733, 900)


async def test_what_failed_is_paid_beside_the_answer_of_another() -> None:
    local, cloud = Working(plays=[FAILING]), Scripted()
    on, reservations = made(local, cloud)
    exchange = await on.conduct(ask("easy"))
    assert (exchange.target, [one.cost for one in exchange.attempts]) == ("gpt", [6000, None])
    assert exchange.cost == 6000 + 37, "and the price of 7 and 3 tokens"
    assert on.caller.headers["x-tidegate-cost-usd"] == "0.006037", "all of it is known before the answer begins"
    assert books(reservations) == (6000, 6000, 0)


@pytest.mark.parametrize(
    ("plays", "result", "cost"),
    [
        pytest.param([FAILING], "failed", 6000, id="nobody could"),
        pytest.param([Abandoned()], "abandoned", 6000, id="the caller left"),
        pytest.param([FAILING, Served(usage=None)], "served", 12_000, id="the second time, without usage"),
    ],
)
async def test_what_served_nobody_costs_as_much(plays: list[Any], result: str, cost: int) -> None:
    on, reservations = made(Working(plays=plays), Scripted(plays=[FAILING]), edits={"destinations.qwen.retries": len(plays) - 1})
    exchange = await on.conduct(ask("My SSN is 078-05-1120"))
    assert (exchange.result, exchange.cost) == (result, cost)
    assert books(reservations) == (cost, cost, 0)


async def test_what_is_not_over_is_not_told_beforehand() -> None:
    on, _ = made(Working(plays=[FAILING, Served(usage=Usage(7, 3))]), Scripted(), edits={"destinations.qwen.retries": 1})
    exchange = await on.conduct(ask("My SSN is 078-05-1120"))
    assert exchange.cost == 12_000
    assert "x-tidegate-cost-usd" not in on.caller.headers, "the first attempt is not all of it"


@pytest.mark.parametrize(
    ("more", "cascades", "weight"),
    [
        pytest.param({"stream": True}, False, 10_000, id="a stream is read first"),
        pytest.param({}, False, ANSWER, id="of a whole answer nobody sees when it begins"),
        pytest.param({"n": 3}, False, 3 * ANSWER, id="three answers are three"),
        pytest.param({"stream": True}, True, ANSWER, id="an answer that is judged is held back"),
    ],
)
def test_what_an_attempt_weighs(more: Mapping[str, Any], cascades: bool, weight: int) -> None:
    cascade = {"cascade": {"accept": {"min_mean_logprob": None}}} if cascades else {}
    routes = [{"name": "first", "to": ["qwen"], "fallback": ["gpt"], "redact": True, **cascade}]
    on, _ = made(Working(), Scripted(), edits={"routes": routes})
    request = decode(msgspec.json.encode({**ask("easy"), **more}), "chat")
    facts = replace(facts_of("r", on.runtime.plan, request), prompt_tokens=1500)
    record = Record(on.runtime, request, facts, Arrival("r", "chat", 0.0), on.runtime.undecided)
    record.judge()
    attempt = Attempt(1, on.runtime.plan.policy.targets[QWEN])
    record.lease(attempt)
    assert [work.weight for work in record.works.values()] == [weight]
    record.read(attempt)
    assert [work.weight for work in record.works.values()] == [more.get("n", 1) * ANSWER]


async def test_a_stream_is_written_from_its_first_byte_on() -> None:
    local = Working()
    on, reservations = made(local, Scripted())
    account, seen = reservations.account(on.runtime.fleet, attempt_at(on.runtime.plan, QWEN)), list[int]()
    assert account is not None
    account.alpha = 0.0001
    local.looks = lambda: seen.extend(work.weight for work in account.works)
    await on.conduct(ask("easy"), is_stream=True)
    assert seen[0] < ANSWER == seen[1]


def test_what_is_in_the_cache_is_not_read() -> None:
    on, reservations = made(Working(), Scripted())
    facts, attempt = replace(on_facts(on, 1500), blocks=(1, 2, 3, 4)), Attempt(1, on.runtime.plan.policy.targets[QWEN])
    on.runtime.fleet.pool(QWEN)[0].prefixes.add((1, 2))
    work = reservations.begin(on.runtime.fleet, attempt, facts, ANSWER, reads=True)
    assert work is not None
    assert work.weight == 5_000, "half of it"


async def test_who_never_came_to_an_engine_costs_nothing_known() -> None:
    failing, _ = made(Working(), Scripted(plays=[FAILING]))
    assert (await failing.conduct(ask("x" * 60, model="gpt"))).cost is None
    external, _ = made(Working(), Scripted())
    assert (await external.conduct(ask("x" * 60))).cost == 37


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        pytest.param(Usage(7, 3), 6000 + 37, id="and so is the other one"),
        pytest.param(None, None, id="and nobody knows what the other one cost"),
    ],
)
async def test_a_rejected_answer_is_paid_for(usage: Usage | None, cost: int | None) -> None:
    routes = [{"name": "first", "to": ["qwen"], "fallback": ["gpt"], "redact": True, "cascade": {"accept": {"min_mean_logprob": None}}}]
    on, reservations = made(Working(says=BAD), Working(plays=[Served(usage=usage)]), edits={"routes": routes})
    exchange = await on.conduct(ask("easy"))
    assert (exchange.cascade, exchange.cost, exchange.attempts[0].cost) == ("escalated", cost, 6000)
    assert books(reservations)[1] == 6000


async def test_a_question_about_an_answer_is_paid_for() -> None:
    accept = {"min_mean_logprob": None, "self_check": {"min_probability": 0.5}}
    routes = [{"name": "first", "to": ["qwen"], "fallback": ["gpt"], "redact": True, "cascade": {"accept": accept}}]
    on, reservations = made(Working(plays=[Served(usage=Usage(7, 3))]), Scripted(plays=[FAILING]), edits={"routes": routes})
    exchange = await on.conduct(ask("easy"))
    assert [(one.ending, one.target) for one in exchange.attempts] == [("Served", "qwen"), ("Checked", "qwen")]
    answer, check = (one.cost or 0 for one in exchange.attempts)
    assert check > 0
    assert (exchange.cascade, exchange.cost) == ("accepted", answer + check)
    assert books(reservations) == (12_000, 12_000, 0)


async def test_the_two_halves_of_a_stream_weigh_differently() -> None:
    """While one is read another is written: the one that is read has a lot of a step, and no more than the other later."""
    on, reservations = made(Working(), Scripted())
    clock = reservations.now
    assert isinstance(clock, Clock)
    fleet, target = on.runtime.fleet, on.runtime.plan.policy.targets[QWEN]
    writes = reservations.begin(fleet, Attempt(1, target), on_facts(on, 0), 1000, reads=False)
    reads = reservations.begin(fleet, Attempt(1, target), on_facts(on, 1500), 1000, reads=True)
    assert writes is not None
    assert reads is not None
    assert (writes.weight, reads.weight) == (1000, 10_000)
    clock.pass_by(11)
    reads.account.weigh(reads, 1000, clock())
    clock.pass_by(2)
    assert [work.account.end(work, clock()).cost for work in (writes, reads)] == [2000 + 2000, 20_000 + 2000]


def on_facts(on: Stage, tokens: int) -> Any:
    return replace(facts_of("r", on.runtime.plan, decode(msgspec.json.encode(ask("easy")), "chat")), prompt_tokens=tokens)


# ---- which accounts there are


def attempt_at(plan: Plan, name: TargetName, replica: int = 0) -> Attempt:
    return Attempt(1, plan.policy.targets[name], replica)


def sums(reservations: Reservations, name: TargetName = QWEN) -> tuple[float, ...]:
    """USD reserved and allocated, GPU-seconds of both."""
    one = reservations.sums().get(name, Sums())
    return one.reserved / 1e30, one.allocated / 1e30, one.wall / 1e18, one.busy / 1e18


def test_what_costs_nothing_by_the_hour_has_no_account() -> None:
    reservations, plan = Reservations(now=Clock()), planned("unknown")
    fleet = fleet_of(plan)
    reservations.follow(plan, fleet)
    assert reservations.is_empty
    assert reservations.account(fleet, attempt_at(plan, QWEN)) is None
    assert reservations.check(fleet, attempt_at(plan, QWEN), 100) is None
    assert (reservations.rows(of_all=True), list(reservations.samples())) == ([], [])


def test_a_reload_that_changes_no_price_keeps_the_account() -> None:
    clock = Clock()
    reservations, before, after = Reservations(now=clock), planned(), planned(edits={"destinations.qwen.window": 4096})
    reservations.follow(before, fleet_of(before))
    clock.pass_by(5)
    reservations.follow(after, fleet_of(after))
    clock.pass_by(5)
    assert sums(reservations) == (0.02, 0.0, 20.0, 0.0)
    assert [row.wall_s for row in reservations.rows(of_all=True)] == [10.0]


def test_a_new_price_begins_a_new_account_and_attempts_go_on() -> None:
    clock = Clock()
    reservations, before, after = Reservations(now=clock), planned(), planned({"gpu_hour_usd": 7.2, "gpus": 2})
    fleet = fleet_of(before)
    reservations.follow(before, fleet)
    account = reservations.account(fleet, attempt_at(before, QWEN))
    assert account is not None
    work = account.begin(1000, clock())
    clock.pass_by(5)
    reservations.follow(after, fleet_of(after))
    clock.pass_by(5)
    assert work.account.end(work, clock()).cost == 10_000 + 20_000
    assert sums(reservations) == (0.03, 0.03, 20.0, 20.0)
    assert [row.reserved for row in reservations.rows(of_all=True)] == [10_000, 20_000]


def test_a_destination_that_is_taken_away_costs_what_its_last_requests_take() -> None:
    clock = Clock()
    reservations, before, after = Reservations(now=clock), planned(), planned("unknown")
    fleet = fleet_of(before)
    reservations.follow(before, fleet)
    account = reservations.account(fleet, attempt_at(before, QWEN))
    assert account is not None
    work = account.begin(1000, clock())
    clock.pass_by(5)
    reservations.follow(after, fleet_of(after))
    clock.pass_by(5)
    assert sums(reservations) == (0.02, 0.02, 20.0, 20.0)
    assert work.account.end(work, clock()).cost == 20_000
    clock.pass_by(100)
    assert sums(reservations) == sums(reservations) == (0.02, 0.02, 20.0, 20.0)
    assert [row.allocated for row in reservations.rows()] == [20_000]


def test_replicas_that_come_and_go_cost_while_they_are_there(tmp_path: Any) -> None:
    (tmp_path / "engines").write_text("http://127.0.0.1:1/v1\nhttp://127.0.0.1:2/v1\n")
    clock = Clock()
    pool = {"discover": "file", "file": str(tmp_path / "engines")}
    content = configuration("", "http://127.0.0.1:2/v1", {"destinations.qwen.cost": RENTED, "destinations.qwen.pool": pool})
    del content["destinations"]["qwen"]["url"]
    plan = compiled(content)
    fleet, reservations = fleet_of(plan), Reservations(now=clock)
    reservations.follow(plan, fleet)
    clock.pass_by(5)
    for addresses in (["http://127.0.0.1:2/v1"], ["http://127.0.0.1:2/v1", "http://127.0.0.1:3/v1"], ["http://127.0.0.1:1/v1"]):
        fleet.follow(QWEN, addresses, 0.0)
        reservations.look()
        clock.pass_by(5)
    assert sums(reservations)[0] == pytest.approx((2 + 1 + 2 + 1) * 0.01)
    assert sorted(row.wall_s for row in reservations.rows(of_all=True)) == [5.0, 5.0, 5.0, 15.0]


def test_destinations_at_one_engine_have_one_account() -> None:
    lora = {"kind": "openai_compatible", "zone": "local", "url": "http://127.0.0.1:1/v1", "model": "lora", "clearance": "restricted"}
    plan, clock = planned(edits={"destinations.lora": {**lora, "cost": RENTED}}), Clock()
    fleet, reservations = fleet_of(plan), Reservations(now=clock)
    reservations.follow(plan, fleet)
    accounts = [reservations.account(fleet, attempt_at(plan, name)) for name in (QWEN, LORA)]
    assert accounts[0] is accounts[1] is not None
    clock.pass_by(5)
    assert (sums(reservations), sums(reservations, LORA)) == ((0.01, 0.0, 10.0, 0.0), (0.0, 0.0, 0.0, 0.0))


def test_an_engine_that_one_destination_has_lost_is_of_the_other(tmp_path: Any) -> None:
    (tmp_path / "engines").write_text("http://127.0.0.1:1/v1\nhttp://127.0.0.1:2/v1\n")
    pool = {"discover": "file", "file": str(tmp_path / "engines")}
    content = configuration("", "http://127.0.0.1:2/v1", {"destinations.qwen.cost": RENTED, "destinations.qwen.pool": pool})
    del content["destinations"]["qwen"]["url"]
    content["destinations"]["lora"] = {**content["destinations"]["qwen"], "model": "lora"}
    plan, clock = compiled(content), Clock()
    fleet, reservations = fleet_of(plan), Reservations(now=clock)
    reservations.follow(plan, fleet)
    clock.pass_by(5)
    fleet.follow(QWEN, ["http://127.0.0.1:2/v1"], 0.0)
    reservations.look()
    clock.pass_by(5)
    assert sums(reservations)[0] + sums(reservations, LORA)[0] == pytest.approx(4 * 0.01), "both engines, all the time, once"


def test_what_engines_say_is_heeded() -> None:
    plan, clock = planned(), Clock()
    fleet, reservations = fleet_of(plan), Reservations(now=clock)
    reservations.follow(plan, fleet)
    account = reservations.account(fleet, attempt_at(plan, QWEN))
    assert account is not None
    address = fleet.pool(QWEN)[0].address
    work = account.begin(1000, clock())
    reservations.heard(QWEN, address, Load(running=4), 0.01)
    reservations.heard(QWEN, "http://nowhere/v1", Load(running=4), 0.02)
    assert account.alpha == 0.01
    clock.pass_by(4)
    reservations.heard(QWEN, address, None, None)
    assert account.alpha == ALPHA
    assert account.end(work, clock()).cost == 2000, "three of the four are of others"


def test_of_several_workers_the_first_counts_the_bill() -> None:
    plan, clock = planned(), Clock()
    several = [Reservations(slot, 2, clock) for slot in (0, 1)]
    fleet = fleet_of(plan)
    for one in several:
        one.follow(plan, fleet)
        account = one.account(fleet, attempt_at(plan, QWEN))
        assert account is not None
        account.heard(1, clock())
        account.begin(1000, clock())
    clock.pass_by(10)
    assert [sums(one) for one in several] == [(0.02, 0.01, 20.0, 10.0), (0.0, 0.01, 0.0, 10.0)]
    rows = [one.rows(of_all=True)[0] for one in several]
    assert [(row.reserved, row.allocated, row.idle) for row in rows] == [(20_000, 10_000, 10_000), (0, 10_000, -10_000)]


def test_rows_come_when_they_are_due() -> None:
    plan, clock = planned(OWNED), Clock()
    reservations = Reservations(now=clock)
    reservations.follow(plan, fleet_of(plan))
    rows = list[Leased]()
    for _ in range(60):
        clock.pass_by(10)
        rows += reservations.rows()
    assert [row.wall_s for row in rows] == [50.0] * 12
    assert rows[0] == Leased(1050.0, QWEN, 0, 2, 50.0, 0.0, 28_889, 0, 28_889, 15_000)
    assert reservations.rows() == []


def test_the_clock_is_unix_time() -> None:
    assert abs(Reservations().now() - time.time_ns()) < 60e9
