"""The laws of the house that no linter knows: budgets, mirrors, promise one as types, and words.

An exemption has a reason, and fails when it is no longer needed.
"""

import ast
import functools
import importlib
import importlib.metadata
import os
import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path

import msgspec

from gateway.exchange import Exchange
from gateway.ledger.records import KINDS, AnyRecord
from gateway.usage.rows import TABLES

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("gateway", "router", "classifiers")
FILES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
PATHS = [str(file.relative_to(ROOT)) for file in FILES]

FILE_LINES, FUNCTION_LINES, ARGUMENTS = 300, 40, 6

LONG_FILES: Mapping[str, str] = {
    "gateway/http/server.py": "one connection: what it does next hangs on all that it has read, so its states are read together",
}
LONG_FUNCTIONS: Mapping[str, str] = {
    "gateway/backstop.py:guarded": "one class, whose parent is its argument",
    "gateway/usage/made.py:used": "one line for each column",
}
MANY_ARGUMENTS: Mapping[str, str] = {
    "gateway/upstreams/http1.py:Http1Client.__init__": "what to reach and say, then limits and seams with defaults",
}
COMMANDS = re.compile(r"gateway/cli/main(_walls|_tune|_cost|_usage|_report|_advise)?\.py:")
"""typer declares every option of a command as an argument of its function: there the budget does not apply."""

UNMIRRORED: Mapping[str, str] = {
    "gateway/__main__.py": "one call; journeys start processes through it",
    "gateway/plan.py": "values only",
    "gateway/standin/__main__.py": "one call; journeys start processes through it",
    "gateway/families.py": "values only",
    "gateway/kept/plan.py": "values only",
    "gateway/kept/rows.py": "values only",
    "gateway/kept/schema.py": "values only",
    "gateway/price_list.py": "values only",
    "router/steps.py": "values only",
    "gateway/detectors/dialect.py": "a protocol only",
    "gateway/upstreams/upstream.py": "protocols only",
    "gateway/ledger/errors.py": "an exception only",
    "gateway/ledger/records.py": "values only; below, a law walks them",
    "gateway/report/declared.py": "values only",
    "gateway/report/document.py": "values only",
    "gateway/state/state.py": "a protocol only",
    "gateway/usage/rows.py": "values only; below, a law says what each text of theirs is",
    "gateway/usage/store.py": "protocols and values only",
    "gateway/redact/plan.py": "values only",
    "gateway/telemetry/plan.py": "values only",
    "router/names.py": "names only",
    "classifiers/models/topics/names.py": "names only",
    "router/facts.py": "values only",
}

