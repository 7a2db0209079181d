import pytest

from gateway.dialects.messages_over_chat.client_tools import FORMS, form_of

PREFIXES = list(FORMS)


@pytest.mark.parametrize(
    ("kind", "commands"),
    [
        ("text_editor_20241022", {"view", "create", "str_replace", "insert", "undo_edit"}),
        ("text_editor_20250124", {"view", "create", "str_replace", "insert", "undo_edit"}),
        ("text_editor_20250728", {"view", "create", "str_replace", "insert"}),
        ("memory_20250818", {"view", "create", "str_replace", "insert", "delete", "rename"}),
    ],
)
def test_a_tool_has_the_commands_of_its_version(kind: str, commands: set[str]) -> None:
    found = form_of({}, kind)
    assert found is not None
    assert set(found[1]["properties"]["command"]["enum"]) == commands  # type: ignore[index]


def test_the_shell_takes_a_command_or_opens_anew() -> None:
    found = form_of({}, "bash_20250124")
    assert found is not None
    assert set(found[1]["properties"]) == {"command", "restart"}  # type: ignore[call-overload]


def test_a_computers_screen_is_told() -> None:
    sized = {"display_width_px": 1024, "display_height_px": 768}
    older, newer = form_of(sized, "computer_20250124"), form_of(sized, "computer_20251124")
    assert older is not None
    assert newer is not None
    assert older[0].endswith("the screen is 1024 by 768.")
    assert "region" in newer[1]["properties"]  # type: ignore[operator]
    assert "region" not in older[1]["properties"]  # type: ignore[operator]


@pytest.mark.parametrize(
    "kind", ["web_search_20250305", "code_execution_20250825", "computer_toolset_20260801", "browser_toolset_20260801"]
)
def test_what_the_caller_does_not_run_has_no_form(kind: str) -> None:
    assert form_of({}, kind) is None


def test_no_beginning_hides_a_longer_one() -> None:
    assert [(a, b) for at, a in enumerate(PREFIXES) for b in PREFIXES[at + 1 :] if b.startswith(a)] == []
