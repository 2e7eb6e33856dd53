"""Packs by name and by path, and every way in which one can be broken."""

import os
import sys

import pytest

from chatbot.errors import UsageError
from chatbot.pack import Context
from chatbot.packs import available_packs, open_packs

HEAD = "from __future__ import annotations\nfrom chatbot import Context, tool\n"
TOOL = "@tool\ndef {0}(context: Context) -> str:\n    'The tool.'\n    return f'{{context.user}} {{VALUE}}'\n"


@pytest.fixture
def write(tmp_path):
    def writer(name, text):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return str(path)

    return writer


def refused(*specs):
    with pytest.raises(UsageError) as raised:
        open_packs(specs)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_names():
    assert {"support", "minecraft"} <= set(available_packs())
    assert open_packs(["none"]) == ()
    assert [pack.name for pack in open_packs(["support", "minecraft", "support"])] == ["support", "minecraft"]
    assert "Did you mean support?" in refused("suport")


def test_a_path_and_a_name_of_the_same_file_are_one_pack(monkeypatch):
    monkeypatch.chdir(sys.modules["chatbot"].__path__[0] + "/..")
    assert len(open_packs(["support", "tools/support.py"])) == 1


def test_a_module_becomes_a_pack(write):
    prompt = "SYSTEM_PROMPT = '''\n    Be kind.\n      Be brief.\n'''\nGREETS = True\nVALUE = 1\n"
    (pack,) = open_packs([write("mine.py", HEAD + prompt + TOOL.format("zed") + TOOL.format("abe"))])
    assert (pack.name, pack.instructions, pack.greets) == ("mine", "Be kind.\n  Be brief.", True)
    assert [tool.name for tool in pack.tools] == ["zed", "abe"]
    assert pack.tools[0].run(pack.tools[0].parse("{}"), Context(user="ann")) == "ann 1"


def test_packs_in_two_folders_have_their_own_helpers(write):
    path = list(sys.path)
    for name in ("one", "two"):
        write(f"{name}/sibling.py", f"VALUE = '{name}'\n")
    specs = [
        write(f"{name}/p{name}.py", HEAD + "from sibling import VALUE\n" + TOOL.format(name)) for name in ("one", "two")
    ]
    assert [pack.tools[0].run({}, Context()) for pack in open_packs(specs)] == ["None one", "None two"]
    assert sys.path == path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def f(:\n", "line 3: cannot be loaded: SyntaxError"),
        ("import beside\nimport nowhere_at_all\n", "line 4: cannot be loaded: ModuleNotFoundError"),
        ("1 / 0\n", "line 3: cannot be loaded: ZeroDivisionError"),
        ("raise SystemExit(3)\n", "line 3: cannot be loaded: SystemExit"),
        ("raise ValueError('a\\nb')\n", "ValueError: a b"),
        ("def f(): ...\n", "offers no tool"),
        ("raise ValueError\n", "line 3: cannot be loaded: ValueError"),
        ("@tool(effect='wirte')\ndef f(): ...\n", "line 3: cannot be loaded: ValueError: effect should be one of"),
        ("@tool(timeout=0)\ndef f(): ...\n", "line 3: cannot be loaded: ValueError: timeout should be more than 0"),
        ("SYSTEM_PROMPT = 5\n@tool\ndef f(): ...\n", "SYSTEM_PROMPT should be a text"),
        ("@tool\ndef f(a): ...\n", "f(): the parameter a has no type hint"),
        ("@tool(requires='g')\ndef f(): ...\n", "f requires g, which is no tool"),
        ("@tool(name='a b')\ndef f(): ...\n", "names a tool 'a b'"),
        ("@tool\ndef f(): ...\n@tool(name='f')\ndef g(): ...\n", "two tools named f"),
    ],
)
def test_a_broken_pack_is_told_in_one_line_and_leaves_nothing(write, capsys, text, says):
    write("beside.py", "X = 1\n")
    before = set(sys.modules)
    assert says in refused(write("broken.py", HEAD + text))
    assert capsys.readouterr() == ("", "")
    assert not {name for name in set(sys.modules) - before if name.startswith(("chatbot_pack", "beside"))}


