"""The YAML of scripts: version 1.2, without what a test has no use for; what is no number in JSON is a text.

Slow to import, so that only those who read YAML do.
"""

import re
from functools import cached_property
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.emitter import RoundTripEmitter
from ruamel.yaml.events import AliasEvent, ScalarEvent
from ruamel.yaml.nodes import MappingNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scanner import RoundTripScanner, ScannerError

DEEPEST = 64
"""How deep lists and mappings may be nested."""
TOO_DEEP = "it is nested too deep"
WHOLE = r"-?(?:0|[1-9][0-9]{0,199})"
PLAIN = (
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", WHOLE, "-0123456789"),
    ("float", rf"{WHOLE}(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{{1,3}})?", "-0123456789"),
    ("merge", "<<", "<"),
)
"""What scalars without quotes stand for, and how they begin: 012, +49, 0x1f, yes and days are texts."""


def yaml() -> YAML:
    """Return what reads and writes scripts; comments, order and quotes are kept."""
    yaml = YAML()
    yaml.Resolver, yaml.Composer, yaml.Scanner, yaml.Emitter = Scalars, Nodes, Tokens, Words
    yaml.preserve_quotes = True
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


class Scalars(VersionedResolver):
    """Tells texts from numbers, whatever version a file says it is of."""

    @cached_property
    def versioned_resolver(self) -> dict[str, list[tuple[str, re.Pattern[str]]]]:
        """The kinds, by the first character."""
        kinds: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
        for name, pattern, starts in PLAIN:
            for start in starts:
                kinds.setdefault(start, []).append((f"tag:yaml.org,2002:{name}", re.compile(rf"(?:{pattern})\Z")))
        return kinds


class Tokens(RoundTripScanner):
    """Gives up early where brackets are nested without end: looking far ahead in them takes long."""

    def fetch_flow_collection_start(self, TokenClass: Any, to_push: str) -> None:  # noqa: N803 - the library's name
        """Take an opening bracket. Raises ScannerError."""
        if len(self.flow_context) >= DEEPEST:
            raise ScannerError(None, None, TOO_DEEP, self.reader.get_mark())
        super().fetch_flow_collection_start(TokenClass, to_push)


class Words(RoundTripEmitter):
    """Writes what would mislead the eye, such as an override of direction, as an escape."""

    def write_double_quoted(self, text: Any, split: Any = True) -> None:
        """Write a text in quotes."""
        self.allow_unicode = text.isprintable()
        super().write_double_quoted(text, split)
        self.allow_unicode = True


class Nodes(Composer):
    """Refuses what is no JSON: kinds of values (tags), keys that are lists, half characters, what holds itself."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader)
        self.warn_double_anchors = False

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Return the next value, or key (of a mapping, at no index). Raises ComposerError."""
        event = self.parser.peek_event()
        node = None
        wrong = self._wrong(event)
        if not wrong:
            node = super().compose_node(parent, index)
            if node.end_mark is None:
                wrong = f"*{event.anchor} stands within &{event.anchor}"
            elif isinstance(parent, MappingNode) and index is None and not isinstance(node.value, str):
                wrong = "a key should be a text"
        if wrong:
            raise ComposerError(None, None, wrong, event.start_mark)
        return node

    def _wrong(self, event: Any) -> str:
        if self.depth >= DEEPEST:
            return TOO_DEEP
        if not isinstance(event, AliasEvent) and event.ctag is not None and str(event.ctag) != "!":
            return f"the tag {event.tag} means nothing here (a text is put in quotes)"
        if isinstance(event, ScalarEvent) and re.search("[\ud800-\udfff]", event.value):
            return "half a character (a surrogate) is no text"
        return ""
