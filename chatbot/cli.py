"""The command line: every option in one place; composes the chat, and maps each error to one line and an exit code."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chatbot.config import Settings, data_path, load_dotenv_file, load_packs, load_settings
from chatbot.errors import ChatbotError, ExitCode, UsageError
from chatbot.render import Kind, pick
from chatbot.render.clean import clean

if TYPE_CHECKING:  # it is slow, and the prompt comes first
    from chatbot.asking import Asker
    from chatbot.session import Session

EXIT_CODES = (
    "Exit codes: 0 fine, 1 a turn failed, 2 usage, 3 configuration or credentials, 4 model unreachable, "
    "130 interrupted."
)

NOT_GIVEN = (None, False, ())  # what typer hands over where an option was not on the command line

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"], "terminal_width": 100, "max_content_width": 100},
    help="A terminal chatbot that calls tools you can trust. Without a command, it chats.",
    epilog=EXIT_CODES,
)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code; every error is one line on stderr."""
    try:
        code = typer.main.get_command(app).main(list(arguments), prog_name="chatbot", standalone_mode=False)
        return int(code or ExitCode.OK)
    except typer.TyperException as error:
        return _fail(f"{error.format_message().rstrip('.')}. See chatbot --help.", ExitCode.USAGE)
    except ChatbotError as error:
        return _fail(str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except OSError as error:
        return _fail(f"{error.strerror or error}", ExitCode.TURN_FAILED)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug is told in one line too
        _log_traceback()
        hint = "" if "--debug" in arguments else " (--debug shows where)"
        return _fail(f"internal error: {type(error).__name__}: {error}{hint}", ExitCode.TURN_FAILED)


def _fail(text: str, code: ExitCode) -> ExitCode:
    sys.stderr.write(f"chatbot: {clean(' '.join(text.split()))}\n")
    return code


def _log_traceback() -> None:
    import logging

    logging.getLogger("chatbot").debug("internal error", exc_info=True)


def _show_version(wanted: bool) -> None:
    if wanted:
        from chatbot import __version__

        sys.stdout.write(f"chatbot {__version__}\n")
        raise typer.Exit


Pack = Annotated[
    list[str] | None,
    typer.Option("--pack", "-p", metavar="NAME|PATH", help="Tools to load: repeatable, comma-separated, or none."),
]


def chat(  # the options of the program, one parameter each
    ctx: typer.Context,
    pack: Pack = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", "-m", metavar="SPEC", help="provider:model, a model of the default provider, or offline."
        ),
    ] = None,
    base_url: Annotated[str | None, typer.Option(metavar="URL", help="Where the model answers.")] = None,
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="A profile of the configuration file.")] = None,
    system: Annotated[
        str | None,
        typer.Option("--system", "-s", metavar="TEXT|@FILE", help="Replaces the packs' system prompt."),
    ] = None,
    instructions: Annotated[
        str | None, typer.Option(metavar="TEXT|@FILE", help="Adds to the system prompt, for this run only.")
    ] = None,
    script: Annotated[
        str | None, typer.Option(metavar="FILE", help="Play the user turns of a text file, one a line.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Write every event as one JSON object a line.")] = False,
    deltas: Annotated[
        bool, typer.Option("--deltas", help="With --json: also every piece of text as it comes.")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Write the bare transcript.")] = False,
    context: Annotated[
        list[str] | None,
        typer.Option("--context", "-c", metavar="FILE|NAME=TEXT", help="What is known of the user, for certain."),
    ] = None,
    show_context: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Fields of it that the model is told, comma-separated.")
    ] = None,
    webhook_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where the functions of a .json pack are called.")
    ] = None,
    grounded: Annotated[bool | None, typer.Option("--grounded", help="Refuse every argument that nobody gave.")] = None,
    confirm: Annotated[bool | None, typer.Option("--confirm", help="Ask before every call of a tool.")] = None,
    yes: Annotated[bool | None, typer.Option("--yes", "-y", help="Approve what would be asked.")] = None,
    ask_secrets: Annotated[
        bool | None, typer.Option("--ask-secrets", help="Ask for secrets out of the model's sight.")
    ] = None,
    no_greeting: Annotated[
        bool | None, typer.Option("--no-greeting", help="The assistant does not speak first.")
    ] = None,
    max_steps: Annotated[
        int | None, typer.Option(metavar="N", help="Rounds of tool calls in one turn (default 10).")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="How long the model may stay silent (default 120).")
    ] = None,
    temperature: Annotated[
        str | None, typer.Option(metavar="T", help="0 to 2, or none to leave it to the model (default 0).")
    ] = None,
    debug: Annotated[bool | None, typer.Option("--debug", help="Tell more about errors, on stderr.")] = None,
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> int:
    """Chat: in a terminal, from a script, or line by line from a pipe."""
    given = {name: value for name, value in ctx.params.items() if not any(value is none for none in NOT_GIVEN)}
    if ctx.invoked_subcommand:
        if given:
            raise UsageError(f"Put the options behind the command: chatbot {ctx.invoked_subcommand} ...")
        return ExitCode.OK
    load_dotenv_file(Path.cwd())
    settings = load_settings(given)
    on_terminal = sys.stdout.isatty()
    kind: Kind = "json" if settings.json else "plain" if settings.plain or not on_terminal else "rich"
    if settings.script is None and sys.stdin.isatty() and on_terminal and kind != "json":
        return _interactive(settings, kind)
    return _scripted(settings, kind)


def _scripted(settings: Settings, kind: Kind) -> ExitCode:
    from chatbot.asking import Unattended
    from chatbot.chat import converse, open_session, own_stdout
    from chatbot.script import lines, read_script

    said = read_script(settings.script) if settings.script else lines(sys.stdin)
    try:
        with own_stdout() as stdout:
            sink = pick(kind, deltas=settings.deltas, echo_user=True, stdout=stdout)
            session = open_session(settings, Unattended(settings.trusted.secrets))
            return converse(session, said, sink, greeting=settings.greeting)
    except BrokenPipeError:  # whoever read our output has had enough
        return ExitCode.OK


def _interactive(settings: Settings, kind: Kind) -> ExitCode:
    """Show the prompt; what a session needs is loaded behind it."""
    from chatbot.repl import Repl

    def open_session(asker: "Asker") -> "Session":
        from chatbot.chat import open_session

        return open_session(settings, asker)

    repl = Repl(
        open_session=open_session,
        open_sink=lambda: pick(kind),
        header=_header(settings),
        history=data_path() / "history",
        greeting=settings.greeting,
    )
    return repl.run()


def _header(settings: Settings) -> str:
    """Return the line above the first prompt."""
    model = ":".join(part for part in settings.model[:2] if part)
    packs = ", ".join(settings.packs.specs) or "no packs"
    return clean(f"chatbot · {model} · {packs} · /help for commands, Ctrl-D leaves")


app.callback(invoke_without_command=True)(chat)
app.command("chat")(chat)


@app.command()
def tools(
    pack: Pack = None, json: Annotated[bool, typer.Option("--json", help="Print the tools' schemas.")] = False
) -> None:
    """List what the packs offer; --json prints the tools' schemas as a model gets them."""
    from chatbot.chat import open_packs
    from chatbot.listing import as_schemas, as_text

    load_dotenv_file(Path.cwd())
    packs = open_packs(load_packs({"pack": pack}), {})
    sys.stdout.write((as_schemas(packs) if json else clean(as_text(packs))) + "\n")
