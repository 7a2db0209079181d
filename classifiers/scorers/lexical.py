"""`lexical`: difficulty from what the last ask looks like: length, structure, code, maths, constraints, kinds of task. No dependencies, and it says why.

A weighted sum of named features through a logistic. It looks at a bounded number of characters, so its time is bounded too.
"""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import re2

from classifiers.asked import asked
from classifiers.cues import Cues
from classifiers.prompt import Prompt
from classifiers.signals import Difficulty, Reasons

HEAD, TAIL = 1_000, 400
"""Characters of the ask that are read: its beginning and its end, where people put what they want."""

BIAS = -2.3
"""With no feature at all: an ask of a few words that says nothing."""

PER_DOUBLING, SHORTEST, LONGEST = 0.28, 32, 2_048
"""For each doubling of the ask's length above 32 characters, up to 2,048."""

PER_TURN, MOST_TURNS = 0.06, 8
"""For each earlier turn: long conversations are about something."""

FEATURES: tuple[tuple[str, float, str], ...] = (
    # what kind of work is asked for
    (
        "proof",
        2.6,
        r"\b(?:prove|proof|disprove|show that|derive|derivation|q\.e\.d|beweise?n?|démontre[rz]?|demuestr\w+|lemma|theorem|counterexample)\b",
    ),
    (
        "design",
        1.8,
        r"\b(?:design|architect\w*|implement\w*|migrat\w+|scal(?:e|able|ability)|distributed|trade-?offs?|end-to-end|entwirf|entwickle|implementiere|conçois|diseña)\b",
    ),
    (
        "refactor",
        1.9,
        r"\b(?:refactor\w*|rewrite|restructure|across (?:the|all|several|multiple|\d+|these)|multi-?file|code ?base|repository|modules|legacy|backwards?[- ]compatib\w+)\b",
    ),
    (
        "debug",
        1.5,
        r"\b(?:debug\w*|stack ?trace|traceback|race condition|deadlock|memory leak|segfault|root cause|why does (?:this|my)|fix (?:the|this|these)|failing tests?)\b",
    ),
    (
        "optimise",
        1.0,
        r"\b(?:optimi[sz]\w+|complexity|minimi[sz]e|maximi[sz]e|efficient(?:ly)?|performance|algorithm|dynamic programming|np-hard)\b",
    ),
    (
        "analyse",
        0.6,
        r"\b(?:analy[sz]e|evaluate|critique|compare|contrast|assess|justify|explain (?:why|how)|implications|strategy|plan|research|analysiere|vergleiche|analyse[rz]?|compare[rz]?|analiza)\b",
    ),
    (
        "steps",
        0.5,
        r"\b(?:step[- ]by[- ]step|first\b.{1,200}\bthen\b|finally|several steps|think carefully|schritt für schritt|étape par étape|paso a paso)\b",
    ),
    # what it is about
    (
        "maths",
        0.8,
        r"\\(?:frac|sum|int|sqrt|begin|le|ge|cdot|mathbb|pi|theta)|\$[^$\n]{1,200}\$|[∑∫√≤≥∀∃∈∞π]|\b(?:integral|derivative|polynomials?|matrix|eigenvalues?|modulo|primes?|integers?|probability|equation)\b|\d ?[\^*/] ?\d",
    ),
    (
        "science",
        0.3,
        r"\b(?:quantum|thermodynamic\w*|molecul\w+|enzyme|equilibrium|voltage|velocity|entropy|orbital|reaction|mol\b|kpa|joules?|diagnos\w+|statute|plaintiff|jurisdiction|elasticity|hypothesis)\b",
    ),
    (
        "code",
        0.5,
        r"```|\bdef \w+\(|\bclass \w+[:({]|\bimport \w+|\bfunction\b|\breturn\b|#include|\bselect\b.{1,200}\bfrom\b|=>|\);|\bpublic static\b",
    ),
    (
        "code task",
        0.6,
        r"\b(?:python|java(?:script)?|typescript|rust|c\+\+|golang|sql|regex|kubernetes|terraform|api|unit tests?|compiler|schema|backend|microservices?)\b",
    ),
    # how it is asked
    (
        "constraints",
        0.6,
        r"\b(?:must(?: not)?|exactly|at least|at most|ensure|constraints?|requirements?|without using|only if|no more than|subject to|muss|darf nicht|doit|debe)\b",
    ),
    ("long form", 0.5, r"\b(?:essay|report|paper|novel|chapter|whitepaper|business plan|curriculum|thesis|[1-9]\d{3}[- ]words?)\b"),
    # what is easy
    (
        "small talk",
        -1.6,
        r"^\W*(?:hi|hello|hey|thanks?|thank you|good (?:morning|evening|night)|how are you|who are you|hallo|danke|bonjour|salut|merci|hola|gracias|ok(?:ay)?|yes|no|bye)\b[^\n]{0,40}\z",
    ),
    (
        "chore",
        -1.8,
        r"\b(?:timer|alarm|remind(?:er)?|weather|temperature outside|play (?:some|the|my|a)|turn (?:on|off|up|down)|what(?:'s| is) the (?:time|date)|what time|calendar|shopping list|to-?do list|volume|directions|traffic|restaurant|recipe|flight|hotel|balance|bill|credit (?:card|score|limit)|bank|account|pin|order|book|schedule|meeting|call|text|spell|joke|flip a coin|roll a)\b",
    ),
    (
        "look-up",
        -0.9,
        r"\b(?:what(?:'s| is| are| was) (?:the |a |an )?(?:capital|population|meaning|definition|name|currency|tallest|largest|year|plural|opposite|synonym)|who (?:is|was|wrote|won|invented|painted)|when (?:is|was|did)|where (?:is|was|are)|how (?:old|tall|far|many|much) (?:is|are|was|does)|was ist|wer (?:ist|war)|qui (?:est|a)|qué es|quién)\b",
    ),
    (
        "transform",
        -0.7,
        r"\b(?:translate|summari[sz]e|rephrase|proofread|correct the (?:grammar|spelling)|tl;?dr|bullet points|übersetze|fasse|traduis|résume|traduce|resume|how do (?:you|i) say|convert)\b",
    ),
)
"""Name, weight, pattern (as `Cues` takes them, case-insensitive). Each counts once. The weights started from a fit to public outcomes of a
weak and a strong model and were then evened out by hand: exam questions make up most of those, and people ask more than exams."""

