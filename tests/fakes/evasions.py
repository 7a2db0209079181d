"""Requests that try to carry something sensitive out unseen, and requests that only look as if they did. Fresh values in every run.

A case is what a caller posts. `holds` are the values as they would stand in plain text, to be searched for in whatever left.
"""

import base64
import html
import json
import string
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import phonenumbers

from tests.fakes.client import ask
from tests.fakes.secrets import DICE, card, email


@dataclass(frozen=True, slots=True)
class Case:
    """One request."""

    name: str
    body: Mapping[str, Any] = field(repr=False)
    path: str = "/v1/chat/completions"
    holds: tuple[str, ...] = field(default=(), repr=False)


def digits(count: int) -> str:
    """Random digits, the first not zero."""
    return DICE.choice("123456789") + "".join(DICE.choices(string.digits, k=count - 1))


def letters(count: int, of: str = string.ascii_letters + string.digits) -> str:
    """Random characters."""
    while "xxxx" in (made := "".join(DICE.choices(of, k=count))).lower():  # a placeholder
        pass
    return made


def groups(value: str, size: int = 4, between: str = " ") -> str:
    """In groups of so many characters."""
    return between.join(value[at : at + size] for at in range(0, len(value), size))


def iban(country: str = "") -> str:
    """A valid IBAN of a country whose account numbers are digits alone and have no check of their own."""
    country = country or DICE.choice(("DE", "AT", "CH", "DK"))
    account = digits({"DE": 18, "AT": 16, "CH": 17, "DK": 14}[country])
    rest = int("".join(str(int(each, 36)) for each in account + country + "00")) % 97
    return f"{country}{98 - rest:02}{account}"


def ssn() -> str:
    """A social security number as it could be given out."""
    return f"{DICE.randrange(100, 660)}-{DICE.randrange(10, 99)}-{DICE.randrange(1000, 9999)}"


def phone() -> str:
    """An international number that can be valid."""
    while True:
        country, national = DICE.choice(
            (("49", "30" + digits(8)), ("44", "207" + digits(7)), ("34", "6" + digits(8)), ("33", "6" + digits(8)))
        )
        if phonenumbers.is_valid_number(phonenumbers.parse(f"+{country}{national}")):
            return f"+{country}{national}"


def api_key() -> str:
    """A key in a format of today."""
    return DICE.choice(
        (
            "ghp_" + letters(36),
            "AKIA" + letters(16, string.ascii_uppercase + "234567"),
            "sk-proj-" + letters(48),
            "hf_" + letters(34, string.ascii_letters),
        )
    )


def grouped_card() -> str:
    """A card number as it is printed."""
    return groups(card())


VALUES: Mapping[str, Callable[[], str]] = {"card": card, "email": email, "iban": iban, "ssn": ssn, "phone": phone, "key": api_key}

AROUND = (
    "Hi! Quick one before lunch: the customer wrote us again and asked to have {} put on file. Could you draft a friendly reply?",
    "Bitte fasse das kurz zusammen: der Kunde nannte gestern {} und wartet seitdem auf unsere Antwort. Danke dir!",
    "Peux-tu reformuler cette note ? On nous a transmis {} ce matin, et il faut répondre avant ce soir.",
    "¿Puedes traducir esto? El cliente envió {} ayer por la tarde y espera una respuesta amable.",
    "Riassumi per favore: ci hanno mandato {} e aspettano una risposta entro venerdì.",
    "Proszę o streszczenie: klient podał {} i czeka na odpowiedź do piątku.",
    "Пожалуйста, перескажи коротко: клиент прислал {} и ждёт ответа до пятницы.",
    "请帮我写一封回信：客户昨天发来了 {} ，他在等我们的答复。",
    "Lütfen özetle: müşteri dün {} gönderdi ve cevabımızı bekliyor.",
    "يرجى تلخيص الرسالة: أرسل العميل {} أمس وينتظر الرد.",
)
"""Benign words around, in ten languages."""


def in_words(value: str) -> str:
    """Somewhere in a text."""
    return DICE.choice(AROUND).format(value)


def between(sign: str) -> Callable[[str], str]:
    """That sign between all characters."""
    return sign.join


def mapped(first: int) -> Callable[[str], str]:
    """Digits as those that begin at this code."""
    return lambda value: "".join(chr(first + int(each)) if each.isdigit() else each for each in value)


def base64_of(value: str, times: int = 1) -> str:
    """Base64, so many times."""
    for _ in range(times):
        value = base64.b64encode(value.encode()).decode()
    return value


def sentence_of(value: str) -> str:
    """The value in a short sentence, so that the encoded run is longer."""
    return f"my number: {value} thanks"


