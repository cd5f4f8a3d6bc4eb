"""`python -m sftkeras quickstart`: nothing is left of a run that could not start."""


def test_quickstart_without_data_leaves_nothing(tmp_path, fails):
    argv = ["quickstart", "--data", tmp_path, "--out", tmp_path / "out"]
    assert f"{tmp_path}/train_data.txt: no such file" in fails(*argv)
    assert list(tmp_path.iterdir()) == []
