"""The values are put together at run time, so that scanners of this repository stay calm."""

import pytest

from classifiers.patterns import credentials
from classifiers.table import Table

TABLE = Table("table", credentials.rows())
R = "q7Zt2LmX9bVw4KcR8nYp3HsD6fGj1TeA5uQoBiEx"  # forty characters that look random
HEX = "9f3b1c7e5a2d8046b9e1f7c3d5a80264"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("AKIA" + "IOSFODNN7EXAMPLE", id="aws"),
        pytest.param("ghp_" + R[:36], id="github"),
        pytest.param("glpat-" + R[:20], id="gitlab"),
        pytest.param("xoxb-" + "781236542736-2364535789652-" + R[:24], id="slack"),
        pytest.param("sk_live_" + R[:24], id="stripe"),
        pytest.param("sk-" + R, id="openai"),
        pytest.param("sk-proj-" + R, id="openai project"),
        pytest.param("sk-ant-api03-" + R * 2 + R[:13] + "AA", id="anthropic"),
        pytest.param("AIza" + R[:35], id="google"),
        pytest.param("hf_" + "RdeidRutJuADoVDqPyuIodVhcFnZIqXAfb", id="hugging face"),
        pytest.param("npm_" + R[:36], id="npm"),
        pytest.param("pypi-" + "AgEIcHlwaS5vcmc" + R * 2, id="pypi"),
        pytest.param("SG." + R[:22] + "." + R + "abc", id="sendgrid"),
        pytest.param("SK" + HEX, id="twilio"),
        pytest.param("AccountKey=" + (R * 3)[:86] + "==", id="azure storage"),
        pytest.param("eyJhbGciOiJI" + "UzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + R, id="json web token"),
        pytest.param("-----BEGIN RSA " + "PRIVATE KEY-----\n" + R + "\n" + R + "\n-----END RSA PRIVATE KEY-----", id="private key"),
        pytest.param("postgres://app:" + "s3cr3t-pw" + "@db.internal:5432/x", id="connection string"),
        pytest.param("password = '" + "hunter2x" + "'", id="password in code"),
        pytest.param("my password is " + "Tr0ub4dor&3", id="password in a sentence"),
        pytest.param("das Passwort ist " + "geheim-123!", id="password in german"),
        pytest.param('api_key: "' + HEX + '"', id="key in yaml"),
        pytest.param("AUTH_TOKEN=" + "dafa7817-e246-48f3-91a7-e87653d587b8", id="uuid as token"),
        pytest.param("secret = " + "a1b2c3d4-z9y8x7w6-q5", id="token in pieces"),
        pytest.param("Authorization: Bearer " + R, id="header"),
        pytest.param("curl -u kevin:" + "pRf7vG2h1L8n" + " https://x.example", id="command line"),
        pytest.param("curl -u kevin:" + "pRfgvGahtLzn" + " https://x.example", id="command line, letters only"),
        pytest.param("https://hooks." + "slack.com/services/T0DCUJB1Q/B0DD08H5G/" + R[:24], id="web hook"),
        pytest.param("SNYK_TOKEN := 12345678-ABCD-" + "ABCD-ABCD-1234567890AB", id="a vendor's uuid"),
    ],
)
def test_found(text: str) -> None:
    spans = list(TABLE.detect(f"see {text} there"))
    assert spans
    assert {span.category for span in spans} == {"credential"}


def test_a_private_key_is_one_span() -> None:
    text = "-----BEGIN " + "PRIVATE KEY-----\n" + (R + "\n") * 20 + "-----END PRIVATE KEY-----"
    assert [(span.start, span.end) for span in TABLE.detect(text)] == [(0, len(text))]


@pytest.mark.parametrize(
    "text",
    [
        "ghp_" + "x" * 36,
        "api_key = 'your_api_key_here_1234'",
        "API_KEY=${API_KEY_FROM_ENV_1}",
        "password: <password>",
        "password=${DB_PASSWORD}",
        "password = os.environ['DB_PASSWORD']",
        "password: string",
        "password = user.password_hash",
        "Password: /etc/secret/file",
        "the password is required",
        "the password is incorrect.",
        "secret: xxxxxxxxxxxxxxxx1111",
        "token = token_type_identifier_x9",
        "public const token: abcdefghijklmnopqrstuvwx",
        "key_token: 1234567890123456",
        "postgres://user:password@localhost/x",
        "https://example.org:8080/path",
        "curl -u user:pass https://x.example",
        "curl -u ${USER}:${PASS} https://x.example",
        "docker run -u 1000:1000 image",
        "docker run -u node:node image",
        "curl --user test:abcabcab",
        "Authorization: Bearer aaaaaaaaaaaaaaaa",
        "How do I rotate an API key?",
    ],
)
def test_not_found(text: str) -> None:
    assert [text[span.start : span.end] for span in TABLE.detect(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("**Password**: Sommer84!x", id="emphasis"),
        pytest.param("const password: string = 'Sommer84!x'", id="a type between"),
        pytest.param("SMTP_PASS=Sommer84!x", id="a short word"),
        pytest.param("<password>Sommer84!x</password>", id="a tag"),
        pytest.param("| password | Sommer84!x |", id="a table"),
        pytest.param("Passwort; Sommer84!x", id="a semicolon"),
        pytest.param("Password      Sommer84!x", id="columns"),
        pytest.param("Mein Passwort lautet Sommer84!x", id="a German sentence"),
        pytest.param("hasło: Sommer84!x", id="Polish"),
        pytest.param("password: Example2024!", id="a word that could be a placeholder"),
    ],
)
def test_passwords_in_the_forms_that_people_write(text: str) -> None:
    assert [text[span.start : span.end].strip("<'|") for span in TABLE.detect(text)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("--- PASS: TestFoo (0.00s)", id="a test's outcome"),
        pytest.param("password: your_password", id="a placeholder"),
        pytest.param("type User struct {\n\tPassword  string\n}", id="a field of a type"),
        pytest.param("db.password=\ndb.url=jdbc:x", id="an empty setting"),
        pytest.param("curl -u <user:password> https://a.example", id="a manual"),
    ],
)
def test_what_only_speaks_of_passwords(text: str) -> None:
    assert not list(TABLE.detect(text))
