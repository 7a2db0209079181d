import pytest

from classifiers.detectors.patterns import Options, build
from classifiers.patterns import messages
from classifiers.table import Table
from tests.fakes.evasions import digits

TABLE = Table("table", messages.rows())
ALL = build(Options())
MRZ = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
LINE = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
"""The specimen of ICAO 9303."""


def found(text: str) -> set[tuple[str, str]]:
    return {(span.category, text[span.start : span.end]) for span in TABLE.detect(text)}


NUMBER = digits(8)


@pytest.mark.parametrize(
    ("text", "category", "value"),
    [
        pytest.param(f"PID|1||{NUMBER}^^^HOSP^MR||DOE^JOHN||19{digits(2)}0101|M\rPV1|1|I", "medical_record", NUMBER, id="HL7, a patient"),
        pytest.param(f"NK1|1|ROE^JANE|SPO|4 OAK AVE|{NUMBER}\n", "medical_record", "ROE^JANE", id="HL7, next of kin"),
        pytest.param(f"NM1*IL*1*DOE*JOHN****MI*W{NUMBER}~N3*1 A~", "health_insurance", NUMBER, id="X12, the insured"),
        pytest.param("DMG*D8*19740812*F~", "date_of_birth", "19740812", id="X12, a day of birth"),
        pytest.param("REF*SY*123456789~", "us_ssn", "123456789", id="X12, a social security number"),
        pytest.param(f"REF*1W*{NUMBER}~", "health_insurance", NUMBER, id="X12, a member"),
        pytest.param("N3*12 MAPLE STREET~", "address", "12 MAPLE STREET", id="X12, a street"),
        pytest.param("NAD+IV+7::9++DOE:JOHN+HAUPTSTR. 5+BONN++53111+DE'", "address", "HAUPTSTR. 5", id="EDIFACT, a person's address"),
        pytest.param("PNA+PAT+++1:DOE+2:JOHN'", "medical_record", "DOE", id="EDIFACT, a patient"),
        pytest.param("DTM+329:19740812:102'", "date_of_birth", "19740812", id="EDIFACT, a day of birth"),
        pytest.param(
            f'{{"type":{{"coding":[{{"system":"http://t.example","code":"MR"}}]}},"system":"urn:oid:1.2","value":"{NUMBER}"}}',
            "medical_record",
            NUMBER,
            id="FHIR, an identifier by its code",
        ),
        pytest.param(f"(0010,0020) LO [{NUMBER}] # 8, 1 PatientID", "medical_record", NUMBER, id="DICOM, a patient"),
        pytest.param("(0010,0030) DA [19740812]", "date_of_birth", "19740812", id="DICOM, a day of birth"),
        pytest.param(f":20:X1\n:25:DEUTDEFF/{NUMBER}\n", "bank_account", NUMBER, id="SWIFT, an account"),
        pytest.param(f":50K:/{NUMBER}\nJOHN DOE", "bank_account", NUMBER, id="SWIFT, who pays"),
        pytest.param(MRZ, "passport", MRZ, id="a passport's first line"),
        pytest.param(LINE, "passport", LINE[:28], id="a passport's second line"),
        pytest.param("I<UTOD231458907<<<<<<<<<<<<<<<", "passport", "D231458907", id="a card's first line"),
        pytest.param("7408122F1204159UTO<<<<<<<<<<<6", "date_of_birth", "7408122F1204159", id="a card's second line"),
    ],
)
def test_found_by_place(text: str, category: str, value: str) -> None:
    assert [each for kind, each in found(text) if kind == category and value in each], text
    assert any(value in text[span.start : span.end] for span in ALL.detect(text))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("PID|USER|CPU\n1|root|0.1", id="a table of processes"),
        pytest.param("PID|42|python|server.py|12345678", id="a process"),
        pytest.param("PID|1||^^^", id="an empty segment"),
        pytest.param("NAD+BY+5412345000013::9'NAD+SU+4012345500004::9'", id="who buys and who sells"),
        pytest.param("NAD+DP+++++++'", id="an empty address"),
        pytest.param("N3*UNKNOWN PLACE~", id="no number"),
        pytest.param("REF*1W*NONE~", id="no member"),
        pytest.param("DTM+137:20240117:102'", id="another day"),
        pytest.param('{"code": "USD", "value": "12345678"}', id="a currency"),
        pytest.param("at 10:25:30 and\n:20:REF12345", id="times and another field"),
        pytest.param("PROUTO<<A<B<", id="too short for a line"),
        pytest.param("PABCDEF<<ABCDEFGH<IJKLMNOPQRSTUVW", id="not filled up"),
        pytest.param(LINE.replace("C36", "C37"), id="a number whose check digit is wrong"),
        pytest.param("7408122F1204158UTO", id="a day whose check digit is wrong"),
        pytest.param("7408123F1204159UTO", id="another day whose check digit is wrong"),
        pytest.param("I<UTOD231458906<<<", id="a card whose check digit is wrong"),
        pytest.param("if (1 << 7) { x = A << B; }", id="shifts"),
    ],
)
def test_not_found(text: str) -> None:
    assert found(text) == set()
