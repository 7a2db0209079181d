import pytest

from classifiers.detectors.secrets import Options, build

DETECTOR = build(Options())


def test_its_category_is_credential() -> None:
    assert DETECTOR.categories == {"credential"}
    assert not DETECTOR.is_slow


def test_it_finds_the_value_and_not_the_name_before_it() -> None:
    value = "Tr0ub4dor" + "&3"
    text = f"db_password: '{value}'"
    assert [text[span.start : span.end] for span in DETECTOR.detect(text)] == [value]


@pytest.mark.parametrize("text", ["How do I reset my password?", "The secret of good soup is time.", "token = lexer.next_token()"])
def test_talk_about_secrets_is_clean(text: str) -> None:
    assert not list(DETECTOR.detect(text))
