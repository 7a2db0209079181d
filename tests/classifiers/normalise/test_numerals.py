import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classifiers.normalise.numerals import COUNTED_GATE, HAN_GATE, characters, counted
from classifiers.normalise.view import View
from classifiers.sieve import Sieve
from classifiers.work import Work

SIEVE = Sieve((COUNTED_GATE, HAN_GATE))
WORDS = "one null eins zwei dreiundvierzig twee tweeëntwintig trente-deux vingt ventuno due seis sessenta dois y 12 7 4711 four plus double neunzehn".split()
TEXTS = st.lists(st.sampled_from([*WORDS, "一", "二", "九"]), max_size=8).flatmap(
    lambda words: st.sampled_from([" ", ", ", "-", "", "\n"]).map(lambda sign: sign.join(words))
)


def read(text: str) -> str:
    return View(text).rewritten(lambda seen: counted(seen, Work()), Work()).text


@pytest.mark.parametrize(
    ("said", "means"),
    [
        pytest.param("dreiundvierzig elf zwanzig einundneunzig", "43112091", id="German"),
        pytest.param("dreissig dreiunddreissig zwoelf", "303312", id="German without its letters"),
        pytest.param("quarante-trois vingt soixante et onze quatre-vingt-dix-sept", "43207197", id="French"),
        pytest.param("cuarenta y tres veintidós veintitres diez", "43222310", id="Spanish"),
        pytest.param("quarantatré ventuno due sei zero", "4321260", id="Italian"),
        pytest.param("quarenta e três vinte meia um dois", "4320612", id="Portuguese"),
        pytest.param("drieënveertig tweeentwintig een zes", "432216", id="Dutch"),
        pytest.param("zéro six cinquante-huit zéro quatre 93", "06580493", id="a zero said apart, and digits"),
        pytest.param("vingt quatre-vingt-deux trente-et-un", "242231 208231", id="two readings"),
    ],
)
def test_as_it_is_dictated(said: str, means: str) -> None:
    assert read(said) == means


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("zwei Eier, drei Löffel Zucker, vier Äpfel", id="counting things"),
        pytest.param("zwischen zwanzig und dreißig Grad", id="two numbers"),
        pytest.param("due, tre, quattro", id="few digits"),
    ],
)
def test_left_alone(text: str) -> None:
    assert read(text) == text


def test_characters() -> None:
    text = "卡号四一一一 一一一一，二〇二四年"
    assert View(text).rewritten(lambda seen: characters(seen, Work()), Work()).text == "卡号4111 1111，二〇二四年"


@given(TEXTS)
@example("four 4711 2024")
def test_what_is_read_opens_its_gate(text: str) -> None:
    opened = SIEVE.sift(text, Work()).opened
    assert COUNTED_GATE in opened or not list(counted(text, Work()))
    assert HAN_GATE in opened or not list(characters(text, Work()))
