import re
from itertools import islice

from gateway.http.ids import new_id, new_ids


def test_each_name_is_another_of_the_same_form() -> None:
    names = [new_id(), *islice(new_ids(), 1_000)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"req_[0-9a-f]{24}", name) for name in names)
