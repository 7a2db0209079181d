"""Numbers with check digits, made when they are needed: none that could be somebody's stands in a file."""

from collections.abc import Callable
from itertools import product


def completed(form: str, is_valid: Callable[[str], bool], signs: str = "0123456789") -> str:
    """The form with each `?` as a sign with which it is valid. Raises LookupError when there is none."""
    pieces = form.split("?")
    for filling in product(signs, repeat=len(pieces) - 1):
        value = pieces[0] + "".join(sign + piece for sign, piece in zip(filling, pieces[1:], strict=True))
        if is_valid(value):
            return value
    raise LookupError(form)


def spoilt(form: str, is_valid: Callable[[str], bool], signs: str = "0123456789") -> str:
    """The form with a sign with which it is not valid. Raises LookupError when there is none."""
    return completed(form, lambda value: not is_valid(value), signs)
