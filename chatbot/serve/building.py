"""Settings become a service, and a service an app. Slow, for what packs and schemas import."""

from pathlib import Path
from typing import TYPE_CHECKING

from chatbot.asking import Unattended
from chatbot.chat import trust_of
from chatbot.config import load_dotenv_file
from chatbot.config.serving import Serving, load_serving
from chatbot.errors import ConfigError
from chatbot.packs import open_packs
from chatbot.serve.contacts import Contacts
from chatbot.serve.service import Service
from chatbot.serve.store import Store
from chatbot.signing import scheme
from chatbot.trust.grounding import ground_all

if TYPE_CHECKING:
    from starlette.types import ASGIApp

MISSING = 'chatbot serve needs starlette and uvicorn: pip install "guarded-chatbot[serve]".'


def app_from_environment() -> "ASGIApp":
    """Return the app for somebody's own server: as environment, .env and configuration say. Raises ChatbotError."""
    load_dotenv_file(Path.cwd())
    serving = load_serving({})
    return app_of(serving, service_of(serving))


def service_of(serving: Serving) -> Service:
    """Open the packs and the state's place; nothing is written yet. Raises UsageError, ConfigError."""
    packs = open_packs(serving.packs.specs, serving.endpoints, serving.packs.functions)
    if serving.trusted.grounded:
        packs = tuple(ground_all(pack) for pack in packs)
    return Service(
        packs=packs,
        trust=trust_of(serving.trusted, Unattended()),
        contacts=Contacts(open_store(serving.state), serving.remember, packs),
        said=serving.said,
        always=serving.trusted.grounded,
    )


def app_of(serving: Serving, service: Service) -> "ASGIApp":
    """Return the service as an ASGI app. Raises ConfigError for a bad secret, or where starlette is missing."""
    try:
        from chatbot.serve.web import web_app
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("starlette", "anyio"):
            raise
        raise ConfigError(MISSING) from None
    return web_app(service, scheme(serving.signature, serving.secrets) if serving.secrets else None)


def open_store(state: str) -> Store:
    """Return the store at a path or a redis:// URL; nothing is opened yet. Raises ConfigError."""
    if state.startswith(("redis://", "rediss://", "unix://")):
        from chatbot.serve.redis_store import RedisStore

        return RedisStore(state)
    from chatbot.serve.sqlite_store import SqliteStore

    return SqliteStore(state)
