"""Forms in which the word that says what a value is stands away from it: a table's header, a list of names and values, tags of a page.

Read as `word: value`, that is: the word is written again beside each value. Only words that say what a person's number or a secret is are
looked for, and only where one fills a cell, a name or an element.
"""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

import re
from collections.abc import Iterator, Mapping, Sequence

from classifiers.normalise.view import LOOK, linear
from classifiers.work import Work

KEY, ROW, CELL = 40, 4, 0.6
"""Microseconds to look at a word and what stands around it, at a row of a table, and at a cell of it."""

_WORDS = (
    "ssn|social security|social insurance|national insurance|nino|national id|citizen id|personal id|identity card|identity|id card|tax|taxpayer|tin|itin|ein|vat|cpf|curp|aadhaar|aadhar|nif|dni|nie|bsn|pesel|nir|codice fiscale|"
    "steuer|steuernummer|sozialversicherungs|personalausweis|ausweis|personnummer|cedula|"
    "dob|date of birth|birth date|birthday|birth|bday|geburtsdatum|geburtstag|date de naissance|date naissance|fecha de nacimiento|fecha nacimiento|data di nascita|"
    "mrn|medical record|health record|patient|patientennummer|hospital|nhs|medicare|medicaid|member|subscriber|beneficiary|insurance|health insurance|krankenversicherung|versicherten|policy|rx|npi|dea|"
    "account|acct|bank account|checking|konto|kontonummer|cuenta|compte|conto|rekening|routing|aba|blz|bankleitzahl|sort code|"
    "passport|reisepass|passeport|pasaporte|passaporto|drivers license|drivers licence|driver license|driver licence|driving license|driving licence|license plate|licence plate|number plate|kennzeichen|"
    "phone|telephone|mobile|cell|tel|telefon|telefono|telefonnummer|handy|fax|employee|staff|student|customer|serial|"
    "password|passwd|pwd|passphrase|passwort|kennwort|contrasena|mot de passe|api key|access key|secret key|client secret|access token|auth token|secret|pin|cvv|cvv2|cvc|otp"
)
_SPELLED = sorted((word.replace(" ", "[ _.-]?") for word in _WORDS.split("|")), key=len, reverse=True)
_STEM = "|".join(_SPELLED)
_COUNT = r"(?:[ _.-]?(?:number|nummer|num|no|nr|id|code)\b\.?)?"
_KEY = linear(rf"(?i)((?:{_STEM}){_COUNT})(?:[^A-Za-z0-9]|$)")
_BEHIND = r"[\"'`*:)\]]{0,2}(?:[,;][\"'`A-Za-z]|,\s+[\"'`]|,\s[A-Za-z_]+[,)\r\n]|\s*\||\s*[\t\r\n}\]{)>]|[ \t]{2}|</|[\"'] [A-Za-z:]+=|[\"']\s?:\s?[\[{])"
_INNER = "|".join(dict.fromkeys(word.title().replace(" ", "") for word in _WORDS.split("|")))
_PARTS = 4
"""So many automata follow words where one as large would run beside all others, over every text."""

FORM_GATES = (
    *(rf"(?i)(?:{'|'.join(_SPELLED[at::_PARTS])})(?:[ _.-]?(?:number|nummer|num|no|nr|id|code)\.?)?{_BEHIND}" for at in range(_PARTS)),
    rf"[a-z](?:SSN|MRN|DOB|PIN|{_INNER})(?:Number|Num|No|Nr|Id|ID|Code)?[\"']?\s?[:=>]",
)
"""One of them every such text matches: behind the word a cell ends, a name, or an element; or the word ends a name, as in `homePhone:`."""

_VALUE_NAME = (
    r"(?![\"']?value_?from\b)[\"']?\w{0,12}?(?:value|val|answer|text|content|default|new|data|wert|valor|valeur)\w{0,8}[\"']?|\"\$\w{2,3}\""
)
_MEMBER = r"[\"']?\w{1,16}[\"']?\s{0,8}[:=]\s{0,2}(?:\"[^\"\n]{0,24}\"|'[^'\n]{0,24}'|[\w.]{1,12})[,;]?\s{1,24}|\"\w{1,16}\":(?:\"[^\"\n]{0,24}\"|[\w.]{1,12}),"
_TAG = r"<[/!?A-Za-z][^<>]{0,80}>"
_PAIR = re.compile(
    rf"(?i)[\"'`]?[\s:,;{{}}\])(]{{0,40}}(?:{_MEMBER}){{0,2}}(?:{_VALUE_NAME})\s{{0,8}}(?:=>|[:=])\s{{0,2}}[\"'`\[]{{0,2}}"  # "name": "…", "value": "…"
    rf"|\W{{0,2}}\s{{0,24}}(?:{_TAG}\s{{0,24}}){{1,4}}"  # <td>…</td><td>…</td>
    r"|(?:[\"']?(?:\s[\w:.-]{1,20}=[\"'][^\"'<>]{0,60}[\"']){0,4})\s?>\s{0,24}(?:<\w{1,16}>)?(?=[^<>]{1,80}</)"  # <property name="…">…</property>, <ssn type="…">
    r"|\"\s?\r?\n\r?\n"  # a part of a form that is sent
)
_NEXT = re.compile(r"[\"'`]\s{0,2}(?:,|=>)\s{0,2}[\"'`]")
_BRACKET = re.compile(r"[(\[{]\s?[\"'`][\w.-]{0,40}\Z")
"""In a pair of its own: `("…", "…")`."""
_NAMED = re.compile(r"[\"'`]?\s{0,2}[:=>]\s{0,2}[\"'`]?")
"""Beside it, which patterns see unless the word begins within another: `homePhone`."""

