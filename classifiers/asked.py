"""`asked`: the ask that a difficulty is about: the last one of a person, in its conversation.

What programs put around it is taken away; what tools return inherits the ask that led to it; "continue", "now in French" and "why?" are
read together with the ask that they refer to. System prompts and tools say nothing of how hard an ask is. A short prompt of one part
costs nothing but the look at it, any other a bounded look at its last turns.
"""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

import re
from collections.abc import Sequence
from itertools import groupby, islice

import msgspec
from typing_extensions import override

from classifiers.boilerplate import PLAIN, stripped, without_repetition
from classifiers.prompt import Part, Prompt

MOST_BACK = 32
"""Turns that are looked at for what a follow-up refers to."""
MOST_PARTS = 256
"""Parts of them."""
LONGEST_FOLLOW_UP = 90
"""Characters. What is longer says itself what it wants."""
LONGEST_REPLY = 40
"""Characters of what may be the answer to a question of the model's."""

_SAID = frozenset({"content", "answer"})

_POLITE = frozenset(
    "please pls plz thanks thx bitte danke svp merci por favor porfavor per favore alstublieft obrigado ok okay well hmm".split()
)
"""Words that change nothing."""

_WHOLE = frozenset(
    text.strip()
    for text in """
    continue|go on|go ahead|keep going|carry on|proceed|next|more|more details|more detail|more examples|another|another one|one more|again
    try again|try once more|retry|redo|do it|do that|do so|yes|yes do|yep|yeah|sure|no|nope|why|why not|how|how so|how come|really|and|so
    then|elaborate|explain|explain more|what else|anything else|what next|what now|go deeper|deeper|are you sure|is that all|and then
    finish|finish it|fix it|fix this|run it|test it|undo|revert|wrong|not quite|that is wrong|that s wrong|this is wrong|correct|both
    weiter|mach weiter|weiter so|fortfahren|ja|nein|warum|wieso|weshalb|wie|noch mal|nochmal|noch einmal|noch eins|mehr|mehr davon
    mehr details|genauer|sicher|bist du sicher|falsch|und dann|beide
    continuez|vas y|allez y|encore|encore une fois|oui|non|pourquoi|pourquoi pas|comment|plus|plus de détails|réessaie|et ensuite|suite
    continúa|continua|sigue|sí|si|por qué|por qué no|cómo|más|otra vez|de nuevo|otro|otra|inténtalo de nuevo|y luego|seguro
    avanti|vai avanti|perché|ancora|di più|riprova|sim|não|por que|mais|ga door|ga verder|waarom|nog een keer|meer
    继续|为什么|再来一次|再试一次|更多|続けて|なぜ|もう一度|продолжай|почему|ещё|ещё раз|dalej|dlaczego|devam et|neden
    """.strip()
    .replace("\n", "|")
    .split("|")
)
"""Whole follow-ups, in words between single spaces."""

_THANKS = re.compile(
    r"(?:(?:many |no |ok |okay |yes )?(?:thank you|thanks|thx|cheers|great|perfect|nice|awesome|cool|excellent|got it|i see|never ?mind|good ?bye|bye"
    r"|vielen dank|danke|super|prima|merci|gracias|grazie|obrigado)(?: so much| very much| a lot| job| work| answer|schön| beaucoup)?\b ?)+"
)
"""Nothing is asked for: the work before is over, unless something follows."""

