"""A model that runs in this process, on llama.cpp: no server, no key, no network once its weights are here."""

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from chatbot.errors import ConfigError, ModelError
from chatbot.events import Delta, Notice, Progressed, StatusChanged
from chatbot.interrupt import Interrupt
from chatbot.models import Prompt
from chatbot.models.chat_completions import wire
from chatbot.models.chat_completions.decode import Decoder
from chatbot.models.http.failures import Place
from chatbot.models.local.engine import Engine
from chatbot.models.local.hub import INSTALL
from chatbot.models.local.loading import Loading
from chatbot.models.local.weights import named
from chatbot.models.local.wheel import SMOLLM2
from chatbot.pack import Tool, function_schema
from chatbot.types import Assistant

__all__ = ["Local"]

MOST = 2048
"""Tokens of one answer at most: small models do not always find an end."""
UNREPEATED = {"repeat_penalty": 1.05, "repeat_last_n": 512}
"""How much a token loses that was among so many before it: without, they go round in circles."""
SMALL = "smollm2 is a very small model (135 million parameters): it shows that all works, and is often wrong."


class Local:
    """A GGUF file on llama.cpp.

    weights: PATH.gguf, hf:OWNER/REPO/FILE or smollm2. temperature, seed: None leaves it to llama.cpp. label: the name
    shown to people. Nothing is fetched before the first answer, nor loaded before `warm`. Raises ConfigError.
    """

    def __init__(self, weights: str, *, temperature: float | None, seed: int | None = None, label: str = "") -> None:
        if find_spec("xllamacpp") is None:
            raise ConfigError(f"A model in this process needs the package xllamacpp; install with: {INSTALL}")
        self.name = label or f"local:{weights}"
        self.notice = SMALL if weights == SMOLLM2.name else ""
        self._weights = named(weights)
        self._temperature = temperature
        self._seed = seed
        self._engine = Engine(self.name)
        self._loading: Loading | None = None
        self._starting = Lock()

    def warm(self) -> None:
        """Load the weights, where they need not be fetched. Never raises: `generate` tells what is wrong."""
        with suppress(ModelError):
            if path := self._weights.present():
                deque(self._loaded(path).wait(Interrupt()), maxlen=0)

    def stream(self, prompt: Prompt, interrupt: Interrupt) -> Iterator[Delta | Assistant]:
        """Answer; see Model. Raises ModelError or ContextTooLong."""
        return self.generate(wire.messages(prompt, self.name), interrupt, tools=prompt.tools)

    def generate(
        self,
        messages: list[dict[str, Any]],
        interrupt: Interrupt,
        *,
        tools: Sequence[Tool] = (),
        grammar: str = "",
        most: int | None = None,
    ) -> Iterator[Delta | Assistant]:
        """Go on with chat messages, in `most` tokens; yields as Model.stream does, and raises the same.

        tools: told to the model where its chat template knows tools. grammar: GBNF that all of the answer fits, instead
        of tools.
        """
        yield from self._opened(interrupt)
        if interrupt.is_set:
            return
        decoder = Decoder(Place("llama.cpp", self.name))
        begun = False
        with closing(self._engine.chunks(self._request(messages, tools, grammar, most or MOST), interrupt)) as chunks:
            for chunk in chunks:
                if not begun:
                    yield StatusChanged("in_progress")
                    begun = True
                yield from decoder.feed(chunk)
        if not interrupt.is_set:
            yield from decoder.end(decoder.finished)

    def close(self) -> None:
        """Free the model's memory; a later `stream` would load it again."""
        with self._starting:
            self._engine.close()
            self._engine, self._loading = Engine(self.name), None

    def _opened(self, interrupt: Interrupt) -> Generator[Notice | Progressed, None, None]:
        if self._engine.is_open:
            return
        path = self._weights.present() or (yield from self._weights.fetch(interrupt))
        if path and not interrupt.is_set:
            yield from self._loaded(path).wait(interrupt)

    def _loaded(self, path: Path) -> Loading:
        """Return the load that goes on, or a new one."""
        with self._starting:
            if self._loading is None or (self._loading.has_ended and not self._engine.is_open):
                self._loading = Loading(self._engine, path)
            return self._loading

    def _request(
        self, messages: list[dict[str, Any]], tools: Sequence[Tool], grammar: str, most: int
    ) -> dict[str, Any]:
        request: dict[str, Any] = {
            "messages": messages,
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": most,
            "cache_prompt": True,
            **UNREPEATED,
            "return_progress": True,  # a chunk for each batch of the prompt that was read: a chance to stop
        }
        if self._temperature is not None:
            request["temperature"] = self._temperature
        if self._seed is not None:
            request["seed"] = self._seed
        if grammar:
            request["grammar"] = grammar
        elif tools:
            request["tools"] = [function_schema(tool) for tool in tools]
        return request
