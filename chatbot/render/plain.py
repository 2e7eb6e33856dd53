"""The bare transcript: one message after the other, as text."""

from typing import TextIO

from chatbot.events import (
    ApprovalAnswered,
    ApprovalAsked,
    Event,
    Notice,
    Replied,
    SecretAnswered,
    ToolCalled,
    ToolReturned,
    TurnEnded,
    TurnStarted,
)
from chatbot.render.approval import answered, whole
from chatbot.render.clean import clean, one_line
from chatbot.types import User


class Plain:
    """Writes whole messages to stdout and what else a person should know, one line each, to stderr."""

    def __init__(self, stdout: TextIO, stderr: TextIO) -> None:
        self._stdout = stdout
        self._stderr = stderr

    def __call__(self, event: Event) -> None:
        """Write what one event is worth."""
        match event:
            case TurnStarted(message=User(text=text)):
                self._say(f"user: {text}")
            case Replied(message=reply) if reply.text:
                self._say(f"assistant: {reply.text}")
            case ToolCalled(call=call):
                self._say(f"assistant: call function {call.name}, with arguments {call.arguments}")
            case ToolReturned(result=result):
                self._say(f"function response: {result.content}")
            case ApprovalAsked(call=call, reason=reason):
                self._write(f"chatbot: {one_line(call.name)} needs your word: {one_line(reason)}\n{whole(call)}\n")
            case ApprovalAnswered(approved=approved, reason=reason):
                self._tell(answered(approved, reason))
            case SecretAnswered(argument=argument, given=False):
                self._tell(f"{argument} was not given")
            case Notice(level=level, text=text):
                self._note(f"{level}: {text}")
            case TurnEnded(stop="error", detail=detail):
                self._tell(f"error: {detail}")
            case TurnEnded(stop="limit", detail=detail):
                self._tell(f"warning: {detail}")
            case TurnEnded(stop="interrupted"):
                self._tell("interrupted")

    def _say(self, text: str) -> None:
        write(self._stdout, clean(text) + "\n")

    def _note(self, text: str) -> None:
        """Tell a notice, which may be a diff of many lines."""
        first, *more = text.splitlines()
        self._tell(first)
        self._write("".join(f"{clean(line)}\n" for line in more))

    def _tell(self, text: str) -> None:
        self._write(f"chatbot: {one_line(text)}\n")

    def _write(self, text: str) -> None:
        write(self._stderr, text)


def write(stream: TextIO, text: str) -> None:
    """Write and flush; a character that the stream's encoding lacks becomes an escape, not a crash."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