_FOLLOW_UP = re.compile(
    r"""
    (?:and|but|now|also|then|or|und|aber|jetzt|nun|oder|auch|et|mais|maintenant|ou|y|pero|ahora|e|ma|ora|adesso|agora|en|maar|nu)\ (?:
        (?:now|jetzt|then|also)\ )?(?:in|into|to|as|for|with|without|using|if|the|what|why|how|which|your|my|a|one|on|from|this|that|it|them|shorter
        |longer|simpler|make|do|add|explain|auf|als|für|mit|ohne|wenn|warum|wie|die|der|das|was|en|pour|avec|sans|si|le|la|les|pourquoi
        |comment|para|con|sin|el|los|por|cómo|per|come|perché|em|para|voor|met)\b
    |(?:in|into|auf|en|em|nach|als|as|using|with|without|mit|ohne|avec|sans|con|sin|per|only|just|nur)\ (?!which|what|welche|quel|qué|call)\w+(?:\ \w+){0,3}$
    |(?:a\ (?:bit|little)\ |much\ |make\ (?:it|this|that|them)\ |even\ |etwas\ |viel\ |noch\ |un\ peu\ |un\ poco\ )*(?:more|less|too|mehr|weniger|zu|plus|moins|más|menos)?\ ?
        (?:shorter|longer|simpler|faster|slower|better|clearer|cleaner|smaller|bigger|nicer|warmer|funnier|friendlier|softer|stronger|tighter|formal
        |informal|concise|brief|briefly|detailed|polite|casual|long|short|complicated|technical|specific|kürzer|länger|einfacher|besser|genauer
        |schneller|förmlicher|lockerer|kurz|lang|court|long|simple|clair|details?|examples?|context|about|corto|largo|sencillo|claro|breve)(?:\ \w+){0,2}$
    |(?:continue|go\ on|carry\ on|proceed|resume|weiter|continuez|sigue)\ (?:with|from|to|the|in|on|where|mit|bei|avec|con)\b
    |(?:what|how)\ about\b|what\ if\b|same\ (?:for|with|but|again|thing|in)\b|likewise\b|was\ ist\ mit\b|und\ was\b|et\ pour\b|y\ para\b|qué\ tal\b
    |(?:try|do|run|fix|explain|rewrite|rephrase|translate|summari[sz]e|shorten|expand|check|test|improve|simplify|format|use|change|make|keep|put|show
        |say|give|send|turn|convert|refactor|finish|complete|apply|remove|delete|drop|add|merge|split|sort|repeat|describe|prove|clarify)\ (?:me\ )?
        (?:it|them|again|more|both|(?:this|these|those|that)(?:$|\ (?:again|in|into|to|for|with|as|more|one|ones|part|way|by|from|on|and|code|function|text)\b)|all\ of\ (?:it|them|that)|the\ (?:above|last|previous|first|second|third|other|same|rest|next)|another|one\ more
        |a\ few\ more|some\ more|\d{1,2}\ more|examples?|tests?|comments?|details?)\b
    |(?:übersetze?|erkläre?|fasse?|kürze?|schreib|mach|formuliere?|verbessere?)\ (?:es|das|dies|ihn|sie|den\ text|nochmal|noch)\b
    |(?:explique|traduis|résume|raccourcis|réécris|refais)\ ?(?:le|la|les|ça|cela|moi)\b
    |(?:tradúcelo|explícalo|resúmelo|acórtalo|hazlo|traducilo)\b
    |(?:the\ )?(?:first|second|third|fourth|last|former|latter|other|next)(?:\ (?:one|option|part|point|step|version|paragraph|half))?$
    |(?:option|number|variant|step|part|point|nr|question)\ (?:\d{1,2}|[a-e])$|\d{1,2}$|[a-e]$
    |which\ (?:one|of\ (?:these|those|them))\b|(?:what|who|which|where)\ (?:is|are|was|were|does|do|did)\ (?:(?:it|they|he|she)(?:\ \w+){0,2}|(?:that|this|these|those)(?:\ mean)?)$
    |(?:why|how|when|where|warum|wie|pourquoi|comment|por\ qué|cómo)\ (?:(?:is|are|was|were|does|do|did|would|should|can|could|ist)\ (?:it|that|they|das|es)\b(?!\ time)|(?:do|did)\ you\ (?:know|mean|get|do|say)(?:\ (?:that|this|it|so))?$|not$|so$)
    """,
    re.VERBOSE,
)
"""How follow-ups begin, in lower-case words between single spaces. Only asked of what is short."""

_REQUEST = re.compile(
    r"(?:(?:can|could|would|will) you |kannst du |könntest du |können sie |peux tu |pouvez vous |puedes |podrías |let s |i want you to |i d like you to )"
    r"(?:(?:also|now|just|maybe|try to|auch|jetzt|aussi) )?"
)
"""What stands before what is asked for."""

_POINTS_BACK = re.compile(
    r"(?:\b(?:of|about|with|for|on|from|to|by|like|between|than|explain|mean|use|fix|call|do|did|does|run|test|change|into)"
    r" (?:it|that|this|these|those|them|both)(?: (?:too|now|again|then|instead|all))?|\b(?:above|previously|instead|stattdessen|davon|dazu|damit|daraus|dafür|darüber|daran|you (?:said|wrote|gave"
    r"|mentioned|suggested)|your (?:answer|last answer|code|solution|proof|plan|suggestion|reply))(?: \w+)?)$"
)
"""A short ask that ends with a word for what was there before."""
_FEW_WORDS = 8
"""In a longer one such a word is for something that the ask itself names."""

