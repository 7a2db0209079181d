from gateway.report.document import Chart, Document, Section, Table
from gateway.report.markdown import markdown

TABLE = Table(("tenant", "kind", "cost"), (("a|b", "<x>", "$1"), ("all", "", "$2")), "What it cost", words=1, total=True)


def test_it_is_sentences_and_tables() -> None:
    chart = Chart("Cost", "", lambda _: "<svg/>")
    found = markdown(Document("Report", "week 1", ("One *sentence*.",), (), (Section("Money", ("Said.",), (chart, TABLE), ("a `note`",)),)))
    assert found == (
        "# Report: week 1\n\nOne \\*sentence\\*.\n\n## Money\n\nSaid.\n\nWhat it cost\n\n"
        "| tenant | kind | cost |\n| --- | --- | ---: |\n| a\\|b | \\<x\\> | $1 |\n| **all** |  | **$2** |\n\n- a `note`\n"
    )
