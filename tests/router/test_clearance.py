import hashlib

import pytest

from router.clearance import ClearedBody, clear
from router.decision import Leak, Target
from router.labels import Label
from router.names import TargetName
from router.values import replace
from tests.router.examples import GPT, INTERNAL, LABELS, PERSONAL, PUBLIC, QWEN, RESTRICTED

BODY = b'{"messages": "canary-7291"}'


@pytest.mark.parametrize("target", [QWEN, GPT], ids=lambda target: target.name)
@pytest.mark.parametrize("label", list(LABELS), ids=str)
def test_a_body_is_cleared_up_to_the_clearance_and_not_beyond(target: Target, label: Label) -> None:
    if label <= target.clearance:
        assert clear("r-1", target, label, BODY).for_target(target.name) == BODY
    else:
        with pytest.raises(Leak, match=f"{label} content was offered to 'gpt', which is cleared for internal at most"):
            clear("r-1", target, label, BODY)


def test_while_the_gateway_is_locked_down_nothing_is_cleared_for_an_external_target() -> None:
    with pytest.raises(Leak, match="locked down, and 'gpt' is outside"):
        clear("r-1", GPT, PUBLIC, BODY, is_locked=True)
    assert clear("r-1", QWEN, PUBLIC, BODY, is_locked=True).for_target(QWEN.name) == BODY


def test_a_body_cleared_for_one_target_is_not_given_to_another() -> None:
    with pytest.raises(Leak, match="cleared for 'qwen' was offered to 'gpt'"):
        clear("r-1", QWEN, RESTRICTED, BODY).for_target(GPT.name)


@pytest.mark.parametrize("mint", [None, object(), "mint"])
def test_nobody_else_makes_a_cleared_body(mint: object) -> None:
    with pytest.raises(TypeError, match=r"router\.clearance\.clear"):
        ClearedBody(mint, "r-1", GPT.name, PUBLIC, len(BODY), BODY)


def test_a_cleared_body_cannot_be_turned_to_another_target() -> None:
    cleared = clear("r-1", QWEN, RESTRICTED, BODY)
    with pytest.raises(AttributeError):
        cleared.target = TargetName("gpt")  # type: ignore[misc]  # what mypy forbids must fail at run time too
    for others in ({"target": GPT.name}, {"_body": b"{}"}, {"mint": object(), "target": GPT.name}):
        with pytest.raises(TypeError, match="is made by"):
            replace(cleared, **others)


def test_size_and_digest_are_those_of_the_bytes() -> None:
    cleared = clear("r-1", GPT, INTERNAL, BODY)
    assert cleared.digest == hashlib.sha256(BODY).hexdigest()
    assert cleared.digest is cleared.digest
    assert cleared.size == len(BODY)


def test_repr_names_what_it_is_for_and_shows_no_bytes() -> None:
    assert repr(clear("r-1", QWEN, PERSONAL, BODY)) == "<ClearedBody r-1 personal for qwen: 27 bytes>"


def test_what_was_withdrawn_gets_nothing_wherever_it_is() -> None:
    for target in (GPT, QWEN):
        with pytest.raises(Leak, match="withdrawn"):
            clear("r-1", target, PUBLIC, BODY, withdrawn={target.name})
    assert clear("r-1", QWEN, PUBLIC, BODY, withdrawn={GPT.name}).for_target(QWEN.name) == BODY
