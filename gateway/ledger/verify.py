"""Whether a ledger is what was written: every line that was altered, removed, inserted or moved, every missing file, every bad signature.

The newest lines can be cut off without a trace in what is left. Against that there are signed heads, kept elsewhere, and `expect`.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from gateway.ledger.book import ROOTS, files
from gateway.ledger.chain import Head, Line, record_of, unseal
from gateway.ledger.records import AnyRecord, Recovered, Root

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Fault(NamedTuple):
    """Something that is wrong: in which file, on which line of it (from 1; 0: not on one), and a sentence."""

    file: str
    line: int
    say: str


class Read(NamedTuple):
    """A line of the chain, and its record: None when it is of a kind that this version does not know."""

    line: Line
    record: AnyRecord | None


@dataclass(slots=True)
class Verdict:
    """What came of it. `roots` counts signed heads that fit, `signatures` those whose signature was checked; `torn` lines were closed."""

    faults: list[Fault] = field(default_factory=list)
    head: Head = field(default_factory=Head)
    lines: int = 0
    files: int = 0
    roots: int = 0
    signatures: int = 0
    torn: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


class _Raw(NamedTuple):
    file: str
    number: int
    text: bytes


class Verification:
    """One pass over the files of `folder`. Iterate, then read `verdict`.

    The chain begins after `after`, when files were moved to an archive. It must hold every head of `expect`, and the head of every root
    in `roots` (the folder's own file of roots, unless a copy is given). With `key` signatures are checked.
    """

    def __init__(
        self,
        folder: Path,
        *,
        key: "Ed25519PublicKey | None" = None,
        expect: Sequence[Head] = (),
        after: Head = Head(),  # noqa: B008  # a tuple
        roots: Path | None = None,
    ) -> None:
        self._folder = folder
        self._key = key
        self._after = after
        self._roots = roots or folder / ROOTS
        self._wanted: dict[int, list[tuple[str, str]]] = {}
        for head in expect:
            self._want(head, "the head that was expected")
        self._torn: list[_Raw] = []
        self.verdict = Verdict(head=after)

    def __iter__(self) -> Iterator[Read]:
        """Every line that has the form of one, in the order of the files."""
        self._read_roots()
        for raw in self._raws():
            line = unseal(raw.text)
            if line is None:
                self._torn.append(raw)
                continue
            record = record_of(line)
            self._mend(record)
            self._place(raw, line, record)
            yield Read(line, record)
        self._end()

    def run(self) -> Verdict:
        """All of it."""
        for _ in self:
            pass
        return self.verdict

    def _raws(self) -> Iterator[_Raw]:
        for path in files(self._folder):
            self.verdict.files += 1
            with path.open("rb") as file:
                for number, text in enumerate(file, 1):
                    yield _Raw(path.name, number, text.removesuffix(b"\n"))

    def _mend(self, record: AnyRecord | None) -> None:
        """What stood before this line and was none: torn by a crash if this line closes it, else somebody's work."""
        if not self._torn:
            return
        region = b"\n".join(raw.text for raw in self._torn)
        if isinstance(record, Recovered) and (record.torn_bytes, record.torn_sha256) == (len(region), hashlib.sha256(region).hexdigest()):
            self.verdict.torn += 1
        else:
            for raw in self._torn:
                self._fault(raw, "this is no line of the ledger: it was altered or put there")
        self._torn = []

    def _place(self, raw: _Raw, line: Line, record: AnyRecord | None) -> None:
        """Look at a line's place in the chain."""
        before = self.verdict.head
        if line.seq <= before.seq:
            self._fault(raw, f"line {line.seq} stands here again or out of its order: it was moved or put there")
            return
        if line.seq > before.seq + 1:
            gone = f"line {before.seq + 1} is" if line.seq == before.seq + 2 else f"lines {before.seq + 1} to {line.seq - 1} are"
            self._fault(raw, f"{gone} missing before line {line.seq}: removed, moved, or in a file that is gone")
        elif not line.follows(before.hash):
            self._fault(raw, f"line {line.seq} was altered, or the hash of the line before it")
        if isinstance(record, Root):
            self._root(raw.file, raw.number, record)
            if Head(record.number, record.head) != before:
                self._fault(raw, f"the signed head in line {line.seq} is not that of the line before it")
        self.verdict.head = Head(line.seq, line.hash)
        self.verdict.lines += 1
        for wanted, whose in self._wanted.pop(line.seq, ()):
            if wanted != line.hash:
                self._fault(raw, f"line {line.seq} is not what {whose} says: the chain was rewritten")

    def _root(self, file: str, number: int, root: Root) -> None:
        if self._key is not None:
            from gateway.ledger.signing import is_signed  # cryptography

            if not is_signed(root, self._key):
                self.verdict.faults.append(Fault(file, number, f"the signature of {root.day} is not by this key"))
                return
            self.verdict.signatures += 1
        self.verdict.roots += 1

    def _read_roots(self) -> None:
        """Signed heads say what must be there, whoever holds the folder."""
        if not self._roots.exists():
            return
        for number, text in enumerate(self._roots.read_bytes().splitlines(), 1):
            try:
                root = msgspec.json.decode(text, type=Root)
            except msgspec.DecodeError:
                self.verdict.faults.append(Fault(self._roots.name, number, "this is no signed head"))
                continue
            if root.number > self._after.seq:
                self._root(self._roots.name, number, root)
                self._want(Head(root.number, root.head), f"the head signed on {root.day}")

    def _want(self, head: Head, whose: str) -> None:
        if head.seq > 0:
            self._wanted.setdefault(head.seq, []).append((head.hash, whose))

    def _end(self) -> None:
        """What is still open when all files are read."""
        if self._torn:
            *before, last = self._torn
            for raw in before:
                self._fault(raw, "this is no line of the ledger: it was altered or put there")
            if self._is_cut(last):
                self.verdict.torn += 1  # the process that wrote it has ended, and none has begun since
            else:
                self._fault(last, "this is no line of the ledger: it was altered or put there")
        for seq, wanted in sorted(self._wanted.items()):
            for _, whose in wanted:
                say = f"line {seq} is not there, and {whose} says that it was: newer lines were removed"
                self.verdict.faults.append(Fault(str(self._folder), 0, say))

    def _is_cut(self, raw: _Raw) -> bool:
        last = files(self._folder)[-1]
        with last.open("rb") as file:
            file.seek(-1, 2)
            return raw.file == last.name and file.read(1) != b"\n"

    def _fault(self, raw: _Raw, say: str) -> None:
        self.verdict.faults.append(Fault(raw.file, raw.number, say))
