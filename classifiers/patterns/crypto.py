"""Wallets: addresses that receive coins, by their check where they have one, and the words and keys that open them."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

from stdnum import bitcoin

from classifiers.scan import Row

_COIN = r"wallet|bitcoin|btc\b|ether\w*|eth\b|crypto\w*|coins?\b|address|send|solana|sol\b|tron\b|trx\b|usdt|usdc|ripple|xrp\b|litecoin|ltc\b|doge\w*|monero|xmr\b|cardano|ada\b|bnb\b|token"
_COINS = r"wallet|bitcoin|ethereum|crypto|litecoin|ripple|monero|cardano|tron\b|usd[tc]|doge|\b(?:btc|eth|xrp|ltc|trx|xmr|bnb)\b"
_BASE58 = "1-9A-HJ-NP-Za-km-z"


def rows() -> tuple[Row, ...]:
    """`crypto_wallet`, and `credential` for what opens one."""
    return (
        Row("crypto_wallet", rf"\b[13][{_BASE58}]{{25,34}}\b|\bbc1[a-z0-9]{{11,87}}\b", _is_bitcoin, confidence=0.95, cost=60, gate=r"\b[13][1-9A-HJ-NP-Za-km-z]{8}|\bbc1"),
        Row("crypto_wallet", r"\b0x[0-9a-fA-F]{40}\b", context=_COIN, stands_alone=True, gate=r"\b0x[0-9a-fA-F]{4}"),
        Row("crypto_wallet", rf"(?i:{_COINS})[^\n]{{0,60}}?\b(T[{_BASE58}]{{33}}|r[{_BASE58}]{{24,34}}|[LMD][{_BASE58}]{{26,33}}|4[0-9AB][{_BASE58}]{{93}}|addr1[a-z0-9]{{50,100}}|ltc1[a-z0-9]{{38,60}})\b", _is_varied, gate=rf"(?i)(?:{_COINS})"),
        Row("crypto_wallet", rf"(?i)\b(?:solana|sol|phantom)\b[^\n]{{0,30}}?(?-i:\b([{_BASE58}]{{43,44}})\b)", _is_varied, gate=r"(?i)solana|\bsol\b|phantom"),
        Row("credential", r"(?i)\b(?:seed|recovery|mnemonic|secret|wiederherstellungs\w*)[ -]?(?:phrase|words|wörter)(?: is| are|:)+[ \"']{0,3}([a-z]{3,8}(?: [a-z]{3,8}){11}(?:(?: [a-z]{3,8}){12})?)\b", confidence=0.85, gate=r"(?i)(?:phrase|words|wörter)(?: is| are|:)"),
        Row("credential", rf"(?i)\b(?:private|wif|xprv)\w*(?: key)?(?: is|:| =)+ ?(?-i:([5KL][{_BASE58}]{{50,51}}|xprv[{_BASE58}]{{100,110}}|0x[0-9a-fA-F]{{64}}))\b", confidence=0.9, gate=r"(?i)\b(?:private|wif|xprv)\w*(?: key)?(?: is|:| =)"),
    )  # fmt: skip


def _is_bitcoin(value: str) -> bool:
    return bool(bitcoin.is_valid(value))


def _is_varied(value: str) -> bool:
    """Digits, capitals and small letters: words and hashes have not all three."""
    return any(map(str.isdigit, value)) and (
        value.startswith(("addr1", "ltc1")) or (any(map(str.isupper, value)) and any(map(str.islower, value)))
    )
