"""`language`: which language a text is written in, as in ISO 639-1, by its script and the little words that every sentence has.

A few words are enough where they are telling. None where they are not: a guess would decide where a request goes.
"""
# ruff: noqa: E501 - the words of a language stay together

import re
from collections import defaultdict
from collections.abc import Mapping

HEAD = 1_500
"""Characters that are read."""
LEAST, LEAD = 0.8, 1.25
"""What the little words must weigh together, and how many times as much as those of any other language."""

WORDS: Mapping[str, str] = {
    "en": "the of and to in is that it for was with as you are this be have not or what how can which from by at an do does my your i we they"
    " he she his her their there if would should could will who when where why has had were been but about these please me make write"
    " tell set give show need want get know much many any all some its let help find out more into than then them him am no so could us",
    "de": "der die das und ist nicht ein eine einen einem einer mit für auf wie ich sie zu von den dem im es auch sich als wird wurde werden"
    " sind bei oder aus nach was kann wir mein meine warum dass zum zur wer wo noch nur über wenn hat haben war bitte mir man uns ihr kein keine",
    "fr": "le la les des et est une un dans pour que qui avec sur du je vous au ce comment pas ne plus par nous il elle sont aux cette ces mais"
    " ou où pourquoi quel quelle mon ma mes être avoir fait été sans leur comme très si tout en de moi écris donne",
    "es": "el la los las y es una un con por para qué como del en que de se no su al lo más cómo mi está son pero este esta cuál sobre ser"
    " también porque cuando dónde hay yo muy fue sin nos tiene puede hacer quién estoy tengo me le ha",
    "it": "il lo la i gli le e è un una di che per con non sono del della dei delle nel nella come cosa perché mi si più da in su anche questo"
    " questa mio mia quale quando dove chi ha ho essere sul alla al degli ma se ed puoi era stato",
    "pt": "os as e é um uma de do da dos das em no na não com por para que como se mais são mas qual você eu meu minha este esta isso muito"
    " também quando onde foi ser está ao pelo pela porque tem nos fazer seu sua",
    "nl": "de het een en van is niet dat op te zijn met voor ik je in wat hoe er aan ook als bij naar uit dan maar of om door over kan mijn"
    " waarom deze dit wordt geen nog moet heeft hebben wie waar werd we ze hij",
    "sv": "och att det är en ett på som för av med den till inte jag du hur vad kan om har var från men ska vi de när varför eller min mitt"
    " detta också så skulle vara blir där dig mig någon",
    "da": "og at det er en et på som for af med den til ikke jeg du hvordan hvad kan om har var fra men skal vi de når hvorfor eller min mit"
    " dette også så være bliver hvor dig mig der havde nogen",
    "no": "og at det er en et på som for av med den til ikke jeg du hvordan hva kan om har var fra men skal vi de når hvorfor eller min mitt"
    " dette også så være blir hvor deg meg der hadde noen jeg",
    "fi": "ja on ei se että en mitä miten kuin mutta ovat oli tämä hän minä sinä voi olla myös jos tai kun mikä missä miksi siitä ole joka"
    " niin sen minun sinun kanssa he me te nyt vain onko",
    "pl": "i w na jest nie się do to że jak za od po co dla są przez czy ale tym jego być może mój moja dlaczego gdzie kiedy które który"
    " która tego tak jestem ma mi lub oraz",
    "cs": "je na se že to do jak pro co ale jsou by jako za po si tak mi když kde proč který která které nebo být jsem byl"
    " má od při jeho není můj můžete už",
    "tr": "ve bir bu için ile ne de da mi nasıl olarak daha çok en gibi ama var değil olan ben sen neden kadar nedir mı bana benim hangi her"
    " sonra veya ya olduğu lütfen kim",
    "ro": "și este în un de la cu pe nu ce care să din pentru cum mai sunt am se ca dar sau unde când acest această meu mea fost"
    " al ale lui îmi ai poate dacă fi",
    "hu": "az és egy nem hogy is van mi ez de mint csak ha meg vagy hogyan miért volt már ki kell lesz minden én te nagyon ezt azt nekem"
    " mit hol mikor melyik vagyok",
    "id": "dan yang di ini itu dengan untuk dari tidak ke apa bagaimana adalah saya pada akan atau dalam bisa kamu kami ada oleh juga"
    " sudah mengapa karena anda seperti tolong",
    "vi": "là và của có không cho một được trong với các những này đã người tôi như thế nào gì để khi về bạn làm tại sao hãy",
    "ru": "и в не на что это как с по из у за для от о но я ты он она мы вы они так же бы или мой моя почему где когда если есть к все"
    " который мне его был была было быть",
    "uk": "і в не на що це як з по із у за для від о але я ти він вона ми ви вони так же б або мій моя чому де коли якщо є до та який"
    " мені його був була було бути й її",
    "bg": "и в не на че това как с по от за до но аз ти той тя ние вие те така или моят моята защо къде кога ако е са се да който ще ми"
    " беше няма има",
}
"""Little words of each language."""

