"""The command line: every option in one place; composes the chat, and maps each error to one line and an exit code."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chatbot.cli_models import doctor, models
from chatbot.cli_replay import replay, report
from chatbot.config import CHOOSE, Settings, data_path, load_dotenv_file, load_packs, load_settings
from chatbot.config.model import refuse_unheeded
from chatbot.errors import ChatbotError, ExitCode, UsageError
from chatbot.render import Kind, Look, pick
from chatbot.render.clean import clean

if TYPE_CHECKING:  # it is slow, and the prompt comes first
    from chatbot.asking import Asker
    from chatbot.conversation import Conversation
    from chatbot.events import Event
    from chatbot.playback import Recording

EXIT_CODES = (
    "Exit codes: 0 fine, 1 a turn failed, 2 usage, 3 configuration or credentials, 4 model unreachable, "
    "130 interrupted."
)

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
        given = list(_with_choice(arguments))
        code = typer.main.get_command(app).main(given, prog_name="chatbot", standalone_mode=False)
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


def _with_choice(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the arguments; --resume without an id asks for one, which typer has no way to say."""
    for argument, following in zip_longest(arguments, arguments[1:], fillvalue="-"):
        yield argument
        if argument in ("--resume", "-r") and following.startswith("-"):
            yield CHOOSE


