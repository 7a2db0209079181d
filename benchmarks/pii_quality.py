"""How well sensitive text is recognised: the shipped detectors beside Presidio with the same spaCy model, on the same texts, in one run.

    python benchmarks/pii_quality.py [DATA] [--sets NAME ...] [--detectors patterns,secrets,names] [--limit N] [--presidio-limit N]
                                     [--no-speed] [--json FILE] [--markdown] [--readme FILE]

DATA is a folder of `*.jsonl.gz` (benchmarks/README.md says what is in them); without it the sample in tests/samples/pii is scored.
Sets that are also trained on are scored on the part kept for it (pii_sets.py). Presidio is slow on a CPU: of each set it sees at most
`--presidio-limit` texts, drawn with a fixed seed; where it is not installed its columns say so. What is counted: pii_scores.py.
`--readme` puts the short form of the tables between the marks `<!-- quality -->` and `<!-- /quality -->` of a file.
"""

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import pii_sets, pii_speed, pii_tables
from benchmarks.pii_engines import Engine, Presidio, Tidegate
from benchmarks.pii_scores import CORE, Document, Mark, Rate, Said, by_label, is_flagged, score, share

SAMPLE = Path(__file__).parent.parent / "tests" / "samples" / "pii"
SEED = 7

ONLY: Mapping[str, frozenset[str]] = {
    "btc_train_dev": frozenset({"PERSON", "USERNAME", "LOCATION", "ORG"}),  # accounts are persons there
    "europeana_fr_dev": frozenset({"PERSON", "LOCATION", "ORG"}),
    "germeval14_dev": frozenset({"PERSON", "LOCATION", "ORG"}),
    "ler_german_dev": frozenset({"PERSON", "ADDRESS", "LOCATION", "ORG"}),
}
"""Sets whose annotators marked only these: hits of other labels are neither right nor wrong there. Elsewhere every hit counts."""

NEUTRAL = ("Please use {} for this.", "It says {} here.", "{} is the one that I mean.")
WORDED: Mapping[str, tuple[str, ...]] = {
    "NATIONAL_ID": ("My national ID number is {}.", "Tax number: {}", "Her identity card number is {}."),
    "PHONE": ("Call me on {}.", "My phone number is {}.", "Mobile: {}"),
    "BANK": ("Please transfer it to the bank account {}.", "IBAN: {}"),
    "DEVICE": ("The device's IMEI or MAC address is {}.",),
}
"""Sentences for numbers: without any word for what they are, and with one."""

Finder = Callable[[str], Said]


