from dataclasses import replace

import pytest

from gateway.redact.guard import is_useless
from gateway.redact.plan import Redacting
from gateway.redact.values import Book, Masks

BOUNDS = Redacting(max_share=0.3, max_placeholders=2)


@pytest.mark.parametrize(
    "text,useless",
    [
        pytest.param("Tell Ada Smith that the meeting on Monday takes place at noon.", False, id="a little"),
        pytest.param("Tell Ada Smith this.", True, id="too much of it"),
        pytest.param(
            "Tell Ada Smith, a@x.org and b@x.org that the meeting on Monday takes place at noon, as it always has done.",
            True,
            id="too many",
        ),
        pytest.param("How many letters are in the name of Ada Smith, and how many of them are vowels?", True, id="about its letters"),
        pytest.param("Ist die Prüfziffer in der Nummer von Ada Smith richtig, oder ist sie es nicht?", True, id="in German"),
        pytest.param("How many letters are in the name of the man whom I met yesterday at noon?", False, id="about nothing that is masked"),
    ],
)
def test_what_is_not_worth_sending(text: str, useless: bool) -> None:
    book = Book((), ())
    book.add([("PERSON", "Ada Smith"), ("EMAIL", "a@x.org"), ("EMAIL", "b@x.org")])
    masks = Masks(book.masks)
    masks.masked(text)
    fields = {"messages": [{"role": "user", "content": "Ada Smith"}, {"role": "user", "content": text}]}
    assert is_useless(fields, masks, BOUNDS) is useless
    assert is_useless(fields, masks, replace(BOUNDS, max_share=1.0, max_placeholders=9)) is (
        useless and ("letters" in text or "Nummer" in text)
    )
