"""`has_code`: whether program text stands in a text: a fenced block, a line that nobody writes in prose, or several that few do."""

import re2

HEAD = 4_000
"""Characters that are read."""

SURE = (
    r"```",
    r"(?m)^\s*#include\s*[<\"]",
    r"(?m)^\s*(?:async )?def \w+\(.*\).*:\s*$",
    r"(?m)^\s*from [\w.]+ import \w+",
    r"(?m)^\s*(?:export )?(?:async )?function \w*\(.*\)\s*\{",
    r"\bpublic (?:static )?(?:void|class|int|String)\b.*\{?",
    r"(?m)^\s*Traceback \(most recent call last\)",
    r"(?m)^#!/",
    r"<\?php|<!DOCTYPE html|</(?:div|span|script|body|table)>",
    r"(?is)\bselect\b[^.?!]{1,200}\bfrom\b[^.?!]{1,100}\b(?:where|join|group by|order by|limit)\b",
    r"(?i)\b(?:insert into|create table|alter table)\s+\w+\s*\(",
    r"(?m)^\s*(?:fn|func) \w+\(.*\).*\{\s*$",
    r"(?m)^(?:\+\+\+|---) [ab]/|^@@ -\d+,\d+ \+\d+,\d+ @@",
)
"""One of these is enough."""

LIKELY = (
    r"(?m)^\s*import [\w.{}, *]+(?: from .+)?;?\s*$",
    r"(?m)^\s*(?:const|let|var|auto|final|int|float|double|char|string|bool)\s+\w+\s*(?:=|;|\[)",
    r"(?m);\s*$",
    r"(?m)^\s*(?:if|for|while|elif|switch)\b.*(?:\{|:)\s*$",
    r"(?m)^\s*(?:return|print|raise|throw|yield|await)\b.*[()=;]",
    r"(?m)^\s*class \w+.*[:{]\s*$",
    r"(?m)^\s*[\w.\[\]]+\s*(?:[-+*/|&]?=)\s*[^=].*",
    r"\w+\([^()\s]*\)\.\w+",
    r"=>|->|&&|\|\||::|!==?|===",
    r"(?m)^\s*[{}]\s*[;,]?\s*$",
    r"\b[a-z]+(?:_[a-z]+)+\(|\b[a-z]+[A-Z]\w*\(",
    r"(?m)^\s*(?://|/\*|\*/)",
)
"""Two of these."""


def _set(patterns: tuple[str, ...]) -> re2.Set:
    options = re2.Options()
    options.max_mem = 64 << 20
    made = re2.Set.SearchSet(options)
    for pattern in patterns:
        made.Add(pattern)
    made.Compile()
    return made


class Code:
    """Compiled patterns. Safe to share between threads."""

    __slots__ = ("_patterns",)

    def __init__(self) -> None:
        self._patterns = _set(SURE + LIKELY)

    def is_in(self, text: str) -> bool:
        """Whether there is program text in it."""
        found = self._patterns.Match(text[:HEAD].encode("utf-8", "replace")) or ()
        return any(index < len(SURE) for index in found) or len(found) > 1
