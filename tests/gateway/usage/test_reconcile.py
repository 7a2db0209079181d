from decimal import Decimal
from pathlib import Path

import pytest

from gateway.usage.invoice import Invoice, read
from gateway.usage.reading import open_store
from gateway.usage.reconcile import Reconciled, reconcile
from gateway.usage.rows import Row
from gateway.usage.writing import write
from tests.fakes.usage import called, used

DAY = 1_790_553_600.0
"""2026-09-28."""
HEADER = "day,model,requests,in,out,usd\n"
COLUMNS = "day=day,model=model,requests=requests,prompt=in,completion=out,cost=usd"


def invoice(tmp_path: Path, *lines: str) -> Invoice:
    path = tmp_path / "invoice.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n")
    return read(path, COLUMNS)


def compared(tmp_path: Path, bill: Invoice, *rows: Row, targets: tuple[str, ...] = ()) -> Reconciled:
    write(tmp_path / "usage.db", rows)
    with open_store(tmp_path / "usage.db") as store:
        return reconcile(bill, store, targets)


CLOUD = used(at=DAY, path="cloud", target="gpt", model="openai/gpt-5", cost=1_500_000)


def test_both_sides_agree(tmp_path: Path) -> None:
    made = compared(tmp_path, invoice(tmp_path, "2026-09-28,gpt-5,2,200,40,3.00"), CLOUD, CLOUD._replace(request_id="req_2"))
    (line,) = made.lines
    assert (line.model, line.theirs) == ("gpt-5", line.ours)
    assert made.drift == 0


def test_what_is_missing_on_either_side_is_there_without_the_other(tmp_path: Path) -> None:
    bill = invoice(tmp_path, "2026-09-28,gpt-5,1,100,20,1.00", "2026-09-29,o3,1,1,1,0.25")
    mini = CLOUD._replace(at=DAY + 86_400.0, model="gpt-5-mini", cost=250_000)
    made = compared(tmp_path, bill, CLOUD, mini, CLOUD._replace(at=DAY - 1), CLOUD._replace(at=DAY + 2 * 86_400.0))
    assert [(one.day, one.model, one.theirs is None, one.ours is None) for one in made.lines] == [
        ("2026-09-28", "gpt-5", False, False),
        ("2026-09-29", "gpt-5-mini", True, False),
        ("2026-09-29", "o3", False, True),
    ]
    assert made.drift == Decimal("0.4"), "1.75 against 1.25, of those days"


def test_what_stayed_at_home_is_on_no_invoice(tmp_path: Path) -> None:
    made = compared(
        tmp_path, invoice(tmp_path, "2026-09-28,gpt-5,1,100,20,1.5"), CLOUD, used(at=DAY), used(at=DAY, path="blocked", target="")
    )
    assert [line.model for line in made.lines] == ["gpt-5"]


def test_what_was_spent_beside_an_answer_counts_where_it_was_spent(tmp_path: Path) -> None:
    bill = invoice(tmp_path, "2026-09-28,gpt-5,3,220,43,2.10", "2026-09-28,gpt-5-mini,1,100,20,1.00")
    escalated = CLOUD._replace(target="mini", model="gpt-5-mini", cost=1_400_000, beside=400_000)
    calls = [
        called(at=DAY, target="gpt", ending="Rejected", prompt=100, completion=20, cost=400_000),
        called(at=DAY, target="gpt", ending="Checked", prompt=20, completion=3, cost=200_000),
        called(at=DAY, target="gpt", ending="Failed"),
        called(at=DAY, target="mini", ending="Served", prompt=100, completion=20, cost=1_000_000),
        called(at=DAY, request_id="kept", target="gpt", ending="Rejected", prompt=7, completion=7, cost=7),
        called(at=DAY, target="qwen", ending="Rejected", prompt=7, completion=7, cost=7),
    ]
    kept = CLOUD._replace(request_id="kept", cascade="kept")
    made = compared(tmp_path, bill, kept, escalated, *calls)
    assert all(line.theirs == line.ours for line in made.lines)


def test_unknown_costs_are_counted_and_tokens_compared_where_there_are_no_costs(tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    path.write_text("start_time,model,num_model_requests,input_tokens,output_tokens\n1790553600,gpt-5,1,100,20\n")
    claude = CLOUD._replace(model="anthropic/claude-haiku-4-5")
    made = compared(tmp_path, read(path), CLOUD._replace(cost=None), claude)
    assert made.drift == 0, "what another vendor is asked is not on it"
    assert (made.measure, made.uncosted) == ("tokens", 1)
    assert len(made.lines) == 1


@pytest.mark.parametrize(("result", "many"), [("served", 1), ("broken", 1), ("abandoned", 1), ("failed", 0), ("refused", 0)])
def test_answers_that_said_no_usage_are_requests_all_the_same(tmp_path: Path, result: str, many: int) -> None:
    mute = CLOUD._replace(request_id="mute", result=result, prompt=None, completion=None, cost=None, beside=None)
    made = compared(tmp_path, invoice(tmp_path, "2026-09-28,gpt-5,2,200,40,3.00"), CLOUD, mute)
    assert (made.ours.requests, made.uncosted) == (Decimal(1 + many), many)


def test_targets_that_are_named_are_compared_and_no_others(tmp_path: Path) -> None:
    bill = invoice(tmp_path, "2026-09-28,gpt-5,1,100,20,1.5")
    made = compared(tmp_path, bill, CLOUD, CLOUD._replace(target="azure"), targets=("gpt",))
    assert made.drift == 0


def test_an_empty_invoice_is_off_by_nothing(tmp_path: Path) -> None:
    made = compared(tmp_path, invoice(tmp_path), CLOUD)
    assert made.lines == []
    assert made.drift == 0
