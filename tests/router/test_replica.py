import pytest

from router.attempt import Attempt
from router.breaker import Breaker
from router.facts import Facts
from router.prefixes import blocks_of
from router.replica import ADAPTER_TOKENS, DECODE_TOKENS, LEAST_TOKENS, LEAST_WARMTH, SLOW_START_S, Fit, Load, Replica
from router.values import replace
from tests.router.examples import QWEN

TEXT = "A long document that many ask about. " * 200
ASK = Facts("r", is_stream=True, prompt_tokens=2_000, blocks=blocks_of([TEXT]))
MODEL = str(QWEN.model)


def cost(replica: Replica, facts: Facts | None = ASK, now: float = 0.0) -> float:
    return replica.cost(MODEL, facts, now)


def busy(replica: Replica, facts: Facts = ASK) -> Attempt:
    """An attempt is under way there."""
    attempt = Attempt(1, QWEN)
    replica.breaker.begin(attempt, 0.0)
    replica.begin(attempt, facts, 0.0)
    return attempt


def test_a_prompt_costs_what_of_it_is_not_in_the_cache() -> None:
    replica = Replica()
    assert cost(replica) == 2_000
    replica.prefixes.add(ASK.blocks[:14])
    assert cost(replica) == pytest.approx(2_000 * (1 - 14 / len(ASK.blocks)))
    assert cost(Replica(), None) == LEAST_TOKENS


def test_a_small_part_in_the_cache_counts_for_nothing() -> None:
    replica = Replica()
    replica.prefixes.add(ASK.blocks[:3])
    assert cost(replica) == 2_000


def test_what_waits_for_its_first_token_is_in_the_way_until_it_comes() -> None:
    replica = Replica()
    attempt = busy(replica)
    other = replace(ASK, blocks=())
    assert cost(replica, other) == 2_000 + 2_000 + DECODE_TOKENS
    replica.answered(attempt)
    replica.answered(attempt)
    assert (replica.pending, replica.answers) == (0, 2)
    assert cost(replica, other) == 2_000 + DECODE_TOKENS
    again = busy(replica)
    assert replica.pending == 0, "all of it is in the cache"
    replica.answered(again, is_answer=False)
    assert replica.answers == 2


def test_a_probe_finds_an_empty_cache_and_a_slow_start() -> None:
    replica = Replica()
    replica.prefixes.add(ASK.blocks)
    replica.breaker = Breaker(open_until=1.0)
    probe = Attempt(1, QWEN)
    replica.breaker.begin(probe, 5.0)
    replica.begin(probe, replace(ASK, blocks=()), 5.0)
    assert replica.since == 5.0
    assert len(replica.prefixes) == 0


@pytest.mark.parametrize(
    ("load", "more"),
    [
        pytest.param(Load(), 0, id="idle"),
        pytest.param(Load(running=3), 3 * DECODE_TOKENS, id="requests of others run"),
        pytest.param(Load(running=3, own=3), 0, id="all that ran were ours and have ended"),
        pytest.param(Load(waiting=2), 2 * DECODE_TOKENS + 2_000, id="a queue"),
        pytest.param(Load(kv=0.9), 0, id="its cache is nearly full"),
        pytest.param(Load(kv=1.0), 2_000, id="its cache is full"),
    ],
)
def test_what_an_engine_says_of_itself(load: Load, more: float) -> None:
    assert cost(Replica(load=load)) == pytest.approx(2_000 + more)


@pytest.mark.parametrize(
    ("adapters", "loaded", "more"),
    [
        pytest.param({"other"}, set(), 0, id="the model is no adapter"),
        pytest.param({MODEL}, {"other"}, ADAPTER_TOKENS, id="another adapter is loaded"),
        pytest.param({MODEL}, {MODEL}, 0, id="the adapter is loaded"),
    ],
)
def test_an_adapter_is_best_asked_where_it_is_loaded(adapters: set[str], loaded: set[str], more: float) -> None:
    replica = Replica(fit=Fit(adapters=frozenset(adapters)), load=Load(adapters=frozenset(loaded)))
    assert cost(replica) == 2_000 + more


def test_a_new_replica_is_a_worse_choice_than_it_looks() -> None:
    replica = Replica(since=100.0)
    assert [replica.warmth(now) for now in (100.0, 100.0 + SLOW_START_S / 2, 100.0 + SLOW_START_S, 1e9)] == [LEAST_WARMTH, 0.5, 1.0, 1.0]
    assert cost(replica, now=100.0) == pytest.approx(2_000 / LEAST_WARMTH)


@pytest.mark.parametrize(
    ("fit", "takes"),
    [
        pytest.param(Fit(), True, id="it says nothing"),
        pytest.param(Fit((("other", 0), (MODEL, 0))), True, id="the model without a window"),
        pytest.param(Fit(((MODEL, 4_000),)), True, id="a window that is enough"),
        pytest.param(Fit(((MODEL, 3_999),)), False, id="a window that is too small"),
        pytest.param(Fit((("other", 0),)), False, id="another model"),
    ],
)
def test_what_an_engine_serves(fit: Fit, takes: bool) -> None:
    assert fit.takes(MODEL, 4_000) is takes


def test_all_gateways_rank_replicas_alike_for_prompts_that_begin_alike() -> None:
    replicas = [Replica(f"http://10.0.0.{number}:8000/v1") for number in range(4)]
    asks = [replace(ASK, blocks=blocks_of([TEXT[:6_000] + end * 300])) for end in ("a", "b", "c")]
    assert len({tuple(replica.rank(ask) for replica in replicas) for ask in asks}) == 1
    assert len({replica.rank(asks[0]) for replica in replicas}) == 4
    assert {replica.rank(None) for replica in replicas} == {replicas[0].rank(replace(ASK, blocks=()))} == {0}


def is_strange(replica: Replica) -> bool:
    return replica.awaits_streams_only


def test_only_streams_without_a_byte_are_strange() -> None:
    replica = Replica()
    assert not is_strange(replica)
    stream = busy(replica)
    assert is_strange(replica)
    whole = busy(replica, replace(ASK, is_stream=False))
    assert not is_strange(replica), "a whole answer may take its time"
    replica.answered(whole)
    assert not is_strange(replica), "something has come"
    assert stream is not whole


def test_who_is_out_is_not_ready() -> None:
    replica = Replica()
    assert replica.is_ready(0.0)
    replica.outs.add("drained")
    assert not replica.is_ready(0.0)
