"""The recorder of chapter 6.2: what its page is given. `browser.py` plays it."""

import json
import re

import pytest
from recorder import TABLE, recorder, sentences


@pytest.fixture(autouse=True)
def no_jupyter(monkeypatch):
    monkeypatch.setattr("jupyter_server.serverapp.list_running_servers", list)


def given(page):
    """What the page hands to its script."""
    return json.loads(re.search(r"\}\)\((\{.*\})\);\n</script>", page.data)[1])


def test_sentences_are_drawn_once_and_for_all():
    words = ["one", "two", "three", "four"]
    found = sentences(words, 5, 3)
    assert found == sentences(words, 5, 3)
    assert all(len({*text.split()}) == 3 for text in found) and len({*found}) > 2
    assert len(sentences(["一", "二", "三"], 1, 2, between="")[0]) == 2


def test_a_new_folder_begins_with_the_first_file(tmp_path):
    told = given(recorder(tmp_path / "mine", ["one two", "a </script> b"], "zh"))
    assert (tmp_path / "mine").is_dir()
    assert told["folder"] == "mine" and told["files"] == ["000.wav", "001.wav"]
    assert told["sentences"][1] == "a </script> b"
    assert told["table"] == ["file,text"] and "停止" in told["words"]["stop"]


def test_what_was_recorded_before_stays(tmp_path):
    (tmp_path / TABLE).write_text("file,text\n000.wav,one\n002.wav,two\n")
    told = given(recorder(tmp_path, ["three", "four"]))
    assert told["files"] == ["001.wav", "003.wav"]
    assert told["table"] == ["file,text", "000.wav,one", "002.wav,two"]


def test_the_folder_is_named_from_where_jupyter_looks(tmp_path, monkeypatch):
    servers = [{"root_dir": str(tmp_path)}, {"root_dir": str(tmp_path / "other")}]
    monkeypatch.setattr(
        "jupyter_server.serverapp.list_running_servers", lambda: servers
    )
    page = recorder(tmp_path / "deep" / "mine", ["one"])
    assert given(page)["folder"] == "deep/mine"
