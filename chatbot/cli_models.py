"""`chatbot models` and `chatbot doctor`: what could answer, and whether the one that is chosen does."""

import json
import os
import shutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chatbot.config import load_dotenv_file
from chatbot.errors import ExitCode, UsageError
from chatbot.render.clean import one_line

if TYPE_CHECKING:
    from chatbot.catalogue import Answer, Listed

Spec = Annotated[str | None, typer.Option("--model", "-m", metavar="SPEC", help="The model, as in a chat.")]
BaseUrl = Annotated[str | None, typer.Option(metavar="URL", help="Where the model answers.")]
Profile = Annotated[str | None, typer.Option(metavar="NAME", help="A profile of the configuration file.")]


def models(
    providers: Annotated[list[str] | None, typer.Argument(metavar="PROVIDER...", help="Ask these alone.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    model: Spec = None,
    base_url: BaseUrl = None,
    profile: Profile = None,
) -> int:
    """List the models that the configured providers offer, as they are named behind --model."""
    from chatbot.catalogue import ask, draft, on_this_machine
    from chatbot.config.sources import options
    from chatbot.errors import ConfigError

    load_dotenv_file(Path.cwd())
    chosen = options({"model": model, "base_url": base_url, "profile": profile})
    wanted = _known(providers or [])
    here = [] if wanted else on_this_machine(chosen.env)
    answers = ask(chosen, wanted)
    try:
        choice = draft(chosen, chosen.env).choice
        default = ":".join(part for part in choice[:2] if part)
    except ConfigError:
        default = ""  # told by the answers
    rows = [*here, *((listed, "") for answer in answers for listed in answer.models)]
    rows.sort(key=lambda row: (row[0].provider, row[0].name))
    write = _as_json if as_json else _as_text
    with suppress(BrokenPipeError):  # whoever read our output has had enough
        sys.stdout.buffer.write("".join(f"{line}\n" for line in write(rows, default)).encode("utf-8", "replace"))
        sys.stdout.flush()
    return _told(answers, default)


def _known(providers: list[str]) -> list[str]:
    from chatbot.providers import PROVIDERS

    for name in providers:
        if name not in PROVIDERS:
            raise UsageError(f"There is no provider {name!r}. Known: {', '.join(PROVIDERS)}.")
    return list(dict.fromkeys(providers))


def _as_text(rows: Iterable[tuple["Listed", str]], default: str) -> Iterable[str]:
    told = list(rows)
    width = max((len(listed.spec) for listed, _ in told), default=0)
    for listed, note in told:
        context = f"reads {listed.context:,} tokens" if listed.context else ""
        tools = {True: "tools", False: "no tools", None: ""}[listed.tools]
        notes = ["default" if listed.spec == default else "", context, tools, note]
        yield f"{listed.spec:<{width}}  {', '.join(filter(None, notes))}".rstrip()


def _as_json(rows: Iterable[tuple["Listed", str]], default: str) -> Iterable[str]:
    for listed, note in rows:
        fields = {
            "model": listed.spec,
            "provider": listed.provider,
            "name": listed.name,
            "default": listed.spec == default,
            "context": listed.context,
            "tools": listed.tools,
            "note": note,
        }
        yield json.dumps(fields)


def _told(answers: Iterable["Answer"], default: str) -> ExitCode:
    """Tell what went wrong, a line for each provider; return 0 where any answered, or none was asked."""
    codes: list[ExitCode] = []
    for answer in answers:
        codes.append(answer.error.exit_code if answer.error else ExitCode.OK)
        if answer.error:
            _tell(f"{answer.provider}: {str(answer.error).removeprefix(f'{answer.provider} ')}")
        elif default.startswith(f"{answer.provider}:") and default not in {listed.spec for listed in answer.models}:
            _tell(f"{answer.provider} does not list the default, {default}.")
    return ExitCode.OK if ExitCode.OK in codes or not codes else codes[0]


def _tell(text: str) -> None:
    sys.stderr.write(f"chatbot: {one_line(text)}\n")


def doctor(
    model: Spec = None,
    base_url: BaseUrl = None,
    api: Annotated[str | None, typer.Option(metavar="NAME", help="auto, responses or chat.")] = None,
    profile: Profile = None,
) -> int:
    """Check configuration, key, endpoint, streaming, tools and terminal; say what to change."""
    from chatbot.doctor import examine, exit_code, lines, summary

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a character that the terminal lacks is no reason to crash
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    before = dict(os.environ)
    findings = []
    for finding in examine({"model": model, "base_url": base_url, "api": api, "profile": profile}, before):
        findings.append(finding)
        sys.stdout.write("".join(f"{line}\n" for line in lines(finding, columns)))
        sys.stdout.flush()
    sys.stdout.write(f"{summary(findings)}\n")
    return exit_code(findings)
