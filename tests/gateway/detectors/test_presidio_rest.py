import msgspec
import pytest

from gateway.detectors.presidio_rest import Options, build

TEXT = "Ann Lee, ann@example.org"
DIALECT = build(Options(), "")


def result(entity: str, start: int, end: int, score: float = 0.85) -> dict[str, object]:
    return {"entity_type": entity, "start": start, "end": end, "score": score, "analysis_explanation": None}


def test_it_asks_for_one_text_as_the_service_takes_it() -> None:
    asked = msgspec.json.decode(build(Options(language="de", threshold=0.6), "").ask("Käthe"))
    assert asked == {"text": "Käthe", "language": "de", "score_threshold": 0.6}
    assert DIALECT.path == b"/analyze"


def test_what_the_service_says_becomes_spans_of_our_categories() -> None:
    said = [result("PERSON", 0, 7), result("EMAIL_ADDRESS", 9, 24, 1.0), result("DATE_TIME", 0, 3)]
    assert [(span.category, TEXT[span.start : span.end], span.confidence) for span in DIALECT.read(TEXT, msgspec.json.encode(said))] == [
        ("person", "Ann Lee", 0.85),
        ("email", "ann@example.org", 1.0),
    ]
    assert {"person", "email"} <= DIALECT.categories


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>", id="a page"),
        pytest.param(b'{"error": "No text provided"}', id="an error"),
        pytest.param(b'[{"entity_type": "PERSON"}]', id="a span without a place"),
        pytest.param(msgspec.json.encode([result("PERSON", 0, 25)]), id="a span beyond the text"),
        pytest.param(msgspec.json.encode([result("PERSON", -1, 5)]), id="a span before the text"),
        pytest.param(msgspec.json.encode([result("PERSON", 5, 5)]), id="an empty span"),
        pytest.param(msgspec.json.encode([result("DATE_TIME", 0, 99)]), id="an impossible span of what is not looked for"),
    ],
)
def test_an_odd_answer_is_no_answer(answer: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        list(DIALECT.read(TEXT, answer))
    assert "Ann" not in str(caught.value)


@pytest.mark.parametrize("options", [Options(entities={}), Options(threshold=1.5), Options(longest=0)])
def test_options_without_sense_are_refused(options: Options) -> None:
    with pytest.raises(ValueError, match="entities must not be empty"):
        build(options, "")
