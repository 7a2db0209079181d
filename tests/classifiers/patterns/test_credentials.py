"""The values are put together at run time, so that scanners of this repository stay calm."""

import base64

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
        "last=$(date -u +%Y-%m-%dT%H:%M:%SZ)",
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


A32, A43, A60 = R[:32], R + R[:3], R + R[:20]
UUID = f"{HEX[:8]}-{HEX[8:12]}-{HEX[12:16]}-{HEX[16:20]}-{HEX[20:]}"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("tg-" + A43, id="this gateway"),
        pytest.param("sk-lf-" + UUID, id="Langfuse"),
        pytest.param("sk-helicone-" + "-".join((R[:7], R[7:14], R[14:21], R[21:28])), id="Helicone"),
        pytest.param("csk-" + (R + R)[:48].lower(), id="Cerebras"),
        pytest.param("sk_" + HEX + HEX[:16], id="ElevenLabs"),
        pytest.param("pa-" + A43, id="Voyage"),
        pytest.param("jina_" + A60, id="Jina"),
        pytest.param("pcsk_" + R[:6] + "_" + A60, id="Pinecone"),
        pytest.param("tgp_v1_" + A43, id="Together"),
        pytest.param("e2b_" + HEX + HEX[:8], id="E2B"),
        pytest.param("fc-" + HEX, id="Firecrawl"),
        pytest.param("ABSK" + R * 3, id="Amazon Bedrock"),
        pytest.param("amzn.mws." + UUID, id="Amazon's market"),
        pytest.param("AKID" + A32, id="Tencent"),
        pytest.param("SCW" + R[:17].upper(), id="Scaleway"),
        pytest.param("1//0" + A60, id="Google's refresh token"),
        pytest.param("CFPAT-" + A43, id="Contentful"),
        pytest.param("sl.u." + R * 4, id="Dropbox"),
        pytest.param("sdk-" + UUID, id="LaunchDarkly"),
        pytest.param("sk.eyJ1Ijoi" + A60 + "." + R[:22], id="Mapbox"),
        pytest.param("sb_secret_" + A32, id="Supabase"),
        pytest.param("napi_" + A60.lower(), id="Neon"),
        pytest.param("sqp_" + HEX + HEX[:8], id="Sonar"),
        pytest.param("bkua_" + HEX + HEX[:8], id="Buildkite"),
        pytest.param("oy2" + "qzmxbwckrnyphsdfgjteuoix2345674a3b5c6d7e2f3", id="NuGet"),
        pytest.param("cio" + A32, id="crates.io"),
        pytest.param("access_token" + "$production$" + R[:16].lower() + "$" + HEX, id="PayPal"),
        pytest.param("rzp_live_" + R[:14], id="Razorpay"),
        pytest.param("pk_" + HEX + "a7", id="Klaviyo"),
        pytest.param("pk_12345678_" + A32.upper(), id="ClickUp"),
        pytest.param("live_" + HEX + "a7c", id="Lob"),
        pytest.param("EAA" + R * 3, id="Facebook"),
        pytest.param("dbtc_" + A43, id="dbt"),
        pytest.param("hcaik_" + A60.lower(), id="Honeycomb"),
        pytest.param("re_" + R[:8] + "_" + R[8:32], id="Resend"),
        pytest.param("bb_live_" + R[:27], id="Browserbase"),
        pytest.param("1/1203948576102938:" + HEX, id="Asana"),
        pytest.param(R + R[:36] + "AZDO" + R[:4], id="Azure DevOps"),
        pytest.param(R + R[:12] + "JQQJ99BAAC" + R[:20], id="Azure AI"),
        pytest.param("M" + R[:23] + "." + R[4:10] + "." + R[:38], id="a bot of Discord"),
        pytest.param(HEX + "-us12", id="Mailchimp"),
        pytest.param("https://hooks." + "zapier.com/hooks/catch/123456/" + R[:7].lower() + "/", id="a web hook of Zapier"),
        pytest.param("PuTTY-User-Key" + "-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\n" + A60, id="PuTTY"),
    ],
)
def test_formats_of_more_providers(text: str) -> None:
    assert [span.category for span in TABLE.detect(f"see {text} there")] == ["credential"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(f"https://a.example/v1?key={A32}&x=1", A32, id="a key in an address"),
        pytest.param(f"https://a.example/f?sp=r&sig={A43}=", A43 + "=", id="a signature"),
        pytest.param(f"https://a.example/f?sig={R[:20]}%2B{R[20:]}%3D", f"{R[:20]}%2B{R[20:]}%3D", id="a signature, encoded"),
        pytest.param(f"https://a.example/k?X-Amz-Signature={HEX}{HEX}", HEX + HEX, id="an address signed by Amazon"),
        pytest.param(f"https://a.example/api/x?code={A43}==", A43 + "==", id="a function's code"),
        pytest.param(f"https://a.example/cb#jwt={A43}", A43, id="behind a number sign"),
        pytest.param(f"https://a.example/cb?PHPSESSID={R[:26]}", None, id="a name that is not in the list"),
        pytest.param(f"https://a.example/?sitekey={A32}", None, id="what everybody may see"),
        pytest.param("https://a.example/?code=spring-sale-for-everybody", None, id="words"),
        pytest.param("https://a.example/?token=YOUR_TOKEN_HERE_1234", None, id="a placeholder"),
        pytest.param("for key=value pairs use key=another_longer_value_1", None, id="no address"),
        pytest.param(f"git clone https://{A32}@git.a.example/x.git", A32, id="a token as the user"),
        pytest.param("https://some-long-name-of-somebody@git.a.example/x.git", None, id="a name as the user"),
        pytest.param(f"Cookie: lang=de; sessionid={R[:26]}; x=1", f"lang=de; sessionid={R[:26]}; x=1", id="cookies"),
        pytest.param(f"curl -b 'JSESSIONID={R[:26]}' https://a.example", f"JSESSIONID={R[:26]}", id="a cookie on a command line"),
        pytest.param(f'curl --cookie "sid=s%3A{A32}"', f"sid=s%3A{A32}", id="a cookie, spelled out"),
        pytest.param("Set-Cookie: lang=de; Path=/; theme=dark-and-quiet-2024", None, id="cookies that say nothing"),
        pytest.param("cookie: a biscuit with 1 egg", None, id="a recipe"),
        pytest.param("Authorization: ApiKey " + A43, A43, id="another scheme"),
        pytest.param("Authorization: " + A43, A43, id="no scheme"),
        pytest.param('headers = {"Authorization": f"Bearer ' + A32 + '"}', A32, id="in code"),
        pytest.param("authorization = get_authorization_header(request)", None, id="code that has none"),
        pytest.param("Authorization: your-api-key-goes-here-please", None, id="a manual"),
        pytest.param("machine a.example login jane password " + "Sommer84x", "Sommer84x", id="netrc"),
        pytest.param("machine learning and login flows need a password policy", None, id="words of netrc"),
        pytest.param('{"auth": "' + base64.b64encode(b"jane:Sommer84x").decode() + '"}', base64.b64encode(b"jane:Sommer84x").decode(), id="docker"),
        pytest.param('{"auth": "' + base64.b64encode(b"jane and nobody else").decode() + '"}', None, id="base64 of something else"),
        pytest.param("Ocp-Apim-Subscription-Key: " + HEX, HEX, id="a header of Azure"),
    ],
)  # fmt: skip
def test_keys_in_addresses_and_headers(text: str, value: str | None) -> None:
    assert {text[span.start : span.end] for span in TABLE.detect(text)} == ({value} - {None})


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
        pytest.param("password: Sommer%Sand84", id="a percent sign before a letter"),
        pytest.param("jdbc:x://h/crm?user=ann&password=Sommer84!x&ssl=true", id="a parameter before another"),
        pytest.param("curl -u svc_app:Sommer84!x https://a.example", id="a user with an underscore"),
        pytest.param("secret_key_base: " + HEX * 4, id="a secret of Rails"),
        pytest.param("keypass=Sommer84!x", id="a word that the setting's name is stuck to"),
    ],
)
def test_passwords_in_the_forms_that_people_write(text: str) -> None:
    assert [text[span.start : span.end].strip("<'|") for span in TABLE.detect(text)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("--- PASS: TestFoo (0.00s)", id="a test's outcome"),
        pytest.param("password: your_password", id="a placeholder"),
        pytest.param("curl -u USER_NAME:Sommer84!x https://a.example", id="a placeholder for the user"),
        pytest.param("printf('password: %s', x)", id="a format"),
        pytest.param("type User struct {\n\tPassword  string\n}", id="a field of a type"),
        pytest.param("db.password=\ndb.url=jdbc:x", id="an empty setting"),
        pytest.param("curl -u <user:password> https://a.example", id="a manual"),
    ],
)
def test_what_only_speaks_of_passwords(text: str) -> None:
    assert not list(TABLE.detect(text))
