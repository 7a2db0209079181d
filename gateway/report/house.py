"""What a report has to know about the configuration: which labels there are, which targets are at home, and what each may receive.

It is the configuration of today. What was served under another one is held against this one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from gateway.report.declared import Reporting
from router.policy import Policy


@dataclass(frozen=True, slots=True)
class House:
    """`labels` from the least to the most sensitive; the clearance of each target, by its name, is one of them."""

    labels: tuple[str, ...] = ()
    local: frozenset[str] = frozenset()
    clearances: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    reporting: Reporting = field(default_factory=Reporting)

    @classmethod
    def of(cls, policy: Policy, reporting: Reporting) -> Self:
        """That of a policy."""
        targets = policy.targets
        return cls(
            labels=tuple(label.name for label in policy.labels),
            local=frozenset(str(name) for name, target in targets.items() if target.zone == "local"),
            clearances={str(name): target.clearance.name for name, target in targets.items()},
            models={str(name): str(target.model) for name, target in targets.items()},
            reporting=reporting,
        )

    @property
    def sensitive(self) -> tuple[str, ...]:
        """The labels that no target outside is cleared for, from the least on; all but the lowest if nothing is known of clearances."""
        outside = [self.labels.index(label) for name, label in self.clearances.items() if name not in self.local and label in self.labels]
        if not self.clearances:
            return self.labels[1:]
        return self.labels[max(outside) + 1 :] if outside else self.labels

    def may_receive(self, target: str, label: str) -> bool | None:
        """Whether the target is cleared for the label; None where one of them is not known today."""
        clearance = self.clearances.get(target)
        if clearance not in self.labels or label not in self.labels:
            return None
        return self.labels.index(clearance) >= self.labels.index(label)