LOOK_ALIKE = str.maketrans("aeopcxy", "аеорсху")

ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "as it is": str,
    "base64": base64_of,
    "base64 in a sentence": lambda value: base64_of(sentence_of(value)),
    "base64 for addresses": lambda value: base64.urlsafe_b64encode(sentence_of(value).encode()).decode().rstrip("="),
    "base64 twice": lambda value: base64_of(sentence_of(value), 2),
    "base64 in lines": lambda value: groups(base64_of(f"{value}\n" * 8), 76, "\n"),
    "base32": lambda value: base64.b32encode(sentence_of(value).encode()).decode(),
    "hexadecimal": lambda value: value.encode().hex(),
    "hexadecimal bytes": lambda value: value.encode().hex(" "),
    "hexadecimal with 0x": lambda value: "0x" + value.encode().hex(),
    "hexadecimal in base64": lambda value: base64_of(value.encode().hex()),
    "percent": lambda value: "".join(f"%{byte:02X}" for byte in value.encode()),
    "percent twice": lambda value: urllib.parse.quote("".join(f"%{byte:02x}" for byte in value.encode())),
    "entities": lambda value: "".join(f"&#{ord(each)};" for each in value),
    "hexadecimal entities": lambda value: "".join(f"&#x{ord(each):x};" for each in value),
    "entities without end": lambda value: " ".join("".join(f"&#{ord(each)}" for each in word) for word in value.split(" ")),
    "entities escaped": lambda value: html.escape("".join(f"&#{ord(each)};" for each in value)),
    "unicode escapes": lambda value: "".join(f"\\u{ord(each):04x}" for each in value),
    "octal escapes": lambda value: "".join(f"\\{ord(each):03o}" for each in value),
    "long escapes": lambda value: "".join(f"\\U{ord(each):08x}" for each in value),
    "code points": lambda value: " ".join(f"U+{ord(each):04X}" for each in value),
    "quoted-printable": lambda value: "".join(f"={byte:02X}" for byte in value.encode()),
    "tag characters": lambda value: "".join(chr(0xE0000 + ord(each)) for each in value),
    "percent in base64": lambda value: base64_of(urllib.parse.quote(sentence_of(value), safe="")),
    "base64 with zero-width spaces": lambda value: "\u200b".join(base64_of(sentence_of(value))),
    "byte escapes": lambda value: "".join(f"\\x{ord(each):02x}" for each in value),
    "zero-width spaces": between("\u200b"),
    "zero-width joiners": between("\u200d"),
    "soft hyphens": between("\u00ad"),
    "word joiners": between("\u2060"),
    "variation selectors": between("\ufe0f"),
    "bidirectional controls": lambda value: f"\u202e\u2066{value}\u2069\u202c",
    "controls": between("\x01"),
    "struck through": between("\u0336"),
    "full width": lambda value: "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in value),
    "mathematical digits": mapped(0x1D7CE),
    "arabic digits": mapped(0x0660),
    "keycaps": lambda value: "".join(f"{each}\ufe0f\u20e3" if each.isdigit() else each for each in value),
    "look-alike letters": lambda value: value.translate(LOOK_ALIKE),
    "a text file": lambda value: f"data:text/plain;base64,{base64_of(sentence_of(value))}",
    "a JSON file": lambda value: f"data:application/json;base64,{base64_of(json.dumps({'note': value}))}",
    "one by one": between(" "),
    "tildes between": between("~"),
    "in a page": lambda value: "<b></b>".join((value[:5], value[5:9], value[9:])),
    "put together": lambda value: '"' + '" + "'.join((value[:5], value[5:9], value[9:])) + '"',
}
"""How a value may be written; each is tried with values of every kind that it can write."""

NO_LETTERS = {"mathematical digits", "arabic digits", "keycaps"}

_UNITS = {
    "English": "zero one two three four five six seven eight nine",
    "German": "null eins zwei drei vier fünf sechs sieben acht neun",
    "French": "zéro un deux trois quatre cinq six sept huit neuf",
    "Spanish": "cero uno dos tres cuatro cinco seis siete ocho nueve",
}


def said(value: str, language: str = "English", between: str = " ") -> str:
    """Digits as words."""
    words = _UNITS[language].split()
    return between.join(words[int(each)] for each in value if each.isdigit())


