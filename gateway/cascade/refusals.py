"""Whether an answer declines to answer, in nine languages. Only the beginning of a short one: a long answer that begins so goes on."""

# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

import re2

from classifiers.scan import re2_options

SHORT = 600
"""Characters of an answer up to which it can be nothing but a refusal."""
_BEGINNING = 240

_WORDS = r"(?:[^\s.,;!?]+ ){0,4}"
_HELP = r"(?:help|assist|answer|provide|comply|fulfil|do|create|generate|write|discuss|give|offer|share|support|engage|access|browse|see|open|verify|perform|process|complete|determine|say|tell|find)"
_HELFEN = (
    r"(?:helfen|beantworten|antworten|sagen|geben|erstellen|schreiben|unterst\x{fc}tzen|nachkommen|zugreifen|sehen|beurteilen|tun|liefern)"
)
_AIDER = r"(?:aider|r\x{e9}pondre|fournir|donner|cr\x{e9}er|\x{e9}crire|dire|acc\x{e9}der|faire|vous|t')"
_AYUDAR = r"(?:ayudar|responder|proporcionar|cumplir|asistir|hacer|generar|acceder|dar|ofrecer|crear|escribir|decir|contestar)"
_AIUTARE = r"(?:aiutar|risponder|fornir|dar|far|generar|accedere|creare|scrivere|dire|soddisfare)"
_AJUDAR = r"(?:ajudar|responder|fornecer|dar|fazer|gerar|acessar|aceder|criar|escrever|dizer|atender)"

_PATTERNS = (
    # English
    r"(?:i'?m |i am |we'?re |we are )?(?:so |very |really |truly )?(?:sorry|afraid)\b[^.!?\n]{0,80}\b(?:can'?t|cannot|can not|unable|not able|don'?t|do not|won'?t|not possible|beyond)\b",
    r"(?:i |my |we )?(?:apologi[sz]e|apologies|unfortunately|regrettably)\b[^.!?\n]{0,80}\b(?:can'?t|cannot|can not|unable|not able|don'?t|do not|won'?t|not possible)\b",
    r"(?:i|we) (?:can'?t|cannot|can not|won'?t|will not|could not|couldn'?t) (?:\w+ )?" + _HELP + r"\b",
    r"(?:i'?m|i am|we are) (?:unable|not able|not in a position|not allowed|not capable)\b",
    r"i (?:must|have to) (?:decline|refuse)\b",
    r"i (?:don'?t|do not) (?:know\b|have (?:enough|sufficient|any information|access|the ability|information|real.?time))",
    r"as an? (?:ai|artificial intelligence|(?:large )?language model)\b",
    r"i'?m (?:just |only )?an? (?:ai|(?:large )?language model)\b",
    # German
    r"(?:es )?tut mir (?:sehr )?leid\b[^.!?\n]{0,80}\b(?:nicht|kein[a-z]*)\b",
    r"(?:leider|entschuldigung|ich bedauere)\b[^.!?\n]{0,20}\b(?:kann|darf|werde|habe|bin)\b[^.!?\n]{0,60}\b(?:nicht|kein[a-z]*)\b",
    r"(?:dabei |dazu |hierzu |das )?(?:ich )?(?:kann|darf|werde) (?:ich )?" + _WORDS + r"(?:nicht|keine?) " + _WORDS + _HELFEN + r"\b",
    r"(?:das )?wei(?:\x{df}|ss) ich (?:leider )?nicht\b",
    r"ich wei(?:\x{df}|ss) (?:es |das )?(?:leider )?nicht\b",
    r"als (?:ki\b|k\x{fc}nstliche intelligenz|(?:ki-|gro\x{df}es )?sprachmodell)",
    # French
    r"(?:je suis (?:vraiment )?d\x{e9}sol\x{e9}|d\x{e9}sol\x{e9}|malheureusement|je m'excuse|je regrette)[^.!?\n]{0,80}\b(?:pas|impossible)\b",
    r"je ne (?:peux|suis) (?:malheureusement )?pas (?:en mesure|capable|autoris|" + _AIDER + ")",
    r"je ne (?:sais|dispose) pas\b",
    r"en tant qu(?:e |')(?:ia\b|intelligence artificielle|mod\x{e8}le de langage)",
    # Spanish
    r"(?:lo siento|lo lamento|lamentablemente|desafortunadamente|disculpa|perd\x{f3}n)[^.!?\n]{0,80}\bno\b",
    r"no (?:puedo " + _AYUDAR + r"|tengo (?:acceso|suficiente)|me es posible|estoy (?:capacitad|autorizad))",
    r"como (?:una? )?(?:ia\b|inteligencia artificial|modelo de lenguaje)",
    # Italian
    r"(?:mi dispiace|spiacente|purtroppo|mi scuso)\b[^.!?\n]{0,80}\bnon\b",
    r"non (?:posso " + _AIUTARE + r"|sono in grado|ho (?:accesso|abbastanza))",
    r"(?:in quanto|come) (?:ia\b|intelligenza artificiale|modello linguistico)",
    # Portuguese
    r"(?:sinto muito|lamento|desculpe|infelizmente)[^.!?\n]{0,80}\bn\x{e3}o\b",
    r"(?:eu )?n\x{e3}o (?:posso " + _AJUDAR + r"|consigo " + _AJUDAR + r"|tenho (?:acesso|informa))",
    # Dutch
    r"(?:het spijt (?:me|mij)|sorry|helaas|excuses)\b[^.!?\n]{0,80}\b(?:niet|geen)\b",
    r"ik (?:kan|mag) " + _WORDS + r"(?:niet|geen) " + _WORDS + r"(?:helpen|beantwoorden|geven|maken|schrijven|doen)\b",
    # Chinese and Japanese
    r"(?:很抱歉|非常抱歉|抱歉|对不起|對不起|不好意思)[^。!?\x{ff01}\x{ff1f}\n]{0,40}(?:无法|無法|不能|不可以|没有办法|沒有辦法)",
    "(?:我|作为(?:一个)?(?:ai|人工智能|语言模型)[^。\n]{0,20})(?:无法|無法|不能|不知道)",
    "(?:申し訳|すみません|ごめんなさい)[^\n]{0,80}(?:できません|出来ません|わかりません|お答えでき)",
)


def _compiled() -> re2._Regexp:
    options = re2_options()
    options.case_sensitive = False
    return re2.compile(r"^[\s\"*#>_-]*(?:" + "|".join(f"(?:{pattern})" for pattern in _PATTERNS) + ")", options)


_DECLINES = _compiled()


def refuses(text: str) -> bool:
    """Whether `text` declines to answer."""
    if len(text) > SHORT:
        return False
    return _DECLINES.search(text[:_BEGINNING].replace("\u2019", "'")) is not None
