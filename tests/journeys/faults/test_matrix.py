"""Every fault before the first content, first and last in its chain and where only one target may have the request; whole and streamed.

At every endpoint, in every dialect in which it can be served.
"""

import pytest

from tests.fakes.endpoints import ASKED, Asked
from tests.fakes.upstream import Upstream
from tests.journeys.faults import playing
from tests.journeys.faults.faults import ALIKE, FAULTS, Fault, Form
from tests.journeys.faults.playing import Scene
from tests.journeys.faults.sample import Sample

_FIRST, _LAST, _SENSITIVE = Sample(), Sample(), Sample()
for _asked in ASKED:
    for _fault in FAULTS:
        _forms: list[Form] = [form for form in ("whole", "streamed") if _fault.script(form, _asked.dialect) is not None]
        if _fault.say in ALIKE:
            _forms = _forms[:1]
        for _form in _forms:
            if _asked.is_seen:  # what nobody can read is never sent outside
                _FIRST.add((_fault.kind, _form), _asked, _fault, _form)
            if _asked.is_seen and (_form == "whole" or _fault.does[0] is not _fault.does[1]):
                _LAST.add(_fault.kind, _asked, _fault, _form)
        if _forms and _fault.say not in ALIKE:
            _SENSITIVE.add(_fault.kind, _asked, _fault, _forms[0])


@pytest.mark.parametrize("asked,fault,form", _FIRST.params)
async def test_at_the_first_target(local: Upstream, cloud: Upstream, asked: Asked, fault: Fault, form: Form) -> None:
    await Scene(fault, form, local, cloud, asked).play(playing.first)


@pytest.mark.parametrize("asked,fault,form", _LAST.params)
async def test_at_the_last_target(local: Upstream, cloud: Upstream, asked: Asked, fault: Fault, form: Form) -> None:
    await Scene(fault, form, local, cloud, asked).play(playing.last)


@pytest.mark.parametrize("asked,fault,form", _SENSITIVE.params)
async def test_of_what_may_not_leave(local: Upstream, cloud: Upstream, asked: Asked, fault: Fault, form: Form) -> None:
    await Scene(fault, form, local, cloud, asked).play(playing.sensitive)
