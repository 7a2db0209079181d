"""Prices of tokens: those that come with litellm, and an operator's file before them."""

from pathlib import Path

from gateway.config.errors import Report
from gateway.config.models import Settings
from gateway.config.prices import BadPrices, Prices


def price_lists(settings: Settings, installed: Prices, folder: Path, report: Report) -> Prices:
    """The prices that look-ups are to use. A file that cannot be read is reported. `folder` is where relative paths start."""
    stated = settings.prices
    if stated.file is None:
        return installed if stated.as_of is None else installed.dated(stated.as_of)
    where = ("prices", "file")
    try:
        return installed.after(Prices.stated(folder / stated.file, stated.as_of))
    except OSError as error:
        report.add(where, f"the file {stated.file} cannot be read: {error.strerror}")
    except BadPrices as error:
        report.add(where, str(error))
    report.lost.add(("prices",))
    return installed
