"""What the names model learns from: labelled texts, plain texts of software, lists of names, and prompts made of them.

Needs, beside the folder of labelled texts, two packages that the gateway does not: `pip install faker==40.54.0 django==5.2.19`. Faker
(MIT) has the names, Django (BSD) code, and sentences of today in German, French, Spanish and English in which nobody is named.
"""

import ast
import importlib
import importlib.util
import pkgutil
import random
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks import pii_sets

REST, PER, ADR, LOC, ORG = range(5)
IGNORED: Final = -1

LABELS = {"PERSON": PER, "ADDRESS": ADR, "LOCATION": LOC, "ORG": ORG}

FILES: Final = {
    "meddocan_train_dev": True,
    "pii_anon_multilingual": False,
    "btc_train_dev": True,
    "germeval14_dev": True,
    "ler_german_dev": True,
    "europeana_fr_dev": True,
    "hard_negatives_dev": True,
    "pupa_tnb": False,
}
"""The files of labelled texts, and whether places and organisations are marked in them too."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text, its marked stretches (start, end, tag), where it is from; `is_full`: places and organisations are marked too."""

    text: str
    marks: tuple[tuple[int, int, int], ...]
    origin: str
    lang: str = ""
    is_full: bool = True
    core: bool = False
    kind: str = field(default="")


def load(folder: Path, name: str, is_tuning: bool = False) -> tuple[list[Text], list[Text]]:
    """The texts of one file: those to learn from, those to measure with (`pii_sets`).

    While tuning, a fifth of those to learn from takes the place of those to measure with, which nothing is chosen by.
    """
    learn: list[Text] = []
    measure: list[Text] = []
    for row in pii_sets.rows(folder, name, dev=False):
        (measure if is_tuning and pii_sets.fifth(row["id"]) == pii_sets.TUNED else learn).append(_text(row, name))
    return learn, measure if is_tuning else [_text(row, name) for row in pii_sets.rows(folder, name)]


def _text(row: Mapping[str, Any], name: str) -> Text:
    marks = tuple(
        (span["start"], span["end"], _tag(row["text"], span)) for span in row["spans"] if span["label"] in LABELS or "UNIT" in span["label"]
    )
    core = any(tag in (PER, ADR) for _, _, tag in marks) or any(span["label"] == "PII_UNIT" for span in row["spans"])
    return Text(row["text"], marks, name, row["lang"], FILES[name], core, row.get("kind", ""))


def _tag(text: str, span: dict[str, object]) -> int:
    label, start = str(span["label"]), int(str(span["start"]))
    if label == "PERSON" and ("@" in text[max(start - 1, 0) : start + 1]):
        return IGNORED  # an account, not a name: the pattern tier's
    return LABELS.get(label, IGNORED)


def _latin(name: str) -> bool:
    return bool(name) and all("LATIN" in unicodedata.name(each, "") or each in " -'’." for each in name)


def faker_names() -> dict[str, tuple[list[str], list[str]]]:
    """Given names and surnames by locale, those in Latin letters."""
    person = importlib.import_module("faker.providers.person")
    found: dict[str, tuple[list[str], list[str]]] = {}
    for module in sorted(each.name for each in pkgutil.iter_modules(person.__path__)):
        provider = importlib.import_module(f"faker.providers.person.{module}").Provider
        given = _lists(provider, ("first_name", "first_romanized"))
        surnames = _lists(provider, ("last_name", "last_romanized"))
        if given and surnames:
            found[module] = (given, surnames)
    return found


def faker_places() -> list[str]:
    """Towns, regions and countries."""
    found: set[str] = set()
    for module in ("de_DE", "de_AT", "fr_FR", "es_ES", "es_MX", "en_US", "en_GB", "it_IT", "nl_NL", "pl_PL", "pt_BR", "sv_SE"):
        provider = importlib.import_module(f"faker.providers.address.{module}").Provider
        found |= set(_lists(provider, ("cit", "countr", "state", "region", "department", "province")))
    return sorted(name for name in found if len(name) > 3)


def _lists(provider: type, prefixes: tuple[str, ...]) -> list[str]:
    names: set[str] = set()
    for attribute in dir(provider):
        value = getattr(provider, attribute)
        if attribute.startswith(prefixes) and isinstance(value, (tuple, list, dict)):
            for each in value:
                names |= {str(part) for part in (each if isinstance(each, (tuple, list)) else [each])}
    return sorted(filter(_latin, names))


def faker_words() -> list[str]:
    """Everyday words of the four languages, as they are written."""
    return sorted(
        {
            str(word)
            for locale in ("de_DE", "fr_FR", "es_ES", "en_US")
            for word in importlib.import_module(f"faker.providers.lorem.{locale}").Provider.word_list
        }
    )


_MESSAGE = re.compile(r'^(msgid|msgstr(?:\[\d\])?) ((?:".*"\n?)+)', re.MULTILINE)


def _django() -> Path:
    spec = importlib.util.find_spec("django")
    return Path(str(spec and spec.origin)).parent


def django_texts() -> list[Text]:
    """The strings that Django shows, several joined to a text, by language."""
    root = _django()
    texts: list[Text] = []
    for lang in ("de", "fr", "es"):
        strings: dict[str, None] = {}
        for file in sorted(root.glob(f"**/locale/{lang}/LC_MESSAGES/*.po")):
            if "gis" in file.parts:
                continue
            for match in list(_MESSAGE.finditer(file.read_text()))[2:]:
                said = "".join(ast.literal_eval(line) for line in match[2].strip().splitlines())
                if 3 <= len(said) < 400 and "@" not in said and (match[1] != "msgid" or lang == "de"):
                    strings[said] = None
        whole = list(strings)
        random.Random(5).shuffle(whole)
        texts += [Text("\n".join(whole[at : at + 3]), (), f"django_{lang}", lang) for at in range(0, len(whole), 3)]
    return texts


def django_code() -> list[Text]:
    """Pieces of Django's own code: identifiers, tables, settings. Of a release, so that the same script gives the same weights."""
    root = _django()
    pieces: list[Text] = []
    for folder in ("conf/global_settings.py", "core", "db", "forms", "http", "middleware", "template", "utils", "views"):
        for file in sorted((root / folder).rglob("*.py")) if (root / folder).is_dir() else [root / folder]:
            body = file.read_text()[:20_000]
            pieces += [Text(body[at : at + 600], (), "code") for at in range(0, len(body), 600)]
    return pieces
