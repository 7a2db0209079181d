"""Rules: the little grammar of `when`, and chains of names, to the router's `Rule`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from classifiers.language import LANGUAGES
from classifiers.models.topics.names import SHIPPED
from gateway.config.compile_remote import services
from gateway.config.errors import Report, Where, hint
from gateway.config.models import Route, Settings, When
from router.decision import Target
from router.labels import Labels
from router.names import RouteName, TargetName
from router.policy import ENDPOINTS
from router.rules import Field, Operator, Rule, Test, Value

_COMPARISON = re.compile(r"\s*(>=|>|<=|<|==?)?\s*(\S+)\s*")
_OPERATORS: Mapping[str, Operator] = {">=": ">=", ">": ">", "<=": "<=", "<": "<", "=": "=", "==": "="}
_SHARE = re.compile(r"\s*([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*(%?)\s*")
_RESERVED = frozenset({"named", "denied"})
"""Names of routes that `decide` gives out by itself."""


@dataclass(frozen=True, slots=True)
class Routes:
    """Compiles the rules of `settings` for these labels and targets."""

    settings: Settings
    labels: Labels
    targets: Mapping[TargetName, Target]
    report: Report

    def compile(self) -> tuple[Rule, ...]:
        """All rules. A condition or a name that is not understood is reported and left out."""
        rules: list[Rule] = []
        names: set[str] = set()
        for index, route in enumerate(self.settings.routes):
            where: Where = ("routes", index)
            if route.name in _RESERVED:
                self.report.add((*where, "name"), f"{route.name!r} is a route that the gateway itself gives out; take another name")
            if route.name in names:
                self.report.add((*where, "name"), f"another route is called {route.name!r} as well")
            names.add(route.name)
            rules.append(self._rule(route, where))
        return tuple(rules)

    def _rule(self, route: Route, where: Where) -> Rule:
        seen: set[str] = set()
        return Rule(
            name=RouteName(route.name),
            when=tuple(self._tests(route.when, (*where, "when"))),
            to=tuple(self._chain(route.to, (*where, "to"), seen)),
            fallback=tuple(self._chain(route.fallback, (*where, "fallback"), seen)),
            redacts=route.redact,
            cascade=None if route.cascade is None else route.cascade.compiled(),
        )

    def _chain(self, names: tuple[str, ...], where: Where, seen: set[str]) -> Iterator[Target]:
        for index, name in enumerate(names):
            if name in seen:
                self.report.add((*where, index), f"{name!r} stands in this chain twice")
            seen.add(name)
            target = self.targets.get(TargetName(name))
            if target is not None:
                yield target
            elif name in services(self.settings):
                self.report.add((*where, index), f"{name!r} is asked by detectors and answers no request; take another destination")
            elif not (name in self.settings.destinations or self.report.is_lost("destinations", name)):
                self.report.add((*where, index), f"there is no destination {name!r}{hint(name, self.settings.destinations)}")

    def _tests(self, when: When, where: Where) -> Iterator[Test]:
        yield from self._share(when.share, (*where, "share"))
        if when.label is not None:
            yield from self._label(when.label, (*where, "label"))
        if when.difficulty is not None and self.settings.difficulty is None and not self.report.has_lost("difficulty"):
            self.report.add((*where, "difficulty"), "nothing judges difficulty: add `difficulty: {scorer: lexical}`")
        numbers: tuple[tuple[Field, str | float | None], ...] = (
            ("difficulty", when.difficulty),
            ("tokens", when.tokens),
            ("turns", when.turns),
        )
        for field, text in numbers:
            if text is not None:
                yield from self._comparison(field, text, (*where, field))
        tenants = () if self.report.has_lost("keys") else tuple(key.tenant for key in self.settings.keys)
        choices: tuple[tuple[Field, str | tuple[str, ...] | None, tuple[str, ...]], ...] = (
            ("endpoint", when.endpoint, ENDPOINTS),
            ("tenant", when.tenant, tenants),
            ("language", when.language, tuple(LANGUAGES)),
            ("topic", when.topic, tuple(self.settings.topics) or SHIPPED),
        )
        for field, chosen, known in choices:
            if chosen is not None:
                yield from self._choice(field, chosen, known, (*where, field))
        flags: tuple[tuple[Field, bool | None], ...] = (
            ("tools", when.tools),
            ("media", when.media),
            ("schema", when.has_schema),
            ("stream", when.stream),
            ("code", when.code),
        )
        for field, flag in flags:
            if flag is not None:
                yield Test(field, "=", flag)

    def _share(self, said: str | float | None, where: Where) -> Iterator[Test]:
        if said is None:
            return
        match = _SHARE.fullmatch(str(said))
        share = float(match[1]) / (100 if match[2] else 1) if match else 0.0
        if 0 < share <= 1:
            yield Test("share", "<", share)
        else:
            self.report.add(where, "expected a share of the traffic above 0% and up to 100%: 5%")

    def _label(self, text: str, where: Where) -> Iterator[Test]:
        match = _COMPARISON.fullmatch(text)
        if match is None:
            self.report.add(where, 'expected a label, or a comparison with one: ">= personal"')
        elif match[2] in self.labels:
            yield Test("label", _OPERATORS[match[1] or "="], self.labels[match[2]])
        elif not self.report.is_lost("labels"):
            self.report.add(where, f"there is no label {match[2]!r}{hint(match[2], [label.name for label in self.labels])}")

    def _comparison(self, field: Field, text: str | float, where: Where) -> Iterator[Test]:
        example = '"> threshold" or ">= 0.6"' if field == "difficulty" else '"> 8000"' if field == "tokens" else '"> 4"'
        match = _COMPARISON.fullmatch(text) if isinstance(text, str) else None
        if match is None or match[1] is None:
            self.report.add(where, f"expected a comparison: {example}")
            return
        value = _number(match[2], self._threshold if field == "difficulty" else None)
        if value is None:
            self.report.add(where, f"expected a comparison with a number: {example}")
        elif field == "difficulty" and value > 1:
            self.report.add(where, "difficulty lies between 0 and 1")
        else:
            yield Test(field, _OPERATORS[match[1]], value)

    @property
    def _threshold(self) -> float:
        return self.settings.difficulty.threshold if self.settings.difficulty else 0.5

    def _choice(self, field: Field, chosen: str | tuple[str, ...], known: tuple[str, ...], where: Where) -> Iterator[Test]:
        names = (chosen,) if isinstance(chosen, str) else chosen
        if not names:
            self.report.add(where, "must not be empty")
        for name in names:
            if known and name not in known:
                self.report.add(where, f"there is no {field} {name!r}{hint(name, known)}")
        value: Value = names[0] if len(names) == 1 else frozenset(names)
        yield Test(field, "=" if isinstance(value, str) else "in", value)


def comparison(text: str, threshold: float) -> tuple[Operator, float] | None:
    """`> threshold` or `>= 0.6` as an operator and a number; None for anything else."""
    match = _COMPARISON.fullmatch(text)
    value = _number(match[2], threshold) if match is not None and match[1] is not None else None
    return None if match is None or value is None else (_OPERATORS[match[1]], value)


def _number(text: str, threshold: float | None) -> float | None:
    """A number, or the word `threshold` where there is one."""
    if text == "threshold":
        return threshold
    return float(text) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,12})?", text) else None
