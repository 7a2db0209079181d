"""The targets that do not speak OpenAI's API (Anthropic, Bedrock, Vertex and Gemini, Cohere, Replicate), through litellm.

The one file that imports litellm, in a process of its own (`gateway.upstreams.vendors_process`): the import takes seconds. It is kept from
fetching, reporting, logging, retrying, redirecting and reading the environment for addresses; its HTTP goes through `closed_door`.
"""

import asyncio
import logging
import os
import time
import warnings
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from typing import Any

import msgspec

from gateway.errors import error_body
from gateway.plan import UpstreamPlan
from gateway.secret import Secret
from gateway.upstreams import closed_door
from gateway.upstreams.closed_answers import error_event, event_of, whole_of
from gateway.upstreams.closed_fields import NotTaken, taken
from gateway.upstreams.relaying import Watch, broke, left, relay_stream, relay_whole
from gateway.upstreams.upstream import Call, Downstream
from gateway.upstreams.vendor_hosts import vendor_of
from gateway.wire.sse import DONE, Stream
from router.attempt import Attempt, Failed, Outcome, Refused
from router.clearance import ClearedBody
from router.decision import Clocks, Target
from router.failures import FAILURES, Failure, parse_retry_after, recognise
from router.names import Endpoint

_ENVIRONMENT = {
    "LITELLM_MODE": "PRODUCTION",  # else it loads a .env file
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS": "True",
    "LITELLM_LOCAL_POLICY_TEMPLATES": "True",
    "LITELLM_LOG": "CRITICAL",
    "MAX_IMAGE_URL_DOWNLOAD_SIZE_MB": "0",  # else it fetches addresses that a prompt names
    "REPEATED_STREAMING_CHUNK_LIMIT": "1000000000",  # else a table's hundredth equal chunk is an error
    "USE_LITELLM_PROXY": "False",
    "LITELLM_HTTP2": "False",
}
_SETTINGS: Mapping[str, object] = {
    "telemetry": False,
    "suppress_debug_info": True,
    "set_verbose": False,
    "turn_off_message_logging": True,
    "redact_messages_in_exceptions": True,
    "disable_streaming_logging": True,
    "disable_aiohttp_transport": True,
    "drop_params": False,
    "modify_params": False,
    "use_litellm_proxy": False,
    "num_retries": 0,
    "cache": None,
    "model_fallbacks": None,
    "api_base": None,
}
_CALLBACKS = (
    "callbacks input_callback success_callback failure_callback service_callback audit_log_callbacks "
    "_async_input_callback _async_success_callback _async_failure_callback pre_call_rules post_call_rules"
).split()
_CALLS: Mapping[Endpoint, str] = {"chat": "acompletion", "completions": "atext_completion", "embeddings": "aembedding"}
# Else any tool makes it look for servers of tools, with a package that is not installed. Elsewhere it would be sent to the vendor.
_ONLY_OF: Mapping[Endpoint, Mapping[str, object]] = {"chat": {"_skip_mcp_handler": True}}
_ACCOUNT = ("botocore", "boto3", "google.auth")  # find the gateway's credentials; what they object to is the operator's to mend


class _Over(Exception):  # how an attempt ended before it had an answer, on its way up
    def __init__(self, failure: Failure, status: int = 0, retry_after_s: float | None = None, body: bytes = b"") -> None:
        super().__init__(failure.kind)
        self.failure = failure
        self.status = status
        self.retry_after_s = retry_after_s
        self.body = body


