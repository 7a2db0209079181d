"""Every fault before the first content, first and last in its chain and where only one target may have the request; whole and streamed."""

import pytest

from tests.fakes.upstream import Upstream
from tests.journeys.faults import playing
from tests.journeys.faults.faults import ALIKE, CASES, Fault, Form

_EACH = [(fault, form) for fault, form in CASES if form == "whole" or fault.say not in ALIKE]
_ALL = [pytest.param(fault, form, id=f"{fault.say}, {form}") for fault, form in _EACH]
_APART = [param for param, (fault, form) in zip(_ALL, _EACH, strict=True) if form == "whole" or fault.does[0] is not fault.does[1]]
_ONE_FORM = [
    pytest.param(fault, form, id=fault.say)
    for fault, form in _EACH
    if fault.say not in ALIKE and (form == "whole" or fault.script("whole") is None)
]


@pytest.mark.parametrize("fault,form", _ALL)
async def test_at_the_first_target(local: Upstream, cloud: Upstream, fault: Fault, form: Form) -> None:
    await playing.first(fault, form, local, cloud)


@pytest.mark.parametrize("fault,form", _APART)
async def test_at_the_last_target(local: Upstream, cloud: Upstream, fault: Fault, form: Form) -> None:
    await playing.last(fault, form, local, cloud)


@pytest.mark.parametrize("fault,form", _ONE_FORM)
async def test_of_what_may_not_leave(local: Upstream, cloud: Upstream, fault: Fault, form: Form) -> None:
    await playing.sensitive(fault, form, local, cloud)
