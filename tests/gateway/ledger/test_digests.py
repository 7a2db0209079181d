from pathlib import Path

from gateway.ledger.digests import DIGEST_KEY, Digests


def test_the_key_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    first = Digests(tmp_path).of("ab" * 32)
    assert Digests(tmp_path).of("ab" * 32) == first
    assert len(first) == 64
    assert (tmp_path / DIGEST_KEY).stat().st_mode & 0o777 == 0o600


def test_another_ledger_has_another_key(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert Digests(tmp_path).of("ab" * 32) != Digests(tmp_path / "other").of("ab" * 32)
