import gc
from typing import Any

from gateway.redact.values import Value
from gateway.redact.vault import MOST_VALUES, Known, Seal, Vault

NOTHING = Known([])
ADA = Value("PERSON", 1, "Ada Quillby-" + "Nobody")
FIRST = {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}, {"role": "user", "content": "more"}]}


async def test_what_is_kept_is_found_again() -> None:
    vault = Vault()
    assert await vault.keep(b"one", [ADA], NOTHING)
    assert (await vault.open(b"one")).values == [ADA]
    assert (await vault.open(b"other")).values == []
    assert len(vault) == 1


async def test_it_is_forgotten_in_time() -> None:
    now = [0.0]
    vault = Vault(ttl_s=10, clock=lambda: now[0])
    assert await vault.keep(b"one", [ADA], NOTHING)
    now[0] = 9.9
    assert await vault.keep(b"two", [ADA], NOTHING)
    assert (await vault.open(b"one")).values == [ADA]
    now[0] = 10.0
    assert (await vault.open(b"one")).values == []
    assert (await vault.open(b"two")).values == [ADA]


async def test_there_is_room_for_so_many() -> None:
    vault = Vault(most=2)
    for name in (b"1", b"2", b"1", b"3"):
        assert await vault.keep(name, [ADA], NOTHING)
    assert [len((await vault.open(name)).values) for name in (b"1", b"2", b"3")] == [1, 0, 1], (
        "the one that was kept longest ago makes room"
    )
    assert await vault.keep(b"4", [Value("PERSON", number, "x") for number in range(MOST_VALUES + 9)], NOTHING)
    assert len((await vault.open(b"4")).values) == MOST_VALUES


async def test_nothing_of_it_can_be_read_in_memory_or_print() -> None:
    vault = Vault()
    assert await vault.keep(b"one", [ADA], NOTHING)
    gc.collect()
    kept = b"".join(sealed for _, sealed in vault._kept.values())
    assert b"Quillby" not in kept
    assert repr(vault) == "<Vault of 1 conversations>"
    assert "Quillby" not in repr(ADA) + repr(Known([ADA])) + repr(Seal(b"s"))


async def test_what_was_tampered_with_or_moved_is_as_if_unknown() -> None:
    vault = Vault()
    assert await vault.keep(b"one", [ADA], NOTHING)
    vault._kept[b"two"] = vault._kept[b"one"]
    assert (await vault.open(b"two")).values == []


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
