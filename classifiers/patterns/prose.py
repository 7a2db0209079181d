"""Whether a number stands in a sentence, and one that says nothing else about it: the weakest evidence that counts at all."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

import re
from itertools import pairwise

IN_PROSE = (
    r"(?:[A-Za-z\x{80}-\x{10ffff}]['’.]?[,:;!?)\"'”»]{0,2}[\s\x{a0}]+(?:-\s+)?[\"'„“«(]*|(?:^|\n)[-*•>\s\x{a0}\"'„“«(]*)(?:[A-Z]{2} ?)?"
    r"[\d(][\d ./()-]{5,}\d(?:[ /-]?[A-Z]{1,2})?(?:$|[\s.,;:!?\"'”»)])"
)
"""Every text with such a number of digits alone matches this: behind a word, or where a line begins, and nothing sticks to it."""

_LINE = 12
"""Characters to the left and to the right that must be free of other digits: tables, lists, logs and sums are full of them."""

_DIGIT = re.compile(r"\d")
_LEADS = frozenset(
    (
        "used uses use using says say said is isn't are was were be been it its it's that that's this these those here there mine ours yours his hers her my "
        "your our their to at on in into with by for and or as not but so then now just only also please have has had got get gets give gave given need needs "
        "want wants put entered enters enter typed type wrote written up out find found checked check verify confirm send sent added add save try remember "
        "means mean know see looking look shows showed show reads read tell told me him them us you i he she they we the a an belongs belong contains contain "
        "includes include mentions mentioned mention replace delete remove mask redact keep store copy paste search lookup about ask thanks thank hi hello ist "
        "war lautet sind mit für auf bei hier da das die der den dem mir dir ihm ihr meine habe hat nimm bitte und oder als steht gib trag nicht nur zu zur "
        "zum nach es sie er wir suche brauche finde prüfen prüfe sende schicke ein eine est sont était avec pour à au sur ici là le la les ce c'est mon et ou "
        "utiliser utilisez utilise dit donner donnez donne chercher cherchez cherche trouver trouvez trouve je il elle moi en par dans qui que vérifier "
        "vérifiez vérifie un une son era con para al aquí el los mi y o usar usa usen dice dame busca por é são com em e diz aqui um uma è sono per ecco di "
        "het de zijn met voor op aan gebruik zegt een jest z na dla lub proszę użyj "
    ).split()
)
"""Words of sentences in which a number stands that they do not name: verbs, prepositions, pronouns, articles. A noun before it names it."""

_NAMES = frozenset(
    (
        "orders order po purchase invoices invoice receipts receipt quotes quote tickets ticket issues issue bugs bug jira isbn issn pmid pmcid pubmed cve ean "
        "upc gtin barcodes barcode scanned scan sku asin hs wikidata parcels parcel packages package shipments shipment waybill containers container fedex dhl "
        "usps ups dpd flights flight trains train version build release drivers driver firmware kernel windows android ios chrome firefox ports port bytes "
        "byte timestamps timestamp unix epoch commit seeds seed jobs job tasks task runs run sessions session requests request responses response transactions "
        "transaction txn threads thread posts post tweets tweet videos video channels channel servers server objects object nodes node rows row "
        "index offset hash exit status returns returned return strings string digits digit regex reverse round write spell sort count compute calculate "
        "simplify evaluate solve prime divisible binary hexadecimal items item books book batch lot apps app population total sum primes times plus minus "
        "divided fibonacci equals equal integer limit quota value convert patent scores score quantity amount price costs cost revenue budget sections section "
        "pages page chapter lines line rooms room grid coordinates coordinate gps frequency lottery lotto sequence checksum errors error process pid doi arxiv "
        "rfc product parts part models model distance bits bit hex decimal cas imo years year increase reduce from between approximately roughly over under "
        "than answer articles article buch commande facture colis suivi livraison devis livre pedido factura paquete seguimiento envio envío artículo "
        "referencia presupuesto libro ordine fattura spedizione pacco articolo fatura encomenda rastreio artigo bestelling factuur pakket zending заказ заказа "
        "посылка посылки накладная счёт счет 订单号 订单 快递 运单 单号 注文 注文番号 주문 gb mb "
    ).split()
)
_STEMS = (
    "track",
    "deliver",
    "upgrade",
    "update",
    "catalog",
    "primzahl",
    "multipl",
    "factor",
    "artikel",
    "bestell",
    "auftrag",
    "rechnung",
    "angebot",
    "sendung",
    "paket",
    "lieferung",
    "vorgang",
    "réf",
    "zamówieni",
    "faktur",
    "paczk",
    "przesyłk",
)
"""Words, and how some begin, that say what else a number is."""

_BACK, _LONG = 6, 8
"""Words before the number that are looked at, and letters of those that may stand between: `order number is`, `order that came is`."""

_GAP = re.compile(r"\s[\"'„“«(]{0,3}$")
_NOTHING = re.compile(r"(?:[-*•>]\s)?[\s\"'„“«(]*$")
_LAST = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?$")
_BOTH_NAMES = re.compile(r"[A-ZÀ-ÖØ-Þ][\w'’-]+\s[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ'’-]+$")
_TOKEN = re.compile(r"[^\W\d_]+|[,;!?()]|\.(?=\s[A-ZÀ-ÖØ-Þ])")
_ENDS = ".!?;)…"
_LATIN = 0x24F
_WORD_AFTER = re.compile(r"^[\"'“”»)]{0,2}(?:$|[.,;:!?]+[\"'”»)]?(?:\s|$)|\s+(?:$|[^\W\d_]|[-–|(]))")
_MEMBER = re.compile(r"(?:[\"']\s?:|[=(\[{,])\s{0,3}[\"'`]$|[=\[{]\s{0,3}$|[\"']\s?:\s{0,3}$|`$")
"""Behind a key of JSON, an equals sign or a bracket, in a string of code."""

_FIELD = re.compile(r"name=\"[\w.-]{1,40}\"\r?\n\r?\n$")
"""Before a field's value in a form that is sent; where the name says that it is somebody's, it is read beside the value."""

_UNITS = re.compile(
    r"(?i)^[ -]?(?:bytes?|bits?|people|users|members|attend\w*|inhabitants|habitants|habitantes|einwohner\w*|personen|dollars?|euros?|eur|usd|gbp|pounds?|k?m|cm|mm|met(?:er|re)s?|miles|kg|g|tons?|hz|[kmg]hz|ms|us|ns|s|seconds|minutes|hours|days|times|rows|"
    r"lines|pixels?|points?|pts|years?|requests?|items?|tokens|m?l|mg|dl|mah|watts?|units?|[kmgt]b|customers|clients|subscribers|followers|copies|entries|records|characters|words|verses|views|votes|sold|divided|plus|minus|mod|as of|"
    r"is (?:a |an |not )?(?:prime|even|odd|divisible|int\w*)|(?:a )?prime|(?:in|to|into|as) (?:words|binary|hex\w*|utc|roman|scientific|english|decimal|a date|an? integer|the nearest)|divisible|ha(?:s|ve) (?:\w+ )?(?:digits|zeros|factors|divisors|bits)|have\?|(?:pass|match)(?:es)? )\b"
)
_SUM = re.compile(r"^ ?(?:[=*+^%>]|<(?![/a-zA-Z])|/(?! ?\d{6}))")
"""Two numbers of six digits and more with a slash between are two numbers of somebody."""


def in_prose(before: str, after: str) -> bool:
    """Behind a word that does not name it or alone on its line, with no other number near, and nothing that says what it counts."""
    if _DIGIT.search(before[-_LINE:]) or _DIGIT.search(after[:_LINE]):
        return False
    return _is_led_in(before.rpartition("\n")[2]) and _WORD_AFTER.match(after.partition("\n")[0]) is not None and is_unnamed(before, after)


def _is_led_in(line: str) -> bool:
    """Whether the line so far is empty, or ends a sentence, or with a word that leads in, or with somebody's names."""
    if _NOTHING.match(line):
        return True
    if not _GAP.search(line[-4:]):
        return False
    said = line.rstrip(" \t\u00a0\"'„“«”»(")
    if said[-1:] in _ENDS or (said[-1:] in ",:" and said[-3:-1].isalpha()) or (said[-1:] in "-–—" and said[-2:-1].isspace()):
        return True
    word = _LAST.search(said[-16:])
    if word is None:
        return False
    return word.group().lower().replace("’", "'") in _LEADS or ord(said[-1]) > _LATIN or _BOTH_NAMES.search(said[-40:]) is not None