_WORDS = re.compile(r"[^\W_]+")


class Asked(msgspec.Struct, frozen=True, gc=False):
    """What is asked for. `turns`: in how many turns a person or a model said something.

    `refers` is how many turns back the oldest text in `text` stands, counted in turns that said something; 0: the last ask stands alone.
    """

    text: str
    turns: int
    refers: int = 0

    @override
    def __repr__(self) -> str:
        return f"<Asked, {self.turns} turns>"


def asked(prompt: Prompt) -> Asked:
    """The last ask of a person, with what it refers to. Empty when nobody asked anything."""
    parts = prompt.parts
    if len(parts) == 1:  # the most common prompt
        part = parts[0]
        return Asked(stripped(part.text) or part.text, 1) if part.place == "content" else Asked("", 0)
    texts, turns = _last(parts)
    if not texts:
        return Asked("", turns)
    text = texts[0] if len(texts) == 1 else "\n".join(texts)
    if turns == 1:
        return Asked(stripped(text).strip() or text, 1)
    if LONGEST_FOLLOW_UP < len(text) <= PLAIN and (ask := stripped(text)):
        return Asked(ask, turns)
    return _in_conversation(parts, turns) or Asked(text, turns)


def _last(parts: Sequence[Part]) -> tuple[Sequence[str], int]:
    """What a person said in the last turn that a person has, and in how many turns somebody said something."""
    texts: list[str] = []
    last = -2
    turns: set[int] = set()
    for part in reversed(parts):
        if part.place == "content":
            turns.add(part.turn)
            if not texts:
                last = part.turn
            if part.turn == last:
                texts.append(part.text)
        elif part.place == "answer":
            turns.add(part.turn)
    texts.reverse()
    return texts, len(turns)


def _in_conversation(parts: Sequence[Part], turns: int) -> Asked | None:
    """The last ask and what it refers to; None when a program wrote all of it."""
    spoken = list(islice((part for part in reversed(parts) if part.place in _SAID), MOST_PARTS))
    said = [(place, [part.text for part in group][::-1]) for (_, place), group in islice(groupby(spoken, key=_speaker), MOST_BACK)]
    found: list[str] = []
    first = oldest = 0
    for back, (place, texts) in enumerate(said):
        if place != "content" or not (ask := _ask(texts, said[back + 1 :])):
            continue
        first, oldest = back if not found else first, back
        found.append(ask)
        if not refers_back(ask, _answered(said, back)):
            break
    if not found:
        return None
    return Asked(f"{found[-1]}\n{found[0]}" if len(found) > 1 else found[0], turns, oldest - first)


def refers_back(ask: str, answer: str = "") -> bool:
    """Whether the ask says what it wants only together with what was there before. `answer` is what the model had said just before it."""
    if len(ask) > LONGEST_FOLLOW_UP:
        return False
    words = " ".join(_WORDS.findall(ask.lower()))
    if (thanks := _THANKS.match(words)) and not (words := words[thanks.end() :]):
        return False
    plain = " ".join([word for word in words.split() if word not in _POLITE])
    if asks := _REQUEST.match(plain):
        plain = plain[asks.end() :]
    if plain in _WHOLE or _FOLLOW_UP.match(plain) or (plain.count(" ") < _FEW_WORDS and _POINTS_BACK.search(plain)):
        return True
    return len(ask) <= LONGEST_REPLY and "?" not in ask and answer.rstrip().endswith(("?", "\uff1f"))


def _speaker(part: Part) -> tuple[int, str]:
    return part.turn, part.place


def _ask(texts: Sequence[str], before: Sequence[tuple[str, Sequence[str]]]) -> str:
    """What a person asks in a turn of these texts, without what it repeats of the person's turn before."""
    text = texts[0] if len(texts) == 1 else "\n".join(texts)
    if len(text) > PLAIN:
        text = without_repetition(text, next(("\n".join(others) for place, others in before if place == "content"), ""))
    return stripped(text).strip()


def _answered(said: Sequence[tuple[str, Sequence[str]]], back: int) -> str:
    """What the model said just before that turn."""
    before = said[back + 1] if back + 1 < len(said) else ("", ())
    return before[1][-1] if before[0] == "answer" else ""
