"""The guard of usefulness: whether a request is still worth sending when its values are masked."""

import re
from collections.abc import Mapping

from gateway.redact.plan import Redacting
from gateway.redact.rewrite import last_turn
from gateway.redact.values import Masks

_ABOUT_CHARACTERS = re.compile(
    r"\b(?:check ?digit|checksum|luhn|valid(?:ate|ity)?|how many (?:letters|digits|characters|vowels|syllables)|"
    r"count the (?:letters|digits|"
    r"characters)|spell(?:ed|ing)?|anagram|palindrome|rhym(?:e|es|ing)|acronym|initials|revers(?:e|ed)|upper ?case|lower ?case|"
    r"alphabetical(?:ly)?|sort(?:ed)? by name|hash of|base64|encode|decode|sum of|how old|"
    r"prüf(?:e|ziffer|summe)|gültig|buchstab\w+|valide[rz]?|épel\w+|deletrea\w*)\b",
    re.IGNORECASE,
)
"""Tasks that are about the characters of a value, which a placeholder does not have. Words, not understanding: when in doubt, stay home."""


def is_useless(fields: Mapping[str, object], masks: Masks, redacting: Redacting) -> bool:
    """Whether too much would be masked, or something that the task is about. Looks at the last turn; `masks` has masked the body."""
    if len(masks.values) > redacting.max_placeholders:
        return True
    said = last_turn(fields)
    spans = list(masks.seen(said))
    if sum(end - start for start, end, _ in spans) > redacting.max_share * len(said):
        return True
    return bool(spans) and _ABOUT_CHARACTERS.search(said) is not None
