"""A terminal chatbot that calls tools you can trust. These names are what a pack imports; nothing else is public."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chatbot.pack import Context, Grounded, Secret, ToolFailed, Verified, tool

__version__ = "0.1.0"
__all__ = ["Context", "Grounded", "Secret", "ToolFailed", "Verified", "tool"]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: `chatbot --version` needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module 'chatbot' has no attribute {name!r}")
    import chatbot.pack

    return getattr(chatbot.pack, name)