@dataclass(frozen=True, slots=True)
class View:
    """One engine as it is scored: which of its labels flag a text, and how many texts of a set it sees (0: all).

    Of ours all do that the gateway keeps at home; of Presidio's those of core kinds, or all.
    """

    name: str
    engine: Engine
    labels: frozenset[str] = CORE
    limit: int = 0
    cache: dict[str, Said] = field(default_factory=dict)

    def say(self, text: str) -> Said:
        """What the engine says; each text is asked about once."""
        if text not in self.cache:
            self.cache[text] = self.engine.say(text)
        said = self.cache[text]
        return Said(tuple(hit for hit in said.hits if hit.label in self.labels), said.is_doubtful)

    def take(self, documents: Sequence[Document]) -> Sequence[Document]:
        """The texts that it sees."""
        if not self.limit or len(documents) <= self.limit:
            return documents
        return random.Random(SEED).sample(list(documents), self.limit)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table: what was asked about, of whom, and the rates."""

    subject: str
    engine: str
    texts: int
    rates: Mapping[str, Rate]

    def json(self) -> dict[str, object]:
        """As an object."""
        return {"subject": self.subject, "engine": self.engine, "texts": self.texts} | {
            name: rate.json() for name, rate in self.rates.items()
        }


def main() -> None:
    """Score, print, keep."""
    options = _options()
    console = Console(width=None if sys.stdout.isatty() else 190)
    views, note = _views(options)
    if options.readme and not pii_tables.has_marks(options.readme.read_text()):
        sys.exit(f"{options.readme} has no lines {pii_tables.MARKS[0]} and {pii_tables.MARKS[1]}: put them where the tables should stand")
    result = measure(options.data, options.sets, views)
    seconds = {view.name: round(view.engine.seconds, 1) for view in views}
    notes = [note, f"seconds of classification: {seconds}"] if note else [f"seconds of classification: {seconds}"]
    speed = {} if options.no_speed else pii_speed.measure(options.quick)
    if options.markdown:
        print(pii_tables.markdown(result, speed, notes))
    else:
        pii_tables.show(console, result, speed, notes)
    if options.readme:
        options.readme.write_text(pii_tables.between_marks(options.readme.read_text(), pii_tables.short(result, speed, notes)))
    if options.json:
        kept = {name: [line.json() for line in lines] for name, lines in result.items()}
        options.json.write_text(json.dumps({"notes": notes, "quality": kept, "speed": speed}, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("data", nargs="?", type=Path, default=SAMPLE, help="folder with the PII sets")
    parser.add_argument("--sets", nargs="+", metavar="NAME", help="only these sets")
    parser.add_argument("--detectors", default="patterns,secrets,names", help="kinds, in the order in which they are asked")
    parser.add_argument("--options", type=json.loads, default={}, help='their options: {"names": {"longest": 1000}}')
    parser.add_argument("--limit", type=int, default=0, help="texts per set that our detectors see; 0: all")
    parser.add_argument("--presidio-limit", type=int, default=400, help="texts per set that Presidio sees; 0: all")
    parser.add_argument("--no-presidio", action="store_true")
    parser.add_argument("--no-speed", action="store_true")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions of the speed part")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--markdown", action="store_true", help="all tables in Markdown")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="write the short form between the marks in it")
    return parser.parse_args()


def _views(options: argparse.Namespace) -> tuple[list[View], str]:
    views = [View("tidegate", Tidegate(options.detectors.split(","), options.options), CORE | {"LOCATION", "ORG"}, options.limit)]
    if options.no_presidio:
        return views, ""
    try:
        presidio = Presidio()
    except ImportError:
        return views, "Presidio: not installed (pip install presidio-analyzer)"
    limit = min(options.presidio_limit or options.limit, options.limit or options.presidio_limit)
    seen: dict[str, Said] = {}
    views.append(View("presidio", presidio, CORE, limit, seen))
    views.append(View("presidio, all entities", presidio, CORE | {"LOCATION", "ORG", "DATE", "NRP", "URL"}, limit, seen))
    return views, f"Presidio saw at most {limit} texts of each set (seed {SEED})" if limit else ""


def measure(folder: Path, chosen: Sequence[str] | None, views: Sequence[View]) -> dict[str, list[Line]]:
    """All tables: by set, by label, names by language, numbers, hard negatives."""
    result: dict[str, list[Line]] = {"sets": [], "labels": [], "names": [], "numbers": [], "negatives": []}
    for name in chosen or pii_sets.names(folder):
        rows = list(pii_sets.rows(folder, name))
        if name.startswith("number_vectors"):
            result["numbers"] += _numbers(rows, views)
            continue
        documents = [_document(row) for row in rows]
        if name.startswith("hard_negatives"):
            result["negatives"] += _flagged_by(documents, views, lambda document: document.kind)
            continue
        annotated = ONLY.get(name, CORE | {"LOCATION", "ORG", "DATE", "NRP", "URL"})
        result["sets"] += _lines(name, documents, views, annotated)
        result["labels"] += _labels(name, documents, views, annotated)
        result["names"] += _names(name, documents, views)
    return result


def _document(row: Mapping[str, Any]) -> Document:
    gold = tuple(Mark(span["start"], span["end"], span["label"]) for span in row["spans"])
    return Document(row["text"], gold, row["lang"], row.get("kind", ""))


def _lines(subject: str, documents: Sequence[Document], views: Sequence[View], annotated: frozenset[str]) -> Iterator[Line]:
    for view in views:
        taken = view.take(documents)
        yield Line(subject, view.name, len(taken), score(taken, [view.say(one.text) for one in taken], annotated))


def _labels(subject: str, documents: Sequence[Document], views: Sequence[View], annotated: frozenset[str]) -> Iterator[Line]:
    """Which kinds of spans are found, by any hit and by one of the same kind."""
    for view in views[:2]:
        taken = view.take(documents)
        found = by_label(taken, [view.say(one.text) for one in taken])
        for label, (any_hit, same) in found.items():
            if label in CORE and label in annotated:
                yield Line(f"{subject} {label}", view.name, any_hit.n, {"span_recall": any_hit, "same_label": same})


def _names(name: str, documents: Sequence[Document], views: Sequence[View]) -> Iterator[Line]:
    """Persons alone, by language. Where every text holds something, its sentences are the texts."""
    if not any(gold.label == "PERSON" for one in documents for gold in one.gold):
        return
    for lang in ("de", "en", "es", "fr"):
        texts = [one for one in documents if one.lang == lang]
        if texts and name.startswith("meddocan"):
            texts = random.Random(SEED).sample(sentences := [part for one in texts for part in _sentences(one)], min(2000, len(sentences)))
        persons = [one for one in texts if any(gold.label == "PERSON" for gold in one.gold)]
        clean = [one for one in texts if not any(gold.label in CORE for gold in one.gold)]
        for view in views[:2] if persons else ():
            hits = [is_flagged(view.say(one.text), frozenset({"PERSON"})) for one in view.take(persons)]
            wrong = [is_flagged(view.say(one.text), frozenset({"PERSON"})) for one in view.take(clean)]
            yield Line(f"{lang} {name}", view.name, len(hits) + len(wrong), {"recall": share(hits), "fpr": share(wrong)})


def _sentences(document: Document) -> Iterator[Document]:
    """The lines of a text as texts of their own, cut at full stops too, but never inside a gold span."""
    start = 0
    text = document.text
    for end in [*(at for at, char in enumerate(text) if char == "\n" or (char == " " and text[max(0, at - 1)] == ".")), len(text)]:
        if any(gold.start < end < gold.end for gold in document.gold):
            continue
        gold = tuple(Mark(one.start - start, one.end - start, one.label) for one in document.gold if start <= one.start and one.end <= end)
        if text[start:end].strip():
            yield Document(text[start:end], gold, document.lang)
        start = end + 1


def _numbers(rows: Sequence[Mapping[str, Any]], views: Sequence[View]) -> Iterator[Line]:
    """Numbers in a neutral sentence and in one with a word for what they are; those that are not personal in a neutral one only.

    All of them, whatever the limit: sentences are short, and each kind is small.
    """
    for kind in dict.fromkeys(f"{row['kind']} {row['format']}" for row in rows):
        these = [row for row in rows if f"{row['kind']} {row['format']}" == kind]
        for way, sentences in (("neutral", NEUTRAL), ("with a word", WORDED.get(these[0]["kind"], ()))):
            texts = [sentences[at % len(sentences)].format(row["value"].strip()) for at, row in enumerate(these) if sentences]
            for view in views[:2] if texts else ():
                yield Line(f"{kind}, {way}", view.name, len(texts), {"flagged": share(is_flagged(view.say(text)) for text in texts)})


def _flagged_by(documents: Iterable[Document], views: Sequence[View], key: Callable[[Document], str]) -> Iterator[Line]:
    groups: dict[str, list[Document]] = {"all": list(documents)}
    for one in groups["all"]:
        groups.setdefault(key(one), []).append(one)
    for view in views:
        for name, group in groups.items():
            taken = view.take(group)
            yield Line(name, view.name, len(taken), {"flagged": share(is_flagged(view.say(one.text), view.labels) for one in taken)})


if __name__ == "__main__":
    main()
