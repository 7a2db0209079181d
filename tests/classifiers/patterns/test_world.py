import pytest

from classifiers.patterns import world
from classifiers.table import Table

TABLE = Table("table", world.rows())


def found(text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in TABLE.detect(text)]


DISTINCT = [
    ("us_ssn", "536-90-4399"),
    ("us_ssn", "078-05-1120"),
    ("us_itin", "912-90-3456"),
    ("us_mbi", "1EG4-TE5-MK73"),
    ("br_cpf", "390.533.447-05"),
    ("mx_curp", "BOXW310820HNERXN09"),
    ("ar_cuit", "20-05536168-2"),
    ("cl_rut", "12.531.909-2"),
    ("in_pan", "ACUPA7085R"),
    ("cn_id", "360426199101010071"),
    ("kr_rrn", "971013-9019902"),
    ("th_pin", "1-2345-45678-78-1"),
    ("my_nric", "770305-02-1234"),
    ("pk_cnic", "34201-0891231-8"),
    ("tr_kimlik", "17291716060"),
    ("za_id", "7503305044089"),
]
AMBIGUOUS = [
    ("us_ssn", "536904399", "social security number"),
    ("us_itin", "912903456", "ITIN"),
    ("ca_sin", "123-456-782", "SIN"),
    ("br_cpf", "39053344705", "CPF"),
    ("mx_rfc", "VACE-460910-SX6", "RFC"),
    ("cl_rut", "12531909-2", "RUT"),
    ("do_cedula", "223-0000000-1", "cédula"),
    ("ec_cedula", "171430710-3", "cédula"),
    ("in_aadhaar", "2341 2341 2346", "Aadhaar"),
    ("in_epic", "WKH1186253", "voter id"),
    ("au_tfn", "123 456 782", "tax file number"),
    ("au_medicare", "2123 45670 1", "Medicare"),
    ("nz_ird", "49-098-576", "IRD"),
    ("th_pin", "3100600445635", "Thai id"),
    ("id_nik", "3171011708450001", "NIK"),
    ("il_id", "3933742-3", "Israel"),
]


@pytest.mark.parametrize(("category", "value"), DISTINCT)
def test_distinct_numbers_need_no_context(category: str, value: str) -> None:
    assert (category, value) in found(f"it is {value}, I think")


@pytest.mark.parametrize(("category", "value", "context"), AMBIGUOUS)
def test_ambiguous_numbers_need_a_word_nearby(category: str, value: str, context: str) -> None:
    assert category in [name for name, _ in found(f"my {context} is {value}, I think")]
    assert category not in [name for name, _ in found(f"it is {value}, I think")]


@pytest.mark.parametrize(
    "value",
    [
        "666-90-4399",
        "390.533.447-06",
        "BOXW310820HNERXN08",
        "20-05536168-3",
        "12.531.909-3",
        "ACUXA7085R",
        "360426199101010072",
        "17291716061",
        "7503305044088",
    ],
)
def test_wrong_check_digits_are_not_found(value: str) -> None:
    assert found(f"it is {value}, I think") == []
