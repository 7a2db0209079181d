"""The values are put together at run time, so that scanners of this repository stay calm."""

import pytest

from classifiers.patterns import commands
from classifiers.table import Table

TABLE = Table("table", commands.rows())
P = "Kestrel" + "145%iyAq"


def found(text: str) -> list[str]:
    return [text[span.start : span.end] for span in TABLE.detect(text)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"ansible_become_pass: {P}", id="a name that ends with it"),
        pytest.param(f"storepass: '{P}'", id="a name that it is stuck to"),
        pytest.param(f"migrate --user ann --password {P} --dry-run", id="an option and its value"),
        pytest.param(f"run(['x', '--password', '{P}'])", id="an option in a list"),
        pytest.param(f"keytool -storepass {P} -list", id="an option with one dash"),
        pytest.param(f"mysqldump -h db -u ann -p{P} crm", id="a letter that it is stuck to"),
        pytest.param(f"sshpass -p '{P}' ssh ann@host", id="a letter and quotes"),
        pytest.param(f"docker login -u ann -p {P} registry", id="a login at a registry"),
        pytest.param(f'ConvertTo-SecureString "{P}" -AsPlainText -Force', id="PowerShell"),
        pytest.param(f"net use Z: \\\\host\\share /user:ann {P}", id="a share"),
        pytest.param(f"WIFI:T:WPA;S:Office;P:{P};;", id="a network in a picture"),
        pytest.param(f"enable secret 0 {P}", id="a router"),
        pytest.param(f"wpa_passphrase={P}", id="an access point"),
        pytest.param(f"db.net:5432:crm:svc_app:{P}", id="a file of logins"),
        pytest.param(f"db.net:5432:crm:svc_app:{P}: x", id="a file of logins, as a key"),
        pytest.param(f"{P} is the password for the admin account, right?", id="before the word"),
        pytest.param(f"{P} ist das WLAN-Passwort.", id="before the word, in German"),
    ],
)
def test_typed(text: str) -> None:
    assert found(text) == [P]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("mysql -h localhost -u root -p mydb", id="asked for"),
        pytest.param("docker login -u $CI_USER -p $CI_TOKEN registry", id="a variable"),
        pytest.param("redis-cli -p 637900", id="a port"),
        pytest.param("tool --password-file /run/secrets/db --pass-through", id="other options"),
        pytest.param("openssl -passin env:PASS --password required", id="a word"),
        pytest.param("a --password my_password1 -x", id="a name"),
        pytest.param("a --password a/b1c2d3 -x", id="a path"),
        pytest.param("first_pass: 12 of 14 checks", id="a pass of something"),
        pytest.param("src/app.ts:120:14:no-unused-vars:warning", id="a warning"),
        pytest.param("access from 198.51.100.7 (MAC: 17:59:45:41:01:f0)", id="the address of a device"),
        pytest.param("snmp-server community <name> RO", id="a manual"),
        pytest.param("RFC6238 is the password standard, and 12345! is my password", id="words before the word"),
        pytest.param("Dragonfly! is the password", id="no digit"),
        pytest.param("kestrel145! is the password", id="no capital"),
    ],
)
def test_not_typed(text: str) -> None:
    assert found(text) == []
