"""Weather: the example of the function-calling format. Its figures are that example's, not a measurement."""

from collections.abc import Mapping
from typing import Literal

from chatbot import Context, tool

SYSTEM_PROMPT = """
You are a helpful assistant. When the user asks for the weather, look it up; never make it up.
Say that the figures are an example where that matters: nobody has measured them.
"""

CELSIUS = 22
DEGREES = {"c": f"{CELSIUS} degrees", "f": f"{round(CELSIUS * 9 / 5 + 32)} degrees Fahrenheit"}


@tool
def get_weather(location: str, context: Context, unit: Literal["c", "f"] = "c") -> str:
    """Returns the current weather for the specified location

    Args:
        location: The city and state e.g. San Francisco, CA
    """
    name = _name(context)
    return f"The weather for {location} is sunny and it's {DEGREES[unit]}{f', {name}.' if name else ''}"


def _name(context: Context) -> str:
    """Return the contact's name as the session tells it: what a model says of who is there does not count."""
    contact = context.fields.get("contact")
    name = contact.get("name") if isinstance(contact, Mapping) else None
    return name if isinstance(name, str) else ""
