from router.progress import Progress


def test_an_engine_that_is_busy_and_moves_nothing_has_stalled() -> None:
    progress = Progress()
    assert [progress.is_stalled(7, now, 10.0, is_busy=True) for now in (0.0, 9.9, 10.0, 30.0)] == [False, False, True, True]
    assert not progress.is_stalled(8, 31.0, 10.0, is_busy=True), "it moves again"


def test_one_that_rests_has_not_stalled_and_the_clock_begins_with_its_work() -> None:
    progress = Progress()
    assert not any(progress.is_stalled(7, now, 10.0, is_busy=False) for now in (0.0, 20.0))
    assert [progress.is_stalled(7, now, 10.0, is_busy=True) for now in (29.9, 30.0)] == [False, True]
