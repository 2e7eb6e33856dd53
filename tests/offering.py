"""A Chat Completions server that lists its models, too."""

import json
from typing import Any

from tests.loopback import Behaviour, ChatServer, Maker, Request, raw, status


def listing(body: Any) -> Behaviour:
    """Answer GET /v1/models with this JSON value."""
    return raw(json.dumps(body).encode(), "application/json")


def named(*names: str) -> Behaviour:
    """Answer GET /v1/models as OpenAI does."""
    return listing({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})


class OfferingServer(ChatServer):
    """A ChatServer; `models` is what it answers to GET /v1/models."""

    def __init__(self, *behaviours: Maker, models: Behaviour) -> None:
        super().__init__(*behaviours)
        self.models = models

    def fetched(self, request: Request) -> Behaviour:
        return self.models if request.path == "/v1/models" else status(404)
