"""A file is read into the system's cache before llama.cpp opens it."""

import pytest

from chatbot.errors import ModelError
from chatbot.events import Progressed
from chatbot.models.local import loading
from chatbot.models.local.loading import read_ahead

SIZE = 5_000_000


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "small.gguf"
    path.write_bytes(bytes(SIZE))
    return path


def test_it_is_read_in_pieces_to_its_end(weights):
    first, last = read_ahead(weights)
    assert first == Progressed("Loading small.gguf", 4 << 20, SIZE)
    assert last == Progressed("Loading small.gguf", SIZE, SIZE)


@pytest.mark.parametrize(("free", "steps"), [(4_000, 0), (5_000, 2)])
def test_what_does_not_fit_into_the_free_memory_is_not_read(weights, tmp_path, monkeypatch, free, steps):
    told = tmp_path / "meminfo"
    told.write_text(f"MemTotal:       99999999 kB\nMemAvailable:   {free:8} kB\n")
    monkeypatch.setattr(loading, "_MEMORY", told)
    assert len(list(read_ahead(weights))) == steps


def test_where_nobody_tells_the_free_memory_all_of_it_counts(weights, tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "_MEMORY", tmp_path / "none")
    assert len(list(read_ahead(weights))) == 2


def test_a_file_that_is_gone_is_told_in_one_line(tmp_path):
    with pytest.raises(ModelError, match=r"small\.gguf cannot be read \(No such file or directory\)\.$"):
        list(read_ahead(tmp_path / "small.gguf"))
