from gateway.reach import reach
from tests.fakes.gateway import compiled, configuration

LOCAL, CLOUD = "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"


def test_what_decisions_come_to_is_all_there_is() -> None:
    routes = [
        {"name": "sensitive", "when": {"label": ">= restricted"}, "to": ["qwen"]},
        {"name": "personal", "when": {"label": ">= personal"}, "to": ["gpt"], "redact": True},
        {"name": "rest", "to": ["gpt"], "fallback": ["qwen"]},
    ]
    seen = reach(compiled(configuration(LOCAL, CLOUD, {"routes": routes})))
    assert seen.paths == {("local", "qwen"), ("cloud", "gpt"), ("redacted", "gpt")}
    assert ("embeddings", "local", "qwen") in seen.ways
    assert ("embeddings", "cloud", "gpt") not in seen.ways, "it has no model for those"
    assert {(one.name, two.name) for one, two in seen.links} == {("gpt", "qwen"), ("qwen", "gpt")}
    assert ("rest", "internal") in seen.routes
    assert ("sensitive", "public") not in seen.routes


def test_who_falls_back_on_nobody_has_no_links() -> None:
    assert reach(compiled(configuration(LOCAL, CLOUD, {"routes": [{"name": "all", "to": ["qwen"]}]}))).links == frozenset()