NUMBERS: Mapping[str, Callable[[str], str]] = {
    "dotted": between("."),
    "dashed": between("-"),
    "in tabs": between("\t"),
    "in lines": lambda value: groups(value, 4, "\n"),
    "line by line": between("\n"),
    "in two spaces": lambda value: groups(value, 4, "  "),
    "in underscores": lambda value: groups(value, 4, "_"),
    "in two dots": lambda value: groups(value, 4, ".."),
    "in slashes": lambda value: groups(value, 4, "/"),
    "in bars": lambda value: groups(value, 4, " | "),
    "in commas": lambda value: groups(value, 4, ", "),
    "in pairs": lambda value: groups(value, 2, " "),
    "in fives": lambda value: groups(value, 5, "-"),
    "in bold": lambda value: " ".join(f"**{each}**" for each in groups(value).split()),
    "in a table": lambda value: "| " + groups(value, 4, " | ") + " |",
    "mixed signs": lambda value: "{} - {}_{}/{}".format(*groups(value).split()),
    "behind letters": lambda value: f"cc{value}",
    "before letters": lambda value: f"{value}visa",
    "behind an underscore": lambda value: f"card_{value}",
    "in a list": lambda value: json.dumps([int(each) for each in value]),
    "in a list of groups": lambda value: json.dumps(groups(value).split()),
    "in English": said,
    "in German": lambda value: said(value, "German"),
    "in French": lambda value: said(value, "French"),
    "in Spanish": lambda value: said(value, "Spanish"),
    "in words and commas": lambda value: said(value, between=", "),
    "in capitals": lambda value: said(value).upper(),
    "letters for digits": lambda value: groups(value.translate(str.maketrans("01", "OI"))),
}
"""How a card number may be set out."""

ADDRESSES: Mapping[str, Callable[[str, str, str], str]] = {
    "in words": "{} at {} dot {}".format,
    "in capitals": "{} AT {} DOT {}".format,
    "in brackets": "{} (at) {} (dot) {}".format,
    "in square brackets": "{}[at]{}[dot]{}".format,
    "in braces": "{} {{at}} {} {{dot}} {}".format,
    "in Spanish": "{} arroba {} punto {}".format,
    "in German": "{} klammeraffe {} punkt {}".format,
    "signs in brackets": "{}[@]{}[.]{}".format,
    "set apart": "{} @ {} . {}".format,
    "underscored": "{}_at_{}_dot_{}".format,
    "half in words": "write to {} at {}.{}".format,
}
"""How an address may be said: name, host, top-level domain."""


def _ask(content: object) -> dict[str, Any]:
    return {"model": "gpt", "messages": [{"role": "user", "content": content}]}


def places(say: str) -> Mapping[str, dict[str, Any]]:
    """A text in every place of a request where one can stand."""
    function = {"name": "look_up", "description": "Looks something up.", "parameters": {"type": "object", "properties": {}}}
    call = {"id": "1", "type": "function", "function": {"name": "look_up", "arguments": json.dumps({"to": say, "copies": 2})}}
    deep = json.dumps({"args": json.dumps({"to": say})})
    go = {"role": "user", "content": "Please go on."}
    return {
        "a system turn": _ask("go") | {"messages": [{"role": "system", "content": say}, go]},
        "a developer turn": _ask("go") | {"messages": [{"role": "developer", "content": say}, go]},
        "an assistant's turn": _ask("go") | {"messages": [go, {"role": "assistant", "content": say}, go]},
        "a content part": _ask([{"type": "text", "text": "Look:"}, {"type": "text", "text": say}]),
        "a refusal": _ask("go") | {"messages": [{"role": "assistant", "refusal": say}, go]},
        "a tool's description": ask(model="gpt", tools=[{"type": "function", "function": function | {"description": say}}]),
        "a tool's schema": ask(
            model="gpt", tools=[{"type": "function", "function": function | {"parameters": {"type": "object", "enum": [say]}}}]
        ),
        "a tool's default": ask(
            model="gpt", tools=[{"type": "function", "function": function | {"parameters": {"properties": {"x": {"default": say}}}}}]
        ),
        "an old function": ask(model="gpt", functions=[function | {"description": say}]),
        "arguments of a call": _ask("go") | {"messages": [{"role": "assistant", "tool_calls": [call]}, go]},
        "JSON in JSON": _ask("go")
        | {"messages": [{"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": deep}}]}, go]},
        "an old call": _ask("go")
        | {"messages": [{"role": "assistant", "function_call": {"name": "f", "arguments": json.dumps({"q": say})}}, go]},
        "a tool's result": _ask("go") | {"messages": [{"role": "tool", "tool_call_id": "1", "content": say}, go]},
        "the id of a call": _ask("go") | {"messages": [{"role": "tool", "tool_call_id": say, "content": "done"}, go]},
        "a response format": ask(
            model="gpt", response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": {"const": say}}}
        ),
        "a schema's key": ask(
            model="gpt", response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": {"properties": {say: {}}}}}
        ),
        "a stop word": ask(model="gpt", stop=[say, "END"]),
        "the only stop word": ask(model="gpt", stop=say),
        "a document": ask(model="gpt", documents=[{"title": "Note", "body": say}]),
        "an unknown field": ask(model="gpt", whatever={"deep": [[{"er": say}]]}),
        "an unknown key": ask(model="gpt", whatever={say: True}),
        "a file's name": _ask([{"type": "file", "file": {"filename": say, "file_id": "file-1"}}]),
        "a file's text": _ask([{"type": "file", "file": {"filename": "a.txt", "file_data": f"data:text/plain;base64,{base64_of(say)}"}}]),
        "an image's address": _ask([{"type": "image_url", "image_url": {"url": f"https://a.example/{urllib.parse.quote(say)}.png"}}]),
        "metadata": ask(model="gpt", metadata={"note": say}),
        "a key of metadata": ask(model="gpt", metadata={say[:60]: "x"}) if len(say) <= 60 else ask(model="gpt", metadata={say: "x"}),
        "a label of logit_bias": ask(model="gpt", logit_bias={say: 5}),
        "the prediction": ask(model="gpt", prediction={"type": "content", "content": say}),
        "a part of the prediction": ask(model="gpt", prediction={"type": "content", "content": [{"type": "text", "text": say}]}),
        "the user": ask(model="gpt", user=say),
        "the safety identifier": ask(model="gpt", safety_identifier=say),
        "a participant's name": _ask("go") | {"messages": [{"role": "user", "name": say, "content": "go"}]},
        "a tool choice": ask(model="gpt", tool_choice={"type": "function", "function": {"name": say}}),
        "web search options": ask(model="gpt", web_search_options={"user_location": {"approximate": {"city": say}}}),
    }


