import subprocess
from pathlib import Path

import msgspec
import pytest

from gateway.ledger.chain import Head
from gateway.ledger.errors import Unanswerable
from gateway.ledger.signing import Signer, fingerprint, is_signed, public_key
from gateway.secret import Secret
from tests.fakes.ledgers import pair

HEAD = Head(7, "ab" * 32)


def test_a_signed_head_is_this_keys_and_of_this_head() -> None:
    private, public = pair()
    signer = Signer(private)
    root = signer.sign("2026-11-22", HEAD)
    assert (root.number, root.head, root.key) == (7, HEAD.hash, fingerprint(public_key(public)))
    assert is_signed(root, public_key(public))
    for change in ({"day": "2026-11-23"}, {"number": 8}, {"head": "00" * 32}, {"signature": "00" * 64}, {"signature": "zz"}, {"key": "00"}):
        assert not is_signed(msgspec.structs.replace(root, **change), public_key(public)), change
    assert not is_signed(root, public_key(pair()[1]))


def test_the_commands_that_are_named_make_keys_that_work(tmp_path: Path) -> None:
    private, public = tmp_path / "ledger.key", tmp_path / "ledger.pub"
    for command in (["genpkey", "-algorithm", "ed25519", "-out", private], ["pkey", "-in", private, "-pubout", "-out", public]):
        subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True)
    root = Signer(Secret(private.read_text().strip())).sign("2026-11-22", HEAD)
    assert is_signed(root, public_key(public.read_bytes()))


@pytest.mark.parametrize("text", ["", "secret", pair()[1].decode()])
def test_what_is_no_private_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(Unanswerable, match="genpkey") as refused:
        Signer(Secret(text))
    assert "secret" not in str(refused.value)


def test_what_is_no_public_key_is_refused() -> None:
    with pytest.raises(Unanswerable, match="pubout"):
        public_key(pair()[0].reveal().encode())
