"""The calculators, `tidegate cost ...`: a part of `gateway.cli.main`. No configuration and no traffic are needed."""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.arguments import AsJson, misuse
from router.calculators import Gpus, Mix, exact

if TYPE_CHECKING:
    from gateway.cli.cost import Models, Volume, Wanted

cost_app = typer.Typer(
    no_args_is_help=True,
    help="Calculate what closed models and GPUs cost, exactly. Numbers may be written as 2.50, 70%, 20k, 60M.",
)

Requests = Annotated[str, typer.Option("--requests", metavar="N", help="Requests.", show_default=False)]
Per = Annotated[str, typer.Option("--per", metavar="minute|hour|day|month", help="What --requests are counted by.")]
Days = Annotated[str, typer.Option(metavar="N", help="Days of a month.")]
Prompt = Annotated[str, typer.Option("--input", metavar="TOKENS", help="Input tokens of a request.")]
Completion = Annotated[str, typer.Option("--output", metavar="TOKENS", help="Output tokens of a request.")]
Cached = Annotated[str, typer.Option(metavar="SHARE", help="Share of the input that the vendor's cache has: 40%.")]
Model = Annotated[
    list[str] | None,
    typer.Option("--model", "-m", metavar="NAME", help="A model of the price map: openai/gpt-5. May be repeated.", show_default=False),
]
Priced = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[NAME=]IN,OUT[,CACHED]", help="Prices instead: USD per million tokens in and out. May be repeated.", show_default=False
    ),
]
Gpu = Annotated[str, typer.Option("--gpu", metavar="TYPE", help="Type of GPU, for its typical price and power.", show_default=False)]
Count = Annotated[str, typer.Option("--count", metavar="N", help="How many GPUs.")]
HourUsd = Annotated[str, typer.Option("--hour-usd", metavar="USD", help="Price of one GPU for an hour.", show_default=False)]
Utilisation = Annotated[
    str, typer.Option("--utilisation", "--utilization", metavar="SHARE", help="Share of the hours that is paid for. Reserved GPUs: 100%.")
]
Hours = Annotated[str, typer.Option(metavar="N", help="Hours of a month.")]
Storage = Annotated[str, typer.Option(metavar="USD", help="Storage for each GPU, a month.")]
Network = Annotated[str, typer.Option(metavar="USD", help="Network for each paid GPU hour.")]
Engineering = Annotated[str, typer.Option(metavar="USD", help="People who keep it running, a month.")]
Kwh = Annotated[str, typer.Option(metavar="USD", help="Price of a kWh, where power is not in the GPU's price.")]
Pue = Annotated[str, typer.Option(metavar="RATIO", help="Power of the building over power of the GPUs, with --kwh-usd.")]


