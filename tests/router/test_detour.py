import pytest

from router.breaker import FIRST_ROOM, RAMP_S, ROOM_DOUBLES_S, STEADY_S
from router.detour import Detour


def filled(detour: Detour, now: float) -> int:
    """How many more turn to it, at most 3,000."""
    count = 0
    while not detour.wait_s(now) and count < 3_000:
        detour.begin(now)
        count += 1
    return count


@pytest.mark.parametrize(
    ("after_s", "room"),
    [
        pytest.param(0.0, FIRST_ROOM, id="a few at first"),
        pytest.param(2 * ROOM_DOUBLES_S, 4 * FIRST_ROOM, id="then more"),
        pytest.param(RAMP_S, 3_000, id="then any number"),
    ],
)
def test_those_who_turn_to_it_follow_in_growing_numbers(after_s: float, room: int) -> None:
    detour = Detour()
    detour.begin(0.0)
    assert filled(detour, after_s) + 1 == pytest.approx(room, abs=1)


def test_who_ends_makes_room() -> None:
    detour = Detour()
    filled(detour, 0.0)
    assert detour.wait_s(0.0) > 0.0
    detour.end()
    assert detour.wait_s(0.0) == 0.0


@pytest.mark.parametrize(
    ("pause_s", "is_new"),
    [pytest.param(STEADY_S - 0.1, False, id="as long as it is used"), pytest.param(STEADY_S, True, id="after a long time anew")],
)
def test_a_detour_begins_once(pause_s: float, is_new: bool) -> None:
    detour = Detour()
    detour.begin(0.0)
    detour.end()
    detour.begin(pause_s)
    assert (filled(detour, pause_s) < 3_000) is is_new
