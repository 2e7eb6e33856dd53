"""What is to be run: scripts of any kind, as values, with the options that they bring."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chatbot.config.model import PLAYBACK
from chatbot.paths import expanded
from chatbot.scripts.form import PLACEHOLDER, Script
from chatbot.scripts.source import ScriptWrong, Source

SWITCHES = ("grounded", "confirm", "ask_secrets")


@dataclass(frozen=True, slots=True)
class Task:
    """A script that is to be run. source: where it stands, if it is YAML."""

    path: Path
    script: Script
    source: Source | None = field(default=None, compare=False)

    def flags(self) -> dict[str, Any]:
        """Return its options as the command line has them; relative paths begin at the script."""
        script = self.script
        given: dict[str, Any] = {}
        given["pack"] = [self._beside(spec) for spec in script.pack] if script.pack else None
        given["model"] = self._model(script.model) if script.model else None
        given["system"], given["instructions"] = self._text(script.system), self._text(script.instructions)
        given["context"] = [json.dumps(script.context)] if script.context else None
        given["show_context"] = list(script.show_context)
        given["max_steps"] = script.max_steps
        given |= {name: getattr(script, name) for name in SWITCHES}
        given["no_greeting"] = script.greeting is False or None
        return {name: value for name, value in given.items() if value not in (None, [], ())}

    def secrets(self, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return its secrets by name. Raises ScriptWrong where the environment has one of them not."""
        for name, variable in self.script.secrets.items():
            if not environ.get(variable):
                line = self.line(("secrets", name))
                place = f"{self.path}, line {line}" if line else f"{self.path}"
                raise ScriptWrong(f"{place}: the secret {name} should be in the environment, as {variable}.")
        return {name: environ[variable] for name, variable in self.script.secrets.items()}

    def line(self, steps: tuple[str | int, ...]) -> int:
        """Return the line of the file where something stands; 0 where nobody knows."""
        return self.source.place(steps)[0] if self.source else 0

    def _text(self, text: str | None) -> str | None:
        return f"@{self._path(text[1:])}" if text and text.startswith("@") else text

    def _model(self, spec: str) -> str:
        provider, colon, name = spec.partition(":")
        here = provider == PLAYBACK or (provider == "local" and name.endswith(".gguf") and not name.startswith("hf:"))
        return f"{provider}{colon}{self._path(name)}" if here else spec

    def _beside(self, spec: str) -> str:
        is_path = "/" in spec or spec.endswith((".py", ".json"))
        return self._path(spec) if is_path else spec

    def _path(self, name: str) -> str:
        return str(self.path.parent / expanded(name))


def said(text: str, secrets: Mapping[str, str]) -> str:
    """Return what the user says, with the secrets put in."""
    return PLACEHOLDER.sub(lambda found: f"${{{found[2]}}}" if found[1] else secrets[found[2]], text)