def test_a_relative_path_is_told_with_its_line(write, tmp_path, monkeypatch):
    write("broken.py", HEAD + "1 / 0\n")
    monkeypatch.chdir(tmp_path)
    assert f"{tmp_path / 'broken.py'}, line 3: cannot be loaded: ZeroDivisionError" in refused("./broken.py")


def test_an_error_of_syntax_is_told_where_it_is_also_in_a_helper(write, tmp_path):
    write("helper.py", "\n\ndef f(:\n")
    assert f"{tmp_path / 'helper.py'}, line 3: cannot" in refused(write("uses.py", HEAD + "import helper\n"))


def test_a_path_may_begin_at_home(write, tmp_path, monkeypatch):
    write("mine.py", HEAD + "VALUE = 1\n" + TOOL.format("f"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert open_packs(["~/mine.py"])[0].name == "mine"


def test_a_tool_is_offered_once_and_by_the_module_that_wrote_it(write):
    write("library.py", HEAD + "VALUE = 1\n" + TOOL.format("theirs"))
    strange = (
        "class Strange:\n    def __getattr__(self, name):\n        raise RuntimeError(name)\nstrange = Strange()\n"
    )
    text = HEAD + "from library import theirs\nVALUE = 1\n" + strange + TOOL.format("own") + "alias = own\n"
    (pack,) = open_packs([write("v1.2.py", text)])
    assert (pack.name, [tool.name for tool in pack.tools]) == ("v1.2", ["own"])


def test_clashes(write):
    text = HEAD + "VALUE = 1\n" + TOOL.format("same")
    one, two, other = (
        write("one.py", text),
        write("two.py", text),
        write("sub/one.py", HEAD + "VALUE = 1\n" + TOOL.format("x")),
    )
    message = refused(one, two)
    assert all(word in message for word in ("one", "two", "same", "--pack", "@tool(name="))
    assert "two packs named one" in refused(one, other)


def test_what_is_no_pack_file(tmp_path):
    assert "no pack file" in refused(str(tmp_path / "gone.py"))
    assert "is no pack" in refused("functions.json")
    assert "is no pack" in refused(f"{tmp_path}/")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "loop.py").symlink_to("loop.py")
    for path in ("folder.py", "loop.py", "nul\0.py", "x" * 5000 + ".py", "\ud800.py"):
        assert "cannot be read" in refused(str(tmp_path / path))
    assert "no pack file" in refused("~nobody-of-that-name/x.py")
    assert "There is no pack" in refused("nul\0") and "There is no pack" in refused("")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(write, tmp_path):
    (tmp_path / "secret.py").touch(0o000)
    assert "cannot be read: PermissionError" in refused(str(tmp_path / "secret.py"))


def test_an_entry_point_is_a_pack(tmp_path, monkeypatch):
    info = tmp_path / "brought-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: brought\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[chatbot.packs]\nguest = brought_pack\n")
    (tmp_path / "brought_pack.py").write_text(HEAD + "VALUE = 7\n" + TOOL.format("seven"))
    monkeypatch.syspath_prepend(tmp_path)
    assert "guest" in available_packs()
    (pack,) = open_packs(["guest"])
    assert (pack.name, pack.tools[0].run({}, Context())) == ("guest", "None 7")


def test_a_tool_that_requires_itself_is_told(tmp_path):
    (tmp_path / "odd.py").write_text('from chatbot import tool\n@tool(requires="f")\ndef f() -> str:\n    "F."\n')
    with pytest.raises(UsageError, match="f requires itself, and so could never run"):
        open_packs([str(tmp_path / "odd.py")])