SCRIPTS: tuple[tuple[str, str], ...] = (
    ("ja", "\u3041-\u30ff"),
    ("ko", "\u1100-\u11ff\uac00-\ud7a3"),
    ("zh", "\u4e00-\u9fff"),
    ("el", "\u0370-\u03ff"),
    ("he", "\u0590-\u05ff"),
    ("fa", "\u067e\u0686\u0698\u06a9\u06af\u06cc"),
    ("ar", "\u0600-\u06ff"),
    ("hi", "\u0900-\u097f"),
    ("bn", "\u0980-\u09ff"),
    ("ta", "\u0b80-\u0bff"),
    ("th", "\u0e00-\u0e7f"),
    ("ka", "\u10a0-\u10ff"),
    ("hy", "\u0530-\u058f"),
)
"""A script that stands for one language, for our purposes; the earlier goes first where both are written: kana beside Han is Japanese."""
SHARE = 0.15
"""Of all letters, that a script must have. A formula with a Greek letter is not Greek."""

MARKS: Mapping[str, str] = {
    "de": "ß", "es": "ñ¿¡", "pt": "ãõ", "fr": "œêèù", "pl": "łąęśźż", "cs": "řůě", "hu": "őű", "tr": "ğış", "ro": "șțăţş", "vi": "đươạảấầếệộờ",
    "sv": "", "da": "æø", "no": "æø", "uk": "іїєґ", "ru": "ыэё", "bg": "ъ",
}  # fmt: skip
"""Letters that few other languages have: each one there weighs half a word."""

_WORD = re.compile(r"[^\W\d_]+")
_FENCED = re.compile(r"```.*?(?:```|$)", re.DOTALL)


def _telling() -> Mapping[str, tuple[tuple[str, float], ...]]:
    """Each word with the languages that have it; what many have weighs less."""
    has: dict[str, list[str]] = {}
    for language, words in WORDS.items():
        for word in dict.fromkeys(words.split()):
            has.setdefault(word, []).append(language)
    return {word: tuple((language, 1 / len(languages)) for language in languages) for word, languages in has.items()}


_TELLING = _telling()


def language(text: str) -> str | None:
    """The language of the prose in a text; None when it cannot be told. What stands in fenced code blocks is no prose."""
    text = _FENCED.sub(" ", text[:HEAD]).lower()
    words = _WORD.findall(text)
    letters = sum(map(len, words))
    for name, letter in _SCRIPTS if _FOREIGN.search(text) else ():
        if len(letter.findall(text)) > SHARE * letters:
            return name
    weights: defaultdict[str, float] = defaultdict(float)
    for word in words:
        for name, weight in _TELLING.get(word, ()):
            weights[name] += weight
    for name, marks in MARKS.items():
        if name in weights:
            weights[name] += 0.5 * min(4, sum(map(text.count, marks)))
    (most, first), (second, _) = sorted([(weight, name) for name, weight in weights.items()] + [(0.0, ""), (0.0, "")], reverse=True)[:2]
    return first if most >= LEAST and most >= LEAD * second else None


LANGUAGES = (*WORDS, *(name for name, _ in SCRIPTS))
"""All that it can tell."""
_SCRIPTS = tuple((name, re.compile(f"[{letters}]")) for name, letters in SCRIPTS)
_FOREIGN = re.compile("[" + "".join(letters for _, letters in SCRIPTS) + "]")