def splits(value: str, cut: int) -> Mapping[str, dict[str, Any]]:
    """A value in two halves, over parts, turns and fields."""
    one, two = value[:cut], value[cut:]
    before, after = "Please note the first half: " + one, two + " and that was the rest of it."
    user = {"role": "user"}
    return {
        "two parts": _ask([{"type": "text", "text": before}, {"type": "text", "text": after}]),
        "two turns": _ask("") | {"messages": [user | {"content": before}, user | {"content": after}]},
        "turns around an answer": _ask("")
        | {"messages": [user | {"content": before}, {"role": "assistant", "content": "Go on."}, user | {"content": after}]},
        "parts with a space": _ask([{"type": "text", "text": before + " "}, {"type": "text", "text": " " + after}]),
        "many parts": _ask([{"type": "text", "text": each} for each in groups(value, 3, "\0").split("\0")]),
        "many turns": _ask("") | {"messages": [user | {"content": each} for each in groups(value, 4, "\0").split("\0")]},
        "stop words": ask(model="gpt", stop=[one, two]),
        "metadata": ask(model="gpt", metadata={"a": one, "b": two}),
        "long parts": _ask(
            [{"type": "text", "text": "Nothing to see in this. " * 30 + one}, {"type": "text", "text": two + " Nothing to see. " * 30}]
        ),
    }


FORMS: Mapping[str, str] = {
    "CSV": "name,{k},city\nAnn,{v},Bonn\n",
    "TSV": "name\t{k}\tcity\nAnn\t{v}\tBonn\n",
    "Markdown": "| name | {k} |\n|---|---|\n| Ann | {v} |\n",
    "SQL": "INSERT INTO t (name, {k}) VALUES ('Ann', '{v}');",
    "JSON rows": '{{"columns": ["name", "{k}"], "rows": [["Ann", "{v}"]]}}',
    "name and value": '{{"name":"{k}","value":"{v}"}}',
    "YAML": "env:\n  - name: {k}\n    value: {v}\n",
    "an attribute": '<patient name="Ann" {k}="{v}"/>',
    "an element": "<p><{k}>{v}</{k}></p>",
    "cells": "<tr>\n<td class='l'>{k}</td>\n<td>{v}</td>\n</tr>",
    "a page's table": "<table><tr><th>name</th><th>{k}</th></tr><tr><td>Ann</td><td>{v}</td></tr></table>",
    "a form that is sent": 'Content-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n',
}
"""Where the word that says what a value is stands away from it."""

KEYS: Mapping[str, Callable[[], str]] = {
    "accountNumber": lambda: digits(10),
    "medical_record_number": lambda: digits(8),
    "date_of_birth": lambda: f"19{DICE.randrange(50, 99)}-0{DICE.randrange(1, 10)}-1{DICE.randrange(10)}",
    "nationalId": lambda: digits(9),
    "DB_PASSWORD": lambda: letters(9, string.ascii_letters) + "!7q",
}