@cost_app.command("api")
def cost_api(  # noqa: PLR0913, PLR0917  # one argument for each option of the command
    requests: Requests = "",
    per: Per = "month",
    prompt: Prompt = "0",
    completion: Completion = "0",
    cached: Cached = "0%",
    days: Days = "30",
    model: Model = None,
    prices: Priced = None,
    tier: Annotated[str, typer.Option(metavar="batch|flex|priority", help="Service tier.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """What a month at closed models costs: requests x tokens x price.

    `tidegate cost api --requests 100000 --per day --input 1000 --output 500 -m openai/gpt-4.1-mini -m openai/gpt-4.1`
    """
    from gateway.cli import cost as cli_cost

    volume = _volume(requests, per, days, _mix(prompt, completion, cached))
    cli_cost.api(volume, cli_cost.suiting(_models(model, prices), volume, tier), as_json=as_json)


@cost_app.command("gpu")
def cost_gpu(  # noqa: PLR0913, PLR0917  # one argument for each option of the command
    gpu: Gpu = "",
    count: Count = "1",
    hour_usd: HourUsd = "",
    utilisation: Utilisation = "100%",
    hours: Hours = "730",
    storage: Storage = "0",
    network: Network = "0",
    engineering: Engineering = "0",
    kwh_usd: Kwh = "0",
    pue: Pue = "1.3",
    as_json: AsJson = False,
) -> None:
    """What a month of GPUs costs: GPUs x hours x utilisation x price, and storage, network, energy, engineering. Without a type: a list.

    `tidegate cost gpu --gpu H100 --count 4 --hour-usd 2.50 --utilisation 70% --storage 50 --network 0.10 --engineering 5000`
    """
    from gateway.cli import cost as cli_cost

    if not gpu and not hour_usd:
        cli_cost.types(as_json=as_json)
        return
    wanted = _gpus((gpu, count, hour_usd, utilisation, hours), (storage, network, engineering, kwh_usd, pue))
    cli_cost.gpu(wanted, as_json=as_json)


@cost_app.command("tokens")
def cost_tokens(
    tokens_per_second: Annotated[str, typer.Option(metavar="N", help="Tokens a second that it makes, all requests together.")],
    gpu: Gpu = "",
    hour_usd: HourUsd = "",
    count: Count = "1",
    as_json: AsJson = False,
) -> None:
    """What a million tokens cost on a GPU that is never idle: price / (tokens a second x 3600). The least that it can be."""
    from gateway.cli import cost as cli_cost

    wanted = _gpus((gpu, count, hour_usd, "100%", "730"), ("0", "0", "0", "0", "1"))
    rate = number("--tokens-per-second", tokens_per_second)
    if not rate:
        misuse("--tokens-per-second is above 0.")
    cli_cost.tokens(wanted, rate, as_json=as_json)


@cost_app.command("break-even")
def cost_break_even(  # noqa: PLR0913, PLR0917  # one argument for each option of the command
    prompt: Prompt = "1000",
    completion: Completion = "500",
    cached: Cached = "0%",
    model: Model = None,
    prices: Priced = None,
    gpu: Gpu = "",
    count: Count = "1",
    hour_usd: HourUsd = "",
    utilisation: Utilisation = "100%",
    hours: Hours = "730",
    storage: Storage = "0",
    network: Network = "0",
    engineering: Engineering = "0",
    kwh_usd: Kwh = "0",
    pue: Pue = "1.3",
    tokens_per_second: Annotated[
        str, typer.Option(metavar="N", help="Tokens a second of one GPU at most: says whether they can do it.", show_default=False)
    ] = "",
    requests: Requests = "",
    per: Per = "day",
    days: Days = "30",
    as_json: AsJson = False,
) -> None:
    """From how many requests on GPUs cost no more than closed models; with --requests also how far away that is.

    `tidegate cost break-even --gpu H100 --count 4 --hour-usd 2.50 --input 1000 --output 500 -m openai/gpt-4.1 --requests 20000`
    """
    from gateway.cli import cost as cli_cost

    volume = _volume(requests, per, days, _mix(prompt, completion, cached))
    wanted = _gpus((gpu, count, hour_usd, utilisation, hours), (storage, network, engineering, kwh_usd, pue))
    rate = number("--tokens-per-second", tokens_per_second) if tokens_per_second else None
    cli_cost.even(volume, wanted, _models(model, prices), rate, as_json=as_json)


def number(option: str, text: str) -> Fraction:
    """What the option says."""
    try:
        return exact(text)
    except ValueError as error:
        misuse(f"{option}: {error}.")


def _volume(requests: str, per: str, days: str, mix: Mix) -> "Volume":
    from gateway.cli.cost import PERIODS, Volume

    if per not in PERIODS:
        misuse(f"--per is {', '.join(PERIODS)}.")
    month = number("--days", days)
    if not month:
        misuse("--days is above 0.")
    return Volume(number("--requests", requests), per, month, mix) if requests else Volume(Fraction(1), "month", month, mix, is_given=False)


def _mix(prompt: str, completion: str, cached: str) -> Mix:
    mix = Mix(number("--input", prompt), number("--output", completion), number("--cached", cached))
    if mix.cached > 1:
        misuse("--cached is a share of the input: 0% to 100%.")
    if not mix.tokens:
        misuse("Give --input and --output: the tokens of a request, or of a month without --requests.")
    return mix


def _models(names: Sequence[str] | None, prices: Sequence[str] | None) -> "Models":
    from gateway.cli.cost import tariffs

    if not names and not prices:
        misuse("Give a model with --model openai/gpt-5, or prices with --prices 1.25,10.")
    return tariffs(names or (), prices or ())


def _gpus(first: tuple[str, str, str, str, str], more: tuple[str, str, str, str, str]) -> "Wanted":
    from gateway.advice.gpus import gpu_type
    from gateway.cli.cost import Wanted

    name, count, hour_usd, utilisation, hours = first
    storage, network, engineering, kwh_usd, pue = more
    kind = gpu_type(name)
    energy = number("--kwh-usd", kwh_usd)
    if not hour_usd and (kind is None or kind.hour_usd is None):
        misuse(f"No typical price is known for {name!r}: give --hour-usd. `tidegate cost gpu` lists those that are.")
    if energy and kind is None:
        misuse("--kwh-usd needs a --gpu whose power is known. `tidegate cost gpu` lists them.")
    typical = kind.hour_usd if kind is not None and kind.hour_usd is not None else 0
    paid = number("--utilisation", utilisation)
    if paid > 1:
        misuse("--utilisation is a share of the hours: 0% to 100%.")
    gpus = Gpus(
        count=number("--count", count),
        hour_usd=number("--hour-usd", hour_usd) if hour_usd else Fraction(typical),
        hours=number("--hours", hours),
        utilisation=paid,
        storage_usd=number("--storage", storage),
        network_usd=number("--network", network),
        engineering_usd=number("--engineering", engineering),
        power_kw=Fraction(0 if kind is None else kind.watts, 1_000) * number("--pue", pue),
        kwh_usd=energy,
    )
    return Wanted("" if kind is None and not name else name if kind is None else kind.name, gpus, None if hour_usd else kind)
