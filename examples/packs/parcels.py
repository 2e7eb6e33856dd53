"""Parcels, from a server that takes every call and never answers.

No server has to run for it: the call goes, as all calls of functions behind HTTP do, to a socket of this machine that
listens and says nothing. A pack of your own needs none of this: it is a list of functions, such as
examples/weather.json, and `--webhook-url` says where they are called.
"""

import socket
from typing import Any

from chatbot import Context, Grounded, tool
from chatbot.config.endpoint import Endpoint
from chatbot.packs.webhook import Hook

SYSTEM_PROMPT = """
You tell people where their parcels are. Never make up the code of a parcel: ask for it.
"""
SECONDS = 0.2  # that the server has for a whole answer


@tool
def locate_parcel(tracking_code: Grounded[str], context: Context) -> Any:
    """Locate a parcel.

    Args:
        tracking_code: The code on the parcel.
    """
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the system takes connections, and nobody reads from them
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/parcels"
        hook = Hook(Endpoint(url, secret="what both ends know", timeout=SECONDS))
        return hook.call("locate_parcel", {"tracking_code": tracking_code}, context)
