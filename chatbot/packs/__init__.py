"""Packs are opened here, by name or by path; what comes out does not tell which it was."""

import difflib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from chatbot.errors import UsageError
from chatbot.pack import Pack

ENTRY_POINTS = "chatbot.packs"
TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def open_packs(specs: Iterable[str]) -> tuple[Pack, ...]:
    """Open the packs; each spec is the name of a known pack or the path of a .py file.

    Raises UsageError for what is not there or does not work, and where two packs offer a tool of the same name.
    """
    wanted: dict[object, str] = {}
    for spec in specs:
        if spec != "none":
            wanted.setdefault(_identity(spec), spec)
    packs = tuple(open_pack(spec) for spec in wanted.values())
    _refuse_clashes(packs)
    return packs


def open_pack(spec: str) -> Pack:
    """Open one pack."""
    path = _path(spec)
    return _from_file(path, path.stem) if path else _by_name(spec)


def available_packs() -> list[str]:
    """Return the names that can be given, sorted."""
    return sorted({*_own_packs(), *_entry_points()})


def _identity(spec: str) -> object:
    """Return what is the same for every way to name the same pack."""
    path = _path(spec) or _own_packs().get(spec)
    try:
        return path.resolve() if path else spec
    except (OSError, RuntimeError, ValueError):  # no file; opening it will tell
        return spec


def _path(spec: str) -> Path | None:
    looks_like_one = spec.endswith((".py", ".json")) or "/" in spec or "\\" in spec
    try:
        return Path(spec).expanduser() if looks_like_one else None
    except RuntimeError:  # ~name of nobody
        return Path(spec)


def _by_name(name: str) -> Pack:
    if path := _own_packs().get(name):
        return _from_file(path, name)
    if module := _entry_points().get(name):
        from chatbot.packs.python import load_module, pack_of

        return _checked(pack_of(load_module(module), name))
    known = available_packs()
    near = difflib.get_close_matches(name, known, 1)
    meant = f" Did you mean {near[0]}?" if near else ""
    raise UsageError(
        f"There is no pack {name!r}.{meant} Known: {', '.join(known)}, none; or give a path such as ./{name}.py."
    )


def _from_file(path: Path, name: str) -> Pack:
    if path.suffix != ".py":
        raise UsageError(f"{str(path)!r} is no pack: a pack is a .py file.")
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
                    f"--pack {owners[tool.name]} or --pack {pack.name}, or rename a tool with @tool(name=...)."
                )
            owners[tool.name] = pack.name
