import pytest

from router.facts import Facts
from router.values import replace, value
from tests.router.examples import ASK


@value(frozen=True, slots=True)
class Point:
    across: int
    up: int = 0


def test_a_value_compares_hashes_prints_and_is_copied_as_a_frozen_dataclass_is() -> None:
    assert (Point(1), hash(Point(1))) == (Point(1, 0), hash(Point(1, 0)))
    assert Point(1) != Point(2)
    assert repr(Point(1, 2)) == "Point(across=1, up=2)"
    assert replace(Point(1, 2), up=3) == Point(1, 3)


def test_a_struct_is_copied_with_changes_as_well() -> None:
    assert replace(ASK, turns=3) == Facts(ASK.request_id, turns=3)
    with pytest.raises(TypeError, match="no field"):
        replace(ASK, nothing=3)


def test_it_has_no_room_for_anything_else() -> None:
    with pytest.raises(AttributeError):
        Point(1).down = 1  # type: ignore[attr-defined]  # that is what is tested


def test_the_type_checker_forbids_to_change_it() -> None:
    Point(1).up = 2  # type: ignore[misc]  # mypy is strict about ignores that are not needed: without its complaint it fails here
