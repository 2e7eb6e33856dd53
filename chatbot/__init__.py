"""A terminal chatbot that calls tools you can trust. These names are what a pack imports; nothing else is public."""

from chatbot.tool import Context, Secret, ToolFailed, Verified, tool

__version__ = "0.1.0"
__all__ = ["Context", "Secret", "ToolFailed", "Verified", "tool"]
