"""Facts: what is known of a request before anything is judged. No text of the caller's but names that were checked against a closed set."""

from typing import Literal

import msgspec

from router.labels import Label
from router.names import Ability, Endpoint, TargetName, Zone

Preference = Literal["auto", "local", "private", "best", "cheap", "named"]
"""What the requested model means: `auto`, `auto:local`, ... or `named` for a target by its name, model or alias."""


Lineage = Literal["", "turn", "pair", "answer", "id", "unknown"]
"""What of a request was seen before with a label: one of its turns, two turns in a row, an answer (or a piece of one), the id of an
answer or conversation; or that nobody knows where its history comes from. Empty: nothing."""


class Needs(msgspec.Struct, frozen=True, gc=False):
    """What a target must be able to do to serve the request.

    The first three are what rules ask for. `abilities` are those without which a target refuses it: media of which nobody can tell what
    they are ask for none, nor does a format of the answer that is no schema.
    """

    has_tools: bool = False
    has_media: bool = False
    has_schema: bool = False
    abilities: frozenset[Ability] = frozenset()


Hint = tuple[Literal["quality", "reasoning_effort", "limit"], float]
"""What shifts the difficulty, in log-odds: a wish of the caller's, or the limit that the key sets to all of them."""


class Stay(msgspec.Struct, frozen=True, gc=False):
    """That a conversation was served before: by which target, in which zone. Leaving it throws away a prefix of so many tokens.

    `factor` is what that makes of a threshold on difficulty: above 1 it takes a harder ask to go out, below 1 an easier one to come home.
    """

    target: TargetName
    zone: Zone
    prefix: int
    factor: float


NEVER = float("inf")

Sticky = Literal["", "kept", "switched"]
"""What came of it: a request that would have gone elsewhere stays; or goes elsewhere nevertheless. Empty: neither."""


class Facts(msgspec.Struct, frozen=True, gc=False):
    """One request, as far as the router may know it.

    `named` is the target that an explicit model name stands for; `floor` the label that a key or header demands at least, one of the
    policy's own (None: no demand). `inherited` is the label of earlier requests that it continues or quotes, known by its `lineage`.
    `ceiling` is the label to which a key with the right to do so lowers what was found or inherited (None: nobody did). `is_locked` says
    that nothing may go outside now, whatever its label; `withdrawn` to which targets it may not go any more, since a reload. `hints` are
    the caller's wishes that shift the difficulty, by name, in log-odds; `stay` is where the conversation was served before. `due` is when
    the caller waits no longer, in seconds of the gateway's monotonic clock; `waiting_since` when the request began to wait for a target
    to come back (`NEVER`: it does not). `tenant` and `key` are names from the configuration. `blocks` are hashes of the prompt's
    beginning (`router.prefixes`), where the chain has a target of several replicas. `lot` is a
    number from 0 to below 1 that is the conversation's own: rules that take a share of the traffic take those below (None: none was drawn).
    `prompt_tokens` is an estimate (characters / 4), `answer_tokens` the most that the caller lets the answer have (0: no word of it),
    `body_bytes` the size of the body.
    """

    request_id: str
    endpoint: Endpoint = "chat"
    is_stream: bool = False
    preference: Preference = "auto"
    named: TargetName | None = None
    floor: Label | None = None
    tenant: str = "anonymous"
    key: str = ""
    body_bytes: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    turns: int = 1
    needs: Needs = Needs()
    inherited: Label | None = None
    lineage: Lineage = ""
    ceiling: Label | None = None
    is_locked: bool = False
    withdrawn: frozenset[TargetName] = frozenset()
    hints: tuple[Hint, ...] = ()
    stay: Stay | None = None
    due: float = NEVER
    waiting_since: float = NEVER
    blocks: tuple[int, ...] = ()
    lot: float | None = None
