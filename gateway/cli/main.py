"""`tidegate`: the command line. Commands read arguments, call what does the work, and print.

What takes long to import is imported when it is needed, so that `--help` is there at once.

Exit codes: 0 all is well, 1 a problem was found, 2 the command was used wrongly, 130 interrupted.
"""

import gc
import sys
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.arguments import BAD, AsJson, Config, File, misuse
from gateway.cli.config import chosen
from gateway.cli.main_advise import advise
from gateway.cli.main_cost import cost_app
from gateway.cli.main_key import key_app
from gateway.cli.main_metrics import metrics
from gateway.cli.main_pool import drain
from gateway.cli.main_prices import prices_app
from gateway.cli.main_report import report
from gateway.cli.main_tune import train, tune
from gateway.cli.main_usage import reconcile, usage_app
from gateway.cli.main_walls import audit_app, export_app
from gateway.cli.sentences import Commands

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Tidegate routes prompts between your own models and closed APIs: what is sensitive stays home, what is hard goes out.\n\n"
    "Begin with `tidegate demo`, then `tidegate explain 'a prompt'`, then `tidegate serve`.",
)
app.add_typer(key_app, name="key", rich_help_panel="Set up")
app.add_typer(cost_app, name="cost", rich_help_panel="Understand")
app.add_typer(audit_app, name="audit", rich_help_panel="Understand")
app.add_typer(usage_app, name="usage", rich_help_panel="Understand")
app.command(rich_help_panel="Understand")(reconcile)
app.add_typer(prices_app, name="prices", rich_help_panel="Understand")
app.add_typer(export_app, name="export", rich_help_panel="Set up")
app.command(rich_help_panel="Understand")(advise)
app.command(rich_help_panel="Set up")(tune)
app.command(rich_help_panel="Set up")(train)
app.command(rich_help_panel="Run")(drain)
app.command(rich_help_panel="Understand")(metrics)
app.command(rich_help_panel="Understand")(report)


@app.command(rich_help_panel="Run")
def serve(
    config: File = None,
    config_option: Config = None,
    host: Annotated[str | None, typer.Option(help="Address to bind, instead of the configuration's.", show_default=False)] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the API, instead of the configuration's.", show_default=False)
    ] = None,
    admin_port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port of metrics and admin.", show_default=False)] = None,
    workers: Annotated[int, typer.Option("--workers", "-w", min=1, max=256, help="Processes that serve; each uses one core.")] = 1,
) -> None:
    """Run the gateway until it is told to stop. SIGHUP reads the configuration again."""
    path = chosen(config_option or config)
    if sys.stderr.isatty():
        typer.secho(f"tidegate: serving {path}; Ctrl-C stops it", err=True, fg="green")
    if workers > 1:
        from gateway import workers as several

        raise typer.Exit(several.run(path, workers, host=host, port=port, admin_port=admin_port))
    gc.disable()  # until it serves: hardly anything that a start makes is garbage, and looking takes a twentieth of it
    from gateway.app import run

    run(path, host=host, port=port, admin_port=admin_port)


