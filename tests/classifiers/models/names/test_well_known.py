from classifiers.models.names.well_known import ALONE, WHOLE


def test_names_are_written_plainly() -> None:
    assert all(name == name.casefold().strip() and name for name in WHOLE | ALONE)
    assert all("." not in name and "-" not in name for name in WHOLE | ALONE)


def test_those_who_stand_alone_have_one_name() -> None:
    assert not [name for name in ALONE if " " in name]