class Closed:
    """One target behind litellm. `litellm` is the module, as `connect` has set it up."""

    def __init__(self, target: Target, plan: UpstreamPlan, litellm: Any, vendor: str) -> None:
        self._target = target
        self._litellm = litellm
        self._vendor = vendor
        self._fixed = _fixed(target, plan)
        self._transport = closed_door.transport()
        self._is_allowed = closed_door.allowed(vendor, plan.urls)

    async def close(self) -> None:
        """End every connection."""
        await self._transport.aclose()

    async def relay(self, attempt: Attempt, payload: ClearedBody, call: Call, out: Downstream) -> Outcome:  # noqa: ARG002  # no replicas
        """Have litellm ask the vendor, and relay what comes in OpenAI's shape. Costs some milliseconds of CPU."""
        watch = Watch()
        body = payload.for_target(self._target.name)
        stream, clocks = call.stream(), call.clocks(self._target)
        longest = None if call.is_stream else call.answer_bytes
        with closed_door.Wire(self._transport, clocks, self._is_allowed, longest) as wire:
            try:
                answer = await self._ask(body, call, wire, clocks)
                watch.headers_at = time.monotonic()
                if stream is None:
                    return await relay_whole(whole_of(answer), call.endpoint, out, watch)
                return await relay_stream(_Chunks(answer, stream, wire, clocks, watch), stream, out, watch)
            except NotTaken as refusal:
                return Refused(FAILURES["BAD_REQUEST"], 400, refusal.body, watch.timing())
            except _Over as over:
                kind = "OVERDUE" if call.is_overdue() else over.failure.kind
                return await broke(kind, stream, out, watch) if out.is_committed or kind == "OVERDUE" else _declined(over, watch)
            except asyncio.CancelledError:
                if not out.is_gone:
                    raise
                return left(stream, watch)
            finally:
                await wire.close()

    async def _ask(self, body: bytes, call: Call, wire: closed_door.Wire, clocks: Clocks) -> Any:
        """The answer's object, or its stream. Raises `NotTaken` and `_Over`, nothing of litellm's."""
        fields: dict[str, object] = msgspec.json.decode(body)
        arguments = taken(fields, call.endpoint, self._supported(call.endpoint))
        try:
            async with asyncio.timeout(clocks.total_s):
                return await getattr(self._litellm, _CALLS[call.endpoint])(**arguments, **self._fixed, **_ONLY_OF.get(call.endpoint, {}))
        except TimeoutError:
            raise _Over(FAILURES[wire.fault or "STALLED"]) from None
        except Exception as error:  # noqa: BLE001  # it raises whatever its dependencies do
            raise self._over(error, wire) from None

    def _supported(self, endpoint: Endpoint) -> Collection[str] | None:
        kind = "embeddings" if endpoint == "embeddings" else "chat_completion"
        known: list[str] | None = self._litellm.get_supported_openai_params(
            model=self._target.model, custom_llm_provider=self._vendor, request_type=kind
        )
        return known

    def _over(self, error: Exception, wire: closed_door.Wire) -> _Over:
        """What the failure was: by the wire first, then by the class of the exception. Its message is not looked at, nor kept."""
        if wire.fault is not None:
            return _Over(FAILURES[wire.fault], wire.status)
        if wire.status and not 200 <= wire.status < 300:
            retry_after_s = parse_retry_after(wire.headers, time.time())
            return _Over(recognise(wire.status, wire.body), wire.status, retry_after_s, wire.body)
        if wire.requests:
            return _Over(FAILURES["BAD_ANSWER"], wire.status)
        return _unsent(error)


def _declined(over: _Over, watch: Watch) -> Outcome:
    if over.failure.is_about_request:
        return Refused(over.failure, over.status, over.body, watch.timing())
    return Failed(over.failure, over.status, over.retry_after_s, watch.timing())


def _unsent(error: Exception) -> _Over:
    """Why litellm sent nothing: the credentials, the request, or a defect."""
    cause: BaseException | None = error
    while cause is not None:
        if type(cause).__module__.startswith(_ACCOUNT):
            return _Over(FAILURES["OUR_KEY"])
        cause = cause.__cause__ or cause.__context__
    status = getattr(error, "status_code", None)
    failure = recognise(status) if isinstance(status, int) and 400 <= status < 500 else FAILURES["OUR_BUG"]
    return _Over(failure, failure.status, body=error_body(failure.say, "invalid_request_error", failure.code))


