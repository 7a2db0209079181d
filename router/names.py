"""Names that must not be mixed up.

Three models: `Requested` is what the caller wrote, `Sent` what the target is asked for, `Answered` what it says it was.
"""

from typing import Literal, NewType

TargetName = NewType("TargetName", str)
RouteName = NewType("RouteName", str)
Requested = NewType("Requested", str)
Sent = NewType("Sent", str)
Answered = NewType("Answered", str)
MicroUsd = NewType("MicroUsd", int)

Endpoint = Literal["chat", "completions", "embeddings"]
Path = Literal["local", "cloud", "redacted", "cache", "blocked"]
Zone = Literal["local", "external"]
