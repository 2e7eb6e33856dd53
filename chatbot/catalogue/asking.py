"""All providers that are configured, asked for their models side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from chatbot.catalogue.draft import Draft, draft, draft_of
from chatbot.catalogue.listing import Listed, read
from chatbot.config.model import ModelChoice
from chatbot.config.sources import Options
from chatbot.deadline import within
from chatbot.errors import ChatbotError, ConfigError, ModelError, ModelUnreachable
from chatbot.interrupt import Interrupt
from chatbot.models.http.failures import Failure
from chatbot.models.http.served import Request, Served
from chatbot.providers import PROVIDERS

PATIENT, SHORT = 10.0, 1.0
"""Seconds for a server's list, and for one of this machine that may not be running."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider said: its models, or why there are none."""

    provider: str
    models: tuple[Listed, ...] = ()
    error: ChatbotError | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A provider to be asked. expected: that it does not answer is worth telling."""

    provider: str
    draft: Draft | ConfigError
    expected: bool


def ask(options: Options, wanted: Sequence[str]) -> list[Answer]:
    """Ask the wanted providers, or all that are configured: by a key, by an address, or by the model that is chosen.

    Local servers are asked as well; those that nobody named are left out where they do not answer. Raises UsageError.
    """
    asked = list(_asked(options, wanted))
    works = [partial(_answer, one) for one in asked]
    answers = within(PATIENT, *works)
    late = "It took too long to tell its models."
    told = [
        answer or Answer(one.provider, error=ModelUnreachable(late)) for one, answer in zip(asked, answers, strict=True)
    ]
    return [answer for one, answer in zip(asked, told, strict=True) if one.expected or not answer.error]


class NoList(ModelError):
    """The server answers, but tells no list of its models."""


class _Server(Served):
    """A server that is asked for nothing but its models."""

    def explained(self, failure: Failure, request: Request) -> ModelError:
        """Return the error; that there is no such address below the base URL need not mean that nothing is well."""
        if failure.status not in (404, 405, 501):
            return failure.error
        path = urlsplit(self.base_url or "").path
        return self.no_list(f"{failure.status} for {request.method} {path}{request.path}")

    def no_list(self, why: str) -> NoList:
        """Return the error for another answer than a list."""
        return NoList(self.place.line(f"{self.place.host} has no list of its models", why))


def listed(choice: ModelChoice, *, timeout: float, interrupt: Interrupt) -> tuple[Listed, ...]:
    """Return the models that the choice's server lists. Raises NoList or another ModelError."""
    server = _Server(
        "its models",
        base_url=choice.base_url,
        api_key=choice.api_key,
        timeout=timeout,
        key_name=choice.key_env or "the API key",
    )
    try:
        return read(server.fetch(Request("/models", method="GET"), interrupt), choice.provider)
    except ValueError as error:
        raise server.no_list(str(error)) from None
    finally:
        server.close()


def _asked(options: Options, wanted: Sequence[str]) -> Iterator[_Asked]:
    try:
        chosen: Draft | ConfigError = draft(options, options.env)
    except ConfigError as error:
        chosen = error
    for provider in wanted or PROVIDERS:
        if isinstance(chosen, Draft) and chosen.choice.provider == provider:
            yield _Asked(provider, chosen.keyless or chosen, expected=True)
            continue
        own = _own(provider, options.env)
        configured = isinstance(own, Draft) and bool(own.choice.api_key or own.choice.base_url != _usual(provider))
        if provider in wanted or configured or not PROVIDERS[provider].key_env:
            yield _Asked(provider, own, expected=provider in wanted or configured)


def _own(provider: str, env: Mapping[str, str]) -> Draft | ConfigError:
    """Return the provider as the environment configures it, or what it wants."""
    try:
        found = draft_of(provider, env)
    except ConfigError as error:
        return error
    return found.keyless or found


def _usual(provider: str) -> str:
    return PROVIDERS[provider].base_url


def _answer(asked: _Asked, interrupt: Interrupt) -> Answer:
    if isinstance(asked.draft, ConfigError):
        return Answer(asked.provider, error=asked.draft)
    try:
        timeout = PATIENT if asked.expected else SHORT
        return Answer(asked.provider, listed(asked.draft.choice, timeout=timeout, interrupt=interrupt))
    except ChatbotError as error:
        return Answer(asked.provider, error=error)
