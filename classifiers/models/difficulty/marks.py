"""What a text looks like, as named numbers: length, structure, code, mathematics, constraints, kinds of question and of task.

Everything is read from the text in lower case with its white space collapsed, so that neither moves a number. Numbers are small
(logarithms and shares), most between 0 and 10.
"""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

import math
import re
from collections.abc import Sequence

import re2

from classifiers.cues import Cues

PATTERNS: tuple[tuple[str, str], ...] = (
    # what kind of work is asked for
    (
        "proof",
        r"\b(?:prove|proof|disprove|derivation|derive|q\.e\.d|lemma|theorem|counterexample|beweise?n?|démontre[rz]?|demuestr\w+)\b|\bshow that\b",
    ),
    (
        "design",
        r"\b(?:design|architect\w*|implement\w*|migrat\w+|scal(?:e|able|ability)|distributed|trade-?offs?|end-to-end|entwirf|entwickle|implementiere|conçois|diseña)\b",
    ),
    (
        "refactor",
        r"\b(?:refactor\w*|rewrite|restructure|across (?:the|all|several|multiple|\d+|these|our|every)|multi-?file|code ?base|repositor(?:y|ies)|modules|legacy|backwards?[- ]compatib\w+)\b",
    ),
    (
        "debug",
        r"\b(?:debug\w*|stack ?trace|traceback|race condition|deadlock|memory leak|segfault|root cause|why does (?:this|my)|failing tests?|flaky)\b",
    ),
    (
        "optimise",
        r"\b(?:optimi[sz]\w+|complexity|minimi[sz]\w+|maximi[sz]\w+|efficient(?:ly)?|performance|algorithm|dynamic programming|np-hard)\b",
    ),
    (
        "analyse",
        r"\b(?:analy[sz]e|evaluate|critique|critically|compare|contrast|assess|justify|implications|strategy|plan|research|rigorous\w*|in depth|in detail|analysiere|vergleiche|analiza)\b",
    ),
    ("reason", r"\b(?:explain|why|how (?:do|does|did|can|could|would|should))\b"),
    ("compute", r"\b(?:find|calculate|compute|determine|evaluate|solve|simplify|estimate|how many|how much)\b"),
    (
        "steps",
        r"\b(?:step[- ]by[- ]step|several steps|think carefully|schritt für schritt|étape par étape|paso a paso)\b",
    ),
    ("write code", r"\b(?:write|create|implement|complete) (?:an? |the )?(?:function|program|script|class|method|query|regex)\b"),
    ("write", r"\b(?:write|draft|compose|generate|create|schreibe?|écris|escribe)\b"),
    (
        "transform",
        r"\b(?:translate|summari[sz]e|rephrase|paraphrase|proofread|correct the (?:grammar|spelling)|fix the (?:grammar|spelling)|tl;?dr|bullet points|übersetze|traduis|traduce|convert|how do (?:you|i) say)\b",
    ),
    ("long form", r"\b(?:essay|report|paper|novel|chapter|whitepaper|business plan|curriculum|thesis|[1-9]\d{3}[- ]words?)\b"),
    # what it is about
    (
        "formula",
        r"\\(?:frac|sum|int|sqrt|begin|le|ge|cdot|mathbb|pi|theta|left|text|log|sin|cos|triangle|angle|overline)|[∑∫√≤≥∀∃∈∞π⊃≡∨∧→]|\d ?[\^*/+=] ?[\da-z(]|\b[a-z]\^",
    ),
    (
        "maths",
        r"\b(?:integral|derivative|polynomials?|matri(?:x|ces)|eigenvalues?|modulo|primes?|integers?|probability|equations?|triangle|circle|angle|radius|digits|remainder|functions?|vector|graph|group|ring|field|subgroup|homomorphism)\b",
    ),
    (
        "physics",
        r"\b(?:velocity|acceleration|voltage|current|resistance|capacit\w+|wavelength|frequency|momentum|kinetic|quantum|photon|electrons?|magnetic|force|pressure|entropy|joules?|ev|kpa|atm|watts?|thermodynamic\w*|laser|beam|shaft|psi|lb)\b",
    ),
    (
        "chemistry",
        r"\b(?:mol|moles?|molar\w*|reaction|acid|enzyme|equilibrium|molecul\w+|compound|ions?|oxid\w+|bond|titrat\w+|solution|ph|isotope|catalys\w+|nmr|aromatic)\b",
    ),
    (
        "law",
        r"\b(?:statute|plaintiff|defendant|jurisdiction|contract|liab\w+|negligence|court|judge|jury|testimony|landlord|deed|homicide|murder|evidence|appeal|attorney)\b",
    ),
    (
        "medicine",
        r"\b(?:patient|diagnos\w+|year-old|symptoms?|treatment|clinical|disease|blood|surgery|physical examination|infection|syndrome|dose)\b",
    ),
    (
        "economics",
        r"\b(?:demand|supply|price|market|inflation|interest|tax|income|gdp|elasticity|marginal|monopoly|investment|dividends?|stock|bonds?|cost|profit|accounting|depreciation)\b",
    ),
    (
        "humanities",
        r"\b(?:century|war|king|emperor|treaty|revolution|church|ancient|according to|philosoph\w+|moral\w*|ethic\w*|society|culture)\b",
    ),
    (
        "logic",
        r"\b(?:premises?|valid|argument|fallacy|implies|conclusion|truth table|predicate|clues?|hint|each of (?:them|these)|immediately)\b",
    ),
    (
        "code",
        r"```|\bdef \w+ ?\(|\bclass \w+ ?[:({]|\bimport \w+|\breturn\b|#include|=>|\) ?;|\bpublic static\b|\bassert\b",
    ),
    (
        "programming",
        r"\b(?:python|java(?:script)?|typescript|rust|c\+\+|golang|sql|regex|kubernetes|terraform|api|unit tests?|compiler|schema|backend|microservices?|function to|list of lists|tuple|strings?)\b",
    ),
    # how it is asked
    (
        "constraints",
        r"\b(?:must(?: not)?|exactly|at least|at most|ensure|constraints?|requirements?|without using|only if|no more than|subject to|such that|muss|darf nicht|doit|debe)\b",
    ),
    ("negated", r"\b(?:not|except|least likely|never|false|incorrect)\b"),
    (
        "compound choice",
        r"\b(?:all of the above|none of the above|both [a-d]|neither|[i1] and ii|i, ii|ii only|i only|true, true|false, false|wrong, not wrong|not wrong, wrong)\b",
    ),
    ("blank", r"_{2,}|\.{4,}| \.{3} "),
    ("which", r"\bwhich\b"),
    (
        "look-up",
        r"\b(?:who|when|where|what(?:'s| is| are| was) (?:the |a |an )?(?:capital|population|meaning|definition|name|currency|tallest|largest|year|plural|opposite|synonym)|how (?:old|tall|far) |was ist|wer (?:ist|war)|qui (?:est|a)|qué es|quién)\b",
    ),
    ("case", r"\b(?:a (?:man|woman|\d+-year-old|company|student|researcher|person)|suppose|assume|consider|given|if)\b"),
    # what is easy
    (
        "small talk",
        r"^(?:hi|hello|hey|thanks|thank you|hallo|danke|merci|hola|gracias)\z",
    ),
    (
        "chore",
        r"\b(?:timer|alarm|remind(?:er)?|weather|temperature outside|play (?:some|the|my|a)|turn (?:on|off|up|down)|what(?:'s| is) the (?:time|date)|what time|calendar|shopping list|to-?do list|volume|directions|traffic|restaurant|recipe|flight|hotel|balance|bill|credit (?:card|score|limit)|bank|account|pin|order|book|schedule|meeting|call|text|spell|joke|flip a coin|roll a)\b",
    ),
    ("personal", r"\b(?:i (?:am|have|want|need|would|can|do|was|think|like)|my|me|mine|i.m|i.ve|please|can you|could you)\b"),
)
"""Name, pattern (as `Cues` takes them, on text in lower case). Each is 0 or 1: whether it, or one of `GAPPED`, matches."""

