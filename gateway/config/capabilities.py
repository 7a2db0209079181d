"""The part of the configuration that says what a model can do, and how the dialect of its server differs from OpenAI's."""

from typing import Annotated, TypeAlias

from pydantic import Field

from gateway.config.strict import A_LIST, Strict
from router.quirks import Thinks

Member: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Can(Strict):
    """What a model can do. What is absent is as in litellm's price map, and may be tried where that does not say."""

    tools: bool | None = Field(default=None, description="Call tools.")
    vision: bool | None = Field(default=None, description="See pictures.")
    audio: bool | None = Field(default=None, description="Hear sound.")
    documents: bool | None = Field(default=None, description="Read files, such as PDF.")
    json_schema: bool | None = Field(default=None, description="Answer by a JSON schema.")
    reasoning: bool | None = Field(
        default=None, description="Think before it answers. An external one that cannot is asked without being told how much to think."
    )


class Differences(Strict):
    """Words of a request that an external destination does not know. What is lost by that is said in the answer's headers."""

    without: Annotated[tuple[Member, ...], A_LIST] = Field(default=(), description="Members that are left out for it.")
    called: dict[Member, Member] = Field(default={}, description="Members that are called otherwise, as {seed: random_seed}.")
    roles: dict[Member, Member] = Field(default={}, description="Roles of messages that are called otherwise, as {developer: system}.")
    messages_without: Annotated[tuple[Member, ...], A_LIST] = Field(default=(), description="Members of messages that are left out.")
    thinks: Thinks = Field(
        default="either",
        description="How it is told to think, at Messages: `by_budget`, a number of tokens, as Anthropic's models before 4.6; `by_effort`, "
        "as those since 4.7; `always`, by an effort and never not to.",
    )
