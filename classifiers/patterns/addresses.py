"""Postal addresses: street and number as English, German, French, Spanish, Italian and Dutch write them, with or without town behind."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

import re

from classifiers.scan import Row

_CAP = r"[A-ZÀ-ÖØ-Þ][\pL'’.-]*"
_TOWN = rf"{_CAP}(?:[ -](?:{_CAP}|am|an der|im|de|la|le|les|sur|sous|en|del|di|upon|on|der|den|aan)){{0,3}}"

_ENGLISH = r"(?:Street|Str?\b\.?|Avenue|Ave\b\.?|Road|Rd\b\.?|Boulevard|Blvd\b\.?|Lane|Ln\b\.?|Drive|Dr\b\.?|Court|Ct\b\.?|Circle|Cir\b\.?|Place|Pl\b\.?|Square|Sq\b\.?|Terrace|Ter\b\.?|Parkway|Pkwy\b\.?|Highway|Hwy\b\.?|Crescent|Cres\b\.?|Close|Mews|Gardens|Grove|Row|Walk|Trail|Way|Alley|Loop|Plaza|Hill|Rise|Green|Broadway)"
_UNIT = r"(?:,? (?:(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Fl|Room|Rm)\b\.?|#) ?[A-Za-z0-9-]{1,6})?"
_GB_CODE = r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"
_BEHIND = rf"(?:,? {_TOWN}){{0,3}}(?:,? (?:[A-Z]{{2}}\.?,? \d{{5}}(?:-\d{{4}})?|{_GB_CODE}|[A-Z]{{2,3}} \d{{4}}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{{4,6}}))?"

_GERMAN = r"(?:(?:[A-ZÄÖÜ][\pL-]*?(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|steig|stieg|chaussee|promenade|graben|markt|berg|hof|tor|brücke))|(?:(?:Am|An der|Auf dem|Auf der|Im|In der|Zum|Zur|Unter den|Alte[rs]?|Neue[rs]?|Lange|Große|Kleine|[A-ZÄÖÜ][\pL]+(?:er|e|-)) ?[A-ZÄÖÜ][\pL-]*(?: ?(?:Straße|Str\.|Weg|Platz|Allee|Gasse|Ring|Damm|Ufer|Markt))?))"
_FRENCH = r"(?:rue|avenue|av\.|boulevard|bd\.?|blvd|place|pl\.|chemin|impasse|allée|quai|cours|route|square|passage|faubourg|sentier|rond-point|villa|cité|résidence|lotissement)"
_SPANISH = r"(?:c/ ?|(?:calle|avenida|avda?\.?|av\.|plaza|pza\.?|pl\.|paseo|pº|carrera|camino|carretera|ronda|travesía|glorieta|urbanización|urb\.|callejón|pasaje|rambla|carrer|travessera|jirón|calzada|rua|praça|travessa) )"
_DUTCH = r"(?:straat|laan|plein|gracht|kade|singel|dijk|weg|steeg|hof)"
_ITALIAN = r"(?:via|viale|v\.le|piazza|p\.zza|corso|c\.so|largo|vicolo|strada|lungomare|piazzale)"


_BEHIND_CAPITAL = rf"(?:[A-ZÀ-ÖØ-Þ]\S*|\d(?:st|nd|rd|th)) {_ENGLISH}"
_BEHIND_NUMBER = rf"(?i)\d ?(?:bis|ter|quater|[a-d])?,? {_FRENCH} "
_IN_SPANISH = rf"\b(?i:{_SPANISH})"
_IN_ITALIAN = rf"(?i)\b(?:viale|piazza|corso|vicolo|piazzale) |\b{_ITALIAN} (?:(?:della|delle|dei|degli|del|di|dell['’]|san|santa) ?)?(?-i:[A-ZÀ-ÖØ-Þ])"
_IN_POLISH = r"\b(?:ul\.|ulica|al\.|os\.|pl\.) "
_SUFFIX = r"(?:stra(?:ß|ss)e|Stra(?:ß|ss)e|[sS]tr\.|[wW]eg|[pP]latz|[aA]llee|[gG]asse|[dD]amm|[uU]fer|chaussee|promenade)\s\d"
_TOWN_BEHIND = r"[\da-h],?\s{1,3}(?:(?:D|A|CH)-)?\d{4,5} [A-ZÀ-ÖØ-Þ]"
_STREET_IS = r"(?:street|stra(?:ß|ss)e|rue|calle|via|straat)(?:[ _-]?name)?[\"']? ?[:=]"
_BOX = r"(?i)box|postfach|postale|b\.?p\.|apartado"
"""Gates: words and short forms, so that the automaton of all gates stays small."""


def rows() -> tuple[Row, ...]:
    """All of them are `address`. A street without a number is a place, and nothing that is looked for here."""
    return (
        _address(rf"\b\d{{1,6}}[A-Za-z]?,? (?:[NSEW]\.? |North |South |East |West )?(?:(?:{_CAP}|\d{{1,3}}(?:st|nd|rd|th)) ){{1,4}}{_ENGLISH}(?: [NSEW]{{1,2}}\b)?{_UNIT}{_BEHIND}", _BEHIND_CAPITAL),
        _address(r"\b(?:(?i:p\.? ?o\.? box|postfach|boîte postale|apartado(?: de correos)?|casella postale)|B\.?P\.) (?:n[°ºo]\.? ?)?\d{1,7}(?:,? \d{4,5} \pL+)?", _BOX),
        _address(rf"\b{_GERMAN} \d{{1,4}}(?: ?[a-h])?\b(?: ?[-/] ?\d{{1,4}})?,?(?:\s{{1,3}}(?:(?:D|A|CH)-)?\d{{4,5}} {_TOWN})", _TOWN_BEHIND),
        _address(r"\b[A-ZÄÖÜ][\pL-]+(?:straße|strasse|str\.|weg|platz|allee|gasse|damm|ufer|chaussee|promenade)\s\d{1,4}(?: ?[a-h])?\b", _SUFFIX),
        _address(r"\b[\pL-]+(?:(?:straße|strasse|str\.) \d{1,4}(?: ?[a-h])?\b|(?:weg|platz|allee|gasse) \d{1,4}(?: ?[a-h])?,? \d{5} [\pL-]+)", _SUFFIX),
        _address(r"(?i)\b\d{1,4} ?(?:bis|ter|quater)?,? (?:rue|avenue|boulevard|bd|chemin|impasse|allée|quai) [\pL'’. -]+,? \d{5} [\pL-]+", _BEHIND_NUMBER),
        _address(r"(?i)\b(?:viale|piazza|corso|vicolo|piazzale) [\pL'’. -]+,? \d{1,4}(?:/?[a-z])?,? \d{5} [\pL-]+", _IN_ITALIAN),
        Row("address", r"(?i)\b\d{1,5}[a-z]? (?:[a-z'’-]+ ){1,3}(?:street|avenue|road|lane|boulevard|terrace|crescent|st|ave|rd|blvd)\b", _is_lower, r"liv(?:e|es|ed|ing) |address|resid|deliver|ship|send|mail\b|moved|stay(?:s|ing)? at|come to|visit", confidence=0.8, gate=r"(?i)\d[a-z]? [a-z'-]+ (?:[a-z'-]+ )*(?:street|avenue|road|lane|boulevard|terrace|crescent|st|ave|rd|blvd)\b"),
        Row("address", rf"(?m)^\d{{1,5}}[A-Za-z]?,?\r?\n(?:{_CAP} ){{1,3}}{_ENGLISH},?\r?$", confidence=0.85, gate=_BEHIND_CAPITAL),
        Row("address", rf"(?i)\b(?:{_STREET_IS}[\"' ]{{0,2}}([^\n\"':=,;]+[\"',; \n\r]+(?:(?:house|street|building)[ _-]?)?(?:number|no\.?|nr\.?|hausnummer|hausnr\.?|num[eé]ro|número|n[°º])[\"']? ?[:=][ \"']*\d{{1,5}}[a-z]?)\b)", confidence=0.85, is_bounded=False, gate=rf"(?i)\b{_STREET_IS}"),
        _address(r"\b(?:[A-ZÄÖÜ][\pL-]+ ){1,2}(?:Straße|Strasse|Str\.|Weg|Platz|Allee|Gasse|Damm|Ufer) \d{1,4}(?: ?[a-h])?\b", _SUFFIX),
        _address(rf"\b\d{{1,4}} ?(?:bis|ter|quater|[A-D])?,? (?i:{_FRENCH}) (?:(?i:de la|de l['’]|des|du|de|d['’]|la|le|les) ?)?{_CAP}(?:[ -](?:{_CAP}|de|la|du|des|et|d['’]{_CAP})){{0,5}}(?:,?\s{{1,3}}\d{{5}} {_TOWN})?", _BEHIND_NUMBER),
        _address(rf"\b(?i:{_SPANISH})\pL[\pL.'’]*(?:[ -]\pL[\pL.'’]*){{0,6}},? ?(?:(?:(?i:n[ºo°]|n\.º|núm\.?|número|num\.?|#) ?)?\d{{1,4}}\b|s/?n\b)(?:,? ?\d{{1,2}}[ºª°]? ?(?:[A-Za-z]|izq\w*|dcha)?\.?)?(?:,?\s{{1,3}}\d{{4,5}}(?:-\d{{3}})? {_TOWN})?", _IN_SPANISH),
        _address(rf"\b(?i:{_ITALIAN}) (?:(?i:della|delle|dei|degli|del|di|dell['’]|san|santa) ?)?{_CAP}(?: {_CAP}){{0,4}},? ?(?:n\.? ?)?\d{{1,4}}(?:/?[A-Za-z])?\b(?:,?\s{{1,3}}\d{{5}} {_TOWN})?", _IN_ITALIAN),
        _address(rf"\b[A-Z][\pL-]+{_DUTCH} \d{{1,4}}(?: ?[a-z])?,?\s{{1,3}}\d{{4}} ?[A-Z]{{2}}\b(?: {_TOWN})?", rf"{_DUTCH} \d"),
        _address(rf"\b(?:ul\.|ulica|al\.|os\.|pl\.) {_CAP}(?: {_CAP}){{0,3}} \d{{1,4}}[A-Za-z]?(?:[/ ](?:m\. ?)?\d{{1,4}})?(?:,?\s{{1,3}}\d\d-\d{{3}} {_TOWN})?", _IN_POLISH),
        Row("address", rf"(?i:\b(?:home |postal |mailing |billing |shipping |street )?(?:address|domicilio|direcci[oó]n|anschrift|adresse|wohnhaft in|indirizzo|adres|endereço|morada))[\"']?(?: is|:| lautet| est| es| é)[ \"']{{0,3}}((?:\d{{1,5}}[A-Za-z]?,? )?{_CAP}(?:,? [\pL\d.'’ºª#/-]+){{1,8}})", _is_written_out, confidence=0.8, is_bounded=False, gate=r"(?i)(?:address|domicilio|direcci[oó]n|anschrift|adresse|wohnhaft|indirizzo|adres|endereço|morada)[\"']?(?: is|:| lautet| in| est| es| é)"),
        Row("address", rf"\b({_GB_CODE})\b", _is_gb_code, r"post ?codes?|address|liv(?:e|es|ing) (?:at|in)|based (?:at|in)|resid\w+|moved|deliver\w*|uk\b|england|scotland|wales|london", confidence=0.8, stands_alone=True),
    )  # fmt: skip


def _address(pattern: str, gate: str) -> Row:
    return Row("address", pattern, _is_address, confidence=0.85, is_bounded=False, gate=gate, fits=_ends)


def _ends(before: str, after: str) -> bool:
    """Not in the middle of a word or of a measure, and no name of a thing goes on behind (`5 Ways Street art changes`)."""
    return _GOES_ON.match(after) is None and not before.endswith(("The ", "the "))


_GOES_ON = re.compile(
    r"[^\W\d_]|[°%/]|(?-i: (?!(?:in|at|and|or|near|for|on|since|with|is|was|to|from|by|please|as|who|which|where|if|but|until|before|after|because|today|now|again|the|a|an|my|our|his|her|their|does|has|will|und|oder|in|ist|bei|am|im|et|ou|est|y|o|es|en|e|è)\b)[a-z])"
)

_NO_STREET = re.compile(r"(?i)\b(?:way|hill|row|court|place|green|square|drive|walk|close)\b\.?$")
_NO_ADDRESS = re.compile(
    r"(?i)(?:bundes|landes|kreis|staats|haupt|europa|schnell)?(?:bundes|landes|kreis|staats|europa|schnell)stra(?:ß|ss)e|(?:autobahn|[^er] platz \d)"
)
"""Roads between towns have numbers too, and so have places in a race."""


def _is_address(value: str) -> bool:
    """Words that are no street alone need a house number before them that could be one: `3 Easy Way` is, `2024 The Way` is not."""
    if _NO_ADDRESS.search(value):
        return False
    if not _NO_STREET.search(value):
        return True
    return not value.startswith(("19", "20")) and " The " not in value


def _is_lower(value: str) -> bool:
    """No words between that make a distance or a way of the number: `5 blocks off main street`."""
    return _NO_NUMBER.search(value) is None


_NO_NUMBER = re.compile(
    r"(?i)\b(?:of|the|in|on|to|from|off|and|or|a|blocks?|min\w*|miles?|km|feet|hours?|people|different|other|more|new|lane (?:road|street)|years?|times|way|first|main) "
)


def _is_written_out(value: str) -> bool:
    """A house number or a postcode is in it, and a word of four letters or more."""
    return any(map(str.isdigit, value)) and any(word.isalpha() and len(word) >= 4 for word in re.split(r"[ ,./-]+", value))


def _is_gb_code(value: str) -> bool:
    """An area that exists; `B2B 1AB` does not."""
    letters = re.match(r"[A-Z]{1,2}", value)
    return letters is not None and letters.group() in _GB_AREAS


_GB_AREAS = frozenset(
    "AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME "
    "MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE".split()
)  # fmt: skip