GAPPED: tuple[tuple[str, str, str], ...] = (
    ("steps", r"\bfirst\b", r"\bfirst\b.{1,200}\bthen\b"),
    (
        "write code",
        r"\b(?:function|program|script|class|method|query|regex)\b",
        r"\b(?:write|create|implement|complete)\b.{1,40}\b(?:function|program|script|class|method|query|regex)\b",
    ),
    ("formula", r"\$", r"\$[^$]{1,200}\$"),
    ("code", r"\bselect\b", r"\bselect\b.{1,200}\bfrom\b"),
    (
        "small talk",
        r"\b(?:hi|hello|hey|thanks?|thank you|good (?:morning|evening|night)|how are you|who are you|hallo|danke|bonjour|salut|merci|hola|gracias|ok(?:ay)?|yes|no|bye)\b",
        r"^\W*(?:hi|hello|hey|thanks?|thank you|good (?:morning|evening|night)|how are you|who are you|hallo|danke|bonjour|salut|merci|hola|gracias|ok(?:ay)?|yes|no|bye)\b.{0,40}$",
    ),
)
"""Name, what every match holds, pattern. Patterns with a gap are searched alone, by re2, and only in a text that holds the former."""

MEASURES = (
    "length", "words", "sentences", "sentence length", "word length", "unknown words", "variety", "choices", "choice length",
    "numeric choices", "numbers", "number share", "symbols", "brackets", "dollars", "questions", "quotes", "other language", "turns", "bare",
)  # fmt: skip
"""What is counted beside the patterns; `measures` says how."""

WORD = re.compile(r"[a-z\u00c0-\uffff]+")
"""Words of a text in lower case: a class of ranges is read four times as fast as one of letters."""

ONLY_WHEN_SHORT, SHORT = frozenset({"chore", "look-up", "personal", "small talk"}), 160
"""Marks of an easy ask that say nothing in one of more than 160 characters: "order", "account" and "my" stand in any long text."""

