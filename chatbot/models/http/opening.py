"""Opening the SDK's client, which is the slow part of a first request: loading takes most of a second."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from chatbot.errors import CredentialsRefused
from chatbot.models.http.failures import Place, of_exception
from chatbot.tls import trusted

if TYPE_CHECKING:
    import openai

_CONNECT = 10.0
"""Seconds to wait for a connection."""
_KEEP = 600.0
"""Seconds that an idle connection is kept: people think longer than the 5 s that the library gives them."""


def open_client(base_url: str, place: Place, on_request: Callable[[Any], None]) -> "openai.OpenAI":
    """Load the SDK and return its client; `on_request` is called with each request before it is sent.

    Nothing connects yet. Raises CredentialsRefused for a key that no header can hold, ModelUnreachable for an address
    that is none.
    """
    key = place.key or "not-needed"  # the SDK insists on one, or looks into the environment
    if not (key.isascii() and key.isprintable() and key == key.strip()):
        # The HTTP library would say so too, and quote it.
        fix = f"Check {place.key_name} for blanks and quotes."
        raise CredentialsRefused(place.line("The key has characters that no key has", fix=fix))
    with _no_collection():
        import httpx2
        import openai

        with suppress(ImportError):  # what the HTTP library would load with the first connection
            import_module("httpcore2._sync.http11")
    timeout = httpx2.Timeout(place.timeout, connect=min(place.timeout, _CONNECT))
    http = openai.DefaultHttpxClient(
        verify=trusted(),
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=_KEEP),
        timeout=timeout,
        event_hooks={"request": [on_request]},
    )
    try:
        return openai.OpenAI(base_url=base_url, api_key=key, timeout=timeout, max_retries=0, http_client=http)
    except (httpx2.InvalidURL, openai.OpenAIError, ValueError):
        http.close()
        raise of_exception(httpx2.InvalidURL(""), place).error from None


@contextmanager
def _no_collection() -> Iterator[None]:
    """Import without the garbage collector, which would find nothing but take a fifth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
            gc.freeze()
