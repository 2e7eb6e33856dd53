"""The JSON schema of YAML scripts, for editors: `script.schema.json` in this package is what the form says."""

import json
from pathlib import Path

SCHEMA = Path(__file__).with_name("script.schema.json")


def made() -> str:
    """Return it as the form has it."""
    from chatbot.scripts.form import Script

    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Script.model_json_schema()}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def schema_text() -> str:
    """Return the file's text."""
    return SCHEMA.read_text("utf-8")