class _Chunks:
    """litellm's stream as server-sent events, on the target's clocks."""

    def __init__(self, parts: AsyncIterator[Any], stream: Stream, wire: closed_door.Wire, clocks: Clocks, watch: Watch) -> None:
        self._parts = aiter(parts)
        self._stream = stream
        self._wire = wire
        self._clocks = clocks
        now = asyncio.get_running_loop().time()
        self._end = now + clocks.total_s - watch.timing().total_s
        self._first = now + clocks.first_token_s

    async def chunk(self) -> bytes:
        """The next event. Raises `_Over`. litellm invents an end for a stream that was cut, so the wire must have said it too."""
        now = asyncio.get_running_loop().time()
        has_begun = self._stream.has_content
        due = now + self._clocks.between_chunks_s if has_begun else self._first
        try:
            async with asyncio.timeout_at(min(due, self._end)):
                part = await anext(self._parts)
        except StopAsyncIteration:
            event = DONE
        except TimeoutError:
            raise _Over(FAILURES["STALLED" if has_begun or self._end < due else "SLOW_START"]) from None
        except Exception as error:  # noqa: BLE001  # it raises whatever its dependencies do
            if self._wire.fault is not None:
                raise _Over(FAILURES[self._wire.fault]) from None
            return error_event(error)
        else:
            event = event_of(part)
        if not self._wire.said_end and (event is DONE or b'"finish_reason":"' in event):
            raise _Over(FAILURES["CUT"])
        return event

    async def pour(self, take: Callable[[bytes], bool]) -> bool:
        """Event after event, until `take` takes no more: `[DONE]` is the last one."""
        while take(await self.chunk()):
            pass
        return False


def _fixed(target: Target, plan: UpstreamPlan) -> dict[str, object]:
    """The arguments that the configuration decides."""
    options = {name: value.reveal() if isinstance(value, Secret) else value for name, value in plan.options.items()}
    fixed: dict[str, object] = {
        **options,
        "model": str(target.model),
        "timeout": target.clocks.total_s,
        "num_retries": 0,
        "max_retries": 0,
        "no-log": True,
        "caching": False,
    }
    if plan.key is not None:
        fixed["api_key"] = plan.key.reveal()
    if plan.urls:
        fixed["api_base"] = plan.urls[0]
    if plan.headers:
        fixed["extra_headers"] = {name: value.reveal() for name, value in plan.headers}
    return fixed


def connect(target: Target, plan: UpstreamPlan) -> Closed:
    """The upstream of `plan`. Opens no connection; imports litellm, which takes seconds. Raises `ValueError` with a sentence."""
    return Closed(target, plan, load(), vendor_of(target))


def load() -> Any:
    """The library, muzzled. Idempotent; must come before any other import of it in the process."""
    os.environ.update(_ENVIRONMENT)
    try:
        import litellm
        from litellm.litellm_core_utils import logging_worker
        from litellm.llms.custom_httpx import http_handler
    except ImportError:
        raise ValueError("destinations of kind litellm need litellm: pip install 'tidegate[closed]'") from None
    if litellm.constants.MAX_IMAGE_URL_DOWNLOAD_SIZE_MB != 0:
        raise ValueError("litellm was imported before the gateway could set it up; remove the import that runs at the start of Python")
    for name, value in {**_SETTINGS, **{name: [] for name in _CALLBACKS}}.items():
        setattr(litellm, name, value)
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate, logger.disabled = [], False, True
    litellm.aclient_session, litellm.client_session = closed_door.client(), closed_door.no_client()
    # Its clients follow redirects, use proxies and send a request again by themselves, and it queues every request and answer for
    # callbacks, though there are none. None of that can be said in its settings.
    for owner, name, ours in (
        (http_handler.AsyncHTTPHandler, "create_client", lambda *_args, **_settings: closed_door.client()),
        (http_handler.HTTPHandler, "create_client", lambda *_args, **_settings: closed_door.no_client()),
        (logging_worker.GLOBAL_LOGGING_WORKER, "ensure_initialized_and_enqueue", lambda async_coroutine: async_coroutine.close()),
    ):
        setattr(owner, name, ours)
    clients: Any = litellm.in_memory_llm_clients_cache
    clients.flush_cache()
    with warnings.catch_warnings(action="ignore"):  # it builds its types on first use: a second, which no request should wait
        for kind in (litellm.ModelResponse, litellm.ModelResponseStream, litellm.TextCompletionResponse, litellm.EmbeddingResponse):
            kind()
    return litellm
