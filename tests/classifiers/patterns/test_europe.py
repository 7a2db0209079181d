import pytest

from classifiers.patterns import europe
from classifiers.table import Table

TABLE = Table("table", europe.rows())


def found(text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in TABLE.detect(text)]


DISTINCT = [
    ("gb_nino", "AB 12 34 56 C"),
    ("de_pension", "15 070649 C 103"),
    ("fr_nir", "2 95 10 99 126 111 93"),
    ("es_dni", "54362315-K"),
    ("es_nie", "X-2482300-W"),
    ("it_codice_fiscale", "RCCMNL83S18D969H"),
    ("be_national", "85.07.30-033.28"),
    ("ch_ahv", "756.9217.0769.85"),
    ("se_personnummer", "880320-0016"),
    ("is_kennitala", "450401-3150"),
    ("fi_hetu", "131052-308T"),
    ("no_fodselsnummer", "151086 95088"),
    ("cz_rc", "710319/2745"),
    ("pt_cc", "00000000 0 ZZ4"),
    ("ro_cnp", "1630615123457"),
    ("si_emso", "0101006500006"),
    ("pl_pesel", "44051401359"),
    ("gr_amka", "01013099997"),
    ("nl_bsn", "1112.22.333"),
]
AMBIGUOUS = [
    ("dk_cpr", "211062-5629", "CPR"),
    ("dk_cpr", "2110625629", "cpr"),
    ("de_tax_id", "36574261809", "Steuer-ID"),
    ("de_tax_id", "36 574 261 809", "tax id"),
    ("fr_tax", "3023217600053", "numéro fiscal"),
    ("be_national", "85073003328", "numéro national"),
    ("hr_oib", "33392005961", "OIB"),
    ("ee_ik", "36805280109", "isikukood"),
    ("ee_ik", "33309240064", "asmens kodas"),
    ("gb_nhs", "943 476 5870", "NHS number"),
    ("gb_utr", "1955839661", "UTR"),
    ("at_svnr", "1237 010180", "SVNR"),
    ("cz_rc", "991231123", "rodné číslo"),
    ("bg_egn", "7523169263", "EGN"),
    ("se_personnummer", "8803200016", "personnummer"),
    ("nl_bsn", "111222333", "BSN"),
    ("pt_nif", "501964843", "NIF"),
    ("ie_pps", "6433435F", "PPS"),
]


@pytest.mark.parametrize(("category", "value"), DISTINCT)
def test_distinct_numbers_need_no_context(category: str, value: str) -> None:
    assert (category, value) in found(f"it is {value}, I think")


@pytest.mark.parametrize(("category", "value", "context"), AMBIGUOUS)
def test_ambiguous_numbers_need_a_word_nearby(category: str, value: str, context: str) -> None:
    assert (category, value) in found(f"my {context} is {value}, I think")
    assert category not in [name for name, _ in found(f"it is {value}, I think")]


@pytest.mark.parametrize("text", ["order 44051401359 is late", "we sold 44051401359 units", "https://x.example/44051401359"])
def test_digits_that_are_named_otherwise_are_not_found(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "value",
    [
        "GB 12 34 56 C",
        "15 070649 C 104",
        "2 95 10 99 126 111 94",
        "54362315-A",
        "X-2482300-A",
        "RCCMNL83S18D969A",
        "85.07.30-033.61",
        "756.9217.0769.84",
        "880320-0018",
        "131052-308U",
        "151086 95077",
        "1630615123458",
        "44051401358",
    ],
)
def test_wrong_check_digits_are_not_found(value: str) -> None:
    assert found(f"it is {value}, I think") == []
