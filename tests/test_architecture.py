"""The laws of the house, read from the code itself."""

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

import chatbot

ROOT = Path(chatbot.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))
PACKS = sorted((ROOT.parent / "tools").glob("*.py"))

LAYERS = [
    {"errors", "types", "interrupt", "arguments", "rules", "tls", "paths"},
    {"events", "providers", "pack", "asking", "signing", "limits"},
    {"config", "schema", "speech"},
    {"trust"},
    {"masking", "window", "models", "packs", "render", "beside", "listing"},
    {"scripts"},
    {"runtime", "deadline"},
    {"batch", "catalogue"},
    {"session"},
    {"transcript"},
    {"export", "playback"},
    {"chat", "tally"},
    {"conversation", "commands"},
    {"simulation"},
    {"replay"},
    {"report", "testing"},
    {"serve"},
    {"repl"},
    {"doctor"},
    {"cli_sessions", "cli_models", "cli_replay", "pytest_plugin"},
    {"cli"},
    {"__main__"},
]
COMMAND_LINES = ("cli.py", "cli_replay.py")
"""Where a function has an option of the program in each line."""
HOMES = {
    "rich": {"render"},
    "prompt_toolkit": {"repl"},
    "typer": {"cli", "cli_sessions", "cli_models", "cli_replay"},
    "openai": {"models"},
    "httpx2": {"models", "packs", "tls"},
    "dotenv": {"config"},
    "xllamacpp": {"models"},
    "huggingface_hub": {"models"},
    "pydantic": {"schema", "scripts"},
    "jsonschema": {"schema", "scripts", "replay"},
    "pygments": {"render"},
    "jinja2": {"report"},
    "ruamel": {"scripts"},
    "pytest": {"pytest_plugin"},
    "referencing": {"schema", "replay"},
    "starlette": {"serve"},
    "uvicorn": {"serve"},
    "redis": {"serve"},
    "docstring_parser": {"schema"},
    "typing_extensions": {"schema"},
    "pydantic_core": {"schema", "runtime", "scripts"},
}
DISTRIBUTIONS = {"dotenv": "python_dotenv", "markdown_it": "markdown_it_py"}
MAX_FILE, MAX_FUNCTION = 400, 50


def room(path):
    relative = path.relative_to(ROOT)
    return relative.parts[0].removesuffix(".py")


def layer(name):
    return next(number for number, rooms in enumerate(LAYERS) if name in rooms)


@cache
def statements(path):
    """Every statement of a file, wherever in it; read once."""
    return tuple(_within(ast.parse(path.read_text("utf-8"))))


def _within(node):
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.stmt | ast.excepthandler | ast.match_case):
            yield inner
            yield from _within(inner)


@cache
def imports(path):
    """Every module that a file imports, wherever in it, but for what only a type checker sees."""
    whole = statements(path)
    hidden = [node for node in whole if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    unseen = {inner for node in hidden for inner in _within(node)}
    seen = [node for node in whole if node not in unseen]
    modules = [alias.name for node in seen if isinstance(node, ast.Import) for alias in node.names]
    return modules + [node.module or "" for node in seen if isinstance(node, ast.ImportFrom)]


def misplaced(path):
    """What a file imports and should not."""
    here = room(path)
    for module in imports(path):
        top, _, rest = module.partition(".")
        there = rest.partition(".")[0]
        if top == "tools":
            yield f"{path.relative_to(ROOT)} imports {module}: packs are opened by name or path"
        if top == "chatbot" and rest and here != "__init__" and there != here and layer(there) >= layer(here):
            yield f"{path.relative_to(ROOT)} imports {module}: {here} is not above {there}"
        if top in HOMES and here not in HOMES[top]:
            yield f"{path.relative_to(ROOT)} imports {module}: {top} is at home in {HOMES[top]}"


def test_imports_go_downwards_and_libraries_stay_at_home():
    assert [each for path in SOURCES for each in misplaced(path)] == []


def too_long(path):
    """What in a file does not fit."""
    if (lines := path.read_text("utf-8").count("\n")) > MAX_FILE:
        yield f"{path.name} has {lines} lines"
    for node in statements(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and path.name not in COMMAND_LINES:
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION:
                yield f"{path.name}: {node.name} has {length} lines"


def test_files_and_functions_fit_a_screen():
    assert [each for path in SOURCES + PACKS for each in too_long(path)] == []


def test_files_of_tests_and_benchmarks_are_as_short():
    files = [path for place in ("tests", "benchmarks") for path in (ROOT.parent / place).rglob("*.py")]
    assert [path for path in files if path.read_text("utf-8").count("\n") > MAX_FILE] == []


def test_what_is_imported_is_declared():
    project = tomllib.loads((ROOT.parent / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    declared = {re.match(r"[\w-]+", line)[0].replace("-", "_") for line in lines}
    imported = {module.partition(".")[0] for path in SOURCES + PACKS for module in imports(path)}
    foreign = imported - set(sys.stdlib_module_names) - {"chatbot", "pytest"}  # the plugin is pytest's to load
    assert {DISTRIBUTIONS.get(module, module) for module in foreign} <= declared


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.name)
def test_a_pack_imports_only_public_names(path):
    for node in statements(path):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("chatbot"):
            assert node.module == "chatbot"
            assert {alias.name for alias in node.names} <= set(chatbot.__all__)


def test_the_public_names_are_these():
    assert chatbot.__all__ == ["Context", "Grounded", "Secret", "ToolFailed", "Verified", "tool"]


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("chatbot", ["pydantic", "openai", "rich", "prompt_toolkit", "typer"]),
        ("chatbot.cli", ["pydantic", "openai", "rich", "prompt_toolkit", "dotenv", "docstring_parser"]),
        ("chatbot.repl", ["pydantic", "openai", "rich"]),
        ("chatbot.models.chat_completions", ["openai", "pydantic"]),
    ],
)
def test_what_is_slow_is_not_imported_before_it_is_needed(module, absent):
    program = f"import sys, {module}; print(*[name for name in {absent!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
