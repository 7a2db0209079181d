from gateway.report.declared import Declared, Reporting
from gateway.report.figures import figures
from gateway.report.house import House
from gateway.report.period import Period
from router.cost import Tariff
from tests.fakes.usage import leased, used

DAY = Period(0, 86_400, "a day")


def test_embeddings_are_worth_nothing_at_a_model_that_writes() -> None:
    reporting = Reporting((Declared("all_gpt", "gpt-5", Tariff.per_million(1, 10)),))
    house = House(local=frozenset({"qwen"}), reporting=reporting)
    rows = [used(prompt=100, completion=20), used(request_id="e", endpoint="embeddings", prompt=5_000_000, completion=0)]
    (gpus,) = figures(rows, [], [leased()], DAY, house, {}).gpus
    assert gpus.elsewhere == {"all_gpt": 300}
    assert gpus.tokens == 5_000_120
