"""Google's speech_embedding as plain Keras layers (article §6.2).

Twenty convolutions over a log-mel spectrogram, trained on five million recordings to
tell keywords apart (Lin et al. 2020, https://arxiv.org/abs/2002.01322). The original
answers once in 80 ms; here it may answer more often, with the same numbers.
"""

from pathlib import Path

import keras
from keras import layers, ops
from safetensors.numpy import load_file

from sftkeras.errors import InputError

BANDS = 32
WINDOW = 76  # spectrogram frames of 10 ms that one answer looks at
WIDTH = 96  # numbers an answer
# Kernel (time, frequency) and filters of each convolution, and the pooling after it.
_WIDTHS = (24, 48, 48, 72, 72, 96, 96, 96, 96)  # of each pair: over frequency, time
_KERNELS = [((3, 3), 24)]
_KERNELS += [(kernel, width) for width in _WIDTHS for kernel in ((1, 3), (3, 1))]
_KERNELS += [((3, 1), WIDTH)]
_POOLS = {2: (2, 2), 6: (1, 2), 10: (2, 2), 14: (1, 2), 18: (2, 2)}
_HALVINGS = {80: 3, 40: 2, 20: 1}  # ms a frame: time poolings that keep their stride


@keras.saving.register_keras_serializable("sftkeras")
class FlooredLeaky(layers.Layer):
    """x where positive, a fifth of it where negative, never below -0.4."""

    def call(self, x):
        """Return the activations, of the shape of `x`."""
        return ops.maximum(ops.leaky_relu(x, 0.2), -0.4)

    def compute_output_shape(self, input_shape):
        """Return the shape of the input."""
        return input_shape


@keras.saving.register_keras_serializable("sftkeras")
class DilatedMax(layers.Layer):
    """The larger of x[t] and x[t + dilation]: a pooling of two that keeps all times.

    Args:
        dilation: int, at least 1.
    """

    def __init__(self, dilation, **options):
        super().__init__(**options)
        self.dilation = dilation

    def call(self, x):
        """Return `(B, T - dilation, …)` of `(B, T, …)`."""
        return ops.maximum(x[:, : -self.dilation], x[:, self.dilation :])

    def get_config(self):
        """Return what the constructor takes."""
        return {**super().get_config(), "dilation": self.dilation}

    def compute_output_shape(self, input_shape):
        """Return the shape with a time axis shorter by the dilation."""
        time = input_shape[1]
        time = None if time is None else time - self.dilation
        return (input_shape[0], time, *input_shape[2:])


def speech_embedding(directory=None, frame_ms=40):
    """Return the network as one flat graph, over any number of frames.

    Where a pooling that halves the time is left out, what follows is dilated by two
    (Holschneider et al. 1989, "à trous"): an answer more in between, and each is the
    number that the original gives when it is moved there.

    Args:
        directory: where `model.safetensors` lies. Defaults to `None`: random weights.
        frame_ms: int, an answer in so many milliseconds: 80, 40 or 20. Defaults to
            `40`.

    Returns:
        A `keras.Model`: log-mel `(B, T, 32)`, a frame in 10 ms, to
        `(B, (T - 76) // stride + 1, 96)` with a stride of 8, 4 or 2. No answer looks
        beyond its 76 frames.
    """
    if frame_ms not in _HALVINGS:
        raise InputError(f"`frame_ms` must be 80, 40 or 20. Received: {frame_ms!r}")
    x = inputs = keras.Input((None, BANDS), name="log_mel")
    x = layers.Reshape((-1, BANDS, 1), name="image")(x)
    dilation, halvings = 1, 0
    for number, (kernel, filters) in enumerate(_KERNELS):
        if kernel[1] == 3:
            x = layers.ZeroPadding2D(((0, 0), (1, 1)), name=f"pad_{number}")(x)
        last = number == len(_KERNELS) - 1
        x = layers.Conv2D(
            filters,
            kernel,
            dilation_rate=(dilation if kernel[0] > 1 else 1, 1),
            use_bias=not last,
            name=f"conv_{number}",
        )(x)
        if not last:
            x = FlooredLeaky(name=f"leaky_{number}")(x)
        time, frequency = _POOLS.get(number, (1, 1))
        if time == 2:
            halvings += 1
            if halvings > _HALVINGS[frame_ms]:
                x = DilatedMax(dilation, name=f"time_max_{number}")(x)
                time, dilation = 1, 2 * dilation
        if (time, frequency) != (1, 1):
            x = layers.MaxPooling2D((time, frequency), name=f"pool_{number}")(x)
    x = layers.Reshape((-1, WIDTH), name="embedding")(x)
    model = keras.Model(inputs, x, name="speech_embedding")
    if directory:
        fill(model, Path(directory, "model.safetensors"), "get_speech_embedding.py")
    return model


def fill(model, path, script):
    """Give a model, or the part of it that a file has, its weights by their paths.

    Args:
        model: a `keras.Model`.
        path: file of safetensors, in float32 or float16.
        script: str, the script of `data/` that makes the file.

    Raises:
        InputError: they are not the weights of these layers.
    """
    weights = {weight.path: weight for weight in model.weights}
    for name, tensor in load_file(path).items():
        if name not in weights or tensor.shape != tuple(weights[name].shape):
            raise InputError(
                f"{path}: not the weights of this network ({name} differs). Run: "
                f"python data/{script}"
            )
        weights.pop(name).assign(tensor.astype("float32"))
