"""Which configuration a command means, when none is named."""

from pathlib import Path

OWN = "tidegate.yaml"
"""Looked for in the working folder."""

_HERE = Path(__file__).resolve().parent.parent


def chosen(given: Path | None) -> Path:
    """The file that was named, else `tidegate.yaml` in the working folder, else the default that ships with Tidegate."""
    if given is not None:
        return given
    own = Path(OWN)
    return own if own.is_file() else shipped("default")


def shipped(name: str) -> Path:
    """A configuration that ships with Tidegate: beside the packages in a checkout, inside of them when installed."""
    installed = _HERE / "_configs" / f"{name}.yaml"
    return installed if installed.is_file() else _HERE.parent / "configs" / f"{name}.yaml"