HELD_BY: Mapping[str, str] = {
    **{
        f"gateway/dialects/chat_over_messages/{one}.py": "gateway/dialects/chat_over_messages/test_golden.py"
        for one in ("parts", "request", "tools", "turns")
    },
    "gateway/dialects/count_over_tokenize/request.py": "gateway/dialects/count_over_tokenize/test_answers.py",
    **{f"gateway/standin/{one}.py": "gateway/standin/test_server.py" for one in ("chat", "messages", "others", "responses", "words")},
    "gateway/dialects/table.py": "gateway/dialects/test_golden.py",
    "gateway/alike.py": "gateway/observers/test_prometheus.py",
    "gateway/cli/usage.py": "gateway/cli/test_main_usage.py",
    "gateway/config/usage.py": "gateway/config/test_compile_usage.py",
    "gateway/http/chunks.py": "gateway/http/test_conformance.py",
    "gateway/http/feedback.py": "journeys/test_usage.py",
    "gateway/http/paths.py": "journeys/test_endpoints.py",
    "gateway/http/resuming.py": "journeys/test_kept_responses.py",
    "gateway/http/responses.py": "journeys/test_kept_responses.py",
    "gateway/kept/keeping.py": "journeys/test_kept_responses.py",
    "gateway/http/handed.py": "gateway/http/test_conformance.py",
    "gateway/http/heads.py": "gateway/http/test_conformance.py",
    "gateway/http/hot.py": "journeys/test_surface.py",
    "gateway/http/last.py": "gateway/http/test_conformance.py",
    "gateway/usage/plan.py": "gateway/usage/test_address.py",
    "gateway/usage/postgres.py": "gateway/usage/test_stores.py",
    "gateway/usage/reading.py": "gateway/usage/test_stores.py",
    "gateway/usage/schema.py": "gateway/usage/test_stores.py",
    "gateway/usage/sqlite_reading.py": "gateway/usage/test_sqlite.py",
    "gateway/usage/writer.py": "gateway/usage/test_recorder.py",
    "gateway/usage/writing.py": "gateway/usage/test_stores.py",
    "gateway/config/store.py": "gateway/config/test_compile_store.py",
    "gateway/kept/told.py": "gateway/kept/test_kept.py",
    "gateway/batches/closing.py": "gateway/batches/test_runner.py",
    "gateway/batches/shown.py": "gateway/batches/test_runner.py",
    "gateway/config/observers.py": "gateway/config/test_compile_otel.py",
    "gateway/config/compile_headers.py": "gateway/config/test_compile_destinations.py",
    "gateway/cli/arguments.py": "gateway/cli/test_main.py",
    "gateway/connecting.py": "gateway/test_live.py",
    "gateway/retiring.py": "gateway/test_live.py",
    "gateway/secret.py": "gateway/config/test_secrets.py",
    "gateway/detectors/service.py": "gateway/detectors/test_remote.py",
    "gateway/cli/audit.py": "gateway/cli/test_main_walls.py",
    "gateway/cli/check.py": "gateway/cli/test_main.py",
    "gateway/cli/config.py": "gateway/cli/test_main.py",
    "gateway/http/answers.py": "gateway/http/test_cold.py",
    "gateway/http/pools.py": "journeys/test_pool.py",
    "gateway/judging.py": "gateway/test_conduct.py",
    "gateway/cli/engine.py": "gateway/cli/test_main.py",
    "gateway/cli/export.py": "gateway/cli/test_main_walls.py",
    "gateway/cli/judge.py": "gateway/cli/test_batch.py",
    "gateway/cli/key.py": "gateway/cli/test_main.py",
    "gateway/cli/main_advise.py": "gateway/cli/test_advise.py",
    "gateway/advice/action.py": "gateway/advice/test_actions.py",
    "gateway/cli/main_cost.py": "gateway/cli/test_cost.py",
    "gateway/cli/metrics.py": "gateway/cli/test_main_metrics.py",
    "gateway/cli/main_key.py": "gateway/cli/test_main.py",
    "gateway/cli/main_pool.py": "journeys/test_pool.py",
    "gateway/cli/main_prices.py": "gateway/cli/test_prices.py",
    "gateway/cli/main_tune.py": "gateway/cli/test_tune.py",
    "gateway/config/compile_prices.py": "gateway/config/test_compile_tariff.py",
    "gateway/config/server.py": "gateway/config/test_models.py",
    "gateway/config/strict.py": "gateway/config/test_destinations.py",
    "gateway/config/token_cost.py": "gateway/config/test_compile_tariff.py",
    "gateway/cli/prove.py": "gateway/cli/test_main_walls.py",
    "gateway/cli/sentences.py": "gateway/cli/test_main.py",
    "gateway/cli/show.py": "gateway/cli/test_main.py",
    "gateway/demo/client.py": "gateway/demo/test_run.py",
    "gateway/demo/config.py": "gateway/demo/test_run.py",
    "gateway/demo/prompts.py": "gateway/demo/test_run.py",
    "gateway/demo/show.py": "gateway/demo/test_run.py",
    "gateway/demo/stage.py": "gateway/demo/test_run.py",
    "gateway/cli/main_report.py": "gateway/cli/test_report.py",
    "gateway/config/ledger.py": "gateway/config/test_compile_ledger.py",
    "gateway/config/baselines.py": "gateway/config/test_compile_baselines.py",
    "gateway/report/chapters.py": "gateway/report/test_make.py",
    "gateway/report/more_chapters.py": "gateway/report/test_make.py",
    "gateway/report/story.py": "gateway/report/test_make.py",
    "gateway/report/style.py": "gateway/report/test_page.py",
    "gateway/seeds.py": "gateway/observers/test_prometheus.py",
    "gateway/series.py": "gateway/observers/test_prometheus.py",
    "gateway/record.py": "gateway/test_conduct.py",
    "gateway/trying.py": "gateway/test_conduct.py",
    "gateway/state/memory.py": "gateway/state/test_connect.py",
    "gateway/upstreams/closed_door.py": "gateway/upstreams/test_closed.py",
    "gateway/upstreams/relaying.py": "gateway/upstreams/test_openai_compatible.py",
    "gateway/upstreams/vendors_process.py": "gateway/upstreams/test_apart.py",
    "gateway/wire/familiar.py": "gateway/wire/test_ask.py",
    "gateway/wire/leaves.py": "gateway/wire/test_ask.py",
    "gateway/wire/walk.py": "gateway/wire/test_ask.py",
}
"""Parts of something larger, tested through the whole that they are parts of."""

