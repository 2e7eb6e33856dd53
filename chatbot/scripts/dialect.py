"""The YAML of scripts: version 1.2 without what is of no use in a test, and what is no number in JSON is a text.

Slow to import, so that only who reads YAML does.
"""

import re
from functools import cached_property
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.events import AliasEvent, ScalarEvent
from ruamel.yaml.resolver import VersionedResolver

DEEPEST = 64
"""How deep lists and mappings may be nested."""
PLAIN = (
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", "-0123456789"),
    ("merge", r"<<", "<"),
)
"""What scalars without quotes stand for, and how they begin: 012, +49, 0x1f, days and yes are texts."""
TAG = "tag:yaml.org,2002:"
TAGS = frozenset(TAG + name for name in ("str", "int", "float", "bool", "null", "map", "seq"))
"""What may be said of a value's kind."""


def yaml() -> YAML:
    """Return what reads and writes scripts; comments, order and quotes are kept."""
    yaml = YAML()
    yaml.Resolver, yaml.Composer = Scalars, Nodes
    yaml.max_depth = DEEPEST
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
                kinds.setdefault(start, []).append((TAG + name, re.compile(rf"(?:{pattern})\Z")))
        return kinds


class Nodes(Composer):
    """Refuses what a script has no use for: kinds of values that it does not know, and what stands within itself."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader)
        self.warn_double_anchors = False

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Return the next value. Raises ComposerError."""
        event = self.parser.peek_event()
        tag = None if isinstance(event, AliasEvent) else event.ctag
        if tag is not None and str(tag) not in TAGS | {"!"}:
            raise ComposerError(None, None, f"a value of the kind {tag} means nothing here", event.start_mark)
        if isinstance(event, ScalarEvent) and re.search("[\ud800-\udfff]", event.value):
            raise ComposerError(None, None, "half a character (a surrogate) is no text", event.start_mark)
        node = super().compose_node(parent, index)
        if node.end_mark is None:
            raise ComposerError(None, None, f"{event.anchor} stands within itself", event.start_mark)
        return node
