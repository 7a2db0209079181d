from collections.abc import Callable

import pytest

from gateway.dialects.responses_over_chat.reading import Lost, list_of, name_of, object_of, refused, text_of
from gateway.errors import BadRequest


def test_each_loss_is_named_once_and_in_its_order() -> None:
    lost = Lost()
    lost.note("b")
    lost.others({"a": 1, "b": 2, "kept": 3, "null": None, "off": False, "none": []}, {"kept"}, "")
    lost.others({"a": 1}, (), "tools[].")
    assert lost.names == ("b", "a", "tools[].a")


@pytest.mark.parametrize(
    ("reader", "good", "bad"), [(object_of, {"a": 1}, []), (list_of, [1], {}), (text_of, "", 1), (name_of, "a", ""), (name_of, "a", None)]
)
def test_a_wrong_type_is_refused_where_it_is(reader: Callable[[object, str], object], good: object, bad: object) -> None:
    assert reader(good, "x") == good
    with pytest.raises(BadRequest, match=r"^`input\[3\]` must be a") as refusal:
        reader(bad, "input[3]")
    assert (refusal.value.code, refusal.value.param) == ("bad_field", "input[3]")


def test_what_cannot_be_carried_has_a_code_of_its_own() -> None:
    assert (refused("prompt", "Say.").code, refused("prompt", "Say.").param, refused("prompt", "Say.").say) == (
        "not_carried",
        "prompt",
        "Say.",
    )