def sensitive() -> Iterator[Case]:
    """Everything that must stay."""
    for name, form in FORMS.items():
        for key, make in KEYS.items():
            value = make()
            yield Case(f"{key} in {name}", _ask("Please tidy this up:\n\n" + form.format(k=key, v=value)), holds=(value,))
    for name, written in ENCODINGS.items():
        for kind, make in VALUES.items():
            if (name in NO_LETTERS and kind in {"key", "iban", "email"}) or (name == "look-alike letters" and kind != "email"):
                continue
            if name in {"in a page", "put together"} and kind == "ssn":
                continue
            value = make()
            yield Case(f"{kind}, {name}", _ask(in_words(written(value))), holds=(value,))
    for name, written in NUMBERS.items():
        value = card()
        yield Case(f"card, {name}", _ask(in_words(written(value))), holds=(value,))
    for name, spoken in ADDRESSES.items():
        address = email()
        yield Case(f"email, {name}", _ask(in_words(spoken(*address.replace(".", "@").split("@")))), holds=(address,))
    for name in places(""):
        for make in DICE.sample((grouped_card, email, iban, ssn, phone, api_key), 2):
            value = make()
            yield Case(f"{make.__name__}, {name}", places(in_words(value))[name], holds=(value,))
    for kind, make in {"card": card, "email": email, "iban": iban, "key": api_key}.items():
        value = make()
        for name, body in splits(value, DICE.randrange(4, len(value) - 4)).items():
            yield Case(f"{kind}, split over {name}", body, holds=(value,))
    yield from _others()


def _others() -> Iterator[Case]:
    number, address, birthday, secret = card(), email(), f"19{DICE.randrange(50, 99)}-0{digits(1)}-1{digits(1)}", letters(12) + "1!xQ"
    while (low := card()) > "44":  # beyond, a double has no halves
        pass
    while "0" in number[::4]:  # a group that began with zero would lose it
        number = card()
    groups_of_number = [int(each) for each in groups(number).split()]
    call = {"id": "1", "function": {"name": "f", "arguments": json.dumps({"user": "ann", "password": secret})}}
    user = {"role": "user"}
    yield Case("card as a number", ask(model="gpt", card=int(number)), holds=(number,))
    yield Case("card as a fraction", ask(model="gpt", card=float(f"{low}.5")), holds=(low,))
    yield Case("card as a list of digits", ask(model="gpt", card=[int(each) for each in number]), holds=(number,))
    yield Case("card as a list of groups", ask(model="gpt", card=groups_of_number), holds=(number,))
    yield Case(
        "password in arguments",
        _ask("go") | {"messages": [{"role": "assistant", "tool_calls": [call]}, user | {"content": "go"}]},
        holds=(secret,),
    )
    yield Case("password under a key", ask(model="gpt", settings={"password": secret}), holds=(secret,))
    yield Case("password in a list", ask(model="gpt", settings={"password": [secret]}), holds=(secret,))
    yield Case("password misspelled", _ask(in_words(f"p4ssw0rd: {secret}")), holds=(secret,))
    for path, member in (("/v1/completions", "prompt"), ("/v1/embeddings", "input")):
        yield Case(f"{path}", {"model": "gpt", member: in_words(address)}, path, (address,))
        yield Case(f"{path}, a list", {"model": "gpt", member: ["go", in_words(number)]}, path, (number,))
        yield Case(f"{path}, split", {"model": "gpt", member: ["Note: " + number[:7], number[7:] + " thanks"]}, path, (number,))
        yield Case(f"{path}, tokens", {"model": "gpt", member: [DICE.randrange(50_000) for _ in range(30)]}, path)
    yield Case("a suffix", {"model": "gpt", "prompt": "go", "suffix": in_words(address)}, "/v1/completions", (address,))
    asked = {"role": "assistant", "content": "What is your date of birth?"}
    yield Case(
        "an answer to a question",
        _ask("") | {"messages": [user | {"content": "Hi."}, asked, user | {"content": birthday}]},
        holds=(birthday,),
    )
    yield Case("an image", _ask([{"type": "image_url", "image_url": {"url": "data:image/png;base64," + base64_of(letters(60))}}]))
    yield Case("an image in a text", _ask("See ![this](data:image/png;base64," + base64_of(letters(60)) + ")"))
    yield Case("a sound", _ask([{"type": "input_audio", "input_audio": {"data": base64_of(letters(60)), "format": "wav"}}]))
    yield Case(
        "a file that nobody can read",
        _ask([{"type": "file", "file": {"file_data": "data:application/pdf;base64," + base64_of(letters(60))}}]),
    )
    yield Case("social security number one by one", _ask(in_words("0 7 8 - 0 5 - " + " ".join(digits(4)))))
    yield Case("social security number in words", _ask("my social security number is " + said("3" + digits(8))))
    yield Case("phone in words", _ask("call me at plus " + said("4930" + digits(8))))
    for sign in ("_", "..", " - ", "--"):
        number = ssn()
        yield Case(f"social security number with {sign!r}", _ask(in_words(number.replace("-", sign))), holds=(number,))
        number = iban()
        yield Case(f"iban with {sign!r}", _ask(in_words(groups(number, 4, sign))), holds=(number,))