BANNED_WORDS = frozenset(
    {"handler", "handlers", "manager", "managers", "helper", "helpers", "util", "utils", "processor", "processors", "wrapper", "wrappers"}
)

PLAIN_TEXT: Mapping[str, str] = {
    "Exchange.request_id": "ours, or a UUID of the caller's",
    "Exchange.code": "error codes of our own",
    "Exchange.tenant": "a name from the configuration",
    "Exchange.key": "a name from the configuration",
    "Exchange.because": "conditions of rules, from the configuration, and sentences of our own",
    "Exchange.findings": "categories that detectors declare, and how many",
    "Exchange.finish": "OpenAI's finish reasons, else _other",
    "Exchange.trace_id": "32 hexadecimal digits: ours, or a caller's by the letter of W3C Trace Context",
    "Exchange.span_id": "16 hexadecimal digits of ours",
    "Exchange.parent_span_id": "16 hexadecimal digits of a caller's, by the same letter",
    "AttemptRecord.failure": "kinds of the failure table",
    "AttemptRecord.digest": "SHA-256 in hexadecimal digits",
}
"""Members of the exchange whose type is plain text, and why they cannot hold any of a caller's or a model's."""


def _functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, node
        name = getattr(node, "name", "")
        yield from _functions(node, f"{prefix}{name}." if name else prefix)


@functools.cache
def trees() -> Mapping[str, ast.Module]:
    """Our modules, parsed by the worker that asks and by no other."""
    return {path: ast.parse((ROOT / path).read_text()) for path in PATHS}


@functools.cache
def nodes() -> tuple[tuple[str, ast.AST], ...]:
    """Everything in them."""
    return tuple((path, node) for path, tree in trees().items() for node in ast.walk(tree))


@functools.cache
def functions() -> tuple[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef], ...]:
    """Their functions, named as in `router/policy.py:Policy.match`."""
    return tuple((f"{path}:{name}", node) for path, tree in trees().items() for name, node in _functions(tree))


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or 0) - node.lineno + 1


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len([argument for argument in every if argument.arg not in ("self", "cls")])


def assert_within(found: Mapping[str, int], budget: int, exempt: Mapping[str, str]) -> None:
    """Nothing is over its budget but what is exempt, and everything that is exempt is over it."""
    assert {name: size for name, size in found.items() if size > budget and name not in exempt} == {}
    assert [name for name in exempt if found.get(name, 0) <= budget] == [], "these exemptions are no longer needed"


def test_files_are_short() -> None:
    assert_within({str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in FILES}, FILE_LINES, LONG_FILES)


def test_functions_are_short() -> None:
    assert_within({name: _length(node) for name, node in functions()}, FUNCTION_LINES, LONG_FUNCTIONS)


def test_functions_have_few_arguments() -> None:
    found = {name: _arguments(node) for name, node in functions() if not COMMANDS.match(name)}
    assert_within(found, ARGUMENTS, MANY_ARGUMENTS)


def test_every_module_says_what_it_is() -> None:
    said = {path: (ast.get_docstring(tree) or "").split("\n\n", maxsplit=1)[0] for path, tree in trees().items()}
    assert [path for path, contract in said.items() if len(contract) <= 20] == []


def test_every_module_has_a_mirrored_test() -> None:
    wanted = [path for path in PATHS if not path.endswith("__init__.py")]
    missing = {path for path in wanted if not (ROOT / "tests" / path).with_name("test_" + Path(path).name).exists()}
    assert missing - UNMIRRORED.keys() - HELD_BY.keys() == set()
    assert (UNMIRRORED.keys() | HELD_BY.keys()) - missing == set(), "these exemptions are no longer needed"
    assert {test for test in HELD_BY.values() if not (ROOT / "tests" / test).exists()} == set()


def test_there_are_no_packages_of_tests() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == [], "they would shadow the packages of the same names"


def _texts(kind: object, where: str, seen: set[object]) -> Iterator[str]:
    """The places below a type where plain text may stand."""
    if kind is str or kind is bytes or kind is object or kind is typing.Any:
        yield where
        return
    if kind is Ellipsis or isinstance(kind, typing.NewType) or typing.get_origin(kind) is typing.Literal or kind in seen:
        return
    arguments = typing.get_args(kind)
    if arguments:
        for argument in arguments:
            yield from _texts(argument, where, seen)
        return
    assert isinstance(kind, type), kind
    hints = typing.get_type_hints(kind) if is_dataclass(kind) or issubclass(kind, msgspec.Struct) else {}
    names = {field.name for field in (fields(kind) if is_dataclass(kind) else ())} | set(getattr(kind, "__struct_fields__", ()))
    for name in names:
        yield from _texts(hints[name], f"{kind.__name__}.{name}", seen | {kind})


