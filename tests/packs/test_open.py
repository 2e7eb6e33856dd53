"""Packs by name and by path, and every way in which one can be broken."""

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
        ("@tool\ndef f(a): ...\n", "f(): the parameter a has no type hint"),
        ("@tool(requires='g')\ndef f(): ...\n", "f requires g, which is no tool"),
        ("@tool(name='a b')\ndef f(): ...\n", "names a tool 'a b'"),
        ("@tool\ndef f(): ...\n@tool(name='f')\ndef g(): ...\n", "two tools named f"),
    ],
)
def test_a_broken_pack_is_told_in_one_line_and_leaves_nothing(write, capsys, text, says):
    write("beside.py", "X = 1\n")
    assert says in refused(write("broken.py", HEAD + text))
    assert capsys.readouterr() == ("", "")
    assert "beside" not in sys.modules


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
