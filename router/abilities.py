"""Abilities that a request needs and targets lack: which are missing, and what its caller is told."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from router.decision import Target
from router.failures import FAILURES, Failure
from router.names import Ability

_CAN: Mapping[Ability, str] = {
    "tools": "call tools",
    "vision": "see pictures",
    "audio": "hear sound",
    "documents": "read files",
    "json_schema": "answer by a JSON schema",
}


def lacking(chain: Iterable[Target], needed: frozenset[Ability]) -> frozenset[Ability]:
    """The abilities that no target of a chain has. Where each has what another one lacks, those that some target lacks.

    The chain has a target.
    """
    missing = [target.lacks & needed for target in chain]
    return frozenset.intersection(*missing) or frozenset.union(*missing)


def unable(missing: Collection[Ability]) -> Failure:
    """The failure of a request that needs abilities of which no target that may take it has all; its sentence names the `missing` ones."""
    can = " and ".join(words for ability, words in _CAN.items() if ability in missing)
    return replace(FAILURES["UNABLE"], say=f"No model that may take this request can {can}. Leave that out, or ask for another model.")
