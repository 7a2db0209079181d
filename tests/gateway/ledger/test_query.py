"""What left, by label, zone, time; and the times of which the ledger cannot speak."""

from pathlib import Path

import pytest

from gateway.ledger.book import Book
from gateway.ledger.errors import Unanswerable
from gateway.ledger.query import Answer, Question, ask, when
from gateway.ledger.records import Record, Reloaded, Restored, Started, Stopped
from gateway.ledger.verify import Verification
from tests.fakes.ledgers import LABELS, Clock, intent, outcome

DAY_S = 86_400
START = Started("1", "c0ffee", LABELS, ())


def asked(folder: Path, question: Question, *days: list[Record]) -> Answer:
    """Write the records of each day, the first is 2026-11-22, and ask."""
    clock = Clock()
    for records in days:
        book = Book(folder, 1_000_000, clock)
        book.append(records, sync=False)
        book.close()
        clock.now += DAY_S
    return ask(Verification(folder), question)


DAYS: tuple[list[Record], ...] = (
    [START, intent(1), outcome(1), intent(2, "personal", zone="local", destination="qwen"), outcome(2), Stopped()],
    [START, intent(3, "internal", tenant="lab"), outcome(3, "Failed"), intent(4, "restricted"), Stopped()],
)


@pytest.mark.parametrize(
    ("question", "requests"),
    [
        pytest.param(Question(), "1234", id="everything"),
        pytest.param(Question(label=">= personal"), "24", id="a label and above"),
        pytest.param(Question(label=">= personal", zone="external"), "4", id="that left"),
        pytest.param(Question(label="< personal"), "13", id="below a label"),
        pytest.param(Question(label="public"), "1", id="a label"),
        pytest.param(Question(label="<= internal"), "13", id="up to a label"),
        pytest.param(Question(label="> internal"), "24", id="above a label"),
        pytest.param(Question(tenant="lab"), "3", id="a tenant"),
        pytest.param(Question(destination="qwen"), "2", id="a destination"),
        pytest.param(Question(since=when("2026-11-23")), "34", id="since a day"),
        pytest.param(Question(until=when("2026-11-22", is_end=True)), "12", id="until a day, which counts"),
        pytest.param(Question(until=when("2026-11-22T12:00:00Z", is_end=True)), "", id="until a time, which does not"),
        pytest.param(Question(since=when("2026-11-24")), "", id="nothing"),
    ],
)
def test_what_was_meant_is_found(tmp_path: Path, question: Question, requests: str) -> None:
    answer = asked(tmp_path, question, *DAYS)
    assert "".join(left.intent.request.removeprefix("req_") for left in answer.left) == requests


def test_an_attempt_without_an_outcome_counts_as_left_and_is_a_gap(tmp_path: Path) -> None:
    answer = asked(tmp_path, Question(), *DAYS)
    assert [left.ending for left in answer.left] == ["Served", "Served", "Failed", ""]
    assert "1 attempts have no outcome" in answer.gaps[-1].say


def test_an_end_out_of_order_and_a_disk_that_was_full_are_gaps(tmp_path: Path) -> None:
    answer = asked(tmp_path, Question(), [START, intent(1), outcome(1)], [START, Restored(61.5, 7, 2), Stopped()])
    said = [gap.say for gap in answer.gaps]
    assert "without having ended in an orderly way" in said[0] + said[1]
    assert any("61.5 s; 7 attempts were not made; 2 outcomes are lost" in say for say in said)


def test_labels_are_compared_in_the_order_that_was_in_force(tmp_path: Path) -> None:
    turned = Reloaded("c0ffee", "decade", tuple(reversed(LABELS)), ())
    answer = asked(
        tmp_path, Question(label=">= personal"), [START, intent(1, "public"), turned, intent(2, "public"), outcome(1), outcome(2)]
    )
    assert [left.intent.request for left in answer.left] == ["req_2"]


def test_a_label_that_was_not_known_then_is_rather_counted(tmp_path: Path) -> None:
    later = Reloaded("c0ffee", "decade", (*LABELS, "secret"), ())
    answer = asked(tmp_path, Question(label="secret"), [START, intent(1), outcome(1), later, intent(2), outcome(2)])
    assert [left.intent.request for left in answer.left] == ["req_1"]


@pytest.mark.parametrize("label", ["nonsense", ">= nonsense", "=> personal", "personal or so"])
def test_a_label_that_nobody_knows_is_no_question(tmp_path: Path, label: str) -> None:
    with pytest.raises(Unanswerable, match="label"):
        asked(tmp_path, Question(label=label), *DAYS)


def test_times_are_said_in_any_zone_and_compared_in_one() -> None:
    assert when("2026-11-22T01:00:00+02:00") == "2026-11-21T23:00:00.000000Z"
    assert when("2026-11-22", is_end=True) == "2026-11-23T00:00:00.000000Z"
    with pytest.raises(Unanswerable, match="2026-11-22"):
        when("yesterday")
