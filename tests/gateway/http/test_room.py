import pytest

from gateway.errors import GaveUp
from gateway.http.room import Room, no_room
from gateway.plan import Limits


def test_there_is_room_up_to_the_limits_and_those_are_asked_anew() -> None:
    limits = [Limits(connections=2, held_bytes=10)]
    room = Room(lambda: limits[0])
    assert [room.has_place(count) for count in (1, 2, 3)] == [True, True, False]
    fullness = []
    for held, most in ((10, 10), (11, 10), (11, 11)):
        room.held_bytes, limits[0] = held, Limits(connections=3, held_bytes=most)
        fullness.append(room.is_full())
    assert fullness == [False, True, False]
    assert room.has_place(3)


def test_a_refusal_says_when_to_come_again() -> None:
    refusal = no_room()
    assert (refusal.status, refusal.code, refusal.headers) == (503, "no_room", {"retry-after": "1", "connection": "close"})


def test_what_is_held_counts_until_the_block_ends_however_it_does() -> None:
    room = Room(lambda: Limits(held_bytes=10))
    with room.holding() as hold:
        hold(4)
        hold(6)
        assert room.held_bytes == 10
    assert room.held_bytes == 0
    with pytest.raises(GaveUp, match="hold"), room.holding() as hold:
        hold(11)
    assert room.held_bytes == 0
