"""Documents of all trades with something sensitive in them, and documents that only look so. Fresh values in every run.

Where `evasions.py` disguises a value, these show it as programs, clinics, banks and people really write it.
"""

import base64
import gzip
import json
import string
import urllib.parse
import zlib
from collections.abc import Iterator, Mapping

from tests.fakes.evasions import Case, digits, groups, iban, letters, phone, places, said, ssn
from tests.fakes.secrets import DICE, card, email

FIRST = (
    "Annegret",
    "Karl-Heinz",
    "Maryam",
    "Thibault",
    "Solène",
    "Iñaki",
    "Graciela",
    "Oluwaseun",
    "Brigitte",
    "Joaquín",
    "Rosalind",
    "Dietmar",
)
LAST = (
    "Wieczorek",
    "Fassbender",
    "Delacroix",
    "Etcheverry",
    "Villanueva",
    "Okonkwo",
    "Thistlewood",
    "Haverkamp",
    "Beaumont",
    "Zubiri",
    "Oberhuber",
)


def name() -> str:
    """Somebody's."""
    return f"{DICE.choice(FIRST)} {DICE.choice(LAST)}"


def birthday(form: str = "{d}.{m}.{y}") -> str:
    """A day of the last century."""
    return form.format(y=DICE.randrange(1935, 1999), m=f"{DICE.randrange(1, 13):02}", d=f"{DICE.randrange(1, 29):02}")


def password() -> str:
    """One that somebody thought of."""
    return DICE.choice(("Sommer", "Kestrel", "tr0mBone", "Mango", "Velvet")) + digits(3) + DICE.choice("!#?%") + letters(5)


def token(count: int) -> str:
    """Letters and digits, both."""
    while "xxx" in (made := letters(count)).lower() or not any(map(str.isdigit, made)):
        pass
    return made


def _b64(value: str | bytes) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def _cut(value: str, sign: str) -> str:
    at = len(value) // 2
    return value[:at] + sign + value[at:]


