"""What Tab completes: commands, and behind them what they take; paths in what is said."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from chatbot.commands import registered
from chatbot.paths import expanded

if TYPE_CHECKING:  # it is slow, and the prompt comes first
    from chatbot.conversation import Conversation

MOST = 200


class Words(Completer):
    """Completes the word before the cursor. `conversation` is None until it is open: nothing here waits for it."""

    def __init__(self, conversation: "Callable[[], Conversation | None]") -> None:
        self._conversation = conversation

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:  # noqa: ARG002
        """Yield what the word may become."""
        text = document.text_before_cursor
        name, blank, rest = text.partition(" ")
        found: Iterable[str] = ()
        if not text.startswith("/") or "\n" in text:
            word = text.split()[-1] if text and not text[-1].isspace() else ""
            found = paths(word) if word.startswith(("/", "./", "../", "~")) else ()
        elif not blank:
            word, found = text, [f"/{known}" for known in sorted(registered()) if known.startswith(text[1:].lower())]
        else:
            word = rest.rpartition(",")[2] if name == "/pack" else rest
            found = self._behind(name[1:].lower(), word)
        for item in list(found)[:MOST]:
            yield Completion(item, start_position=-len(word))

    def _behind(self, command: str, word: str) -> Iterable[str]:
        match command:
            case "pack":
                from chatbot.packs import available_packs

                return [*_beginning(word, [*available_packs(), "none"]), *_existing(word, (".py", ".json"))]
            case "model":
                return _models(word)
            case "resume":
                conversation = self._conversation()
                return _beginning(word, conversation.archive.ids() if conversation else [])
            case "export":
                from chatbot.export import FORMS

                return _beginning(word, FORMS)
            case "system" | "instructions" if word.startswith("@"):
                return [f"@{path}" for path in paths(word[1:])]
            case "save" | "context":
                return paths(word)
        return ()


def paths(beginning: str) -> list[str]:
    """Return the files and folders that begin so, folders with a slash; ~ stays."""
    folder, slash, name = beginning.rpartition("/")
    try:
        found = sorted(expanded(f"{folder}{slash}" or ".").iterdir())[: MOST * 10]
    except (OSError, ValueError):
        return []
    wanted = (path for path in found if path.name.startswith(name) and (name or not path.name.startswith(".")))
    return [f"{folder}{slash}{path.name}{'/' if path.is_dir() else ''}" for path in wanted]


def _models(word: str) -> list[str]:
    """Return the specs that begin so; behind `local:` and `playback:` the files that can stand there."""
    from chatbot.config.model import LOCAL, OFFLINE, PLAYBACK
    from chatbot.providers import PROVIDERS

    kind, colon, file = word.partition(":")
    ends = {LOCAL: (".gguf", "/"), PLAYBACK: ("",)}.get(kind, ()) if colon else ()
    found = [f"{kind}:{path}" for path in paths(file) if path.endswith(ends)]
    known = [OFFLINE, f"{LOCAL}:hf:", f"{LOCAL}:smollm2", f"{PLAYBACK}:", *(f"{name}:" for name in PROVIDERS)]
    return [*(name for name in _beginning(word, known) if name != word), *found]


def _beginning(word: str, known: Iterable[str]) -> list[str]:
    return [name for name in known if name.startswith(word)]


def _existing(word: str, suffixes: tuple[str, ...]) -> list[str]:
    return [path for path in paths(word) if path.endswith((*suffixes, "/"))] if "/" in word else []
