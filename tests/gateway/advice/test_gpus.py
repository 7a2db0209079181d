import re

import pytest

from gateway.advice.gpus import GPUS, gpu_type


@pytest.mark.parametrize("name", ["RTX4090", "rtx 4090", "RTX-4090"])
def test_a_type_is_found_however_it_is_written(name: str) -> None:
    found = gpu_type(name)
    assert found is not None
    assert found.name == "RTX4090"


def test_what_is_not_in_the_table_is_not_made_up() -> None:
    assert gpu_type("H9000") is None


def test_every_price_has_a_source_with_a_date_and_no_source_stands_without_a_price() -> None:
    for one in GPUS:
        assert (one.hour_usd is None) == (one.source == "")
        assert one.hour_usd is None or re.search(r"20\d\d-\d\d", one.source)
