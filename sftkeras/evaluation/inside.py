"""What a model's layers make of an example: vectors, maps, neighbours (article §2)."""

import keras
import numpy as np

from sftkeras.errors import InputError, suggest
from sftkeras.graph import output_in
from sftkeras.inputs.images import ImagePreprocessor
from sftkeras.inputs.rows import make_rows
from sftkeras.models.forms import as_functional
from sftkeras.tasks.running import run


def feature_maps(model, image):
    """Return what the layers make of one image: the last layer of each size.

    Args:
        model: a flat `keras.Model` of images.
        image: `(height, width, channels)`, as in `predict`.

    Returns:
        {layer's name: array `(height, width, channels)`}, in the order of the layers.
    """
    model, last = as_functional(model), {}
    for layer in model.layers:
        shape = getattr(output_in(model, layer), "shape", ())
        if len(shape) == 4 and not isinstance(layer, keras.layers.ZeroPadding2D):
            last.pop(shape[1:3], None)  # the last of its size, in order
            last[shape[1:3]] = layer
    if not last:
        raise InputError("`feature_maps` is for a model of images; no layer has maps.")
    if isinstance(getattr(model, "preprocessor", None), ImagePreprocessor):
        (image,) = model.preprocessor.encode([image])
    image = np.asarray(image)
    if image.shape != tuple(
        size or given
        for size, given in zip(model.inputs[0].shape[1:], image.shape, strict=False)
    ):
        raise InputError(
            f"The model takes an image of shape {tuple(model.inputs[0].shape[1:])}. "
            f"Received: shape {image.shape}"
        )
    outputs = [output_in(model, layer) for layer in last.values()]
    seen = keras.Model(model.input, outputs)
    # Said outright: `Resizing` would put all layers after it into training mode.
    maps = seen(image[None], training=False)
    return {
        layer.name: np.asarray(found)[0]
        for layer, found in zip(last.values(), maps, strict=True)
    }


def embed(model, texts, layer="pooling"):
    """Return one vector a text: the output of a named layer.

    Of a layer with a vector for each token, the mean over the text's own tokens (its
    padding mask), as `load_pretrained_model` pools them before the head.

    Example:

    >>> embed(model, ["Worth every cent.", "Broke."]).shape  # doctest: +SKIP
    (2, 384)
    >>> names = ["transformer_layer_0", "transformer_layer_5"]
    >>> embed(model, ["Broke."], names).shape  # doctest: +SKIP
    (1, 2, 384)

    Args:
        model: a flat `keras.Model` with a preprocessor, as `load_pretrained_model`
            and `fine_tune` return it.
        texts: list of N strings.
        layer: name of a layer, or a list of L names of layers of one width, computed
            in one pass. Defaults to `"pooling"`: what the head sees.

    Returns:
        Float array `(N, width)`; with a list of names `(N, L, width)`.

    Raises:
        InputError: a name that is no layer, or layers of different widths.
    """
    model = as_functional(model, texts)
    names = [layer] if isinstance(layer, str) else list(layer)
    outputs = [output_in(model, _find(model, name)) for name in names]
    vectors = [_mean_over_tokens(model, output) for output in outputs]
    widths = [vector.shape[-1] for vector in vectors]
    if len({*widths}) != 1:
        raise InputError(f"`layer` must name layers of one width. Received: {widths}")
    part = keras.Model(model.input, keras.ops.stack(vectors, axis=1))  # (B, L, width)
    found = run(part, make_rows(model, texts))
    return found[:, 0] if isinstance(layer, str) else found


def trace(model, text):
    """Follow one text through a model: the output of each layer, in inference mode.

    Args:
        model: as in `embed`.
        text: str.

    Returns:
        {layer name: array without the batch axis}, in the model's order: `(T,)` for
        the inputs, `(T, width)` for each token's vectors, `(width,)` after pooling,
        `(1,)` for a sigmoid head. T counts the special tokens too.
    """
    model = as_functional(model)
    if getattr(model, "preprocessor", None) is None and len(model.inputs) > 1:
        raise InputError("`trace` needs a model with a preprocessor, or of one input.")
    layers = {layer.name: output_in(model, layer) for layer in model.layers}
    part = keras.Model(model.input, list(layers.values()))
    inputs = make_rows(model, [text]).take([0])
    outputs = part(keras.tree.map_structure(keras.ops.convert_to_tensor, inputs))
    arrays = keras.tree.map_structure(
        lambda output: keras.ops.convert_to_numpy(output)[0], outputs
    )
    return dict(zip(layers, arrays, strict=True))


def find_neighbours(vectors, k=5):
    """Return the k rows nearest to each row, by the cosine of their angle.

    Args:
        vectors: float array `(N, width)`.
        k: int below N. Defaults to `5`.

    Returns:
        Int array `(N, k)` of row numbers, the nearest first; no row is its own
        neighbour.
    """
    if not 0 < k < len(vectors):
        raise InputError(f"`k` must be from 1 to {len(vectors) - 1}. Received: k={k}")
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = units @ units.T  # (N, N)
    np.fill_diagonal(cosines, -np.inf)
    return np.argsort(-cosines, axis=1, kind="stable")[:, :k]


def _find(model, name):
    names = [layer.name for layer in model.layers]
    if name not in names:
        raise InputError(f"`layer`: there is no layer {name!r}.{suggest(name, names)}")
    return model.get_layer(name)


def _mean_over_tokens(model, output):
    if len(output.shape) != 3:
        return output
    inputs = model.input
    mask = inputs.get("padding_mask") if isinstance(inputs, dict) else None
    return keras.layers.GlobalAveragePooling1D()(output, mask=mask)
