import pytest

from classifiers.patterns import documents
from classifiers.table import Table

TABLE = Table("table", documents.rows())


def found(text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in TABLE.detect(text)]


@pytest.mark.parametrize(
    ("text", "category", "value"),
    [
        pytest.param("my passport number is 533380006", "passport", "533380006", id="a passport in english"),
        pytest.param("Reisepass-Nr. C01X00T47", "passport", "C01X00T47", id="a passport in german"),
        pytest.param("passeport n° 13FV12345", "passport", "13FV12345", id="a passport in french"),
        pytest.param("pasaporte: AAA123456", "passport", "AAA123456", id="a passport in spanish"),
        pytest.param("паспорт 45 08 123456", "passport", "45 08 123456", id="a passport in russian"),
        pytest.param("driver's license: D1234567", "driving_licence", "D1234567", id="a licence in english"),
        pytest.param("driving licence MORGA657054SM9IJ", "driving_licence", "MORGA657054SM9IJ", id="a british licence"),
        pytest.param("Führerschein B072RRE2I55", "driving_licence", "B072RRE2I55", id="a licence in german"),
        pytest.param("permis de conduire 941275301234", "driving_licence", "941275301234", id="a licence in french"),
        pytest.param("residence permit RX1234567", "residence_permit", "RX1234567", id="a permit"),
        pytest.param("A-number: A012345678", "residence_permit", "A012345678", id="an immigrant"),
        pytest.param("policy number: HO-12345678", "insurance_policy", "HO-12345678", id="a policy"),
        pytest.param("póliza n° 987654321", "insurance_policy", "987654321", id="a policy in spanish"),
        pytest.param("employee number 104482", "employee_id", "104482", id="staff"),
        pytest.param("Personalnummer: 104482", "employee_id", "104482", id="staff in german"),
        pytest.param("ask EMP-104482 there", "employee_id", "EMP-104482", id="staff with a prefix"),
        pytest.param("ask CUST-104482 there", "customer_id", "CUST-104482", id="a customer with a prefix"),
        pytest.param("Kundennummer 4471882", "customer_id", "4471882", id="a customer in german"),
        pytest.param("student id: S1234567", "student_id", "S1234567", id="a student"),
        pytest.param("military number 12345678", "service_number", "12345678", id="a soldier"),
        pytest.param("case no. 2023-CV-00123", "case_file", "2023-CV-00123", id="a court"),
    ],
)
def test_found(text: str, category: str, value: str) -> None:
    assert (category, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a passport costs 130 dollars", id="a price"),
        pytest.param("licensed under the MIT licence since 2019", id="a licence of software"),
        pytest.param("the visa rules of 2024", id="a year"),
        pytest.param("our policy 2030", id="a plan"),
        pytest.param("employees 12 to 20", id="a range"),
        pytest.param("EMP and CUST are tables", id="prefixes alone"),
        pytest.param("customers 1234 and 5678", id="counts"),
        pytest.param("students: 12345", id="a count of students"),
        pytest.param("service 12345678", id="a service that is no soldier's"),
        pytest.param("in case 12345678 rows come", id="a condition"),
    ],
)
def test_not_found(text: str) -> None:
    assert found(text) == []
