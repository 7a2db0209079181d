"""Vehicles: their identification numbers, and number plates that a word names or that stand beside one."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

from classifiers.patterns.checks import TOGETHER
from classifiers.scan import Row

_CAR = (
    r"plates?|number plate|licen[cs]e plate|registration|reg\.?(?: no)?|vehicle|cars?\b|van\b|truck|motor\w+|bike|taxi|parked|driv\w+|kennzeichen|nummernschild|fahrzeug|auto\b|pkw|wagen|"
    r"immatricul\w+|plaque|voiture|véhicule|camion|matr[ií]cula|coche|vehículo|veh[ií]culo|targa|veicolo|kenteken|rejestrac\w+|samochód|registreringsn\w+|nummerplade|placa|carro"
)
_PLATE_WORDS = (
    r"(?:licen[cs]e|number|registration|reg\.?|vehicle|car)[ _-]?(?:plates?|number|mark|no\.?|nr\.?)|plates?|vrm|vrn|kfz-?kennzeichen|(?:amtliches )?kennzeichen|nummernschild|"
    r"plaque(?: d.immatriculation)?|immatricul(?:ation|ée?)|matr[ií]cula|targa|kenteken|numer rejestracyjny|registreringsnummer|registreringsskylt|nummerplade|placas?"
)
_VIN_WORDS = (
    r"vin\b|chassis|frame n|vehicle id\w*|fahrgestell\w*|fahrzeug-?ident\w*|fin\b|châssis|bastidor|telaio|numéro de série du véhicule"
)
_VIN = r"\b[A-HJ-NPR-Z0-9]{17}\b"


def rows() -> tuple[Row, ...]:
    """A vehicle number with its check digit (North America, China) needs no word; a plate always does."""
    return (
        Row("vin", _VIN, is_vin, confidence=0.9, stands_alone=True),
        Row("vin", _VIN, _is_mixed, _VIN_WORDS, stands_alone=True),
        Row(
            "license_plate",
            rf"(?i)(?:^|[^A-Za-z0-9])(?:{_PLATE_WORDS})[\"']?(?: (?:is|was|ist|lautet|est|es|é|è|of|no\.?|number))?[ :=#\"']{{1,4}}(?-i:([A-ZÄÖÜ0-9]{{1,4}}(?:[ ·-]{{0,2}}[A-Z0-9]{{1,5}}){{1,3}}))\b",
            _is_mixed,
            confidence=0.85,
            gate=rf"(?i)(?:{_PLATE_WORDS})",
        ),
        Row("license_plate", "|".join(_PLATES), _is_mixed, _CAR, confidence=0.8, stands_alone=True, gate=_PLATES_GATE),
    )


_PLATES = (
    r"\b[A-Z]{2}\d{2} ?[A-Z]{3}\b",  # Great Britain since 2001
    r"\b[A-ZÄÖÜ]{1,3}[ -][A-Z]{1,2} ?\d{1,4}[EH]?\b",  # Germany
    r"\b[A-Z]{2}-\d{3}-[A-Z]{2}\b",  # France, Italy with dashes
    r"\b\d{4}[ -]?[BCDFGHJKLMNPRSTVWXYZ]{3}\b",  # Spain
    r"\b[A-Z0-9]{1,3}-[A-Z0-9]{2,3}-[A-Z0-9]{1,2}\b",  # the Netherlands, Portugal
    r"\b[A-Z]{2} ?\d{2} ?[A-Z]{1,3} ?\d{4}\b",  # India
    r"\b[A-Z]{3}[ -]?\d[A-Z0-9]\d{2}\b",  # Brazil, much of the Americas
)
_DASHED_WITH_DIGIT = r"\d[A-Z0-9]{0,2}-[A-Z0-9]{2,3}-[A-Z0-9]|[A-Z0-9]-(?:\d[A-Z0-9]{1,2}|[A-Z0-9]\d[A-Z0-9]?|[A-Z0-9]{2}\d)-[A-Z0-9]|[A-Z0-9]-[A-Z0-9]{2,3}-[A-Z0-9]?\d"
_PLATES_GATE = "|".join(_DASHED_WITH_DIGIT if "-[A-Z0-9]{2,3}-" in plate else plate for plate in _PLATES)
"""A plate holds a digit; said of each, nobody looks for one in a text without."""


def is_vin(value: str) -> bool:
    """ISO 3779 with the check digit of 49 CFR 565: ninth character, weights 8 7 6 5 4 3 2 10 0 9 8 7 6 5 4 3 2, modulo 11."""
    if not _is_mixed(value) or not value[-4:].isdigit():
        return False
    total = sum(weight * (int(each) if each.isdigit() else _VALUES[each]) for each, weight in zip(value, _WEIGHTS, strict=True))
    return "0123456789X"[total % 11] == value[8]


_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))


def _is_mixed(value: str) -> bool:
    """Letters and digits both, two of those close together, five characters or more."""
    kept = [character for character in value if character.isalnum()]
    return len(kept) >= 5 and TOGETHER.search(value) is not None and any(map(str.isalpha, kept))
