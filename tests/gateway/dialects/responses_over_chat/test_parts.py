import pytest

from gateway.dialects.reading import Lost
from gateway.dialects.responses_over_chat.parts import as_parts, content_of, plain
from gateway.errors import BadRequest


def test_one_text_is_a_string_and_several_stay_apart() -> None:
    one = [{"type": "input_text", "text": "a"}]
    assert content_of("a", "c", Lost()) == content_of(one, "c", Lost()) == "a"
    assert content_of(one * 2, "c", Lost()) == [{"type": "text", "text": "a"}] * 2
    assert content_of([], "c", Lost()) == []
    assert as_parts("a") == as_parts(as_parts("a")) == [{"type": "text", "text": "a"}]
    assert plain([{"type": "refusal", "refusal": "no"}]) == [{"type": "refusal", "refusal": "no"}]


def test_a_file_needs_no_name() -> None:
    assert content_of([{"type": "input_file", "file_data": "x"}], "c", Lost()) == [{"type": "file", "file": {"file_data": "x"}}]


@pytest.mark.parametrize(
    ("part", "code", "param"),
    [
        (7, "bad_field", "c[0]"),
        ({"text": "a"}, "bad_field", "c[0].type"),
        ({"type": "input_text"}, "bad_field", "c[0].text"),
        ({"type": "refusal"}, "bad_field", "c[0].refusal"),
        ({"type": "input_image"}, "bad_field", "c[0].image_url"),
        ({"type": "input_image", "file_id": "f"}, "not_carried", "c[0].file_id"),
        ({"type": "input_file"}, "bad_field", "c[0].file_data"),
        ({"type": "input_file", "file_url": "u"}, "not_carried", "c[0].file_url"),
        ({"type": "input_audio", "input_audio": "x"}, "bad_field", "c[0].input_audio"),
        ({"type": "computer_screenshot"}, "not_carried", "c[0].type"),
    ],
)
def test_a_part_that_cannot_be_read_or_carried_is_refused(part: object, code: str, param: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        content_of([part], "c", Lost())
    assert (refusal.value.code, refusal.value.param) == (code, param)


def test_content_is_a_string_or_a_list() -> None:
    with pytest.raises(BadRequest, match=r"^`c` must be a string or a list of parts\.$"):
        content_of(None, "c", Lost())
