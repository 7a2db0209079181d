import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.responses_over_chat.free_text import FreeText


def taken(*pieces: str) -> list[str]:
    free = FreeText()
    return [*(free.take(piece) for piece in pieces), free.rest()]


def test_text_is_told_as_it_comes() -> None:
    assert taken('{"inp', 'ut": "a', "b\\", "n\\u00", 'e4c"', ',"more":1}') == ["", "a", "b", "\n", "äc", "", ""]


def test_two_escapes_of_one_character_are_told_together() -> None:
    assert taken('{"input":"\\ud83d', "\\ud", "e00", '"}') == ["", "", "😀", "", ""]
    assert "".join(taken('{"input":"\\ud83dx\\ude00\\ud83d\\n"}')) == "\ufffdx\ufffd\ufffd\n"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('{"input":"a\nb"}', "a\nb"),  # no JSON, but what it means is clear
        ('{"input":"a\\/\\"\\\\"}', 'a/"\\'),
        ('{"input":"cut', "cut"),
        ('{"input":"cut\\', "cut\\"),
        ('{"input":"\\uzzzz"}', '\\uzzzz"}'),
        ('{"input":""}', ""),
        ('{"other":1,"input":"a"}', "a"),
        ('{"input":7}', '{"input":7}'),
        ('["a"]', '["a"]'),
        ("*** Begin", "*** Begin"),
        ("[" * 100_000, "[" * 100_000),
        ("", ""),
    ],
)
def test_what_a_model_makes_of_it_is_never_thrown_away(arguments: str, text: str) -> None:
    assert "".join(taken(arguments)) == text
    assert "".join(taken(*arguments[:200], arguments[200:])) == text


@given(st.text(), st.booleans(), st.lists(st.integers(0, 400), max_size=6))
def test_any_text_comes_through_in_any_pieces(text: str, is_ascii: bool, cuts: list[int]) -> None:
    arguments = json.dumps({"input": text}, ensure_ascii=is_ascii)
    at = sorted(min(cut, len(arguments)) for cut in cuts)
    assert "".join(taken(*(arguments[start:end] for start, end in zip([0, *at], [*at, len(arguments)], strict=True)))) == text
