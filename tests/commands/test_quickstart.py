"""`python -m sftkeras quickstart`: nothing is left of a run that could not start."""


def test_quickstart_without_data_leaves_nothing(tmp_path, fails):
    argv = ["quickstart", "--data", tmp_path, "--out", tmp_path / "out"]
    assert f"{tmp_path}: there is no train_data.txt" in fails(*argv)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_folder_of_three_files_is_said(fails, labelled, tmp_path):
    path = labelled("text,label\na,1\nb,0\n", "mine.csv")
    for data, found in {path: "a file", tmp_path / "none": "no such folder"}.items():
        line = fails("quickstart", "--data", data, "--out", tmp_path / "out")
        assert f"{data}: {found}. Give a folder with train_data.txt, val_data" in line
    assert not (tmp_path / "out").exists()