_VALUE = re.compile(r"[^\"'`<>\n\r|\]})]{2,80}")
_RULE = re.compile(r"[-+|:=\s]*")
_GROUP = re.compile(r"[\[({][^\[\](){}]*+[\])}]")
_LIST = re.compile(r"[\"'`]?\s{0,2}(?::|=|=>)\s{0,2}(?=\[)")
_ROW = re.compile(r"(?i)<tr\b")
_DATUM = re.compile(r"(?is)<t[hd]\b[^<>]{0,80}>\s*(.*?)\s*</t[hd]>")
_APART = re.compile(r"\S+(?: \S+)*")
_CUTS = {
    **{sign: re.compile(rf"(?:[^{re.escape(sign)}\"]++|\"[^\"]*+\"|\")*+") for sign in "\t|;,"},
    "'": re.compile(r"(?:[^,\"']++|\"[^\"]*+\"|'[^']*+'|[\"'])*+"),
}
"""A cell, by what stands between them; in brackets a comma stands, and both quotation marks are used."""

_FAR, _LONGEST, _WIDEST, _MISSES = 80, 4_000, 60, 3
"""Characters between rows, of a row, and of the header's cell; lines that may stand between rows."""

Cells = Sequence[tuple[int, int]]
Changes = Iterator[tuple[int, int, str]]


def labelled(text: str, work: Work) -> Changes:
    """Each value with the word that says what it is."""
    done = 0
    for match in _KEY.finditer(text):
        start, end = match.span(1)
        work.spend(KEY)
        if start < done or not _begins(text, start):
            continue
        for form in (_in_list, _in_tags, _in_brackets, _in_lines, _in_pair):
            for change in form(text, start, end, work):
                yield change
                done = change[1]
            if done > start:
                break


def _said(key: str) -> str:
    """How the word is said: `accountNo` is `account number`."""
    words = re.findall(r"[A-ZÀ-Þ]?[^\W\d_A-ZÀ-Þ]+|[A-ZÀ-Þ]+|\d+", key)
    if len(words) > 1 and words[-1].lower() in _NUMBERS:
        words[-1] = "number"
    return " ".join(words).lower()


_NUMBERS = frozenset({"no", "nr", "num"})


def _in_pair(text: str, start: int, end: int, work: Work) -> Changes:  # noqa: ARG001  # as the others
    """A name, and behind it a value that is called so, or that stands in the next element."""
    gap = _PAIR.match(text, end)
    if gap is None and text[start - 1 : start].isalpha():
        gap = _NAMED.match(text, end)
    if gap is None and _BRACKET.search(text, max(0, start - _FAR), start):
        gap = _NEXT.match(text, end)
    value = _VALUE.match(text, gap.end()) if gap is not None else None
    if value is not None and not _label(value.group()):
        yield start, value.start(), f" {_said(text[start:end])}: "
        yield value.end(), value.end(), "\n"


def _in_list(text: str, start: int, end: int, work: Work) -> Changes:
    """A column by its name: `"ssn": ["…", "…"]`."""
    begins = _LIST.match(text, end)
    group = _GROUP.match(text, begins.end()) if begins is not None else None
    if group is not None:
        label = _said(text[start:end])
        work.spend((group.end() - group.start()) * LOOK)
        for cell in _cells(text, group.start() + 1, group.end() - 1, "'"):
            yield from _told((cell,), {0: label})


def _in_brackets(text: str, start: int, end: int, work: Work) -> Changes:
    """Columns in brackets, and rows in brackets behind: SQL, JSON."""
    low = max(text.rfind(sign, max(0, start - _LONGEST), start) for sign in "([{")
    group = _GROUP.match(text, low, end + _LONGEST) if low >= 0 else None
    if group is None or group.end() < end:
        return iter(())
    return _below(text, _cells(text, low + 1, group.end() - 1, "'"), _groups(text, group.end()), work)


