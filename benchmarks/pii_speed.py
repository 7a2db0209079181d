"""How long recognising takes: clean text, adversarial text at two sizes, the name tier, and whether it holds up the event loop."""

import asyncio
import base64
import random
import statistics
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor

from classifiers.classify import classify
from classifiers.kinds import Detector, make_detector
from classifiers.prompt import Part, Prompt
from classifiers.table import fuse
from gateway.config.compile import compile_text
from gateway.runtime import Runtime
from router.fleet import Fleet

SENTENCE = (
    "The committee will look at the proposal again in spring, when the figures for the whole region are known and the budget is settled. "
)
TICK_S = 0.001
CONFIG = """
version: 1
destinations:
  local: {kind: openai_compatible, zone: local, url: "http://127.0.0.1:9/v1", model: m, clearance: restricted, cost: unknown}
sensitivity: {detectors: [patterns, secrets, names], slow_deadline_s: 60}
routes: [{name: all, to: [local]}]
"""


def _tokens(size: int) -> str:
    dice = random.Random(size)
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@:/+="
    return "".join(dice.choice(letters) if dice.random() > 0.1 else " " for _ in range(size))


def _digits(size: int) -> str:
    dice = random.Random(size)
    return "".join(dice.choice("0123456789") for _ in range(size))


def _groups(size: int) -> str:
    digits = _digits(size)
    return " ".join([digits[at : at + 4] for at in range(0, size * 4 // 5, 4)])


def _nested(size: int) -> str:
    inner = base64.b64encode(_tokens(size * 9 // 16).encode()).decode()
    return base64.b64encode(inner.encode()).decode()[:size]


ADVERSARIAL: dict[str, Callable[[int], str]] = {
    "random tokens": _tokens,
    "one run of digits": _digits,
    "digits in groups": _groups,
    "base64 in base64": _nested,
    "percent-encoded": lambda size: "".join([f"%{ord(char):02X}" for char in _tokens(size // 3)]),
    "zero-width characters": lambda size: "\u200b" * size,
    "zero-width between letters": lambda size: "m\u200ba\u2060r\u200dy\ufeff" * (size // 8),
}


def measure(quick: bool = False) -> dict[str, str]:
    """What was measured, as text with units."""
    fast: Sequence[Detector] = fuse([make_detector("patterns", {}), make_detector("secrets", {})])
    said: dict[str, str] = {}
    for size in (2_000, 20_000):
        text = clean(size)
        said[f"patterns and secrets, {size:,} clean characters"] = f"{median_us(text, fast, 20 if quick else 400):,.0f} us (median)"
    sizes = (10_000, 100_000) if quick else (100_000, 1_000_000)
    for name, make in ADVERSARIAL.items():
        said[f"{name}, {sizes[0]:,} / {sizes[1]:,} characters"] = _growth([make(size) for size in sizes], fast, 1 if quick else 3)
    try:
        names = make_detector("names", {})
    except ImportError:
        return said | {"names": "not installed"}
    for size in (1_000, 10_000):
        said[f"names, {size:,} characters"] = f"{median_us(clean(size), [names], 3 if quick else 20) / 1000:,.1f} ms (median)"
    return said | asyncio.run(_gaps(clean(20_000 if quick else 100_000)))


def clean(size: int) -> str:
    """Plain English without anything to find."""
    return (SENTENCE * (size // len(SENTENCE) + 1))[:size]


def median_us(text: str, detectors: Sequence[Detector], times: int) -> float:
    """The median CPU time of classifying the text, in microseconds, after a first time that does not count.

    CPU of this thread, so that neighbours on the machine move it little.
    """
    prompt = Prompt((Part(text),))
    classify(prompt, detectors)
    taken = []
    for _ in range(times):
        start = time.thread_time()
        classify(prompt, detectors)
        taken.append(time.thread_time() - start)
    return 1e6 * statistics.median(taken)


def _growth(texts: Sequence[str], detectors: Sequence[Detector], times: int) -> str:
    taken = [median_us(text, detectors, times) / 1000 for text in texts]
    doubts = sorted({doubt.kind for doubt in classify(Prompt((Part(texts[-1]),)), detectors).doubts})
    growth = f"{taken[0]:,.1f} / {taken[1]:,.1f} ms (x{taken[1] / max(taken[0], 1e-6):.1f})"
    return f"{growth}, then a doubt: {doubts[0]}" if doubts else growth


async def _gaps(text: str) -> dict[str, str]:
    """The longest time for which a task that wants to run every millisecond had to wait: idle, and while the slow detectors run."""
    plan = compile_text(CONFIG)
    with ThreadPoolExecutor(2) as pool:
        runtime = Runtime(plan, {}, Fleet(plan.policy.targets.values()), pool=pool)
        await runtime.ask_slow(Prompt((Part("Warm up."),)))
        idle = await _longest_gap(asyncio.sleep(0.5))
        start = time.perf_counter()
        busy = await _longest_gap(runtime.ask_slow(Prompt((Part(text),))))
        taken = time.perf_counter() - start
    what = f"longest wait of the event loop while names read {len(text):,} characters for {1000 * taken:,.0f} ms"
    return {what: f"{1000 * busy:.1f} ms (idle: {1000 * idle:.1f} ms)"}


async def _longest_gap(work: Coroutine[None, None, object]) -> float:
    task = asyncio.ensure_future(work)
    longest, last = 0.0, time.perf_counter()
    while not task.done():
        await asyncio.sleep(TICK_S)
        now = time.perf_counter()
        longest, last = max(longest, now - last - TICK_S), now
    await task
    return longest