def test_an_exchange_can_hold_no_text() -> None:
    assert set(_texts(Exchange, "Exchange", set())) == PLAIN_TEXT.keys()


LEDGER_TEXT: Mapping[str, str] = {
    "Intent.request": "ours, or a UUID of the caller's",
    "Intent.tenant": "a name from the configuration",
    "Intent.key": "a name from the configuration",
    "Intent.label": "a name from the configuration",
    "Intent.judged": "a name from the configuration",
    "Intent.findings": "categories that detectors declare, and how many",
    "Intent.config": "a digest in hexadecimal digits",
    "Intent.route": "a name from the configuration",
    "Intent.verdict": "serve or deny",
    "Intent.destination": "a name from the configuration",
    "Intent.region": "a name from the configuration",
    "Intent.digest": "a keyed hash in hexadecimal digits",
    "Concluded.request": "as Intent.request",
    "Concluded.destination": "a name from the configuration",
    "Concluded.failure": "kinds of the failure table",
    "Started.version": "of the gateway",
    "Started.config": "a digest in hexadecimal digits",
    "Started.labels": "names from the configuration",
    "Started.detectors": "names from the configuration",
    "Reloaded.before": "a digest in hexadecimal digits",
    "Reloaded.config": "a digest in hexadecimal digits",
    "Reloaded.labels": "names from the configuration",
    "Reloaded.detectors": "names from the configuration",
    "Declassified.request": "as Intent.request",
    "Declassified.tenant": "a name from the configuration",
    "Declassified.key": "a name from the configuration",
    "Declassified.before": "a name from the configuration",
    "Declassified.label": "a name from the configuration",
    "Recovered.torn_sha256": "a hash in hexadecimal digits",
    "Root.day": "a day in ISO 8601",
    "Root.head": "a hash in hexadecimal digits",
    "Root.key": "a fingerprint in hexadecimal digits",
    "Root.signature": "hexadecimal digits",
}
"""The same for the ledger's lines."""


def test_the_ledger_can_hold_no_text() -> None:
    assert set(_texts(AnyRecord, "ledger", set())) == LEDGER_TEXT.keys()


USAGE_TEXT: Mapping[str, str] = {
    "request_id": "ours, or a UUID of the caller's",
    "endpoint": "chat, completions, embeddings",
    "tenant": "a name from the configuration",
    "key": "a key's name from the configuration",
    "label": "a name from the configuration",
    "route": "a name from the configuration",
    "path": "local, cloud, redacted, blocked",
    "target": "a name from the configuration",
    "model": "a name from the configuration",
    "result": "a closed set",
    "code": "error codes of our own",
    "first": "a name from the configuration",
    "cascade": "a closed set",
    "hedge": "a closed set",
    "redaction": "a closed set",
    "ending": "a closed set",
    "failure": "kinds of the failure table",
    "rating": "up, down or regenerate",
}
"""The columns of the usage store that hold text; all others are numbers."""


def test_the_usage_store_can_hold_no_text() -> None:
    hints = {name: hint for kind in TABLES.values() for name, hint in typing.get_type_hints(kind).items()}
    numbers = {int, float, bool, int | None, float | None}
    assert {name for name, hint in hints.items() if hint not in numbers} == USAGE_TEXT.keys()


def test_every_kind_of_line_is_known_to_the_metrics_and_hides_no_member_of_the_line() -> None:
    kinds = typing.get_args(AnyRecord)
    assert {kind.__struct_config__.tag for kind in kinds} == set(KINDS)
    for kind in kinds:
        assert not {"seq", "at", "kind", "hash"} & set(kind.__struct_fields__), "the line itself has those"


def test_the_walk_over_types_sees_text_wherever_it_hides() -> None:
    class Inner(msgspec.Struct):
        note: str

    class Outer(msgspec.Struct):
        inner: tuple[Inner, ...] | None
        loose: dict[str, int]

    Outer.__annotations__ = {"inner": tuple[Inner, ...] | None, "loose": dict[str, int]}
    assert set(_texts(Outer, "Outer", set())) == {"Inner.note", "Outer.loose"}


def _calls(name: str) -> list[str]:
    """The files in which something of that name is called, once for each call."""
    calls = [(path, node.func) for path, node in nodes() if isinstance(node, ast.Call)]
    return [path for path, called in calls if getattr(called, "id", getattr(called, "attr", "")) == name]


