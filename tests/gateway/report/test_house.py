import pytest

from gateway.report.house import House

HOUSE = House(
    ("public", "internal", "personal"), frozenset({"qwen"}), {"qwen": "personal", "gpt": "internal", "old": "gone", "claude": "public"}
)


def test_sensitive_is_what_no_target_outside_is_cleared_for() -> None:
    assert HOUSE.sensitive == ("personal",)
    assert House(("public", "internal"), frozenset({"qwen"}), {"qwen": "internal"}).sensitive == ("public", "internal")
    assert House(("public", "internal")).sensitive == ("internal",)
    assert House().sensitive == ()


@pytest.mark.parametrize(
    ("target", "label", "may"),
    [
        ("gpt", "internal", True),
        ("gpt", "personal", False),
        ("claude", "internal", False),
        ("qwen", "personal", True),
        ("gone", "public", None),
        ("gpt", "secret", None),
        ("old", "public", None),
    ],
)
def test_who_may_receive_what_is_told_by_clearance(target: str, label: str, may: bool | None) -> None:
    assert HOUSE.may_receive(target, label) is may
