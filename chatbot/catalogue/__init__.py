"""Which models there are: what the providers that are configured say they offer, and what this machine holds.

draft: who answers, though a name or a key may be missing. listing: the answer of GET /models, in its many shapes.
asking: all providers, side by side. here: what needs no server.
"""

from chatbot.catalogue.asking import Answer, NoList, ask, listed
from chatbot.catalogue.draft import Draft, draft
from chatbot.catalogue.here import on_this_machine
from chatbot.catalogue.listing import Listed

__all__ = ["Answer", "Draft", "Listed", "NoList", "ask", "draft", "listed", "on_this_machine"]