def secrets() -> Mapping[str, str]:
    """Keys, passwords and sessions, as files, programs and command lines have them."""
    user, host = "svc_" + letters(4, string.ascii_lowercase), letters(7, string.ascii_lowercase) + ".example.net"
    wide = token(40)
    pem = "\n".join(token(64) for _ in range(6))
    jwt = f"eyJhbGciOiJIUzI1NiJ9.{_b64(json.dumps({'sub': digits(8)})).rstrip('=')}.{token(43)}"
    return {
        ".env": f"DEBUG=1\nDB_HOST={host}\nDB_PASSWORD={password()}\nPORT=8080\n",
        "exported": f'export LOG=info\nexport STRIPE_SECRET="sk_live_{token(24)}"\n',
        "Terraform": f'resource "aws_db_instance" "main" {{\n  engine   = "postgres"\n  username = "{user}"\n  password = "{password()}"\n}}',
        "Terraform's variable": f'variable "db_password" {{\n  type    = string\n  default = "{password()}"\n}}',
        "a Kubernetes secret": f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ntype: Opaque\ndata:\n  username: {_b64(user)}\n  password: {_b64(password())}\n",
        "a Kubernetes secret, other names": f"apiVersion: v1\nkind: Secret\nmetadata: {{name: db}}\ndata:\n  PGPASS: {_b64(password())}\n",
        "stringData": f"kind: Secret\nstringData:\n  token: {wide}\n",
        "a compose file": f"services:\n  db:\n    image: postgres:16\n    environment:\n      - POSTGRES_USER={user}\n      - POSTGRES_PASSWORD={password()}\n",
        "curl -u": f"curl -sS -u {user}:{password()} https://{host}/api/v2/items",
        "curl --user in lines": f"curl -sS \\\n  --user '{user}:{password()}' \\\n  https://{host}/api/v2/items",
        "curl with a header": f'curl https://{host}/v1/x \\\n  -H "Accept: application/json" \\\n  -H "X-Api-Key: {wide}"',
        "a bearer": f"GET /me HTTP/1.1\nHost: {host}\nAuthorization: Bearer {wide}\n",
        "a basic login": f"Authorization: Basic {_b64(f'{user}:{password()}')}",
        "JDBC": f"jdbc:postgresql://{host}:5432/crm?user={user}&password={password().replace('#', '!').replace('%', '!')}&ssl=true",
        "SQL Server": f"Server=tcp:{host},1433;Database=crm;User ID={user};Password={password()};Encrypt=True;",
        "ODBC": f"Driver={{ODBC Driver 18}};Server={host};Uid={user};Pwd={password()};",
        "MongoDB": f"mongodb+srv://{user}:{token(12)}9@cluster0.{host}/crm",
        "Redis": f"redis://:{token(14)}7@{host}:6379/0",
        "AMQP": f"amqps://{user}:{token(12)}7@{host}/vhost",
        "DSN": f"host={host} dbname=crm user={user} password={password()} sslmode=require",
        "git's remote": f"origin  https://{user}:ghp_{token(36)}@github.com/acme/app.git (fetch)",
        ".netrc": f"machine {host}\n  login {user}\n  password {password()}\n",
        ".pgpass": f"{host}:5432:crm:{user}:{password().replace(':', '')}",
        ".npmrc": f"//registry.{host}/:_authToken={token(36)}",
        ".pypirc": f"[pypi]\nusername = __token__\npassword = pypi-AgEIcHlwaS5vcmc{token(70)}",
        "a private key": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{pem}\n-----END OPENSSH PRIVATE KEY-----",
        "a private key in JSON": json.dumps(
            {"type": "service_account", "private_key": f"-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n"}
        ),
        "a PuTTY key": f"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\n{token(48)}\nPrivate-MAC: {letters(64, '0123456789abcdef')}",
        "a PGP key": f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{pem}\n-----END PGP PRIVATE KEY BLOCK-----",
        "a token in a cookie": f"Cookie: theme=dark; access={jwt}; lang=de",
        "a session in a cookie": f"Set-Cookie: sessionid={token(32)}; HttpOnly; Path=/",
        "PHP": f"define( 'DB_PASSWORD', '{password()}' );\ndefine( 'DB_CHARSET', 'utf8' );",
        "Django": f"DATABASES = {{'default': {{'ENGINE': 'x', 'USER': '{user}', 'PASSWORD': '{password()}'}}}}",
        "Java's properties": f"spring.datasource.username={user}\nspring.datasource.password={password()}\n",
        "Ansible": f"- hosts: all\n  vars:\n    ansible_user: {user}\n    ansible_become_pass: {password()}\n",
        "AWS' file": f"[default]\naws_access_key_id = AKIA{letters(16, string.ascii_uppercase + '234567')}\naws_secret_access_key = {wide}\n",
        "AWS' secret alone": f"aws_secret_access_key = {wide}",
        "kubeconfig": f"users:\n- name: admin\n  user:\n    token: {token(48)}\n",
        "Slack": "https://hooks.slack.com/services/T{}/B{}/{}".format(
            letters(8, string.ascii_uppercase + "0123"), letters(8, string.ascii_uppercase + "0123"), token(24)
        ),
        "Discord": f"https://discord.com/api/webhooks/{digits(18)}/{token(68)}",
        "mysql": f"mysqldump -h {host} -u {user} -p{password()} crm > crm.sql",
        "sshpass": f"sshpass -p '{password()}' ssh {user}@{host.replace('.example.net', '')}",
        "PowerShell": f'$pw = ConvertTo-SecureString "{password()}" -AsPlainText -Force',
        "net use": f"net use Z: \\\\{host}\\share /user:{user} {password()}",
        "a parameter": f"python migrate.py --dry-run --password={password()} --verbose",
        "a parameter apart": f"psql-migrate --username {user} --password {password()} --dry-run",
        "a one-time secret": f"otpauth://totp/Acme:{user}?secret={letters(32, string.ascii_uppercase + '234567')}&issuer=Acme",
        "WireGuard": f"[Interface]\nPrivateKey = {_b64(DICE.randbytes(32))}\nAddress = fd00::2/128\n",
        "Wi-Fi": f"WIFI:T:WPA;S:Office;P:{password().replace(';', '')};;",
        "hostapd": f"interface=wlan0\nssid=Office\nwpa_passphrase={password()}\n",
        "Cisco": f"hostname core1\nenable secret 0 {password()}\nsnmp-server community {token(12)} RO\n",
        "a presigned address": f"https://bucket.s3.amazonaws.com/a.pdf?X-Amz-Credential=AKIA{letters(16, string.ascii_uppercase + '234567')}%2F20240101&X-Amz-Signature={letters(64, '0123456789abcdef')}",
        "an SAS address": f"https://acme.blob.core.windows.net/c/a.bin?sv=2022-11-02&se=2025-01-01&sr=b&sp=r&sig={urllib.parse.quote(_b64(DICE.randbytes(32)))}",
        "a shell's continuation": "export API_TOKEN=" + _cut("ghp_" + token(36), "\\\n"),
        "Python's continuation": 'API_TOKEN = ("' + _cut("ghp_" + token(36), '"\n             "') + '")',
        "Java's sum": 'String apiToken = "' + _cut("ghp_" + token(36), '"\n        + "') + '";',
        "PHP's sum": "$apiToken = '" + _cut("ghp_" + token(36), "' . '") + "';",
        "a here document": f"cat > /etc/app.conf <<EOF\n[auth]\nuser={user}\npassword={password()}\nEOF\n",
        "told": f"hey, the login for the staging box is {user} and the password is {password()}, pls don't share",
        "told in German": f"Das WLAN-Passwort lautet {password()}, bitte nicht weitergeben.",
        "told in French": f"Le mot de passe du serveur est {password()} et il expire demain.",
        "told in Spanish": f"La contraseña del servidor es {password()} y caduca mañana.",
        "user and password in a line": f"Login: {user} / {password()}",
        "reversed order": f"{password()} is the password for the admin account, right?",
        "XML": f"<datasource><user-name>{user}</user-name><password>{password()}</password></datasource>",
        "Maven": f"<server><id>nexus</id><username>{user}</username><password>{password()}</password></server>",
        "web.config": f'<add key="ApiSecret" value="{wide}" />',
        "a Docker login": f"docker login -u {user} -p {password()} registry.{host}",
        "GitLab CI": f"variables:\n  DEPLOY_TOKEN: {token(26)}\n  STAGE: test\n",
        "Dockerfile": f"FROM alpine\nENV SECRET_KEY={token(50)}\nRUN true",
        "Rails": f"production:\n  secret_key_base: {letters(128, '0123456789abcdef')}\n",
        "a log line": f'2026-01-02 11:12:13 DEBUG http - POST /login body={{"user":"{user}","password":"{password()}"}}',
        "a form": urllib.parse.urlencode({"username": user, "password": password(), "remember": "on"}),
        "a certificate store": f"keystore.jks storepass={password()} alias=prod",
    }


