"""How long recognising takes: clean text, adversarial text at two sizes, the name tier, and whether it holds up the event loop."""

import asyncio
import base64
import random
import statistics
import time
from collections.abc import Callable, Sequence

from benchmarks import names_loop
from classifiers.classify import classify
from classifiers.kinds import Detector, make_detector
from classifiers.prompt import Part, Prompt
from classifiers.table import fuse

SENTENCE = (
    "The committee will look at the proposal again in spring, when the figures for the whole region are known and the budget is settled. "
)
SIZES, QUICK_SIZES = (20_000, 200_000, 1_000_000), (2_000, 20_000)
"""Characters of the adversarial texts."""

WAIT = "wait of the event loop beside"
"""How the lines begin that the short form leaves out."""


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
    sizes = QUICK_SIZES if quick else SIZES
    for name, make in ADVERSARIAL.items():
        said[f"{name}, {' / '.join(f'{size:,}' for size in sizes)} characters"] = _growth([make(size) for size in sizes], fast)
    try:
        names = make_detector("names", {})
    except ImportError:
        return said | {"names": "not installed"}
    for size in (2_000, 20_000):
        said[f"names, {size:,} characters"] = f"{median_us(clean(size), [names], 3 if quick else 20) / 1000:,.1f} ms (median)"
    return said | _waits(quick)


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


def _growth(texts: Sequence[str], detectors: Sequence[Detector]) -> str:
    taken = [median_us(text, detectors, 3 if len(text) <= SIZES[0] else 1) / 1000 for text in texts]
    doubts = sorted({doubt.kind for doubt in classify(Prompt((Part(texts[-1]),)), detectors).doubts})
    growth = f"{' / '.join(f'{one:,.1f}' for one in taken)} ms"
    return f"{growth}, then a doubt: {doubts[0]}" if doubts else growth


def _waits(quick: bool) -> dict[str, str]:
    """How long the event loop had to wait while the names detector read beside it."""
    texts = names_loop.made(20_000 if quick else names_loop.MEGABYTE)
    said = asyncio.run(names_loop.measure(texts, 0.1 if quick else 1.0))
    idle, thread, *read = said
    longest, common = max(one.longest for one in read), max(one.common for one in read)
    beside = f"idle {idle.longest:.1f} ms, beside a thread that runs Python {thread.longest:.1f} ms"
    return {
        f"longest wait of the event loop while names read {len(read)} texts": f"{longest:.1f} ms, 99 % under {common:.1f} ms ({beside})",
        **{f"{WAIT} {one.beside}": f"{one.longest:.1f} ms at most, 99 of 100 under {one.common:.1f} ms" for one in said},
    }
