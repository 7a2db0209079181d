"""What the decisions of a policy come to. They are all built when it is loaded, so this is all that any request can."""

from dataclasses import dataclass
from itertools import permutations

from gateway.plan import Plan
from router.decision import Target


@dataclass(frozen=True, slots=True)
class Reach:
    """What the decisions of a policy come to: which target serves which endpoint by which path, who follows whom, routes with labels."""

    ways: frozenset[tuple[str, str, str]]
    links: frozenset[tuple[Target, Target]]
    routes: frozenset[tuple[str, str]]

    @property
    def paths(self) -> frozenset[tuple[str, str]]:
        """Paths and targets."""
        return frozenset((path, target) for _, path, target in self.ways)


def reach(plan: Plan) -> Reach:
    """Walk all decisions."""
    ways, links, routes = set[tuple[str, str, str]](), set[tuple[Target, Target]](), set[tuple[str, str]]()
    chains = set[tuple[Target, ...]]()
    for key, decision in plan.policy.decisions.items():
        ways.update((key.endpoint, decision.path(target), target.name) for target in decision.chain)
        routes.add((decision.route, decision.label.name))
        chains.add(decision.chain)
    for chain in chains:
        links.update(permutations(chain, 2))  # who waits for a target to come back may come back to any
    return Reach(frozenset(ways), frozenset(links), frozenset(routes))