@app.command(rich_help_panel="Understand")
def check(
    config: File = None,
    config_option: Config = None,
    probe: Annotated[bool, typer.Option("--probe", help="Also ask every destination whether it is there and knows its model.")] = False,
    without_secrets: Annotated[bool, typer.Option("--without-secrets", help="Do not mind that keys are not set, as in a build.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say everything that is wrong with a configuration, or what it does. Exit code 1 if something is wrong."""
    from gateway.cli import check as cli_check

    path = chosen(config_option or config)
    if not cli_check.check(path, probes=probe, without_secrets=without_secrets, as_json=as_json):
        raise typer.Exit(BAD)


@app.command(rich_help_panel="Understand")
def explain(
    text: Annotated[str | None, typer.Argument(help="A prompt, or `-` to read a prompt or request body from the standard input.")] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="A request body in JSON.", show_default=False)] = None,
    model: Annotated[str, typer.Option(help="The model that the caller asks for, when TEXT is given.")] = "auto",
    config: Config = None,
    show: Annotated[bool, typer.Option("--show", help="Show what stands around each finding, which itself stays masked.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what would happen to a prompt, and why. Nothing is sent anywhere."""
    from gateway.cli import check as cli_check

    if (text is None) == (file is None):
        misuse("Give either a prompt or --file.")
    typed = sys.stdin.buffer.read() if text == "-" else None
    body = file.read_bytes() if file else typed
    is_prompt = body is None or (typed is not None and not typed.lstrip().startswith(b"{"))
    prompt = body.decode("utf-8", "replace") if body is not None and is_prompt else text
    cli_check.explain(chosen(config), prompt if is_prompt else None, body or b"", model, shows=show, as_json=as_json)


@app.command(rich_help_panel="Understand")
def routes(config: File = None, config_option: Config = None, as_json: AsJson = False) -> None:
    """Print the rules, and the proof of where each label can go whatever fails."""
    from gateway.cli import check as cli_check

    if not cli_check.routes(chosen(config_option or config), as_json=as_json):
        raise typer.Exit(BAD)


@app.command(rich_help_panel="Understand")
def prove(
    config: File = None,
    config_option: Config = None,
    verify: Annotated[
        Path | None, typer.Option("--verify", metavar="CERTIFICATE", help="Check a certificate against CONFIG.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove where each label can go, whatever fails; `--json` is a certificate. Exit code 1 with the paths that leak."""
    from gateway.cli import prove as cli_prove

    path = chosen(config_option or config)
    is_well = cli_prove.verify(verify, path, as_json=as_json) if verify else cli_prove.prove(path, as_json=as_json)
    if not is_well:
        raise typer.Exit(BAD)


@app.command(rich_help_panel="Understand")
def classify(
    source: Annotated[Path, typer.Argument(metavar="IN.jsonl", help="One JSON object a line, plain or gzipped; `-`: the standard input.")],
    config: Config = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the verdicts go; `-`: the standard output.")] = Path("-"),
    workers: Annotated[int, typer.Option("--workers", "-w", min=0, max=256, help="Processes; 0: as many as pay.")] = 0,
) -> None:
    """Judge a file of prompts: what is in them, how hard they are, where they would go. Nothing is sent anywhere.

    A line is {"id": ..., "text": ...}, {"id": ..., "messages": [...]} or a whole request body. Each gets one line with id, label,
    findings, doubts, coverage, difficulty, route, path and unasked detectors, or id and error. Exit code 1 if a line had an error.
    """
    from gateway.cli import check as cli_check

    if str(source) != "-" and out.exists() and source.samefile(out):
        misuse("The output would overwrite the input.")
    if not cli_check.classify(chosen(config), source, out, workers):
        raise typer.Exit(BAD)


@app.command(rich_help_panel="Run")
def lockdown(
    turn: Annotated[str, typer.Argument(metavar="on|off|status", help="What to do.")],
    config: Config = None,
    admin_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of metrics and admin.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Send everything to local targets only, from now on, whatever its label; or end that. Asks the gateway that runs with CONFIG."""
    from gateway.cli import control

    if turn not in ("on", "off", "status"):
        misuse("Say `on`, `off` or `status`.")
    control.lockdown(chosen(config), turn, admin_port, as_json=as_json)


@app.command(rich_help_panel="Understand")
def canary(config: File = None, config_option: Config = None, as_json: AsJson = False) -> None:
    """Judge made-up sensitive requests, and send none. Exit code 1 if one of them would have left."""
    from gateway.cli import control

    if not control.canary(chosen(config_option or config), as_json=as_json):
        raise typer.Exit(BAD)


@app.command(rich_help_panel="Set up")
def schema(out: Annotated[Path | None, typer.Option("--out", "-o", help="Write it to a file.", show_default=False)] = None) -> None:
    """Print the JSON Schema of the configuration, for editors."""
    from gateway.config.models import schema as written

    if out:
        out.write_bytes(written())
    else:
        typer.echo(written(), nl=False)


@app.command(rich_help_panel="Run", context_settings={"ignore_unknown_options": True})
def engine(  # noqa: PLR0913, PLR0917  # one argument for each option of the command
    model: Annotated[str, typer.Argument(help="Hugging Face name or folder of the model.")],
    more: Annotated[list[str] | None, typer.Argument(metavar="[VLLM OPTIONS]", help="Anything else for `vllm serve`.")] = None,
    host: Annotated[str, typer.Option(help="Address to bind.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port.")] = 8000,
    served_name: Annotated[str | None, typer.Option(help="Name by which the model is asked for.", show_default=False)] = None,
    in_flight: Annotated[
        int | None, typer.Option(min=1, help="Requests that may wait or run before it answers 503.", show_default=False)
    ] = None,
    context_tokens: Annotated[int | None, typer.Option(min=1, help="Longest prompt and answer together.", show_default=False)] = None,
    tool_parser: Annotated[str | None, typer.Option(help="Parser of tool calls: hermes, llama3_json, ...", show_default=False)] = None,
    reasoning_parser: Annotated[str | None, typer.Option(help="Parser of reasoning: qwen3, deepseek_r1, ...", show_default=False)] = None,
    lora: Annotated[list[str] | None, typer.Option(help="A LoRA adapter as NAME=FOLDER; may be repeated.", show_default=False)] = None,
    lora_rank: Annotated[int, typer.Option(help="The largest rank among the adapters.")] = 16,
    small: Annotated[bool, typer.Option("--small", help="For a CPU or a laptop.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the command instead of running it.")] = False,
) -> None:
    """Start `vllm serve` with what the gateway makes use of: admission control, token details, request ids, LoRA."""
    from gateway.cli import engine as cli_engine
    from gateway.engine import IN_FLIGHT_DEFAULT, EngineOptions

    loras = dict(one.split("=", 1) for one in lora or () if "=" in one)
    if len(loras) != len(lora or ()):
        misuse("A LoRA adapter is NAME=FOLDER, each name once.")
    options = EngineOptions(
        host=host,
        port=port,
        served_name=served_name,
        in_flight=in_flight or IN_FLIGHT_DEFAULT,
        context_tokens=context_tokens,
        tool_parser=tool_parser,
        reasoning_parser=reasoning_parser,
        loras={name: Path(folder) for name, folder in loras.items()},
        lora_rank=lora_rank,
        small=small,
        extra=tuple(more or ()),
    )
    cli_engine.start(model, options, dry_run=dry_run)


@app.command(rich_help_panel="Run")
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running until Ctrl-C.")] = False,
    engine: Annotated[str, typer.Option(envvar="ENGINE", help="`standin`, or `vllm` for a real one on the CPU.")] = "standin",
    local_url: Annotated[str, typer.Option(envvar="LOCAL_URL", help="Your own engine's API base, such as http://127.0.0.1:8000/v1.")] = "",
) -> None:
    """Show on a dozen prompts what stays and what goes, what it costs, and what happens when an engine or the cloud is down.

    The engines are light stand-ins unless you say otherwise. With OPENAI_API_KEY set the cloud is the real one.
    """
    from gateway.demo import run as staged

    if engine not in ("standin", "vllm"):
        misuse("--engine (or ENGINE) is `standin` or `vllm`.")
    if not staged.run(keeps=keep, engine=engine, local_url=local_url):
        raise typer.Exit(BAD)


def main() -> None:
    """The entry of the `tidegate` command."""
    app(prog_name="tidegate")
