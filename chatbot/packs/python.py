"""A Python module becomes a pack: its `@tool` functions, its SYSTEM_PROMPT and GREETS."""

import hashlib
import importlib
import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from chatbot.errors import UsageError
from chatbot.pack import DECLARED, Context, Declared, Pack, Tool
from chatbot.schema import signature_of

KEPT = ("__main__", "chatbot")  # never forgotten, whatever files there are beside a pack


def existing(path: Path) -> Path:
    """Return where the pack's file really is. Raises UsageError where it cannot be read."""
    try:
        path.read_bytes()
        return path.resolve()
    except FileNotFoundError:
        raise UsageError(f"There is no pack file {path}.") from None
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise UsageError(f"The pack file {str(path)!r} cannot be read: {_reason(error)}.") from None


def load_file(path: Path) -> ModuleType:
    """Run a pack's file as a module. Raises UsageError, with file and line, for whatever goes wrong in it."""
    stem = re.sub(r"\W", "_", path.stem)  # a dot would make it a module inside of another
    name = f"chatbot_pack_{stem}_{hashlib.sha256(os.fsencode(path)).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader  # it is a .py file
    module = importlib.util.module_from_spec(spec)
    _forget_strangers(path.parent)
    sys.modules[name] = module  # type hints and dataclasses look their module up by name
    try:
        with _importable(path.parent):
            spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a pack may even call sys.exit
        raise UsageError(f"{_place(error, path)} cannot be loaded: {_reason(error)}") from error
    return module


@contextmanager
def forgotten_on_failure(folder: Path) -> Iterator[None]:
    """Leave nothing of a pack that does not work, nor of the files beside it, in sys.modules."""
    before = set(sys.modules)
    try:
        yield
    except BaseException:
        for name in set(sys.modules) - before:
            if _home(name) == folder:
                del sys.modules[name]
        raise


def load_module(name: str) -> ModuleType:
    """Import an installed module. Raises UsageError for whatever goes wrong in it."""
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise UsageError(f"The module {name} cannot be loaded: {_reason(error)}") from error


def pack_of(module: ModuleType, name: str) -> Pack:
    """Return the module as a pack. Raises UsageError where it offers no tool or one that cannot be called."""
    where = getattr(module, "__file__", None) or module.__name__
    found = {id(value): value for value in vars(module).values() if _is_tool(value, module)}
    functions = list(found.values())  # each once, whatever names it goes by
    if not functions:
        raise UsageError(f"{where} offers no tool: write @tool above a function (from chatbot import tool).")
    prompt = getattr(module, "SYSTEM_PROMPT", "")
    if not isinstance(prompt, str):
        raise UsageError(f"{where}: SYSTEM_PROMPT should be a text.")
    tools = tuple(_tool(function, f"{where}, {function.__name__}()") for function in functions)
    return Pack(name, tools, inspect.cleandoc(prompt), bool(getattr(module, "GREETS", False)))


def _is_tool(value: Any, module: ModuleType) -> bool:
    declared = inspect.getattr_static(value, DECLARED, None)  # static: a stranger's __getattr__ may do anything
    return isinstance(declared, Declared) and value.__module__ == module.__name__


def _tool(function: Callable[..., Any], where: str) -> Tool:
    declared: Declared = getattr(function, DECLARED)
    signature = signature_of(function, where)

    def run(arguments: dict[str, Any], context: Context) -> Any:
        extra = {signature.context: context} if signature.context else {}
        return function(**arguments, **extra)

    return Tool(
        name=declared.name,
        description=signature.description or declared.name.replace("_", " ").capitalize() + ".",
        parameters=signature.parameters,
        parse=signature.parse,
        run=run,
        effect=declared.effect,
        requires=declared.requires,
        timeout=declared.timeout,
        secrets=signature.secrets,
        grounded=signature.grounded,
        injected=frozenset(filter(None, [signature.context])),
    )


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let a pack import the files beside it, while it is loaded."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        if str(folder) in sys.path:
            sys.path.remove(str(folder))


def _home(name: str) -> Path | None:
    """Return the folder that a loaded module, or the package it is in, was imported from."""
    module = sys.modules[name]
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return None
    depth = name.count(".") + hasattr(module, "__path__")
    return Path(file).resolve().parents[depth] if len(Path(file).resolve().parents) > depth else None


def _forget_strangers(folder: Path) -> None:
    """Forget helper files of packs in other folders, where this folder has its own of the same name."""
    reachable = {Path(entry).resolve() for entry in sys.path}
    loaded = {name.partition(".")[0] for name in sys.modules}.difference(KEPT)
    own = {top for top in loaded if (folder / f"{top}.py").is_file() or (folder / top).is_dir()}
    for name in list(sys.modules):
        if name.partition(".")[0] in own:
            home = _home(name)
            if home and home != folder and home not in reachable:
                del sys.modules[name]


def _place(error: BaseException, path: Path) -> str:
    """Return the file, and the line in it that the error comes from."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}:"
    line = 0
    trace = error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{path}, line {line}:" if line else str(path)


def _reason(error: BaseException) -> str:
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return ": ".join(filter(None, [type(error).__name__, " ".join(text.split())]))
