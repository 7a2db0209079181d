"""Quirks of two origins become one."""

from router.quirks import Quirks

VENDORS = Quirks(frozenset({"seed"}), (("max_tokens", "max_completion_tokens"),), (("developer", "system"),))


def test_both() -> None:
    models = Quirks(frozenset({"top_p"}), (("user", "id"),), (), frozenset({"name"}))
    assert VENDORS.also(models) == Quirks(
        frozenset({"seed", "top_p"}),
        (("max_tokens", "max_completion_tokens"), ("user", "id")),
        (("developer", "system"),),
        frozenset({"name"}),
    )


def test_the_later_name_counts() -> None:
    own = Quirks(called=(("max_tokens", "most"),), roles=(("developer", "user"),))
    assert VENDORS.also(own) == Quirks(frozenset({"seed"}), (("max_tokens", "most"),), (("developer", "user"),))


def test_none_change_nothing() -> None:
    assert VENDORS.also(Quirks()) == Quirks().also(VENDORS) == VENDORS


def test_how_it_is_told_to_think_is_what_somebody_says() -> None:
    older = Quirks(thinks="by_budget")
    assert VENDORS.also(older).thinks == older.also(VENDORS).thinks == "by_budget"
    assert older.also(Quirks(thinks="always")).thinks == "always"
