import gc
from typing import Any

from gateway.redact.values import Value
from gateway.redact.vault import MOST_VALUES, Vault

ADA = Value("PERSON", 1, "Ada Quillby-" + "Nobody")
FIRST = {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}, {"role": "user", "content": "more"}]}


def test_what_is_kept_is_found_again() -> None:
    vault = Vault()
    vault.keep(b"one", [ADA])
    assert vault.open(b"one") == [ADA]
    assert vault.open(b"other") == []
    assert len(vault) == 1


def test_it_is_forgotten_in_time() -> None:
    now = [0.0]
    vault = Vault(ttl_s=10, clock=lambda: now[0])
    vault.keep(b"one", [ADA])
    now[0] = 9.9
    vault.keep(b"two", [ADA])
    assert vault.open(b"one") == [ADA]
    now[0] = 10.0
    assert vault.open(b"one") == []
    assert vault.open(b"two") == [ADA]


def test_there_is_room_for_so_many() -> None:
    vault = Vault(most=2)
    for name in (b"1", b"2", b"1", b"3"):
        vault.keep(name, [ADA])
    assert [len(vault.open(name)) for name in (b"1", b"2", b"3")] == [1, 0, 1], "the one that was kept longest ago makes room"
    vault.keep(b"4", [Value("PERSON", number, "x") for number in range(MOST_VALUES + 9)])
    assert len(vault.open(b"4")) == MOST_VALUES


def test_nothing_of_it_can_be_read_in_memory_or_print() -> None:
    vault = Vault()
    vault.keep(b"one", [ADA])
    gc.collect()
    kept = b"".join(sealed for _, sealed in vault._kept.values())
    assert b"Quillby" not in kept
    assert repr(vault) == "<Vault of 1 conversations>"
    assert "Quillby" not in repr(ADA)


def test_what_was_tampered_with_or_moved_is_as_if_unknown() -> None:
    vault = Vault()
    vault.keep(b"one", [ADA])
    vault._kept[b"two"] = vault._kept[b"one"]
    assert vault.open(b"two") == []


def test_a_conversation_is_known_by_who_speaks_and_its_first_user_turn() -> None:
    vault = Vault(secret=b"s")
    name = vault.conversation("t", "k", FIRST)
    longer = {"messages": [*FIRST["messages"], {"role": "user", "content": "again"}]}
    assert vault.conversation("t", "k", longer) == name == Vault(secret=b"s").conversation("t", "k", FIRST)
    others: list[tuple[str, str, dict[str, Any]]] = [
        ("u", "k", FIRST),
        ("t", "l", FIRST),
        ("tk", "", FIRST),
        ("t", "k", {"prompt": "ho"}),
        ("t", "k", {"messages": ["hi"]}),
    ]
    assert name not in {vault.conversation(*other) for other in others} | {Vault().conversation("t", "k", FIRST)}
