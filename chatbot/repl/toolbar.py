"""The line below the prompt: which model and packs there are, who is verified, how many tokens it has taken."""

from typing import TYPE_CHECKING

from chatbot.render.clean import one_line

if TYPE_CHECKING:  # it is slow, and the prompt comes first
    from chatbot.conversation import Conversation


def toolbar(conversation: "Conversation", width: int) -> str:
    """Return the line, not wider than so many cells; what comes last goes first where there is no room."""
    from chatbot.render.wrapping import cells

    session = conversation.session
    users = [session.runtime.ledger.standing(pack.name).user for pack in session.packs]
    verified = ", ".join(dict.fromkeys(session.mask.text(user) for user in users if user))
    parts = [
        session.model.name,
        ", ".join(pack.name for pack in session.packs) or "no packs",
        f"verified: {verified}" if verified else "",
        f"{conversation.tally.tokens} tokens" if conversation.tally.tokens else "",
    ]
    line = one_line(" · ".join(filter(None, parts)))
    if cells(line) < width:
        return line
    while cells(line) > max(width - 2, 0):
        line = line[:-1]
    return f"{line}…"