def persons() -> Mapping[str, str]:
    """Numbers and addresses of people, in files, messages and scripts of all kinds."""
    number, address, account, security, line = card(), email(), iban(), ssn(), phone()
    who = name()
    first, last = who.rsplit(" ", 1)
    rows = "\n".join(f"{n},{name()},{ssn()},{DICE.randrange(900, 5000)}" for n in range(3))
    return {
        "CSV": f"id,name,ssn,amount\n{rows}\n",
        "CSV with semicolons": f"Nr;Name;IBAN;Betrag\n1;{who};{account};12,50\n",
        "a page": f"<table><tr><td>Card</td><td><span>{number[:4]}</span> <span>{number[4:8]}</span> <span>{number[8:12]}</span> <span>{number[12:]}</span></td></tr></table>",
        "a page with &nbsp;": "<p>Card&nbsp;" + groups(number, 4, "&nbsp;") + "</p>",
        "hidden in a comment": f"<div><!-- contact {address} --></div>",
        "an attribute of a page": f'<input type="hidden" name="cc" value="{number}">',
        "a link": f'<a href="mailto:{address}?subject=Hi">write</a>',
        "a telephone link": f"[call](tel:{line})",
        "a vCard": f"BEGIN:VCARD\nVERSION:3.0\nFN:{who}\nN:{last};{first};;;\nTEL;TYPE=CELL:{line}\nEMAIL:{address}\nEND:VCARD",
        "a vCard with a birthday": f"BEGIN:VCARD\nN:{last};{first};;;\nBDAY:{birthday('{y}{m}{d}')}\nEND:VCARD",
        "a calendar": f"BEGIN:VEVENT\nSUMMARY:Check-up\nATTENDEE;CN={first}:mailto:{address}\nEND:VEVENT",
        "LDIF": f"dn: uid=x,ou=people,dc=acme\ncn: {who}\nmail:: {_b64(address)}\n",
        "a chat's export": f"[12.03.24, 18:02:11] Mia: hast du die Nummer?\n[12.03.24, 18:02:40] Ben: ja, {line}\n",
        "another chat's export": f"12/03/2024, 18:02 - Ben: my card is\n12/03/2024, 18:02 - Ben: {groups(number)}\n",
        "a mail's head": f"From: {who} <{address}>\nTo: team\nSubject: Re: lunch\n",
        "X12": f"ISA*00*  *00*  *ZZ*A*ZZ*B*240101*1200*^*00501*1*0*P*:~NM1*IL*1*{last.upper()}*{first.upper()}****MI*{digits(9)}~DMG*D8*{birthday('{y}{m}{d}')}*F~",
        "HL7": f"MSH|^~\\&|A|B|C|D|20240101||ADT^A01|1|P|2.5\rPID|1||{digits(8)}^^^H^MR||{last}^{first}||{birthday('{y}{m}{d}')}|F",
        "FHIR": json.dumps(
            {
                "resourceType": "Patient",
                "identifier": [{"system": "urn:mrn", "value": digits(8)}],
                "name": [{"family": last, "given": [first]}],
                "birthDate": birthday("{y}-{m}-{d}"),
            }
        ),
        "SEPA": f"<CdtrAcct><Id><IBAN>{account}</IBAN></Id></CdtrAcct>",
        "SWIFT": f":20:REF1\n:32A:240101EUR100,\n:50K:/{account}\n{who}\n:59:/{iban()}\n",
        "a SEPA code": f"BCD\n002\n1\nSCT\n\n{who}\n{account}\nEUR12.5\n",
        "a QR contact": f"MECARD:N:{last},{first};TEL:{line};EMAIL:{address};;",
        "YAML": f"customer:\n  name: {who}\n  contact:\n    phone: '{line}'\n",
        "TOML": f'[customer]\nemail = "{address}"\n',
        "INI": f"[customer]\niban={account}\n",
        "JSON lines": "\n".join(json.dumps({"n": n, "mail": email()}) for n in range(3)),
        "JSON in JSON in JSON": json.dumps({"a": json.dumps({"b": json.dumps({"c": address})})}),
        "JSON with escapes": '{"m": "' + "".join(f"\\u{ord(each):04x}" for each in address) + '"}',
        "SQL": f"UPDATE customers SET email='{address}', card='{number}' WHERE id=7;",
        "LaTeX": f"\\begin{{letter}}{{{who}}}\n\\href{{mailto:{address}}}{{mail}}\n\\end{{letter}}",
        "a log": f"2026-01-02T11:12:13Z INFO mailer - sent welcome to <{address}> in 45 ms",
        "a log with a number": f"2026-01-02 11:12:13,123 WARN pay - declined pan={number} exp=12/27 code=51",
        "a log of calls": f"Jan  2 11:12:13 pbx asterisk[811]: INVITE sip:{line}@sip.example.net",
        "a form": urllib.parse.urlencode({"name": who, "email": address, "card": groups(number)}),
        "a form in a form": urllib.parse.urlencode({"next": "/pay?" + urllib.parse.urlencode({"email": address})}),
        "gzip": _b64(gzip.compress(f"please charge {groups(number)} for {address}".encode())),
        "zlib": _b64(zlib.compress(f"please charge {groups(number)} for {address}".encode())),
        "gzip in hexadecimal": gzip.compress(f"please charge {groups(number)} now".encode()).hex(),
        "UTF-16 in base64": _b64(f"please charge {number} now".encode("utf-16-le")),
        "base64 in JSON in base64": _b64(json.dumps({"body": _b64(f"write to {address} today")})),
        "a token's claims": f"eyJhbGciOiJub25lIn0.{_b64(json.dumps({'email': address, 'name': who})).rstrip('=')}.",
        "right to left marks": "\u200f".join(groups(number).split(" ")),
        "isolates around each digit": "".join(f"\u2068{each}\u2069" for each in number),
        "superscripts": number.translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")),
        "subscripts": number.translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")),
        "circled": number.translate(str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")),
        "Chinese numerals": number.translate(str.maketrans("0123456789", "〇一二三四五六七八九")),
        "Devanagari": number.translate(str.maketrans("0123456789", "०१२३४५६७८९")),
        "Persian": number.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")),
        "mixed digits": "".join(each if n % 2 else chr(0x0966 + int(each)) for n, each in enumerate(number)),
        "an address in Cyrillic letters": address.replace("a", "а").replace("o", "о").replace("e", "е").replace("c", "с"),
        "an address in small capitals": address.translate(str.maketrans("abcdeghijklmnoprtuvwyz", "ᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ")),
        "an address in script letters": "".join(
            chr(0x1D4B6 + ord(each) - 97) if each.islower() and each not in "ego" else each for each in address
        ),
        "an address in bold": "".join(chr(0x1D41A + ord(each) - 97) if each.islower() else each for each in address),
        "full stops of Japan": address.replace(".", "。").replace("@", "＠"),
        "spelled in English pairs": "my card: " + pairs(number, "en"),
        "spelled in German": "meine Kartennummer: " + said(number, "German", ", "),
        "spelled in German pairs": "meine Kartennummer: " + pairs(number, "de"),
        "spelled in French": "ma carte : " + said(number, "French", "-"),
        "spelled in French pairs": "ma carte : " + pairs(number, "fr"),
        "spelled in Spanish": "mi tarjeta: " + said(number, "Spanish", " "),
        "spelled in Spanish pairs": "mi tarjeta: " + pairs(number, "es"),
        "spelled in Italian": "la mia carta: "
        + " ".join("zero uno due tre quattro cinque sei sette otto nove".split()[int(each)] for each in number),
        "spelled in Portuguese": "meu cartão: "
        + " ".join("zero um dois três quatro cinco seis sete oito nove".split()[int(each)] for each in number),
        "spelled in Dutch": "mijn kaart: "
        + " ".join("nul een twee drie vier vijf zes zeven acht negen".split()[int(each)] for each in number),
        "dictated": "it is "
        + "; ".join(
            " ".join("zero one two three four five six seven eight nine".split()[int(each)] for each in four)
            for four in groups(number).split()
        ),
        "a social security number, dictated in German": "Sozialversicherungsnummer " + said(digits(10), "German"),
        "a phone number, dictated in French": "mon numéro : " + pairs("06" + digits(8), "fr"),
        "a phone number, dictated in German": "meine Handynummer ist " + said("0171" + digits(7), "German"),
        "a phone number, dictated in Spanish": "mi teléfono es " + said("6" + digits(8), "Spanish"),
        "in a list of strings": "card = [" + ", ".join(f'"{four}"' for four in groups(number).split()) + "]",
        "a diff": f"--- a/x.txt\n+++ b/x.txt\n@@ -1 +1 @@\n-mail: {email()}\n+mail: {address}\n",
        "a traceback": f'Traceback (most recent call last):\n  File "a.py", line 3\nValueError: no such customer: {address}',
        "code with a constant": f'const CARD = "{number}";\nassert(luhn(CARD));',
        "a comment in code": f"x = 1  # ask {address}, SSN {security}\n",
        "emoji between": "💳".join(groups(number).split()),
        "a social security number in brackets": f"(SSN: {security.replace('-', ' ')})",
        "a social security number without signs": f"Employee social security no {security.replace('-', '')} starts Monday.",
        "an account, in words": f"Please wire it to routing 021000021 account {digits(10)} thanks.",
    }


_LOW = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve",
}
_HIGH = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "fr": "vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
}