def _groups(text: str, at: int) -> Iterator[Cells]:
    while (group := _GROUP.search(text, at, at + _FAR + _LONGEST)) is not None and group.start() - at <= _FAR:
        yield _cells(text, group.start() + 1, group.end() - 1, "'")
        at = group.end()


def _in_tags(text: str, start: int, end: int, work: Work) -> Changes:  # noqa: ARG001
    """A table of a page."""
    low = max(text.rfind(tag, max(0, start - _LONGEST), start) for tag in ("<tr", "<TR"))
    rows = _tagged(text, low) if low >= 0 else iter(())
    return _below(text, next(rows, ()), rows, work)


def _tagged(text: str, at: int) -> Iterator[Cells]:
    while (row := _ROW.search(text, at, at + _FAR)) is not None:
        at = row.end()
        ends = [found for tag in ("</tr", "</TR") if (found := text.find(tag, at, at + _LONGEST)) >= 0]
        if not ends:
            return
        yield [cell.span(1) for cell in _DATUM.finditer(text, at, min(ends))]
        at = min(ends)


def _in_lines(text: str, start: int, end: int, work: Work) -> Changes:
    """A table in lines: with commas, bars, tabs, two spaces; or a word alone in its line, and the value in the next."""
    low = text.rfind("\n", max(0, start - _LONGEST), start) + 1
    high = text.find("\n", end, end + _LONGEST)
    if high < 0 or start - low > _LONGEST:
        return
    for sign in ("\t", "|", ";", ",", "  ", ""):
        header = _cells(text, low, high, sign)
        told = False
        for change in _below(text, header if len(header) > 1 or not sign else (), _lines(text, high + 1, sign), work):
            yield change
            told = True
        if told:
            return


def _lines(text: str, at: int, sign: str) -> Iterator[Cells]:
    while at < len(text):
        high = text.find("\n", at)
        high = len(text) if high < 0 else high
        if not _RULE.fullmatch(text, at, high) or high - at < 2:  # a line drawn under the header, or between rows
            yield _cells(text, at, high, sign)
        at = high + 1


def _cells(text: str, low: int, high: int, sign: str) -> Cells:
    """Where the cells begin and end, without white space and quotation marks around."""
    if sign == "  ":
        return [cell.span() for cell in _APART.finditer(text, low, high)]
    cells = []
    while low <= high:
        cell = _CUTS[sign].match(text, low, high) if sign else None
        end = cell.end() if cell else high
        cells.append(_bare(text, low, end))
        low = end + 1
    return cells


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _BLANK:
        start += 1
    while start < end and text[end - 1] in _BLANK:
        end -= 1
    return start, end


_BLANK = " \t\r\n\"'`*"


def _below(text: str, header: Cells, rows: Iterator[Cells], work: Work) -> Changes:
    """The cells of the rows, each with what the header says; nothing when it is no header, or the first row does not fit it."""
    labels = _labels(text, header)
    misses = _MISSES - 1
    for cells in rows if labels else ():
        work.spend(CELL * len(cells) + ROW)
        if abs(len(cells) - len(header)) > 1 or (len(cells) == 1 and _DIGIT.search(text, *cells[0]) is None):
            if misses >= (_MISSES if len(header) > 1 else 1):
                return
            misses += 1
        else:
            yield from _told(cells, labels)
            misses = 0


def _labels(text: str, header: Cells) -> dict[int, str]:
    """The columns that a word names; none when one of the cells is a value."""
    if any(_TWO_DIGITS.search(text, *cell) for cell in header):
        return {}
    named = ((place, _label(text[start:end])) for place, (start, end) in enumerate(header) if start < end <= start + _WIDEST)
    return {place: label for place, label in named if label}


def _label(cell: str) -> str:
    """What a cell says, when it ends with a word that is looked for and holds no sentence."""
    if _PLAIN.fullmatch(cell) is None:
        return ""
    keys = [key for key in _KEY.finditer(cell) if len(cell) - key.end(1) <= MOST_BEHIND and _begins(cell, key.start(1))]
    return _said(keys[-1].group(1)) if keys else ""


_PLAIN = re.compile(r"[\w .'’/#-]+[\W_]{0,3}")
MOST_BEHIND = 3
_DIGIT = re.compile(r"\d")


def _begins(text: str, at: int) -> bool:
    """Whether a word begins here: in `homePhone` one does."""
    before = text[at - 1 : at]
    return not before.isalpha() or (before.islower() and text[at].isupper())


_TWO_DIGITS = re.compile(r"\d\d")


def _told(cells: Cells, labels: Mapping[int, str]) -> Changes:
    """A row's cells with what its header says."""
    for place, label in labels.items():
        start, end = cells[place] if place < len(cells) else (0, 0)
        if start < end:
            yield start, start, f"{label}: "
            yield end, end, "\n"