def benign() -> Iterator[Case]:
    """Everything that only looks like it."""
    for number, say in enumerate(_benign_texts()):
        yield Case(f"text {number}: {say[:40]!r}", _ask(say))
    for number, body in enumerate(_benign_bodies()):
        yield Case(f"body {number}: {', '.join(body)}", body)


def _hash(count: int) -> str:
    return letters(count, "0123456789abcdef")


def _day() -> str:
    return f"20{DICE.randrange(10, 26)}-{DICE.randrange(1, 13):02}-{DICE.randrange(1, 29):02}"


def _clock() -> str:
    return f"{DICE.randrange(24):02}:{DICE.randrange(60):02}:{DICE.randrange(60):02}"


def _table(rows: int, columns: int, most: int, sign: str) -> str:
    return "\n".join(sign.join(str(DICE.randrange(most)) for _ in range(columns)) for _ in range(rows))


def isbn() -> str:
    """A valid ISBN-13."""
    first = "978" + digits(9)
    check = -sum(int(each) * (3 if place % 2 else 1) for place, each in enumerate(first)) % 10
    return f"{first[:3]}-{first[3]}-{first[4:8]}-{first[8:]}-{check}"


def _uuid() -> str:
    return "-".join(_hash(count) for count in (8, 4, 4, 4, 12))


