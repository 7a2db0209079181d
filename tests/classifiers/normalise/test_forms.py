"""What stands in a table or a list is read with the word that says what it is."""

import string
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.classify import classify
from classifiers.detectors import patterns, secrets
from classifiers.normalise.forms import FORM_GATES, labelled
from classifiers.normalise.view import View
from classifiers.prompt import Part, Prompt
from classifiers.sieve import Sieve
from classifiers.table import fuse
from classifiers.work import Work
from tests.fakes.secrets import DICE

DETECTORS = fuse((patterns.build(patterns.Options()), secrets.build(secrets.Options())))
SIEVE = Sieve(FORM_GATES)


def read(text: str) -> str:
    return View(text).rewritten(partial(labelled, work=Work()), Work()).text


def found(text: str) -> set[str]:
    signals = classify(Prompt((Part(text),)), DETECTORS)
    assert not signals.doubts
    return {text[finding.start : finding.end] for finding in signals.findings}


def number(count: int) -> str:
    return DICE.choice("123456789") + "".join(DICE.choices(string.digits, k=count - 1))


def table(sign: str, end: str = "\n") -> str:
    return end.join(sign.join(row) for row in (("name", "{k}", "city"), ("Ann", "{v}", "Bonn"), ("Bo", "{w}", "Leeds")))


GRIDS = {
    "commas": table(","),
    "commas and spaces": table(", "),
    "semicolons": table(";"),
    "tabs": table("\t"),
    "bars": table("|"),
    "two spaces": table("  "),
    "lines that end as on Windows": table(",", "\r\n"),
    "quoted cells": '"name","{k}","city"\n"Lee, Ann","{v}","Bonn"\n"Roe, Bo","{w}","Leeds"',
    "an open quotation mark": 'name,{k},city\nAnn 5",{v},Bonn\nBo,{w},Leeds',
    "a gap": "name,{k},city\n\nAnn,{v},Bonn\n\n# more\nBo,{w},Leeds",
    "a cell more in the rows": "name,{k},city\nAnn,{v},Bonn,\nBo,{w},Leeds,",
    "Markdown": "| name | {k} |\n|------|:---:|\n| Ann | {v} |\n| Bo | {w} |",
    "a database's output": " name | {k}\n------+-----\n Ann  | {v}\n Bo   | {w}\n(2 rows)",
    "a database's output in a frame": "+---+---+\n| name | {k} |\n+---+---+\n| Ann | {v} |\n| Bo | {w} |\n+---+---+",
    "SQL": "INSERT INTO t (name, {k}) VALUES ('Ann', '{v}'), ('Bo', '{w}');",
    "SQL with an apostrophe": "INSERT INTO t (name, {k}) VALUES ('Ann O''Neil, jr', '{v}'), ('Bo', '{w}');",
    "SQL in lines": "INSERT INTO `t` (`name`,`{k}`)\nVALUES\n('Ann','{v}'),\n('Bo','{w}');",
    "JSON rows": '{{"columns": ["name", "{k}"], "rows": [["Ann", "{v}"], ["Bo", "{w}"]]}}',
    "a JSON column": '{{"name": ["Ann", "Bo"], "{k}": ["{v}", "{w}"]}}',
    "a page's table": "<table><tr><th>name</th><th>{k}</th></tr><tr><td>Ann</td><td>{v}</td></tr><tr><td>Bo</td><td>{w}</td></tr></table>",
    "a page's table in lines": "<TABLE>\n<TR>\n <TH>name</TH>\n <TH class='x'>{k}</TH>\n</TR>\n<TR>\n <TD>Ann</TD>\n <TD>{v}</TD>\n</TR>\n<TR><TD>Bo</TD><TD>{w}</TD></TR></TABLE>",
    "one column": "{k}\n{v}\n{w}",
}
PAIRS = {
    "name and value": '{{"name": "{k}", "value": "{v}"}}',
    "name and value without spaces": '{{"name":"{k}","value":"{v}"}}',
    "name and value in lines": '{{\n  "key": "{k}",\n  "type": "string",\n  "value": "{v}"\n}}',
    "a value in an object": '{{"{k}": {{"value": "{v}"}}}}',
    "question and answer": '{{"question": "{k}", "answer": "{v}"}}',
    "YAML": "env:\n  - name: {k}\n    value: {v}\n",
    "an attribute": '<patient id="7" {k}="{v}"/>',
    "an element": "<p><{k}>{v}</{k}></p>",
    "an element of a namespace": "<n:p><n:{k}>{v}</n:{k}></n:p>",
    "an element with attributes": '<{k} type="a" size="3">{v}</{k}>',
    "attributes for name and value": '<add key="{k}" value="{v}" />',
    "an attribute for the name": '<property name="{k}">{v}</property>',
    "cells": "<tr><td>{k}</td><td>{v}</td></tr>",
    "cells in lines": '<tr>\n  <td class="l">{k}</td>\n  <td class="v">{v}</td>\n</tr>',
    "two rows of cells": "<tr><td>{k}:</td><td>{v}</td></tr><tr><td>City</td><td>Bonn</td></tr>",
    "a list of definitions": "<dl><dt>{k}</dt><dd>{v}</dd></dl>",
    "a form that is sent": 'Content-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n--x',
    "a pair": "[('{k}', '{v}'), ('b', 2)]",
    "a default": 'variable "{k}" {{\n  default = "{v}"\n}}',
    "a default in columns": 'variable "{k}" {{\n  type    = string\n  default = "{v}"\n}}',
    "the line below": "Name\nAnn\n\n{k}\n{v}\n",
}
LABELS = (
    ("account_number", 10),
    ("accountNo", 9),
    ("medicalRecordNumber", 8),
    ("patient-mrn", 8),
    ("national_id", 9),
    ("SSN", 9),
    ("PASSPORT_NUMBER", 9),
    ("homePhone", 10),
    ("memberId", 9),
)


