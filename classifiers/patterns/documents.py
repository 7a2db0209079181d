"""Documents that a word names: passports, driving licences, identity and residence cards, policies, staff and student numbers."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

from classifiers.patterns.worded import named
from classifiers.scan import Row

MIN_DIGITS = 2


def rows() -> tuple[Row, ...]:
    """The word is all there is: hardly any of these numbers has a check digit."""
    return (
        named(
            "passport",
            r"passports?|reisepass|pass(?:-?(?:nr|nummer))|passeport|pasaporte|passaporto|paspoort|passaporte|paszport\w*|pasaport|паспорт\w*|护照|護照|여권",
            r"[a-z]{0,3} ?\d[a-z0-9]{5,9}|\d{2} \d{2} \d{6}|[clfghjk][0-9cfghjklmnprtvwxyz]{8}",
            _has_two_digits,
        ),
        named(
            "driving_licence",
            r"driv(?:er|ers|er'?s|ing)[ _-]?licen[cs]e|licen[cs]e|dvla|führerschein\w*|permis(?: de conduire)?|permiso de conducir|licencia de conducir|carn[ée] de conducir|patente|rijbewijs\w*|carta de condução|cnh|prawo jazdy|körkort",
            r"[a-z]{0,5}[- ]?[a-z]?\d[a-z0-9-]{4,16}|[a-z9]{5}\d{6}[a-z9]{2}\d?[a-z0-9]{2}",
        ),
        named("residence_permit", r"residence permit|green card|alien(?: registration)?|a-number|uscis|brp|visa|aufenthaltstitel|titre de séjour|carte de séjour|permiso de residencia|tie", r"[a-z]{0,3}[- ]?\d[a-z0-9]{5,12}"),
        named("insurance_policy", r"polic(?:y|en)|versicherungsschein\w*|police d.assurance|póliza|polizza|contrat d.assurance|(?:insurance )?claim (?:number|no|id|#)", r"(?:[a-z]{1,4}-?)?\d{5,14}|[a-z]{2,4}-\d{4,12}(?:-\d{1,4})?"),
        named("employee_id", r"employee|staff|personnel|payroll|worker|associate|personal-?|mitarbeiter\w*|matricule|empleado|legajo|dipendente|badge", r"(?:[a-z]{1,4}-?)?\d{4,10}", needs_number=True),
        named("employee_id", r"personal-?(?:nummer|nr)|mitarbeiter-?(?:nummer|nr)", r"(?:[a-z]{1,4}-?)?\d{4,10}"),
        named("student_id", r"matrikel-?(?:nummer|nr)|matricule", r"(?:[a-z]{1,4}-?)?\d{4,12}[a-z]?"),
        Row("employee_id", r"\b(?:EMP|STAFF)-?\d{4,10}\b", confidence=0.85),
        Row("customer_id", r"\b(?:CUST|CUSTOMER|CLIENT)-\d{4,10}\b", confidence=0.85),
        named("student_id", r"student|pupil|enrol?lment|matriculation|upn|matrikel\w*|étudiant|ine|alumno|expediente académico|matricola", r"(?:[a-z]{1,4}-?)?\d{4,12}[a-z]?", needs_number=True),
        named("service_number", r"dod|edipi|military|service|tribal|dienstnummer|personenkennziffer|pk", r"(?:[a-z]{1,2}-?)?\d{6,10}", needs_number=True),
        named("case_file", r"case|docket|court file|aktenzeichen|az\.|dossier|expediente|numéro de dossier|inmate|prisoner|booking|probation", r"(?:[a-z]{1,4}[- ])?\d[\da-z/-]{5,14}", needs_number=True),
        named("customer_id", r"customer|client|member(?:ship)?|account holder|loyalty|frequent flyer|kundennummer|kunden-?(?:nr|id)|mitgliedsnummer|numéro de client|adhérent|cliente|socio|pnr|booking reference", r"(?:[a-z]{1,4}-?)?\d[\da-z-]{4,14}"),
    )  # fmt: skip


def _has_two_digits(value: str) -> bool:
    """German passports hold as few."""
    return sum(map(str.isdigit, value)) >= MIN_DIGITS
