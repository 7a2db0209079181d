import json

import pytest

from gateway.http.many import ForAll, Question, Reply
from tests.fakes.client import get, post
from tests.fakes.server import listening


class Crew:
    """Workers that say what the test says."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.asked: list[Question] = []
        self.reloads = 0
        self.is_locked = False
        self.is_draining = self.was_locked = False
        self.waited_s = 0.0

    async def one(self, question: Question, within_s: float = 30.0) -> Reply | None:
        self.asked.append(question)
        self.waited_s = within_s
        self.was_locked = self.is_locked
        return self.replies[0] if self.replies else None

    async def each(self, question: Question) -> list[Reply]:
        self.asked.append(question)
        return self.replies

    async def drain(self, question: Question) -> Reply | None:
        return max(await self.each(question), key=lambda reply: reply.status, default=None)

    def lock(self) -> None:
        self.is_locked = True

    async def reload(self) -> Reply | None:
        self.reloads += 1
        return self.replies[0] if self.replies else None

    async def metrics(self, accept: str) -> Reply:
        return Reply(200, f"# of all, as {accept}\n".encode())


def said(code: int, **content: object) -> Reply:
    return Reply(code, json.dumps(content).encode(), {"content-type": "application/json"})


READY, UNABLE = said(200, status="ready", lockdown="off"), said(503, status="unable", lockdown="off")


@pytest.mark.parametrize(
    ("replies", "is_draining", "status", "expected"),
    [
        pytest.param([UNABLE, READY], False, 200, {"status": "ready", "lockdown": "off", "workers": 1}, id="one of them is ready"),
        pytest.param([READY, READY], False, 200, {"status": "ready", "lockdown": "off", "workers": 2}, id="all are"),
        pytest.param([UNABLE, UNABLE], False, 503, {"status": "unable", "lockdown": "off", "workers": 0}, id="none is"),
        pytest.param([], False, 503, {"status": "unable", "workers": 0}, id="none answers"),
        pytest.param([READY], True, 503, {"status": "draining", "workers": 1}, id="they are about to end"),
    ],
)
async def test_readiness(replies: list[Reply], is_draining: bool, status: int, expected: dict[str, object]) -> None:
    crew = Crew(*replies)
    crew.is_draining = is_draining
    async with listening(ForAll(crew)) as port:
        reply = await get(port, "/readyz?label=public")
        assert (reply.status, reply.json) == (status, expected)
        assert crew.asked[0].path == "/readyz?label=public"
        assert (await get(port, "/healthz")).json == {"status": "ok"}


async def test_metrics_are_those_of_all_and_a_reload_is_one_of_all() -> None:
    crew = Crew(said(200, reloaded=True))
    async with listening(ForAll(crew)) as port:
        assert (await get(port, "/metrics", {"accept": "text/plain"})).body == b"# of all, as text/plain\n"
        assert (await post(port, b"", "/admin/reload")).json == {"reloaded": True}
        assert crew.reloads == 1


async def test_the_rest_is_asked_of_one_as_it_came() -> None:
    crew = Crew(Reply(403, b'{"a": 1}', {"content-type": "application/json", "x-request-id": "req_1"}))
    async with listening(ForAll(crew)) as port:
        reply = await post(port, b'{"on": true}', "/admin/lockdown", {"cookie": "a"})
        assert (reply.status, reply.json, reply.headers["x-request-id"]) == (403, {"a": 1}, "req_1")
        await post(port, b"", "/admin/reload", {"origin": "http://a"})
    first, second = crew.asked
    assert (first.method, first.path, first.body) == ("POST", "/admin/lockdown", b'{"on": true}')
    assert first.headers == {"content-type": "application/json"}
    assert second.headers["origin"] == "http://a"
    assert crew.reloads == 0, "a web page is left to the worker, which refuses it"
    assert "true" not in repr(first)


@pytest.mark.parametrize("replies", [[said(200), said(404)], [said(404), said(200)], [said(404)]])
async def test_a_replica_is_drained_by_all_and_one_that_cannot_is_told_of(replies: list[Reply]) -> None:
    crew = Crew(*replies)
    async with listening(ForAll(crew)) as port:
        assert (await post(port, b"{}", "/admin/drain")).status == 404
    assert [question.path for question in crew.asked] == ["/admin/drain"]


async def test_while_nobody_answers_that_is_said() -> None:
    async with listening(ForAll(Crew())) as port:
        for reply in (await get(port, "/admin/policy"), await post(port, b"", "/admin/reload")):
            assert (reply.status, reply.json["error"]["code"], reply.headers["retry-after"]) == (503, "no_worker", "1")
        huge = await post(port, b" " * 10_000_001, "/admin/explain")
        assert huge.status == 413


async def test_a_lockdown_is_on_before_any_worker_is_asked_and_when_none_answers() -> None:
    crew, nobody = Crew(said(200, survives_restart=True, lockdown="on")), Crew()
    async with listening(ForAll(crew)) as port:
        assert (await post(port, {"on": True}, "/admin/lockdown")).json == {"survives_restart": True, "lockdown": "on"}
    assert crew.was_locked
    assert crew.waited_s < 5, "the command waits for five seconds, and one that hangs must not use them up"
    async with listening(ForAll(nobody)) as port:
        assert (await post(port, {"on": True}, "/admin/lockdown")).json == {"survives_restart": False, "lockdown": "on"}
    assert nobody.is_locked


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param({"on": False}, {}, id="it is to end"),
        pytest.param({"on": True, "off": 1}, {}, id="nobody knows what that means"),
        pytest.param({"on": True}, {"origin": "https://page.example"}, id="a web page asks"),
    ],
)
async def test_what_is_no_lockdown_is_for_a_worker_to_judge(body: dict[str, object], headers: dict[str, str]) -> None:
    crew = Crew(said(400))
    async with listening(ForAll(crew)) as port:
        assert (await post(port, body, "/admin/lockdown", headers)).status == 400
    assert not crew.is_locked


async def test_a_path_is_passed_on_as_it_came() -> None:
    crew = Crew(said(404))
    async with listening(ForAll(crew)) as port:
        assert (await get(port, "/admin/%00%3Fa?b=%0A")).status == 404
    assert crew.asked[0].path == "/admin/%00%3Fa?b=%0A"
