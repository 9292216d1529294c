"""The group of commands: help, version, slips of the hand, exit codes, and what happens to bugs."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from weft.catalog import COMMANDS
from weft.cli import _app
from weft.cli._exit_codes import BAD_INPUT, INTERRUPTED
from weft.version import VERSION

WEFT = [sys.executable, "-m", "weft"]


def test_help_lists_every_command_with_its_first_line(weft):
    done = weft("--help")
    assert done.code == 0
    for name in COMMANDS.names():
        assert re.search(rf"^  {name}  +{re.escape(COMMANDS.summary(name)[:40])}", done.out, re.MULTILINE), name


@pytest.mark.parametrize("name", COMMANDS.names())
def test_every_command_has_a_help_page_that_starts_with_a_sentence(weft, name):
    done = weft(name, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"Usage: weft {name} " in done.out
    assert "Options:" in done.out


@pytest.mark.parametrize("name", COMMANDS.names())
def test_every_option_and_argument_says_what_it_is(name):
    context = None
    command = _app.LazyGroup(name="weft").get_command(context, name)
    for each in [command, *getattr(command, "commands", {}).values()]:
        assert each.help, each.name
        for parameter in each.params:
            assert getattr(parameter, "help", "--help"), f"{each.name} {parameter.name}"


def test_version(weft):
    assert weft("--version").out == f"weft {VERSION}\n"


def test_without_a_command_the_help_goes_to_standard_error(weft):
    done = weft()
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert "Commands:" in done.err


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["tarin"], "No such command 'tarin', did you mean 'train'?", "weft --help shows"),
        (["doctor", "--jsn"], "No such option: --jsn", "weft doctor --help shows"),
        (["predict"], "Missing argument 'RUN'", "weft predict --help shows"),
        (["generate", "run", "--length", "0"], "Invalid value for '--length'", "weft generate --help shows"),
        (["recipes", "shw"], "No such command 'shw'", "weft recipes --help shows"),
    ],
)
def test_a_slip_of_the_hand_gets_a_sentence(weft, arguments, error, hint):
    done = weft(*arguments)
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert done.err.startswith(f"error: {error}")
    assert f"\nhint: {hint}" in done.err


def test_a_person_s_mistake_is_an_error_and_a_hint_without_traceback(weft):
    done = weft("recipes", "show", "tiny-clasify")
    assert (done.code, done.out) == (BAD_INPUT, "")
    first, second = done.err.splitlines()
    assert first == "error: unknown recipe 'tiny-clasify', did you mean 'tiny-classify'?"
    assert second.startswith("hint: known recipes: ")


def test_a_bug_keeps_its_traceback(monkeypatch):
    def broken():
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("weft.cli.doctor.command", broken)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        _app.main(["doctor"])


@pytest.mark.parametrize("stop", [KeyboardInterrupt, EOFError])
def test_ctrl_c_and_ctrl_d_are_130(weft, monkeypatch, stop):
    def stopped():
        raise stop

    monkeypatch.setattr("weft.cli.doctor.command", stopped)
    assert weft("doctor").code == INTERRUPTED


def test_a_reader_that_goes_away_is_no_error():
    for reader, seen in (("head -c 1", "#"), ("true", "")):
        script = f"set -o pipefail; {sys.executable} -m weft recipes show tiny-classify | {reader}"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, seen, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_behind_standard_output_is_told():
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m weft recipes > /dev/full"], capture_output=True, text=True, check=False
    )
    assert done.returncode == BAD_INPUT
    assert done.stderr.startswith("error: no space left where standard output is written to\nhint: ")
    assert "Traceback" not in done.stderr


def test_ctrl_c_while_waiting_for_input_says_nothing(classifier_run):
    with subprocess.Popen(
        [*WEFT, "predict", str(classifier_run)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdin.write(b"good film\n")
        process.stdin.flush()
        assert process.stdout.readline().startswith(b'{"label"')
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == INTERRUPTED
        assert process.stderr.read() == b""


def test_no_color_and_a_pipe_mean_plain_text():
    done = subprocess.run(
        [*WEFT, "recipes"], capture_output=True, text=True, check=True, env={**os.environ, "NO_COLOR": "1"}
    )
    assert "\x1b" not in done.stdout + done.stderr
