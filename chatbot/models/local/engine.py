"""llama.cpp in this process: one model, one slot, one answer at a time; chunks of Chat Completions come out."""

import atexit
import json
import secrets
from collections.abc import Generator, Mapping
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Any

from chatbot.errors import ContextTooLong, ModelError
from chatbot.interrupt import Interrupt
from chatbot.models.http.failures import one_line
from chatbot.models.http.text import encode
from chatbot.models.local import threads

CONTEXT = 8192
"""Tokens that the model reads at most, or fewer where it was trained for fewer: memory grows with it."""
BATCH = 128
"""Tokens of a prompt that are read in one go: larger ones gain little on a CPU, and only between two can one stop."""
_SILENT = -1


class _Ended:
    """No chunk will follow."""


class Engine:
    """Runs the model of a GGUF file, once it has been opened. `open` and `chunks` may be called from any thread."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._server: Any = None
        self._opening = Lock()
        self._busy = Lock()
        self._closing = Event()

    @property
    def is_open(self) -> bool:
        """Whether the model is loaded."""
        return self._server is not None

    @property
    def is_closed(self) -> bool:
        """Whether it was closed, for good."""
        return self._closing.is_set()

    def open(self, path: Path, context: int = CONTEXT) -> None:
        """Load the model, once. Raises ModelError. Other threads stand still meanwhile: the library wants it so."""
        with self._opening:
            if self._server is None and not self.is_closed:
                self._server = _served(path, context)
                atexit.register(self.close)

    def chunks(self, request: Mapping[str, Any], interrupt: Interrupt) -> Generator[Any, None, None]:
        """Yield the chunks of an answer; `request` is the body of a Chat Completions request.

        Ends at once when interrupted; llama.cpp ends with the batch or the token it is at. Raises ModelError.
        """
        told: SimpleQueue[Any] = SimpleQueue()
        given_up = Event()

        def tell(chunk: str) -> bool:
            told.put(json.loads(chunk))
            return interrupt.is_set or given_up.is_set() or self._closing.is_set()

        def work() -> None:
            try:
                with self._busy:
                    if self._server is not None and not (interrupt.is_set or given_up.is_set()):
                        self._server.handle_chat_completions(encode(request).decode(), tell)
                told.put(_Ended())
            except (RuntimeError, ValueError) as error:  # what C++ throws: a broken template, a value out of range
                told.put({"error": {"message": str(error)}})

        with interrupt.calling(lambda: told.put(_Ended())):
            Thread(target=work, name="llama.cpp", daemon=True).start()
            try:
                while not isinstance(chunk := told.get(), _Ended):
                    if interrupt.is_set:
                        return
                    if isinstance(chunk, dict) and (error := chunk.get("error")):
                        raise self._failed(error)
                    yield chunk
            finally:
                given_up.set()

    def close(self) -> None:
        """Stop what runs and free the memory. A thread still inside the library would abort a process that exits."""
        self._closing.set()
        with self._opening, self._busy:
            self._server = None
        atexit.unregister(self.close)

    def _failed(self, error: Any) -> ModelError:
        said = error if isinstance(error, dict) else {"message": str(error)}
        if said.get("type") == "exceed_context_size_error":
            return ContextTooLong(
                f"The conversation is too long: {said.get('n_prompt_tokens')} tokens, and {self._name} reads "
                f"{said.get('n_ctx')}. Start a new one, or choose a model that reads more."
            )
        return ModelError(f"{self._name} could not answer: {one_line(str(said.get('message')))}")


def _served(path: Path, context: int) -> Any:
    """Return xllamacpp's server, which cannot be without its HTTP listener: on loopback, locked by a random key."""
    try:
        import xllamacpp  # type: ignore[import-untyped]
    except (ImportError, OSError) as error:  # OSError: the shared library does not fit this machine
        raise ModelError(f"llama.cpp cannot be loaded: {one_line(str(error))}") from None
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = path.stem
    params.verbosity = _SILENT
    params.n_ctx, params.n_batch, params.n_ubatch, params.n_parallel = context, BATCH, BATCH, 1
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = threads.count()
        cpu.poll = 0  # percent: waiting threads leave their core to others
    params.warmup = params.fit_params = False  # both take time while other threads stand still
    params.hostnames, params.port, params.n_threads_http = ["127.0.0.1"], 0, 1
    params.api_keys, params.cors_origins = [secrets.token_urlsafe(32)], ""
    params.ui = params.endpoint_slots = False
    try:
        return xllamacpp.Server(params)
    except (RuntimeError, MemoryError):
        reasons = "it is broken or cut off, of a kind that llama.cpp does not know, or larger than the free memory"
        raise ModelError(f"{path} cannot be loaded: {reasons}.") from None
