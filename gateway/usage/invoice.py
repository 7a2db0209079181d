"""What a provider says one used, from the CSV files that its console exports, or any other with its columns named.

Columns as of 2026-11, from files and from code that reads them, for the providers document the pages with the button and not the columns:

- OpenAI, Usage page, "Cost" (`cost_FROM_TO.csv`): start_time, end_time, start_time_iso, end_time_iso, amount_value, amount_currency,
  quantity, quantity_unit, line_item ("gpt-4o-2024-08-06, input"), and ids. Days without cost are rows without an amount.
- OpenAI, Usage page, "Activity" (`completions_usage_FROM_TO.csv`): the four times, model, num_model_requests, input_tokens (cached ones
  among them), output_tokens, and others. They are the members of the organization usage API.
- Anthropic, Console, Cost: usage_date_utc, model ("Claude Haiku 4.5"), workspace, api_key, usage_type, context_window, token_type,
  cost_usd, list_price_usd, cost_type, and others.
- Anthropic, Console, Usage: usage_date_utc, model_version, api_key, workspace, usage_type, context_window, usage_input_tokens_no_cache,
  usage_input_tokens_cache_write_5m, usage_input_tokens_cache_write_1h, usage_input_tokens_cache_read, usage_output_tokens, and others.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from gateway.usage.moments import day, moment

MEASURES = ("requests", "prompt", "completion", "cost")


class InvoiceError(Exception):
    """The file cannot be read as an invoice, in a sentence."""


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of file. `columns` says for day, model and measures which column, or which ones are added up.

    `has` are words of which the models that it is about have one in their names, `lacks` words that they have not.
    """

    name: str
    columns: Mapping[str, tuple[str, ...]]
    currency: str = ""
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    def is_about(self, words: Iterable[str]) -> bool:
        """Whether a model of these words may be on it."""
        known = set(words)
        return (not self.has or not known.isdisjoint(self.has)) and known.isdisjoint(self.lacks)


_NO_CACHE = "usage_input_tokens_no_cache"
_ANTHROPIC_INPUT = (
    _NO_CACHE,
    "usage_input_tokens_cache_write_5m",
    "usage_input_tokens_cache_write_1h",
    "usage_input_tokens_cache_read",
)
_OTHERS = ("claude", "gemini")
FORMS = (
    Form(
        "OpenAI's costs",
        {"day": ("start_time",), "model": ("line_item",), "cost": ("amount_value",)},
        "amount_currency",
        lacks=_OTHERS,
    ),
    Form(
        "OpenAI's usage",
        {
            "day": ("start_time",),
            "model": ("model",),
            "requests": ("num_model_requests",),
            "prompt": ("input_tokens",),
            "completion": ("output_tokens",),
        },
        lacks=_OTHERS,
    ),
    Form("Anthropic's costs", {"day": ("usage_date_utc",), "model": ("model",), "cost": ("cost_usd",)}, has=("claude",)),
    Form(
        "Anthropic's usage",
        {"day": ("usage_date_utc",), "model": ("model_version",), "prompt": _ANTHROPIC_INPUT, "completion": ("usage_output_tokens",)},
        has=("claude",),
    ),
)


@dataclass(slots=True)
class Sum:
    """What was used of one model on one day; a measure that is not there is one that nobody told. Costs are in USD."""

    requests: Decimal | None = None
    prompt: Decimal | None = None
    completion: Decimal | None = None
    cost: Decimal | None = None

    def add(self, measure: str, amount: Decimal) -> None:
        """Add to a measure."""
        setattr(self, measure, (getattr(self, measure) or Decimal(0)) + amount)


@dataclass(slots=True)
class Invoice:
    """A file that was read: by day and words of the model. `names` are the models as the file has them, by their words."""

    form: Form
    sums: dict[tuple[str, tuple[str, ...]], Sum] = field(default_factory=dict)
    names: dict[tuple[str, ...], str] = field(default_factory=dict)


_DATED = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)(?=$|[^0-9a-z])", re.IGNORECASE)


def words(model: str) -> tuple[str, ...]:
    """A model's name as a set of words, without vendor, date and what OpenAI's line items add.

    So that "Claude Haiku 3.5" is claude-3-5-haiku-20241022, and "gpt-4o-2024-08-06, input" is openai/gpt-4o.
    """
    name = _DATED.sub("", model.partition(",")[0].strip().rpartition("/")[2])
    return tuple(sorted(re.findall(r"[a-z]+|[0-9]+", name.lower())))


def chosen_form(given: str, header: Sequence[str]) -> Form:
    """The form of a file with these columns: the one that fits, or as `given`: day=date,model=model,cost=a+b. Raises `InvoiceError`."""
    if given:
        columns = {name.strip(): tuple(column.split("+")) for name, _, column in (part.partition("=") for part in given.split(","))}
        forms = [Form("--columns", columns)]
        unknown = [name for name in columns if name not in ("day", "model", *MEASURES)]
        if unknown or not {"day", "model"} <= columns.keys() or not columns.keys() & set(MEASURES):
            raise InvoiceError(f"--columns names day, model, and at least one of {', '.join(MEASURES)}: day=date,model=model,cost=amount")
    else:
        forms = list(FORMS)
    for form in forms:
        if {column for columns in form.columns.values() for column in columns}.issubset(header):
            return form
    wanted = (
        "they are not among them" if given else "it is none of " + ", ".join(form.name for form in forms) + "; name them with --columns"
    )
    raise InvoiceError(f"the file has the columns {', '.join(header) or '(none)'}: {wanted}")


def read(path: Path, columns: str = "") -> Invoice:
    """Read a file. Raises `InvoiceError`, and `OSError` where there is none."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file)
        try:
            invoice = Invoice(chosen_form(columns, table.fieldnames or ()))
            for row in table:
                _take(invoice, row, table.line_num)
        except (csv.Error, UnicodeDecodeError):
            raise InvoiceError("the file is no CSV in UTF-8") from None
    return invoice


def _take(invoice: Invoice, row: Mapping[str, str | None], line: int) -> None:
    form = invoice.form
    amounts = {name: [row.get(column) or "" for column in form.columns.get(name, ())] for name in MEASURES}
    if not any(one.strip() for many in amounts.values() for one in many):
        return  # a day on which nothing was used
    model = (row.get(form.columns["model"][0]) or "").strip()
    currency = (row.get(form.currency) or "usd").lower() if form.currency else "usd"
    if currency != "usd":
        raise InvoiceError(f"line {line}: the amount is in {currency}, and only USD can be compared")
    key = words(model)
    invoice.names.setdefault(key, model)
    found = invoice.sums.setdefault((_day(row.get(form.columns["day"][0]) or "", line), key), Sum())
    for name, many in amounts.items():
        for one in many:
            if one.strip():
                found.add(name, _amount(one, line))


def _day(text: str, line: int) -> str:
    try:
        return day(moment(text.strip()))
    except (ValueError, OverflowError, OSError):
        raise InvoiceError(f"line {line}: there is no day in it; write it as 2026-11-22") from None


def _amount(text: str, line: int) -> Decimal:
    try:
        amount = Decimal(text.strip().removeprefix("$").replace(",", ""))
    except InvalidOperation:
        raise InvoiceError(f"line {line}: there is something else where a number should be") from None
    if not amount.is_finite():
        raise InvoiceError(f"line {line}: there is something else where a number should be")
    return amount
