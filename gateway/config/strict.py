"""What all parts of the configuration are made of: refused is what is not known, and a list is a tuple."""

from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Strict(BaseModel):
    """Frozen; unknown keys, numbers in quotes and the like are refused."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        use_attribute_docstrings=False,
        defer_build=True,  # the whole file is read as one: what reads a part alone need not be made at every start
    )


def _to_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


A_LIST = BeforeValidator(_to_tuple)
"""YAML has lists, frozen settings have tuples."""
Usd: TypeAlias = Annotated[float, Field(ge=0, le=1_000_000)]