_NUMBER = re.compile(r"[0-9]+")
_SYMBOLS, _BRACKETS = rb"=^\+*/<>|", b"()[]{};_"
_ENDS = bytes.maketrans(b"?!;", b"...")
_DIGITS = bytes(ord("0") if chr(code).isdecimal() and code < 128 else ord(" ") for code in range(256))
_PLAIN = bytes(ord(" ") if chr(code).isspace() and code < 128 else ord(chr(code).lower()) if code < 128 else code for code in range(256))
_LETTERS_ONLY = bytes(code if ord("a") <= code <= ord("z") else ord(" ") for code in range(256))
_LETTERS = "abcdefghij"
_FORMS = (" {}. ", " {}) ", "({}) ", " {}: ")
_CHOICES = tuple(tuple(form.format(letter) for letter in _LETTERS) for form in _FORMS)
OTHER = frozenset(
    "der die das und ist nicht ein eine einen mit für auf wie ich sie zu von den dem im "
    "le les des et est une un dans pour que qui avec sur du je vous au ce comment "
    "el los las y es una con por para qué como del en la de mi se il che di per non sono wat het een van ik".split()
) - frozenset({"die", "des", "am", "me"})  # fmt: skip


class Marks:
    """Which patterns match a text. Safe to share between threads."""

    __slots__ = ("_gapped", "_in_long", "_in_short")

    def __init__(self) -> None:
        options = re2.Options()
        options.dot_nl = True
        options.max_mem = 64 << 20
        names = [name for name, _ in PATTERNS]
        self._gapped = [(names.index(name), re2.compile(pattern, options)) for name, _, pattern in GAPPED]
        patterns = [*PATTERNS, *((name, gate) for name, gate, _ in GAPPED)]
        self._in_short = Cues({at: pattern for at, (_, pattern) in enumerate(patterns)}).of
        self._in_long = Cues({at: pattern for at, (name, pattern) in enumerate(patterns) if name not in ONLY_WHEN_SHORT}).of

    def found(self, text: str, encoded: bytes) -> Sequence[int]:
        """Indices into `PATTERNS`, of a text that is there in UTF-8 too."""
        matched = (self._in_short if len(text) <= SHORT else self._in_long)(encoded)
        found = [at for at in matched if at < len(PATTERNS)]
        if len(found) < len(matched):
            gapped = [self._gapped[at - len(PATTERNS)] for at in matched if at >= len(PATTERNS)]
            valid = encoded.decode()  # a lone surrogate has become "?"
            found += [at for at, pattern in gapped if at not in found and pattern.search(valid)]
        return found


def collapsed(text: str) -> str:
    """In lower case, with single spaces and none at either end."""
    if not text.isascii():
        return " ".join(text.lower().split())
    text = text.encode("ascii").translate(_PLAIN).decode("ascii")
    while "  " in text:
        text = text.replace("  ", " ")
    return text.strip()


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, in its order: what `WORD` finds, in a third of the time where all is ASCII."""
    return text.encode("ascii").translate(_LETTERS_ONLY).decode("ascii").split() if text.isascii() else WORD.findall(text)


def measures(text: str, encoded: bytes, words: Sequence[str], seen: tuple[int, int, float, int]) -> list[float]:
    """The numbers of `MEASURES`, of a text as it is read (also in UTF-8) and its words.

    `seen`: how many characters it had, how many words nobody knows, how many are of other languages, and in how many turns it was asked.
    """
    length, unknown, other, turns = seen
    count = len(words)
    per_word = 1 / count if count else 0.0
    sentences = 1 + encoded.translate(_ENDS).count(b". ")
    choices, choice_length, numeric = _choices(text)
    numbers = len(encoded.translate(_DIGITS).split())
    return [
        math.log2(1 + length),
        math.log2(1 + count),
        math.log2(sentences),
        math.log2(1 + count / sentences),
        len("".join(words)) * per_word,
        unknown * per_word,
        len(set(words)) * per_word,
        choices,
        choice_length,
        numeric,
        math.log2(1 + numbers),
        numbers / (numbers + count + 1),
        math.log2(1 + len(encoded) - len(encoded.translate(None, _SYMBOLS))),
        math.log2(1 + len(encoded) - len(encoded.translate(None, _BRACKETS))),
        math.log2(1 + text.count("$")),
        math.log2(1 + text.count("?")),
        math.log2(1 + text.count('"') + text.count("“")),
        other * per_word,
        math.log2(1 + min(max(turns, 1) - 1, 8)),
        1.0 if count < 4 else 0.0,
    ]


def _choices(text: str) -> tuple[float, float, float]:
    """How many lettered choices a text offers, the logarithm of their mean length, and the share of them that hold a digit."""
    for forms in _CHOICES:
        first = text.find(forms[0])
        if first < 0 or text.find(forms[1], first) < 0:
            continue
        starts = [first]
        for form in forms[1:]:
            at = text.find(form, starts[-1] + 1)
            if at < 0:
                break
            starts.append(at)
        spans = [text[start + 4 : min(end, start + 200)] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
        mean = sum(map(len, spans)) / len(spans)
        return float(len(spans)), math.log2(1 + mean), sum(_NUMBER.search(span) is not None for span in spans) / len(spans)
    return 0.0, 0.0, 0.0