def is_unnamed(before: str, after: str) -> bool:
    """Whether nothing says that a number is something else: an order, a version, a count, a part of an address on the web or of a sum."""
    line = before.rpartition("\n")[2]
    stuck = line.rpartition(" ")[2]
    is_named = "/" in stuck or _MEMBER.search(line[-8:]) or (not line and _FIELD.search(before)) or _is_named_otherwise(line)
    return not is_named and is_uncounted(before, after)


def _is_named_otherwise(line: str) -> bool:
    """Whether one of the last words, of the same part of the sentence, names it."""
    for word in reversed(_TOKEN.findall(line[-48:])[-_BACK:]):
        if not word.isalpha():
            return False
        lower = word.lower()
        if lower in _NAMES or lower.startswith(_STEMS):
            return True
        if len(lower) > _LONG:
            return False
    return False


def is_uncounted(before: str, after: str) -> bool:  # noqa: ARG001  # rows ask with both sides
    """Whether no unit and no sign of a sum follows."""
    if after[:1] not in _MAY_COUNT and not after[:1].isalpha():
        return True
    rest = after.partition("\n")[0]
    return _UNITS.match(rest) is None and _SUM.match(rest) is None


_MAY_COUNT = " -=*+^%<>/"


def is_counting(value: str) -> bool:
    """`123456789` stands for any number, `01 02 03 04 05` begins a list or a hex dump; `10 20 30 40` and `0 25 50 75 100` are steps."""
    if value in _UP or value in _DOWN:
        return True
    numbers = [int(group) for group in re.findall(r"\d+", value)]
    steps = {after - before for before, after in pairwise(numbers)}
    return (
        (len(numbers) == THREE and steps == {1})
        or (len(numbers) > THREE and len(steps) == 1)
        or (len(numbers) > THREE + 1 and (min(steps) > 0 or max(steps) < 0))
    )


THREE = 3
_UP, _DOWN = "0123456789" * 3, "9876543210" * 3