def _benign_texts() -> Iterator[str]:
    yield f"Where is my order #{digits(8)}? It was sent on {_day()}."
    for form in FORMS.values():
        for key, value in (("order_id", digits(8)), ("createdAt", _day()), ("LOG_LEVEL", "debug42x")):
            yield "Please tidy this up:\n\n" + form.format(k=key, v=value)
    yield f"Order no. {digits(6)}-{digits(4)} has three items."
    yield f"Ticket INC{digits(7)} was closed, see JIRA-{digits(4)}."
    yield f"Invoice 2024-{digits(5)} over 1,{digits(3)}.50 EUR is paid."
    yield f"The tracking code is {letters(2, string.ascii_uppercase)}{digits(5)}X, is that normal?"
    for version in ("1.24.3", "10.4.0", "2.0.0-rc.1", "3.11.9+local.2", "0.15.0_20231217_1420", "v18.2.0"):
        yield f"What changed between {version} and the release before it?"
    yield f"Upgrade from 4.{digits(1)}.{digits(2)} to 5.0.1 failed with exit code 137."
    for count in (32, 40, 64, 128):
        yield f"git says {_hash(count)} is not in the tree. Why?"
    yield f"sha256:{_hash(64)} does not match sha256:{_hash(64)}"
    for _ in range(4):
        yield f"The job {_uuid()} hangs, and {_uuid()} waits for it."
    yield f"Event at {_day()}T{_clock()}Z, repeated at {_day()} {_clock()},123."
    yield f"The epoch is {1_700_000_000 + DICE.randrange(10**7)} seconds, {1_700_000_000_000 + DICE.randrange(10**9)} in milliseconds."
    for _ in range(3):
        yield f"Who wrote the book with ISBN {isbn()}?"
    yield "\n".join(
        f"{_day()} {_clock()},{DICE.randrange(100, 999)} INFO worker-{DICE.randrange(9)} took {DICE.random():.3f} s" for _ in range(30)
    )
    yield "\n".join(
        f'{_clock()} "GET /v1/items/{digits(5)}?page={digits(2)} HTTP/1.1" 200 {digits(4)} {DICE.random():.4f}' for _ in range(30)
    )
    yield "\n".join(f"[{DICE.random() * 1000:12.6f}] usb {digits(1)}-{digits(1)}: new device number {digits(2)}" for _ in range(20))
    for sign, most in ((",", 17), ("\t", 1000), (" ", 2), (" | ", 300), (", ", 50), ("  ", 256)):
        yield _table(25, 8, most, sign)
    yield "\n".join(f"| {year} | {DICE.randrange(1000, 2000)} | {DICE.random():.2f} |" for year in range(2001, 2021))
    yield "| 2019 | 2020 | 2021 | 2022 |\n|---|---|---|---|\n| 1.5 | 1.7 | 1.6 | 2.0 |"
    yield "\n".join(f"{DICE.random():.6f} {DICE.random():.6f} {DICE.random():.6f}" for _ in range(30))
    yield f"[{', '.join(str(DICE.randrange(10)) for _ in range(24))}]"
    yield f"Sort this list: {', '.join(str(DICE.randrange(100)) for _ in range(20))}."
    yield "The first primes are 2, 3, 5, 7, 11, 13, 17, 19, 23, 29 and 31. What comes next?"
    yield "1 1 2 3 5 8 13 21 34 55 89 144: continue."
    yield "Compute 3.14159265358979 * 2.71828182845905 / 1.41421356237310."
    yield "Solve x^2 - 12x + 35 = 0 and 4x + 17y = 123456789."
    yield f"What is {digits(7)} times {digits(7)}?"
    yield "Prove that 2^31 - 1 = 2147483647 is prime, and that 2^32 + 1 = 4294967297 is not."
    yield f"Prices: 1,299.00, 2,499.95, 19.99 and 0.{digits(2)}, total 3,8{digits(2)}.93."
    yield f"The budget is EUR 12.500.000,00 for 20{digits(2)}, CHF 1'250'000 of it now."
    yield "The chip runs at 10.0.0.1 firmware level"[:0] + "Firmware 1.2.3.4 is out; 2.4.5.6 follows in May."
    yield "Does 127.0.0.1 differ from localhost, and 0.0.0.0 from both?"
    yield f"Meet on {_day()} at 14:30, or on 03/04/2025 at 9."
    yield "Between 1914-1918 and 1939-1945 lay 21 years."
    yield "It opens 2024/05/06 09:00 and closes 2024/05/07 18:30."
    yield "After the dot com boom they all went home; call me at the dot com party, and look at example dot com."
    yield "We met at some point in the past, at noon. In short: a dot in the map."
    yield "Find more at docs.example.com or at example.org; the shop is at store.example.net."
    yield "Follow @nobody and @somebody; they talk @ noon. And we are @ home."
    yield "Use @property, @dataclass(frozen=True) and @pytest.mark.parametrize here."
    yield "The dot product of (1, 2, 3) and (4, 5, 6) is 32. Polka dot, dot matrix."
    yield "one two three four, one two three four: the drummer counts in."
    yield "Twenty one pilots, seven eleven, nine to five, two by four."
    yield "ten nine eight seven six five four three two one zero: we have lift off"
    yield "eins zwei drei vier fünf sechs sieben, wo ist meine Frau geblieben"
    yield "un deux trois, nous irons au bois, quatre cinq six, cueillir des cerises"
    yield "A B C D E F G, H I J K L M N O P: sing it with me."
    yield "1 2 3 4 5 6 7 8 9 10 11 12"
    yield "Say it: N O T H I N G, and then: t h e   e n d."
    yield "- - - - - - - - - - - -\n* * * * * * * * * *\n. . . . . . ."
    yield "x y z w u v, a-b-c-d-e-f-g, i/o, n/a, w/o"
    yield f"Decode this: {base64_of('the quick brown fox jumps over the lazy dog')}"
    yield f"What does {b'nothing to see here, move along'.hex()} say?"
    yield (
        f"The cookie is {base64.b64encode(DICE.randbytes(48)).decode()}."[:0]
        + f"The digest is {base64.b64encode(DICE.randbytes(32)).decode()}."
    )
    yield "\n".join(f"{at:08x}  {DICE.randbytes(16).hex(' ')}" for at in range(0, 160, 16))
    yield f"integrity: sha512-{base64.b64encode(DICE.randbytes(64)).decode()}"
    yield 'print("a" + "b" + "c"); x = "left" "right"; y = [1, 2, 3]'
    yield "for i in range(10):\n    total += matrix[i][j] * vector[i]  # 0123456789\nprint(total)"
    yield "SELECT id, name FROM items WHERE price > 100 AND created_at >= '2024-01-01' LIMIT 50;"
    yield "def f(password: str) -> bool:\n    return check(password, os.environ['PASSWORD'])"
    yield "password: str = Field(min_length=8)\napi_key = os.getenv('API_KEY')"
    yield "What makes a good password? Should a token expire after 30 days?"
    yield '#include <stdio.h>\nint main(void) { return printf("%d\\n", 0x7fffffff); }'
    yield "color: #ff8800; background: rgba(12, 34, 56, 0.7); margin: 0 auto 10px 20px;"
    yield "<p>Hello <b>world</b>, <i>this</i> is <a href='/x'>HTML</a>.</p>"
    yield "M 10 10 L 90 10 L 90 90 L 10 90 Z is a path; so is M0,0 C10,20 30,40 50,60."
    yield "Tom &amp; Jerry &lt;3, 100%25 sure, caf\u00e9, na\u0308ive, ＡＢＣ, ①②③"
    yield "Москва, Санкт-Петербург и Новосибирск: где теплее в мае 2024 года?"
    yield "Η Αθήνα είναι η πρωτεύουσα της Ελλάδας, με πληθυσμό 664.046."
    yield "東京の人口は約1400万人です。2023年の統計によると増えています。"
    yield "كم عدد سكان القاهرة في عام ٢٠٢٣؟"
    yield "\u200bA zero-width space hides nothing\u200b, does it?"
    yield "Flight LH123 leaves gate B42 at 10:45, seat 23A, and lands at 13:20."
    yield "Room 4.12, floor 3, building 17; the meeting takes 45 to 60 minutes."
    yield "RFC 2616, ISO 8601, DIN 5008, EN 60950-1 and IEEE 802.11ax: what are they?"
    yield "Melting points: 1538 C, 1085 C, 1064 C, 961 C; densities 7.87, 8.96, 19.3, 10.5."
    yield "chr1:1234567-2345678 GRCh38, rs7412, NM_000546.6, P04637"
    yield "CAS 50-00-0, 64-17-5 and 7732-18-5 are formaldehyde, ethanol and water."
    yield "1080p at 60 fps, 4K at 120 Hz, 5.1 sound, 16:9; 1920x1080 and 3840x2160."
    yield f"Bitte kürze das: Die Anlage lieferte {digits(4)} kWh, also {digits(2)},{digits(1)} % mehr als 2022."
    yield f"Résume : le train de 8h{digits(2)} a eu 12 minutes de retard sur 345 km."
    yield f"Resume esto: el museo recibió {digits(3)}.{digits(3)} visitantes en 2023, un 4,5 % más."
    yield "Roses are red, violets are blue, 0 and 1 are all that I do."


