import pytest

from classifiers.patterns import person
from classifiers.table import Table

TABLE = Table("table", person.rows())


def found(text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in TABLE.detect(text)]


@pytest.mark.parametrize(
    ("text", "category", "value"),
    [
        pytest.param("DOB: 1964-02-15", "date_of_birth", "1964-02-15", id="english, iso"),
        pytest.param("She was born on March 3rd, 1984 in Leeds", "date_of_birth", "March 3rd, 1984", id="english, month first"),
        pytest.param("born 3 March 1984", "date_of_birth", "3 March 1984", id="english, day first"),
        pytest.param("date_of_birth=03/04/84", "date_of_birth", "03/04/84", id="a field"),
        pytest.param("geboren am 3. März 1984", "date_of_birth", "3. März 1984", id="german"),
        pytest.param("Geburtsdatum: 03.04.1984", "date_of_birth", "03.04.1984", id="german, in digits"),
        pytest.param("née le 1er août 1984", "date_of_birth", "1er août 1984", id="french"),
        pytest.param("nacido el 3 de marzo de 1984", "date_of_birth", "3 de marzo de 1984", id="spanish"),
        pytest.param("12/05/1980 (dob)", "date_of_birth", "12/05/1980", id="the word behind"),
        pytest.param("Passport: B61386031", "passport", "B61386031", id="passport"),
        pytest.param("driver's license DL-R15685-85", "driving_licence", "DL-R15685-85", id="driving licence"),
        pytest.param("MRN: MRN-6803534", "medical_record", "MRN-6803534", id="medical record"),
        pytest.param("Insurance ID: INS-306327594", "medical_record", "INS-306327594", id="insurance"),
        pytest.param("National ID: NID-375810012", "national_id", "NID-375810012", id="a national number of no known form"),
        pytest.param("Policy: POL-4963311", "policy", "POL-4963311", id="policy"),
        pytest.param("NPI 6954893366", "professional_id", "6954893366", id="a doctor's number"),
        pytest.param("Employee ID: EMP-15695", "employee_id", "EMP-15695", id="staff number"),
    ],
)
def test_found(text: str, category: str, value: str) -> None:
    assert (category, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The meeting is on 3 March 1984.", id="a date of something else"),
        pytest.param("born in 1984", id="a year only"),
        pytest.param("Einstein was born on 14 March 1879", id="nobody alive was born then"),
        pytest.param("airborne 12/05/1980", id="half a word"),
        pytest.param("passport control and member 12", id="words without a number"),
        pytest.param("license: MIT", id="a licence of software"),
        pytest.param("20 employees, 3 students", id="a number of people"),
    ],
)
def test_not_found(text: str) -> None:
    assert found(text) == []
