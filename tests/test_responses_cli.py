"""The Responses API with the whole program: what `--api`, `--store` and `--background` come to."""

import os
import signal
import subprocess

import pytest

from tests.program import CHATBOT, api, clean_environment, events
from tests.responding import ResponsesServer, calls, stall, text

SAID = "my username is john_doe and my API key is key\n"
VERIFY = ("verify_user", {"username": "john_doe", "api_key": "key"})


def test_the_whole_life_of_a_run_is_told_as_the_api_tells_it(run):
    with ResponsesServer(calls(VERIFY), text("Welcome, John.", queued=True)) as server:
        done = run("--api", "responses", "--no-greeting", "--json", said=SAID, **api(server))
    assert done.returncode == 0, done.stderr
    life = [event["status"] for event in events(done, "status_changed")]
    assert life == ["queued", "in_progress", "requires_action", "queued", "in_progress", "completed"]
    assert [event["message"]["text"] for event in events(done, "replied")] == ["", "Welcome, John."]
    counts = {"input_tokens": 7, "output_tokens": 3, "cached_tokens": 4, "reasoning_tokens": 2}
    assert events(done, "replied")[-1]["message"]["usage"] == counts
    assert server.violations == []
    assert [body["store"] for body in server.bodies] == [False, False]


def test_a_conversation_that_the_server_keeps_is_said_once(run):
    with ResponsesServer(text("Hello!", "resp_1"), text("Fine.", "resp_2")) as server:
        done = run("--store", "--pack", "none", "--plain", said="Hi\nHow are you?\n", **api(server))
    assert done.returncode == 0, done.stderr
    assert [body.get("previous_response_id") for body in server.bodies] == [None, "resp_1"]
    assert len(server.bodies[1]["input"]) == 1


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_leaving_in_mid_answer_cancels_what_goes_on_at_the_server(tmp_path, ending):
    with ResponsesServer(stall(4, text("one two three four five six"))) as server:
        command = [*CHATBOT, "--background", "--pack", "none", "--json", "--deltas"]
        environment = clean_environment(tmp_path) | api(server)
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=tmp_path
        ) as child:
            child.stdin.write("count\n")
            child.stdin.flush()
            while "text_delta" not in child.stdout.readline():
                pass
            os.kill(child.pid, ending)
            child.stdin.close()
            child.stdout.read()
        assert child.returncode == (130 if ending is signal.SIGINT else 128 + ending)
        assert server.cancelled == ["resp_1"]


@pytest.mark.parametrize("option", ["--background", "--store"])
def test_what_the_chosen_model_would_not_heed_is_refused(run, option):
    done = run(option, "--model", "offline", said="Hi")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"chatbot: {option} is for a model behind a URL, and offline is none: ")


@pytest.mark.parametrize("option", ["--background", "--store"])
def test_what_only_responses_can_do_is_refused_over_chat(run, option):
    done = run("--api", "chat", option, "--base-url", "http://127.0.0.1:9/v1", "--model", "m", said="Hi")
    assert done.returncode == 2
    assert done.stderr == f"chatbot: {option} is only for the Responses API: leave --api chat out.\n"