@pytest.mark.parametrize("form", [pytest.param(form, id=name) for name, form in (GRIDS | PAIRS).items()])
def test_values_in_forms_are_found(form: str) -> None:
    for key, count in LABELS:
        one, other = number(count), number(count)
        text = form.format(k=key, v=one, w=other)
        values = {one, other} if "{w}" in form else {one}
        assert not {value for value in values if not any(value in each for each in found(text))}, text


@pytest.mark.parametrize("form", [pytest.param(form, id=name) for name, form in (GRIDS | PAIRS).items()])
def test_secrets_and_days_of_birth_in_forms_are_found(form: str) -> None:
    day = f"19{DICE.randrange(50, 99)}-0{DICE.randrange(1, 9)}-1{DICE.randrange(9)}"
    password = "".join(DICE.choices(string.ascii_letters, k=7)) + "!" + number(2)
    for key, value in (("dob", day), ("dateOfBirth", day), ("db_password", password)):
        text = form.format(k=key, v=value, w=value)
        assert any(value in each for each in found(text)), text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("order_id,amount,status\n1234567,99.50,open\n7654321,10.00,closed", id="orders"),
        pytest.param("id,title,isbn\n1,Emma,9780141439587", id="books"),
        pytest.param("<config><server port='8080'/><timeout>30000</timeout><build>20240117</build></config>", id="a configuration"),
        pytest.param('{"name": "TIMEOUT", "value": "30000"}, {"name": "BUILD", "value": "1234567"}', id="variables"),
        pytest.param('{"name": "DB_PASSWORD", "value": "${DB_PASSWORD}"}', id="a placeholder"),
        pytest.param("INSERT INTO orders (id, total, created) VALUES (1234567, 99.5, '2024-01-17');", id="an order in SQL"),
        pytest.param("<tr><th>year</th><th>population</th></tr><tr><td>2020</td><td>1234567</td></tr>", id="figures"),
        pytest.param("account_type,count\nsavings,1234567\nchecking,7654321", id="a word that goes on"),
        pytest.param("password_changed_at,phone_model\n2024-01-17,iPhone 12345678", id="words that go on"),
        pytest.param("phone,tablet,watch\nOS,RAM,chip\n12,8,A15", id="things"),
        pytest.param("Account\nChoose a plan\n1234567 people did", id="a heading"),
        pytest.param("def login(user, password):\n    return check(user, password)", id="code"),
        pytest.param("Bring your passport, a pen, and 1,234,567 dollars.", id="a sentence"),
        pytest.param("phone,1234567890123456789,7654321\nx,y,z", id="no header but a row"),
        pytest.param("serial,name\n", id="no rows"),
        pytest.param("name,pin", id="a line alone"),
        pytest.param("<td>pin</td>", id="a cell alone"),
        pytest.param("<tr><td>pin</td>", id="a row that does not end"),
        pytest.param("(pin", id="a bracket that does not end"),
        pytest.param("(a) pin)", id="a bracket that ended before"),
        pytest.param('"pin", "size", "color"', id="a list of words"),
        pytest.param('Content-Disposition: form-data; name="order_id"\r\n\r\n24622150\r\n', id="an order in a form that is sent"),
        pytest.param("- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef: {name: db}", id="where a value comes from"),
        pytest.param("[('pin', 'account'), ('a', 'b')]", id="pairs of words"),
    ],
)
def test_what_only_looks_like_it_is_not(text: str) -> None:
    assert found(text) == set(), read(text)


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("name,accountNo\nAnn,1", "name,accountNo\nAnn,account number: 1\n"),
        ("pin\n1\n2\nb\nc\n3", "pin\npin: 1\n\npin: 2\n\nb\nc\n3"),
        ("a,pin\nb\n1,2", "a,pin\nb\n1,pin: 2\n"),
        ("a,pin\nb\nc\nd\ne\n1,2", "a,pin\nb\nc\nd\ne\n1,2"),
        ("a,pin\n1", "a,pin\n1"),
        ("a,b,pin\n1,2", "a,b,pin\n1,2"),
        ("pin,a\n,2", "pin,a\n,2"),
        ("shopping,a\n1,2", "shopping,a\n1,2"),
        ("cell2Pin,a\n1,2", "cell2Pin,a\npin: 1\n,2"),
        ("my pin (?),a\n1,2", "my pin (?),a\n1,2"),
        ("pin of a sort,a\n1,2", "pin of a sort,a\n1,2"),
        ("a" * 70 + " pin,a\n1,2", "a" * 70 + " pin,a\n1,2"),
        ("x" * 5000 + ",pin\n1,2", "x" * 5000 + ",pin\n1,2"),
    ],
)
def test_how_it_reads(text: str, reads: str) -> None:
    assert read(text) == reads