def _below_hundred(number: int, language: str) -> str:
    low, high = _LOW[language].split(), _HIGH[language].split()
    ten, one = divmod(number, 10)
    if number < 20:
        return low[number]
    if language == "fr" and ten in {7, 9}:
        return f"{high[ten - 2]}{' et ' if number == 71 else '-'}{low[10 + one]}"
    if not one:
        return high[ten - 2]
    if language == "de":
        return f"{'ein' if one == 1 else low[one]}und{high[ten - 2]}"
    if language == "es" and ten == 2:
        return "veinti" + {2: "dós", 3: "trés", 6: "séis"}.get(one, low[one])
    return high[ten - 2] + {"en": "-", "es": " y ", "fr": " et " if one == 1 and ten < 8 else "-"}[language] + low[one]


def pairs(number: str, language: str) -> str:
    """Two digits at a time, as it is dictated there."""
    two_by_two = (number[at : at + 2] for at in range(0, len(number), 2))
    return " ".join(
        f"{_below_hundred(0, language)} {_below_hundred(int(pair[1]), language)}" if pair[0] == "0" else _below_hundred(int(pair), language)
        for pair in two_by_two
    )


def notes() -> Mapping[str, str]:
    """What is written about people, where their names are what tells."""
    who, other = name(), name()
    last, first = who.rsplit(" ", 1)[1], who.split(" ", 1)[0]
    return {
        "a German letter of discharge": f"Sehr geehrte Frau Kollegin,\nwir berichten über {who}, geb. am {birthday()}, die sich vom 3. bis 9. Mai in unserer stationären Behandlung befand. Diagnose: Pneumonie.",
        "a German note": f"Pat. {last}, {first}: klagt über Schwindel seit drei Tagen, RR 150/90, Labor unauffällig. Procedere: EKG.",
        "a German report of a nurse": f"Herr {last} hat heute gut gegessen und war mobil. Die Wunde am linken Bein ist trocken.",
        "a German anamnesis": f"Die 67-jährige Patientin {who} wurde wegen Brustschmerzen aufgenommen. Vorerkrankungen: Diabetes.",
        "a German insurer": f"Versicherte: {who}, KV-Nr. A{digits(9)}, wohnhaft in der Lindenstraße {digits(2)}, 50674 Köln",
        "a French letter of discharge": f"Cher confrère, je vous adresse le compte rendu de M. {who}, né le {birthday('{d}/{m}/{y}')}, hospitalisé pour une insuffisance cardiaque.",
        "a French note": f"Madame {last} se plaint de douleurs lombaires depuis deux semaines. TA 14/8. Radiographie demandée.",
        "a French prescription": f"Dr {other}\nOrdonnance pour {who}\nAmoxicilline 1 g, matin et soir, pendant 6 jours",
        "a French social report": f"La famille {last} est suivie depuis mars ; {first} ne va plus à l'école.",
        "a Spanish letter of discharge": f"Informe de alta. Paciente: {who}. Fecha de nacimiento: {birthday('{d}/{m}/{y}')}. Motivo de ingreso: dolor torácico.",
        "a Spanish note": f"Acude a consulta doña {who} por cefalea de una semana de evolución. Sin fiebre. Se pauta paracetamol.",
        "a Spanish report": f"El paciente {who} ingresa en urgencias con disnea y tos. NHC: {digits(7)}. Se realiza TAC.",
        "an English letter of discharge": f"Dear Dr {other.split()[-1]}, thank you for referring {who}, who was admitted with chest pain and discharged on aspirin.",
        "an English note": f"Pt {who} c/o SOB x3 days, hx COPD. Plan: nebs, steroids, f/u in clinic.",
        "a therapist's note": f"Session 4 with {first} {last}: panic attacks have become rarer, sleeps better, argues with her brother.",
        "a warning": f"Abmahnung an {who}: Sie sind am Montag erneut zwei Stunden zu spät zur Arbeit erschienen.",
        "a reference": f"{who} hat von 2015 bis 2021 in unserem Haus als Buchhalterin gearbeitet und ihre Aufgaben stets gut erledigt.",
        "a dismissal": f"Nous vous informons que le contrat de {who} prendra fin le 31 mars pour motif économique.",
        "a lawyer's file": f"In the matter of {who} v. {other}: our client denies that she signed the lease.",
        "a tenant": f"El inquilino {who} no ha pagado el alquiler de abril; vive en la calle Mayor {digits(2)}, 28013 Madrid.",
        "a school's file": f"Report card: {who}, class 7b, missed 14 days, mathematics D, needs support at home.",
        "a payslip": f"Employee: {who}\nGross pay: 4,210.00\nNet pay: 2,903.17\nDepartment: Purchasing",
        "minutes": f"Anwesend: {who}, {other}. Frau {last} berichtet über die Krankmeldung von Herrn {other.split()[-1]}.",
    }


