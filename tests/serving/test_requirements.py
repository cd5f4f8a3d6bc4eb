"""`requirements-serving.txt`: what predicts is what was tested."""

from sftkeras.files import ROOT


def _pins(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pins = [line.split(";")[0].strip() for line in lines if line[:1] not in ("#", "")]
    return dict(pin.split("==") for pin in pins)


def test_what_both_name_is_of_one_version_and_tensorflow_is_not_among_it():
    all_of_it, serving = _pins("requirements.txt"), _pins("requirements-serving.txt")
    both = {*all_of_it} & {*serving}
    assert {"onnxruntime", "sentencepiece", "scikit-learn", "chardet"} <= both
    assert {n: serving[n] for n in both} == {n: all_of_it[n] for n in both}
    assert not {"tensorflow", "keras", "keras-hub", "onnx"} & {*serving}
