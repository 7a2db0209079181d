"""Labels: sensitivity as an ordered set, lowest first, from the configuration."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Self

from typing_extensions import override

DEFAULT = ("public", "internal", "personal", "restricted")


class Label(int):
    """A label is its rank, so that labels compare as integers do; it prints as its name. Compare only labels of the same `Labels`."""

    name: str

    def __new__(cls, rank: int, name: str) -> Self:
        """The label of that rank and name."""
        label = super().__new__(cls, rank)
        label.name = name
        return label

    @override
    def __repr__(self) -> str:
        return self.name

    __str__ = __repr__

    @override
    def __format__(self, spec: str) -> str:
        return format(self.name, spec)

    @override
    def __getnewargs__(self) -> tuple[int, str]:  # type: ignore[override]  # int's takes no name
        """What `copy` and `pickle` make it again from."""
        return int(self), self.name


class Labels:
    """The ordered set of labels of a policy. Iterates from the lowest to the highest."""

    __slots__ = ("_by_name", "_ordered", "highest", "lowest")

    lowest: Label
    """What a request without any finding carries."""
    highest: Label
    """What a doubt carries, unless the policy says otherwise."""

    def __init__(self, names: Sequence[str] = DEFAULT) -> None:
        """Raises ValueError when there is no name, or one twice."""
        if not names or len(set(names)) != len(names):
            raise ValueError("labels must be at least one name, none twice, from the least to the most sensitive")
        self._ordered = tuple(Label(rank, name) for rank, name in enumerate(names))
        self._by_name = {label.name: label for label in self._ordered}
        self.lowest, self.highest = self._ordered[0], self._ordered[-1]

    def __iter__(self) -> Iterator[Label]:
        return iter(self._ordered)

    def __len__(self) -> int:
        return len(self._ordered)

    def __getitem__(self, name: str) -> Label:
        """The label of that name. Raises KeyError."""
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def named(self, name: str) -> Label:
        """The label of that name, which may be of other labels, as before a reload; the highest when there is none."""
        return self._by_name.get(name, self.highest)

    def own(self, label: Label) -> Label:
        """The label of these that has the name of one of other labels, as before a reload; the highest when there is none."""
        return self.named(label.name)

    @override
    def __repr__(self) -> str:
        return " < ".join(self._by_name)

    @staticmethod
    def join(first: Label, *others: Label) -> Label:
        """The highest of several labels: labels only rise."""
        return max((first, *others))

    def at_least(self, floor: Label) -> Iterable[Label]:
        """The labels from `floor` upwards."""
        return self._ordered[floor:]