def harmless() -> Iterator[str]:
    """What only looks so: orders, versions, scores, code, manuals, mathematics."""
    code, sha = letters(6, string.ascii_uppercase), letters(40, "0123456789abcdef")
    for say in (
        "Order {} was shipped, parcel {} follows.",
        "Bestellung Nr. {} vom Montag, Artikel {}.",
        "Commande n° {} : article {} indisponible.",
        "El pedido {} incluye el artículo {}.",
        "SKU {} replaces SKU {} from June on.",
        "Ticket #{} duplicates ticket #{}.",
    ):
        yield say.format(digits(6), digits(5))
    for version in (
        "pip install numpy==1.26.4",
        "node v20.11.1 and npm 10.2.4",
        "kernel 6.8.0-31-generic",
        "Chrome/124.0.6367.119 Safari/537.36",
        "CUDA 12.4.131",
        "openssl 3.0.13-0ubuntu3.1",
        "v2.3.1-beta.4+build.512",
    ):
        yield f"Does {version} fix this crash?"
    yield from (
        "Bayern won 4:1, Dortmund 2:2, Leipzig 0:3.",
        "6-4, 3-6, 7-6 (7-5) after 3 h 12 min.",
        "Lakers 112, Celtics 108; 24-31-28-29 by quarters.",
        "Halbzeit 28:24, am Ende 55:51.",
        "He ran 9.83 s, then 19.71 s over 200 m.",
        "Standings: 1. 87 pts, 2. 81 pts, 3. 79 pts, 4. 66 pts.",
    )
    yield f"git cherry-pick {sha} && git push origin HEAD~{digits(1)}"
    yield f"Merge branch 'fix-{digits(4)}' into release/{digits(1)}.{digits(2)} ({sha[:10]})"
    yield f"index {sha[:7]}..{sha[7:14]} 100644"
    yield f"sha1:{sha} md5:{letters(32, '0123456789abcdef')}"
    yield f"image: registry.example.com/app@sha256:{letters(64, '0123456789abcdef')}"
    yield f'"integrity": "sha512-{_b64(DICE.randbytes(64))}"'
    yield f'ETag: "{letters(32, "0123456789abcdef")}"'
    yield f"traceparent: 00-{letters(32, '0123456789abcdef')}-{letters(16, '0123456789abcdef')}-01"
    yield f"request_id={letters(20, string.ascii_lowercase + string.digits)} status=200 took={digits(3)}ms"
    yield "\n".join(f"2026-03-0{n} 10:0{n}:12 INFO scheduler: job {digits(5)} finished in {digits(3)} ms" for n in range(1, 9))
    yield "\n".join(f"[{n:>4}/2000] loss={DICE.random():.4f} lr=3e-04 tok/s={digits(5)}" for n in range(100, 1000, 100))
    yield "\n".join(f"worker-{n} | epoch {n} | step {digits(5)} | acc 0.{digits(4)}" for n in range(8))
    yield "def test_sign_up():\n    user = create(email='test@example.com', password='password')\n    assert user.email == 'test@example.com'"
    yield "await page.fill('#email', 'user@example.com'); await page.fill('#password', 'secret');"
    yield "const user = { name: 'foo', email: 'foo@example.org', token: 'TOKEN' };"
    yield "curl -u user:password https://api.example.com/v1/items"
    yield "curl -H 'Authorization: Bearer $TOKEN' https://api.example.com/v1/items"
    yield "mysql -h localhost -u root -p mydb < dump.sql"
    yield "docker run -p 8080:80 -e POSTGRES_PASSWORD=$PG_PASSWORD postgres:16"
    yield "docker login -u $CI_USER -p $CI_TOKEN registry.example.com"
    yield "psql postgresql://user:password@localhost:5432/db"
    yield "ssh -p 2222 deploy@host && scp -P 2222 a.txt deploy@host:/srv"
    yield "tool --password-file /run/secrets/db --pass-through --passphrase-fd 0"
    yield "openssl rsa -in key.pem -passin env:PASS -out plain.pem"
    yield "The password is required and must have at least 12 characters."
    yield "What is the password policy? Passwords expire after 90 days."
    yield "Die Passwortlänge ist 12; das Kennwort ist abgelaufen."
    yield "export PATH=$PATH:/usr/local/bin; export EDITOR=vim"
    yield 'variable "region" {\n  type    = string\n  default = "eu-central-1"\n}'
    yield 'variable "db_password" {\n  type      = string\n  sensitive = true\n}'
    yield "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata:\n  LOG_LEVEL: debug\n  TIMEOUT: '30'"
    yield "env:\n  - name: DB_PASSWORD\n    valueFrom:\n      secretKeyRef: {name: db, key: password}"
    yield "password: ${{ secrets.DB_PASSWORD }}"
    yield "password = os.environ['DB_PASSWORD']\napi_key = config.get('api_key')"
    yield "enable secret 5 <hash> sets it; snmp-server community <name> RO"
    yield 'printf("%s: %d items, %5.2f%%\\n", name, count, share);'
    yield "first_pass: 12 of 14 checks, second_pass: 14 of 14"
    yield "The by-pass: open; the boarding pass: gate B12; low-pass: 300 Hz."
    yield "a.c:12:5: error: expected ';' before 'return'\ntests/a.py:31:7:E501 line too long"
    yield "src/app.ts:120:14:no-unused-vars:warning"
    yield "localhost:5432:db:user:password"
    yield "It is the password manager that fails, isn't it?"
    yield "Bitwarden is the password manager we use; 2FA is the rule."
    for isbn in ("978-3-16-148410-0", "0-306-40615-2", "978 0 13 468599 1"):
        yield f"ISBN {isbn}, second edition."
    yield "doi:10.1038/s41586-020-2649-2 and arXiv:1706.03762v7"
    yield "PMID 31452104, NCT04280705, ISO 13485:2016, EN 1090-2"
    yield "HS code 8471.30.00, EAN 4006381333931, ISSN 0317-8471"
    yield "UN 1203, CAS 67-64-1, EC 200-662-2, E 330"
    yield "Patent US 9,876,543 B2 and EP 1 234 567 A1"
    yield "§ 433 Abs. 1 BGB, Az. VIII ZR 277/16, BGBl. I 2021 S. 1045"
    yield "Case C-311/18, paragraph 134, and Regulation (EU) 2016/679"
    yield "ICD-10 J18.9, ATC C09AA05, LOINC 718-7: what do they mean?"
    yield "LDL 128 mg/dl, HbA1c 6.1 %, eGFR 74: what is normal?"
    yield "5 mg twice a day, at most 40 mg in 24 h; half-life 12 to 15 h."
    yield "CPT 99213, DRG 470, HCPCS J1885 are codes for billing."
    yield "pi = 3.14159 26535 89793 23846 26433 83279, e = 2.71828 18284 59045 23536"
    yield "2^64 = 18446744073709551616; 10! = 3628800; 20! = 2432902008176640000"
    yield "Is 9007199254740993 exactly a double? What about 4503599627370497?"
    yield "x_1 = 0.123456789, x_2 = 0.987654321, |x_1 - x_2| = 0.864197532"
    yield 'int("0b110101", 2), 0xDEADBEEF, 0o755, 1_000_000_007'
    yield "A = [[1, 2, 3], [4, 5, 6], [7, 8, 10]]; det(A) = -3"
    yield "1 + 1/2 + 1/4 + 1/8 + 1/16 + 1/32 + 1/64 + 1/128 = 1.9921875"
    yield "What is 17 * 23 + 4096 / 64 - 1024?"
    yield "sin(30) = 0.5, cos(60) = 0.5, tan(45) = 1, log10(1000) = 3"
    yield "The sequence 1, 11, 21, 1211, 111221, 312211: what comes next?"
    yield "Area 51 covers 2,100 km2 at 37.2431 N, 115.7930 W."
    yield "EUR/USD 1.0842, GBP/USD 1.2671, USD/JPY 151.27"
    yield "Dow 38,904.04 (+0.80 %), Nasdaq 16,248.52, DAX 18.175,04"
    yield "Revenue rose from 1,234,567,890 to 1,345,678,901 dollars."
    yield "Q1 2024: 12.4, Q2 2024: 13.1, Q3 2024: 12.9, Q4 2024: 14.0"
    yield "IKEA Billy 80x28x202 cm, article 002.638.50"
    yield "LEGO 75192 has 7541 pieces, 42143 has 3778."
    yield "Boeing 737-800, Airbus A320-251N, MSN 8280"
    yield "BMW 320d G20, 140 kW at 4000/min, 400 Nm, 5.1 l/100 km"
    yield "RTX 4090, i9-14900K, DDR5-6000 CL30-38-38-96, 2x16 GB"
    yield "ICE 571 leaves Hamburg at 08:24 from platform 13a and arrives at 12:08."
    yield "Bus 240, 18:05, 18:15, 18:25, 18:35, 18:45"
    yield "From 1/3 to 31/5, Monday to Friday, 9:00-12:30 and 14:00-17:00."
    yield "Kapitel 12, Seite 345 bis 367, Abbildung 4.17"
    yield "Psalm 119:105, John 3:16-17, Surah 2:255"
    yield "Mix 250 g flour, 125 ml milk, 2 eggs, 1/2 tsp salt; bake 35 min at 180 C."
    yield "Scale 1:25000, sheet 7118, contour 10 m."
    yield "Frequencies: 88.6, 93.5, 101.3, 2412, 2437 and 2462 MHz"
    yield "Set PORT=8080 TIMEOUT=30000 WORKERS=4 MAX_CONN=1024"
    yield "chmod 755 a.sh; kill -9 4711; sleep 3600; exit 127"
    yield "iptables -A INPUT -p tcp --dport 443 -j ACCEPT"
    yield "ffmpeg -ss 00:01:30 -t 45 -i a.mp4 -crf 23 -b:a 128k b.mp4"
    yield "width=1920&height=1080&page=12&limit=50&sort=desc"
    yield "https://www.example.com/articles/2024/05/12/how-to-bake-bread?page=2#part-3"
    yield "zwei Eier, drei Löffel Zucker, vier Äpfel, fünf Minuten rühren"
    yield "vingt personnes, trente chaises, quarante assiettes et soixante verres"
    yield "veinte años, treinta días, cuarenta y dos kilómetros"
    yield "due caffè, tre cornetti, quattro tè e cinque panini"
    yield "een twee drie vier, hoedje van papier"
    yield "neunundneunzig Luftballons auf ihrem Weg zum Horizont"
    yield "Zwischen zwanzig und dreißig Grad; vierzig, fünfzig, sechzig wird es nie."
    yield "一二三四五，上山打老虎。二〇二四年五月十二日是星期天。"
    yield "第一章 第二节 三十六计 七十二变 一百零八将"
    yield "12•34•56 and 7→8→9: these are steps"
    yield "⭐4.5 (1,234) 🔥20 💰99 👍1024"
    yield 'names = ["a",\n         "b"\n         "c"]'
    yield "sed -e 's/a/b/' \\\n  -e 's/c/d/' file.txt\nmake all\\\n"
    yield f"Gutschein {code}{digits(2)}: 20 % bis Sonntag."
    yield f"The code of the meeting room is on the door; room {digits(3)}, floor {digits(1)}."
    yield f"ERR_{code}_{digits(3)} means that the disk is full."
    yield "What was discovered in 1898 in Paris?"


def documents() -> Iterator[Case]:
    """What patterns must find."""
    yield from _placed(secrets())
    yield from _placed(persons())


def named() -> Iterator[Case]:
    """What is about people by name."""
    yield from _placed(notes())


def _placed(kinds: Mapping[str, str]) -> Iterator[Case]:
    """Each as somebody's turn, and in some other place of a request."""
    for title, say in kinds.items():
        yield Case(title, {"model": "gpt", "messages": [{"role": "user", "content": f"Please look at this:\n\n{say}"}]})
        place = DICE.choice(sorted(places("")))
        yield Case(f"{title}, {place}", places(say)[place])


def look_alikes() -> Iterator[Case]:
    """What may leave."""
    for say in harmless():
        yield Case(f"{say[:50]!r}", {"model": "gpt", "messages": [{"role": "user", "content": say}]})
