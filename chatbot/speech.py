"""What a user says that is a secret, known before any call carries it: `my API key is ...`."""

import re
from collections.abc import Iterable, Iterator

from chatbot.pack import Tool

TOKEN_SHAPES = re.compile(r"\b(?:sk-|gh[pousr]_|xox[abp]-|AKIA|eyJ)[A-Za-z0-9_.\-]{16,}")
SHORT_NAMES = {"code", "key", "password", "passphrase", "passwd", "pin", "secret", "token"}
"""Last words of secret arguments' names that people say for the whole: "my key" for api_key."""
VALUE = r"""(?:"([^"]+)"|'([^']+)'|`([^`]+)`|([^\s"'`,;()]+))"""
SIGN = r"\s*(?:[:=(]|->|=>)+\s*"
VERB = r"(?:'s|\s+(?:is|was|should\s+be|would\s+be|as))(?:\s+(?:actually|now|still|really|just))?\s*[:=]?\s*"
CODE_FOLLOWS = r"""[\s,]+(?=["'`]|[^\s"'`,;]*[\d_@#$%^&*\-][^\s"'`,;])"""
CODE = r"""(?:"([^"]+)"|'([^']+)'|`([^`]+)`|([^\s"'`,;()]*[\d_@#$%^&*\-][^\s"'`,;()]*))"""
IS_MY = r"\s+(?:is|as|for|was)\s+(?:my\s+|the\s+|our\s+)?"
BETWEEN = re.compile(r"\s*(?:[,/;&]|\band\b|\s)\s*", re.IGNORECASE)
NO_SECRETS = frozenset(
    re.findall(
        r"\w+",
        """a an and bad because broken correct expired for gone good here idea in incorrect invalid it know later lost
        me missing my needed night no not now of ok on one or please required right secret still thanks that the then
        there this to too unknown valid what which why with working wrong yet you your""",
    )
)
"""Plain words behind "my key is" that tell about the key rather than are it."""


class Speech:
    """The ways in which secret arguments of some tools are spoken of."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._arguments: dict[str, list[str]] = {}
        for tool in tools:
            properties = list(tool.parameters.get("properties", {}))
            for name in tool.secrets:
                self._arguments.setdefault(name, [*properties, *([] if name in properties else [name])])

    def secrets(self, text: str, asked: str) -> Iterator[tuple[str, str]]:
        """Yield values of secret arguments, and of which. `asked` is what the assistant said before."""
        yield from ((token, "") for token in TOKEN_SHAPES.findall(text))
        for name in sorted(self._arguments):
            spoken = rf"(?<!\w){_spoken_form(name)}"
            about = r"(?:\s+(?:for|of)\s+\w+)?"
            for connection, *quoted, bare in re.findall(
                rf"(?i){spoken}{about}({SIGN}|{VERB}|{CODE_FOLLOWS}){VALUE}", text
            ):
                value = "".join(quoted) or bare.rstrip(".!?")
                surely = any(quoted) or {":", "=", ">"} & set(connection)
                if surely or value.lower() not in NO_SECRETS:
                    yield value, name
            for *quoted, bare in re.findall(rf"(?i){CODE}{IS_MY}{_spoken_form(name)}(?!\w)", text):
                yield "".join(quoted) or bare, name
            yield from ((value, name) for value in self._answered(name, text, asked))

    def _answered(self, name: str, text: str, asked: str) -> Iterator[str]:
        """Where arguments were asked for, an answer of as many words gives them in that order."""
        places = {argument: _place(argument, asked) for argument in self._arguments[name]}
        order = sorted((place, argument) for argument, place in places.items() if place >= 0)
        parts = [part.strip("\"'`.") for part in BETWEEN.split(text.strip()) if part]
        if len(parts) == len(order) and places[name] >= 0:
            value = parts[[argument for _, argument in order].index(name)]
            if value.lower().rstrip("!?") not in NO_SECRETS:
                yield value


def words_of(name: str) -> list[str]:
    """Return the words that an argument's name is made of."""
    return re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", name) or [name]


def _spoken_form(name: str) -> str:
    *first, last = words_of(name)
    beginning = "".join(re.escape(word) + r"[\s_\-]?" for word in first)
    return f"(?:{beginning}){'?' if last.lower() in SHORT_NAMES else ''}{re.escape(last)}"


def _place(argument: str, question: str) -> int:
    match = re.search(rf"(?i)(?<!\w){_spoken_form(argument)}(?!\w)", question)
    return match.start() if match else -1
