"""`python -m sftkeras`: its help, one line for a mistake, and its exit status."""

import pytest

from sftkeras.commands import doctor
from sftkeras.commands.main import main

LIST_IMPORTS = """
import sys
from sftkeras.commands.main import main
try:
    main(sys.argv[1:])
finally:
    slow = {"tensorflow", "keras", "keras_hub", "numpy", "sklearn", "matplotlib"}
    print(sorted(slow & {*sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize("argv", ["--help", "fit --help", "fit --epochs three"])
def test_help_does_not_wait_for_slow_imports(in_a_process, argv):
    done = in_a_process("-c", LIST_IMPORTS, *argv.split())
    assert done.stderr.splitlines()[-1] == "[]"
    assert ("usage: python -m sftkeras" in done.stdout) is ("--help" in argv)


def test_a_mistake_in_a_process_is_one_line_and_2(in_a_process, tmp_path):
    argv = ["-m", "sftkeras", "evaluate", "--model", tmp_path, "--data", "none.txt"]
    done = in_a_process(*argv)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: none.txt: no such file.\n"


@pytest.mark.parametrize("command", ["", "quickstart", "fit", "evaluate", "predict"])
def test_help(capsys, command):
    with pytest.raises(SystemExit) as raised:
        main([*command.split(), "--help"])
    assert raised.value.code == 0
    assert f"usage: python -m sftkeras {command}".strip() in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("", "required: COMMAND. See: python -m sftkeras --help"),
        ("fti", "invalid choice: 'fti'"),
        (
            "fit",
            "required: --train, --out. See: python -m sftkeras fit --help",
        ),
        ("predict --model", "--model: expected one argument"),
        ("doctor --fast", "unrecognized arguments: --fast"),
        ("quickstart --seed -1", "--seed: must be from 0 to 2**32 - 1, not -1"),
        ("quickstart --seed x", "--seed: must be from 0 to 2**32 - 1, not x"),
        ("fit --learning-rate fast", "--learning-rate: invalid float value: 'fast'"),
        ("predict --model x", "Give either TEXT arguments or --file FILE"),
        ("predict --model x --file y z", "Give either TEXT arguments or --file FILE"),
        ("predict --model none hi", "none: no such directory. Give the one that"),
    ],
)
def test_wrong_usage(fails, argv, message):
    assert message in fails(*argv.split())


def test_an_interruption_is_no_traceback(monkeypatch, capsys):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "run", interrupt)
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err.strip() == "interrupted"


def test_an_operating_system_error_is_one_line(monkeypatch, fails):
    def no_space(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(doctor, "run", no_space)
    assert fails("doctor") == "error: [Errno 28] No space left on device"


def test_a_defect_of_ours_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr(doctor, "run", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["doctor"])


def test_a_missing_package_is_one_sentence(monkeypatch, capsys):
    def run(arguments):
        raise ModuleNotFoundError("No module named 'keras'", name="keras")

    monkeypatch.setattr("sftkeras.commands.doctor.run", run)
    assert main(["doctor"]) == 2
    told = capsys.readouterr().err
    assert "the package keras is missing. " in told and "make setup" in told
    assert ".venv/bin/python -m sftkeras" in told and told.count("\n") == 1