def _given(ctx: typer.Context) -> dict[str, Any]:
    """Return the options that were on the command line; for others, typer hands over one of these."""
    return {name: value for name, value in ctx.params.items() if not any(value is none for none in (None, False, ()))}


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
        typer.Option("--model", "-m", metavar="SPEC", help="provider:model, local:WEIGHTS, playback:FILE, or offline."),
    ] = None,
    base_url: Annotated[str | None, typer.Option(metavar="URL", help="Where the model answers.")] = None,
    api: Annotated[
        str | None, typer.Option(metavar="NAME", help="auto (responses at OpenAI, else chat), responses or chat.")
    ] = None,
    background: Annotated[
        bool | None, typer.Option("--background", help="Answers go on at OpenAI though the connection is lost.")
    ] = None,
    store: Annotated[bool | None, typer.Option("--store", help="Let OpenAI keep the conversation.")] = None,
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="A profile of the configuration file.")] = None,
    system: Annotated[
        str | None,
        typer.Option("--system", "-s", metavar="TEXT|@FILE", help="Replaces the packs' system prompt."),
    ] = None,
    instructions: Annotated[
        str | None, typer.Option(metavar="TEXT|@FILE", help="Adds to the system prompt, for this run only.")
    ] = None,
    script: Annotated[
        str | None, typer.Option(metavar="FILE", help="Play the user turns of a script: .txt, .yaml or .jsonl.")
    ] = None,
    record: Annotated[
        str | None, typer.Option(metavar="FILE", help="Keep what the model and the tools say, for playback:FILE.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Write every event as one JSON object a line.")] = False,
    deltas: Annotated[
        bool, typer.Option("--deltas", help="With --json: also every piece of text as it comes.")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Write the bare transcript.")] = False,
    context: Annotated[
        list[str] | None,
        typer.Option("--context", metavar="FILE|NAME=TEXT", help="What is known of the user, for certain."),
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
    continue_: Annotated[bool, typer.Option("--continue", "-c", help="Go on with the latest session.")] = False,
    resume: Annotated[
        str | None, typer.Option("--resume", "-r", metavar="[ID]", help="Go on with a session; without an ID, choose.")
    ] = None,
    no_save: Annotated[bool | None, typer.Option("--no-save", help="Keep nothing of this session.")] = None,
    auto_compact: Annotated[
        bool | None, typer.Option("--auto-compact", help="A summary stands for turns that no longer fit.")
    ] = None,
    no_greeting: Annotated[
        bool | None, typer.Option("--no-greeting", help="The assistant does not speak first.")
    ] = None,
    theme: Annotated[str | None, typer.Option(metavar="NAME", help="auto, dark, light or none.")] = None,
    show_reasoning: Annotated[
        bool | None, typer.Option("--show-reasoning", help="Show the model's reasoning whole.")
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
    given = _given(ctx)
    if ctx.invoked_subcommand:
        if given:
            raise UsageError(f"Put the options behind the command: chatbot {ctx.invoked_subcommand} ...")
        return ExitCode.OK
    load_dotenv_file(Path.cwd())
    settings = load_settings(given)
    refuse_unheeded(given, settings.model)
    on_terminal = sys.stdout.isatty()
    drawn = on_terminal or bool(os.environ.get("FORCE_COLOR"))
    kind: Kind = "json" if settings.json else "rich" if drawn and not settings.plain else "plain"
    if settings.script is None and sys.stdin.isatty() and on_terminal and kind != "json":
        return _interactive(given, settings, kind)
    return _scripted(given, settings, kind)


def _scripted(given: Mapping[str, Any], settings: Settings, kind: Kind) -> ExitCode:
    from chatbot.asking import Unattended
    from chatbot.chat import own_stdout
    from chatbot.conversation import converse
    from chatbot.interrupt import on_termination
    from chatbot.scripts.text import lines

    said = _words(settings.script) if settings.script else lines(sys.stdin)
    try:
        with own_stdout() as stdout, on_termination():
            look = Look(settings.theme, settings.show_reasoning)
            sink = pick(kind, deltas=settings.deltas, echo_user=True, look=look, stdout=stdout)
            asker = Unattended(settings.trusted.secrets)
            with closing(_open(given, settings, asker)) as conversation:
                return converse(conversation, said, sink)
    except BrokenPipeError:  # whoever read our output has had enough
        return ExitCode.OK


def _words(script: Path) -> list[str]:
    """Return what is said in a script. Raises UsageError."""
    from chatbot.scripts.text import read_script

    if script.suffix == ".txt":
        return read_script(script)
    from chatbot.replay.finding import words_of  # slow: it knows YAML

    return words_of(script)


def _interactive(given: Mapping[str, Any], settings: Settings, kind: Kind) -> ExitCode:
    """Show the prompt; what a session needs is loaded behind it."""
    from chatbot.repl import Repl

    if settings.resume == CHOOSE:
        from chatbot.cli_sessions import choose

        settings = settings._replace(resume=choose())
    repl = Repl(
        converse=lambda asker: _open(given, settings, asker),
        open_sink=lambda verbose, past: pick(
            kind, echo_user=past, look=Look(settings.theme, settings.show_reasoning or verbose, folds=not verbose)
        ),
        header=_header(settings),
        history=data_path() / "history",
    )
    return repl.run()


def _open(given: Mapping[str, Any], settings: Settings, asker: "Asker") -> "Conversation":
    """Return the conversation, new or resumed. Raises UsageError, ConfigError."""
    from chatbot.conversation import Conversation, Nowhere
    from chatbot.transcript import Transcripts

    if settings.resume == CHOOSE:
        raise UsageError("--resume needs the id of a session here: chatbot sessions lists them.")
    archive = Transcripts(data_path() / "sessions", _tell) if settings.save else Nowhere()
    conversation = Conversation(given, settings, asker, archive, _recording(settings))
    if settings.resume:
        conversation.resume(settings.resume)
    return conversation


def _recording(settings: Settings) -> "Recording | None":
    """Return what keeps this run for a playback, where that is wanted. Raises UsageError."""
    if settings.record is None:
        return None
    from chatbot.playback import Recording

    return Recording(settings.record, _tell)


def _tell(event: "Event") -> None:
    """Say on stderr what cannot be kept."""
    from chatbot.events import Notice

    if isinstance(event, Notice):
        sys.stderr.write(f"chatbot: {clean(event.text)}\n")


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
    from chatbot.listing import as_schemas, as_text
    from chatbot.packs import open_packs

    load_dotenv_file(Path.cwd())
    choice = load_packs({"pack": pack})
    packs = open_packs(choice.specs, functions=choice.functions)
    sys.stdout.write((as_schemas(packs) if json else clean(as_text(packs))) + "\n")


@app.command(add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def sessions(ctx: typer.Context) -> int:
    """List, show, search, export and delete the sessions that are kept."""
    from chatbot.cli_sessions import sessions  # late: it has commands of its own

    command = typer.main.get_command(sessions)
    return int(command.main(ctx.args, prog_name="chatbot sessions", standalone_mode=False) or ExitCode.OK)


app.command("replay")(replay)
app.command("report")(report)
app.command("models")(models)
app.command("doctor")(doctor)


@app.command()
def serve(  # the options of the server, one parameter each
    ctx: typer.Context,
    pack: Pack = None,
    host: Annotated[str | None, typer.Option(metavar="HOST", help="Where to listen (default 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(metavar="PORT", help="0 picks a free one (default 5000).")] = None,
    workers: Annotated[int | None, typer.Option(metavar="N", help="Processes that answer (default 1).")] = None,
    state: Annotated[
        str | None, typer.Option(metavar="PATH|URL", help="What contacts have verified: a SQLite file or redis://...")
    ] = None,
    remember: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="How long a verification counts (default 1800).")
    ] = None,
    said: Annotated[
        str | None, typer.Option(metavar="PATHS", help="Where in a request's context the contact's own words are.")
    ] = None,
    signature: Annotated[
        str | None, typer.Option(metavar="NAME", help="How calls are signed: turn (default) or standard.")
    ] = None,
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="A profile of the configuration file.")] = None,
    grounded: Annotated[bool | None, typer.Option("--grounded", help="Refuse every argument that nobody gave.")] = None,
    yes: Annotated[bool | None, typer.Option("--yes", "-y", help="Let tools change things, unasked.")] = None,
    insecure: Annotated[
        bool | None, typer.Option("--insecure", help="Take unsigned calls, from this machine alone.")
    ] = None,
) -> int:
    """Answer signed function calls over HTTP, as Turn.io makes them (TURN_HMAC_SECRET is the key)."""
    from chatbot.serve.running import serve

    load_dotenv_file(Path.cwd())
    return serve(_given(ctx))
