"""Numbers that a word before them names: how such a row is built, for all families."""

from collections.abc import Callable

from classifiers.patterns.checks import has_digits
from classifiers.patterns.prose import is_uncounted
from classifiers.scan import Row

NUMBER_WORD = r"(?:[ _-]?(?:(?:number|no|nr|num|id|code|card|nummer|n[uú]mero)\b\.?|n[°º.]|№|#)){0,2}"
_SAYS = r"(?:is|was|ist|lautet|est|es|è|é|=>|->|→|[:=#|;>–—-]|\.{2,12})"
_CLOSED = r"(?:</\w{1,12}>)?"
THEN = (
    rf"{_CLOSED}[\"'*_`)\]]{{0,3}}"  # what closes the word: a tag, emphasis, a quotation mark
    rf"(?:(?:[ \t_]{{0,12}}{_SAYS}){{1,3}}[*_]{{0,2}}{_CLOSED}[*_]{{0,2}}\s{{0,12}}|{_CLOSED}\s{{0,4}}<\w{{1,12}}>|[ \t]{{0,12}})"
    r"[#(\"'*_`|\[]{0,3} ?"
)
"""What may stand between a word and the value that it names."""
BETWEEN = (
    r"(?:[\s_:=>→#|;–—.,\"'*`()\[\]№°º-]|n(?:umber|ummer|um|[uú]mero|o|r|[°º.])|id|code|card|is|was|ist|lautet|est?|es|è|é|</?\w{1,12}>)*"
)
"""The same for a gate: its words and signs in any order, however many, which an automaton follows with a tenth of the states."""


def named(
    category: str,
    words: str,
    value: str,
    is_valid: Callable[[str], bool] | None = has_digits,
    needs_number: bool = False,
) -> Row:
    """A row for `value` after one of `words`. With `needs_number` a word for number must stand between.

    The words are an alternation in re2 syntax, without groups that count; the value is taken in any case, unless it says otherwise.
    """
    word = NUMBER_WORD.replace("{0,2}", "{1,2}") if needs_number else NUMBER_WORD
    return Row(
        category,
        rf"(?i)(?:^|[^A-Za-z0-9])(?:{words}){word}{THEN}(?:\b|_)({value})\b",
        is_valid,
        confidence=0.85,
        gate=rf"(?i)(?:{words}){BETWEEN}(?:{value})",
        fits=is_uncounted,
    )
