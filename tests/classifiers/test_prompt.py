from classifiers.prompt import Part, Prompt


def test_characters_are_those_of_all_parts() -> None:
    assert Prompt((Part("four"), Part("five5"))).characters == 9
    assert Prompt().characters == 0


def test_no_repr_shows_text() -> None:
    assert "canary" not in repr(Prompt((Part("canary"),)))
