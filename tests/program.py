"""The whole program as a process: its environment, and what its JSON lines tell."""

import json
import os
import sys
from pathlib import Path

CHATBOT = [sys.executable, "-m", "chatbot"]
ROOT = Path(__file__).parent.parent


def clean_environment(home):
    foreign = ("OPENAI", "CHATBOT", "XDG", "COLUMNS", "LINES")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {"HOME": str(home), "PYTHONPATH": str(ROOT), "SUPPORT_DB": str(home / "support.db")}


def api(server):
    return {"OPENAI_BASE_URL": server.url, "OPENAI_MODEL": "m", "OPENAI_API_KEY": "sk-loopback"}


def events(done, *types):
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [event for event in found if event["type"] in types] if types else found


def made_calls(done):
    made = [event["call"] for event in events(done, "tool_called")]
    return [(call["name"], json.loads(call["arguments"])) for call in made]


def results(done):
    return [(event["result"]["failure"], event["result"]["content"]) for event in events(done, "tool_returned")]