LINES: tuple[tuple[str, float], ...] = (("list", 0.5), ("choices", 0.4))
"""Features that lines show by how they begin: two items of a list, a lettered choice."""

ONLY_WHEN_SHORT, SHORT = frozenset({"small talk", "chore", "look-up"}), 160
"""Features of an easy ask that say nothing in one of more than 160 characters: "order", "account" and "what is" stand in any long text."""

BEGINS = "look-up"
"""The feature that must stand where a sentence begins."""

_ITEM = re.compile(r"\n[ \t\r\f]*(?:[0-9]{1,2}[.)]|[-*•]) ")
_CHOICE = re.compile(r"\n[ \t\r\f]*\(?[A-Da-d][.):] ")
_EITHER = re.compile(r"\n[ \t\r\f]*(?:[0-9]{1,2}[.)]|[-*•]|\(?[A-Da-d][.):]) ")


@dataclass(frozen=True, slots=True)
class Options:
    """None yet."""


_NAMES = tuple(name for name, _, _ in FEATURES) + tuple(name for name, _ in LINES)
_WEIGHTS = tuple(weight for _, weight, _ in FEATURES) + tuple(weight for _, weight in LINES)
_OF_LENGTH = tuple(PER_DOUBLING * math.log2(max(length, SHORTEST) / SHORTEST) for length in range(LONGEST + 1))
_BEGINS = _NAMES.index(BEGINS)
_BEGINNING = re2.compile(rf"(?is)[.!?]\s\W*{FEATURES[_BEGINS][2]}")
"""Not for `Cues`: of a class that may repeat behind others Hyperscan 5.4 misses some matches."""

_LIST, _CHOICES = range(len(FEATURES), len(_NAMES))


class Lexical:
    """Scores the last ask of a prompt."""

    __slots__ = ("_in_long", "_in_short")

    kind = "lexical"

    def __init__(self) -> None:
        patterns = {number: f"(?i){pattern}" for number, (_, _, pattern) in enumerate(FEATURES)}
        self._in_short = Cues(patterns).of
        self._in_long = Cues({number: pattern for number, pattern in patterns.items() if FEATURES[number][0] not in ONLY_WHEN_SHORT}).of

    def score(self, prompt: Prompt) -> Difficulty:
        """Difficulty in 0..1 of the last ask, and the features that moved it, strongest first."""
        asks = asked(prompt)
        ask, turns = asks.text, asks.turns
        length = len(ask)
        read = ask if length <= HEAD + TAIL else f"{ask[:HEAD]}\n{ask[-TAIL:]}"
        text = f".\n{read}"  # it begins as what follows a sentence and a line
        encoded = text.encode("utf-8", "replace")
        found = (self._in_short if length <= SHORT else self._in_long)(encoded)
        if _EITHER.search(text):
            found += _of_lines(text)
        if _BEGINS in found and not _BEGINNING.search(encoded.decode()):
            found.remove(_BEGINS)
        total = BIAS + (_OF_LENGTH[length] if length < LONGEST else _OF_LENGTH[-1])
        if turns > 1:
            total += PER_TURN * min(turns - 1, MOST_TURNS)
        for number in found:
            total += _WEIGHTS[number]
        return Difficulty(1 / (1 + math.exp(-total)), partial(_reasons, found, length, turns))


def _of_lines(text: str) -> Iterator[int]:
    """What the lines of a text show, each behind a line end."""
    if (first := _ITEM.search(text)) and _ITEM.search(text, first.end() + 1):
        yield _LIST
    if _CHOICE.search(text):
        yield _CHOICES


def _reasons(found: Sequence[int], length: int, turns: int) -> Reasons:
    moved = [(_NAMES[number], _WEIGHTS[number]) for number in found]
    if length > SHORTEST:
        moved.append(("length", _OF_LENGTH[min(length, LONGEST)]))
    if turns > 1:
        moved.append(("turns", PER_TURN * min(turns - 1, MOST_TURNS)))
    return tuple(sorted(moved, key=_strength))


def _strength(reason: tuple[str, float]) -> tuple[float, str]:
    return -abs(reason[1]), reason[0]


def build(options: Options) -> Lexical:  # noqa: ARG001  # every kind is built from its options
    """Compile the features."""
    return Lexical()