def test_the_gate_is_opened_by_every_form_and_by_little_else() -> None:
    for form in (GRIDS | PAIRS).values():
        text = form.format(k="ssn", v="1", w="2")
        assert read(text) == text or SIEVE.sift(text, Work()).opened, text
    for text in ("nothing here", "My account number is 12345678 and I lost my passport.", "password = secret", '{"phone": 1}'):
        assert not SIEVE.sift(text, Work()).opened, text


@given(st.text(alphabet="pin,|;\t\n ()[]<>/tdrh\"':1ä", max_size=200))
def test_any_text_can_be_read_and_changes_are_in_order(text: str) -> None:
    at = 0
    for start, end, _ in labelled("pin,a\n" + text, Work()):
        assert at <= start <= end
        at = end


@pytest.mark.parametrize(
    "piece", ["pin,", "pin\n", "<tr><th>pin</th>", "(pin,", "[pin,'", '"pin":["', "pin\t", "pin|1\n", '{"name":"pin","value":"1"}']
)
def test_the_work_is_linear(piece: str) -> None:
    spent = []
    for length in (5_000, 50_000):
        work = Work(10**9)
        list(labelled(piece * (length // len(piece)), work))
        spent.append(10**9 - work._left)  # what it took
    assert spent[1] < 15 * spent[0] + 1000
