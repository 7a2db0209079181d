import pytest

from gateway.upstreams import http1_faults
from gateway.upstreams.http1_faults import Cut, UpstreamFault


def test_the_docstring_is_the_tree() -> None:
    faults = {name for name, value in vars(http1_faults).items() if isinstance(value, type)}
    assert faults == {word.strip("`") for word in (http1_faults.__doc__ or "").split() if word.startswith("`")}
    assert all(issubclass(getattr(http1_faults, name), UpstreamFault) for name in faults)


@pytest.mark.parametrize(
    ("got_headers", "where"),
    [pytest.param(True, "inside the body", id="after the headers"), pytest.param(False, "before the headers", id="before them")],
)
def test_a_cut_says_where(*, got_headers: bool, where: str) -> None:
    cut = Cut(got_headers=got_headers, reused=True)
    assert where in str(cut)
    assert (cut.got_headers, cut.reused) == (got_headers, True)