def _benign_bodies() -> Iterator[dict[str, Any]]:
    user = {"role": "user"}
    schema = {"type": "object", "properties": {"page": {"type": "integer", "default": 1, "maximum": 10_000}, "ids": {"type": "array"}}}
    tools = [
        {"type": "function", "function": {"name": f"tool_{n}", "description": f"Does thing {n}.", "parameters": schema}} for n in range(8)
    ]
    call = {
        "id": "call_" + letters(24),
        "type": "function",
        "function": {"name": "tool_1", "arguments": json.dumps({"page": 12, "ids": [17, 4, 99]})},
    }
    yield ask("Please pick a tool for this.", "gpt", tools=tools, tool_choice="auto")
    yield _ask("") | {
        "messages": [
            user | {"content": "Go."},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call["id"], "content": '{"total": 1234, "items": [1, 2, 3]}'},
        ]
    }
    yield ask("Shorter, please.", "gpt", logit_bias={str(DICE.randrange(100_000)): DICE.randrange(-100, 100) for _ in range(40)})
    yield ask("Say it in one line.", "gpt", stop=["\n\n", "END", "1.", "2."], seed=DICE.randrange(10**6), temperature=0.7)
    yield ask("Tell me more.", "gpt", metadata={"build": digits(4), "host": "worker-12", "day": _day(), "run": _uuid()})
    yield ask("Tell me more.", "gpt", user=_uuid(), prompt_cache_key=_hash(16))
    yield ask("Tell me more.", "gpt", weights=[round(DICE.random(), 4) for _ in range(30)], sizes=[64, 128, 256, 512, 1024])
    yield ask("Tell me more.", "gpt", created=1_700_000_000 + DICE.randrange(10**7), width=1920, height=1080)
    yield _ask("") | {"messages": [user | {"content": f"Question {n}: what is {n} plus {n}?"} for n in range(20)]}
    yield _ask([{"type": "text", "text": each} for each in ("First line.", "Second: 12 34.", "56 78 is the third.", "Fourth, 2024.")])
    yield _ask("") | {
        "messages": [
            user | {"content": "How many days are there?"},
            {"role": "assistant", "content": "365"},
            user | {"content": "2024 has 366."},
        ]
    }
    yield _ask("") | {
        "messages": [{"role": "system", "content": "Answer in JSON, version 2."}, user | {"content": '{"q": [1, 2, 3], "k": 10}'}]
    }
    yield ask(
        "Fill it in.", "gpt", response_format={"type": "json_schema", "json_schema": {"name": "reply", "schema": schema, "strict": True}}
    )
