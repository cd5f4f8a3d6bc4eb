"""Messages of the command line speak of its options."""

import pytest

from sftkeras.commands.main import _parser
from sftkeras.commands.spelling import in_options

OPTIONS = {n: f"--{n.replace('_', '-')}" for n in ("encoding", "text_column", "seed")}
OPTIONS |= {"header": "--header", "model": "--model", "label_column": "--label-column"}


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("name it (encoding=…).", "name it (--encoding …)."),
        ("encoding='x y' is none", "--encoding 'x y' is none"),
        ("text_column=['1', '3'], seed=7", "--text-column 1 3, --seed 7"),
        ("else header=True.", "else --header."),
        ("(load_texts(…, label_column=…)) or", "(--label-column …) or"),
        ("take load_pretrained_model('e5-small').", "take --model e5-small."),
        ("Received: `seed`", "Received: --seed"),
        ("runs/seed=0/a.csv: no", "runs/seed=0/a.csv: no"),
        ("seed=0.csv: no such file", "seed=0.csv: no such file"),
        ("my_seed=3, epochs=4, `epochs`", "my_seed=3, epochs=4, `epochs`"),
    ],
)
def test_an_argument_becomes_its_option_and_nothing_else_changes(message, told):
    assert in_options(message, OPTIONS) == told
    assert in_options(message, {}) == message


def test_each_command_knows_its_own_options():
    arguments = _parser().parse_args(["predict", "--model", "m", "text"])
    assert arguments.options["long_texts"] == "--long-texts"
    assert "label_column" not in arguments.options and "text" not in arguments.options


def test_warnings_and_errors_of_a_command_are_told_so(run, bundles, tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes("a,b\n음식이 정말 맛있어요,1\n별로예요,2\n".encode("cp949"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.filters", [])
        status, _, err = run("predict", "--model", bundles["0 or 1"], "--file", path)
    assert status == 2
    assert "(--encoding cp949 to agree)" in err
    assert "(--text-column …), or --no-header if" in err and "text_column" not in err
