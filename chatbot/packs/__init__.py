"""Packs are opened here, by name or by path; what comes out does not tell which it was, nor where its functions run."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot.errors import UsageError
from chatbot.pack import Pack
from chatbot.paths import expanded

if TYPE_CHECKING:
    from chatbot.config.endpoint import Endpoint

ENTRY_POINTS = "chatbot.packs"
TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def open_packs(
    specs: Iterable[str],
    endpoints: "Mapping[str, Endpoint] | None" = None,
    functions: Mapping[str, Path] | None = None,
) -> tuple[Pack, ...]:
    """Open the packs; each spec is the name of a known pack or the path of a .py or .json file.

    functions: lists of functions (.json) by the names that the configuration gives them; these names go first.
    endpoints: where the functions of a list are called, by its spec; a list without one can only be looked at.
    Raises UsageError for what is not there or does not work, and where two packs offer a tool of the same name.
    """
    shelf = _Shelf(endpoints or {}, functions or {})
    wanted: dict[object, str] = {}
    for spec in specs:
        if spec != "none":
            wanted.setdefault(shelf.identity(spec), spec)
    packs = tuple(shelf.open(spec) for spec in wanted.values())
    _refuse_clashes(packs)
    return packs


def available_packs(functions: Mapping[str, Path] | None = None) -> list[str]:
    """Return the names that can be given, sorted."""
    return sorted({*_own_packs(), *_entry_points(), *(functions or {})})


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Where packs are found. See open_packs."""

    endpoints: "Mapping[str, Endpoint]"
    functions: Mapping[str, Path]

    def identity(self, spec: str) -> object:
        """Return what is the same for every way to name the same pack."""
        if spec in self.functions:
            return spec
        path = _path(spec) or _own_packs().get(spec)
        try:
            return path.resolve() if path else spec
        except (OSError, RuntimeError, ValueError):  # no file; opening it will tell
            return spec

    def open(self, spec: str) -> Pack:
        """Open one pack."""
        if listed := self.functions.get(spec):
            return self._from_list(listed, spec, spec)
        path = _path(spec)
        if path and path.suffix == ".json":
            return self._from_list(path, path.stem, spec)
        return _from_file(path, path.stem) if path else self._by_name(spec)

    def _from_list(self, path: Path, name: str, spec: str) -> Pack:
        from chatbot.packs.python import existing
        from chatbot.packs.webhook import webhook_pack  # late: schemas take their time

        return _checked(webhook_pack(existing(path), name, self.endpoints.get(spec)))

    def _by_name(self, name: str) -> Pack:
        if path := _own_packs().get(name):
            return _from_file(path, name)
        if module := _entry_points().get(name):
            from chatbot.packs.python import load_module, pack_of

            return _checked(pack_of(load_module(module), name))
        known = available_packs(self.functions)
        near = difflib.get_close_matches(name, known, 1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise UsageError(
            f"There is no pack {name!r}.{meant} Known: {', '.join(known)}, none; or give a path such as ./{name}.py."
        )


def _path(spec: str) -> Path | None:
    looks_like_one = spec.endswith((".py", ".json")) or "/" in spec or "\\" in spec
    return expanded(spec) if looks_like_one else None


def _from_file(path: Path, name: str) -> Pack:
    if path.suffix != ".py":
        raise UsageError(f"{str(path)!r} is no pack: a pack is a .py or .json file.")
    from chatbot.packs.python import existing, forgotten_on_failure, load_file, pack_of  # late: schemas take their time

    path = existing(path)
    with forgotten_on_failure(path.parent):
        return _checked(pack_of(load_file(path), name))


def _own_packs() -> dict[str, Path]:
    """Return the packs that come along: in the folder tools/ of a checkout, or inside an installed chatbot."""
    package = Path(__file__).parent.parent
    folders = (package.parent / "tools", package / "tools")
    folder = next((folder for folder in folders if (folder / "support.py").is_file()), folders[1])
    return {path.stem: path for path in sorted(folder.glob("*.py")) if not path.stem.startswith("_")}


def _entry_points() -> dict[str, str]:
    from importlib.metadata import entry_points

    return {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}


def _checked(pack: Pack) -> Pack:
    names = [tool.name for tool in pack.tools]
    for tool in pack.tools:
        if not TOOL_NAME.fullmatch(tool.name):
            raise UsageError(f"The pack {pack.name} names a tool {tool.name!r}: use 1 to 64 of A-Z, a-z, 0-9, _ and -.")
        if names.count(tool.name) > 1:
            raise UsageError(f"The pack {pack.name} has two tools named {tool.name}: rename one, @tool(name=...).")
        if tool.name in tool.requires:
            raise UsageError(f"The pack {pack.name}: {tool.name} requires itself, and so could never run.")
        if missing := [name for name in tool.requires if name not in names]:
            raise UsageError(f"The pack {pack.name}: {tool.name} requires {missing[0]}, which is no tool of this pack.")
    return pack


def _refuse_clashes(packs: Sequence[Pack]) -> None:
    owners: dict[str, str] = {}
    seen: set[str] = set()
    for pack in packs:
        if pack.name in seen:
            raise UsageError(f"There are two packs named {pack.name}: choose one, or rename a file.")
        seen.add(pack.name)
        for tool in pack.tools:
            if tool.name in owners:
                raise UsageError(
                    f"The packs {owners[tool.name]} and {pack.name} both offer a tool {tool.name}: choose one, "
                    f"--pack {owners[tool.name]} or --pack {pack.name}, or rename a tool (in Python: @tool(name=...))."
                )
            owners[tool.name] = pack.name