def test_a_cleared_body_is_minted_in_one_place() -> None:
    assert _calls("ClearedBody") == ["router/clearance.py"]
    naming = {path for path, node in nodes() if isinstance(node, ast.Name) and node.id == "_MINT"}
    assert naming == {"router/clearance.py"}


def test_clearing_happens_where_attempts_are_made_and_nowhere_else() -> None:
    importing = [
        path
        for path, node in nodes()
        if isinstance(node, ast.ImportFrom) and node.module == "router.clearance" and any(alias.name == "clear" for alias in node.names)
    ]
    asking = ["cascade/self_check.py", "continuing.py", "detectors/service.py", "pool/engine.py", "sending.py", "upstreams/apart_frames.py"]
    assert importing == [f"gateway/{path}" for path in asking], (
        "attempts, what continues one, questions about their answers, of detectors and scorers, and one of our own to an engine;"
        " and what was cleared, anew in the process that it is handed to"
    )
    assert _calls("clear").count("gateway/sending.py") == 1
    for path in ("gateway/sending.py", "gateway/continuing.py", "gateway/cascade/self_check.py"):
        [call] = [node for node in ast.walk(trees()[path]) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "clear"]
        assert {keyword.arg for keyword in call.keywords} == {"is_locked", "withdrawn"}, (
            "what is cleared must know of a lockdown and of reloads"
        )


def test_the_order_of_steps_is_written_once() -> None:
    relaying = ["cascade/self_check.py", "continuing.py", "pool/engine.py", "sending.py", "upstreams/vendors_process.py"]
    assert _calls("relay") == [f"gateway/{path}" for path in relaying], (
        "attempts, what continues one, questions about their answers, and one of our own to an engine that had stalled;"
        " in a process of their own those that vendors' libraries make"
    )
    assert set(_calls("next_step")) <= {"gateway/conduct.py", "router/proof.py", "router/changes.py"}


def test_the_names_are_ours() -> None:
    belongs = importlib.metadata.packages_distributions()
    for name in PACKAGES:
        assert set(belongs.get(name, ["tidegate"])) == {"tidegate"}
        module = importlib.import_module(name)
        assert Path(str(module.__file__)).parent == ROOT / name


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def _defined() -> Iterator[tuple[str, str]]:
    yield from ((path, Path(path).stem) for path in PATHS)
    for path, node in nodes():
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield path, node.name


def test_no_name_is_one_of_the_empty_words() -> None:
    assert [(path, name) for path, name in _defined() if _words(name) & BANNED_WORDS] == []
    assert [(path, name) for path, name in _defined() if re.match(r"Base[A-Z]", name)] == []
    assert _words("HTTPHandlerOf_helper") == {"http", "handler", "of", "helper"}


def test_nothing_prints_but_the_command_line() -> None:
    printing = {path for path in _calls("print") if not re.match(r"gateway/(cli|demo)/\w+\.py", path)}
    assert printing == set()


def test_nothing_global_is_mutable() -> None:
    assert [path for path, node in nodes() if isinstance(node, ast.Global)] == []


TEXT_NAMES = frozenset({".py", ".md", ".toml", ".yaml", ".yml", ".lock", ".txt", ".json", ".sh", ".service", "Makefile", "Dockerfile"})


def _texts_of_the_repository() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith(".") or name == ".ci"]
        yield from (Path(folder, name) for name in names if TEXT_NAMES & {name, Path(name).suffix} or folder.endswith(".ci"))


UNMENTIONED = re.compile(
    r"index-url|--extra-index|p[y]thonhosted|p[y]pi\.(?:org|python)|n[p]mjs|proxy\.golang|ghcr\.io|quay\.io|artifactory|/simple/?(?=[\s\"'])"
)
"""Where packages come from is the business of whoever installs."""
MENTIONING: Mapping[str, str] = {
    "Makefile": "its `lock` leaves addresses out, by the names of the options",
    "tests/test_laws.py": "this list",
}


def test_no_registry_is_mentioned() -> None:
    found = {str(file.relative_to(ROOT)) for file in _texts_of_the_repository() if UNMENTIONED.search(file.read_text(errors="replace"))}
    assert found - MENTIONING.keys() == set()
    assert MENTIONING.keys() - found == set(), "these exemptions are no longer needed"


def test_types_are_walked_through_unions() -> None:
    assert isinstance(int | None, types.UnionType)
    assert set(_texts(str | None, "here", set())) == {"here"}
