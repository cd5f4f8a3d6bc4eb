"""Keras' layers as nodes of an ONNX graph: those that classifiers of texts have."""

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.graph import call_arguments, is_input, maker, sources

_LIBRARIES = ("keras.", "keras_hub.")  # a class of yours may have a name of theirs


def write_graph(writer, model):
    """Write all that a functional model computes; return the name of its output.

    Args:
        writer: a `GraphWriter`.
        model: a functional `keras.Model` of token ids, with one output.

    Raises:
        InputError: there is a layer that is not among these; it is named.
    """
    known = {id(tensor): writer.input(tensor.name) for tensor in model.inputs}

    def written(tensor):
        if id(tensor) not in known:
            inputs = [written(source) for source in sources(tensor)]
            known[id(tensor)] = _write(writer, tensor, inputs)
        return known[id(tensor)]

    return written(model.outputs[0])


def _write(writer, tensor, inputs):
    layer = maker(tensor)
    kind = type(layer)
    write = _WRITERS.get(kind.__name__)
    ours = kind.__module__.startswith(_LIBRARIES)
    try:
        if write is not None and ours:
            return write(writer, layer, tensor, inputs)
        why = "it"
    except KeyError as error:
        why = f"its {error.args[0]!r}"
    raise InputError(
        f"The layer {layer.name!r}, {kind.__name__}, cannot be exported: there is no "
        f"ONNX for {why} here. Exported are BERT's layers, LSTM, Dense and what is "
        "between them; others predict from what save_classifier writes."
    )


def _embedding(writer, layer, tensor, inputs):
    return writer.look_up(inputs[0], _array(layer.embeddings))


def _positions(writer, layer, tensor, inputs):
    length = writer.node("Shape", inputs[0], start=1, end=2)
    table = writer.weight(_array(layer.weights[0]))
    rows = writer.node("Slice", table, writer.constant([0]), length)
    return rows  # (T, D): the sum gives it to each text


def _add(writer, layer, tensor, inputs):
    total = inputs[0]
    for other in inputs[1:]:
        total = writer.node("Add", total, other)
    return total


def _layer_norm(writer, layer, tensor, inputs):
    axis = layer.axis if isinstance(layer.axis, int) else layer.axis[0]
    last = axis in (-1, len(tensor.shape) - 1)
    if not last or getattr(layer, "rms_scaling", False):
        raise KeyError("axis")
    width = tensor.shape[-1]
    gamma = np.ones(width, "float32") if layer.gamma is None else _array(layer.gamma)
    beta = np.zeros(width, "float32") if layer.beta is None else _array(layer.beta)
    return writer.normalize(inputs[0], gamma, beta, layer.epsilon)


def _same(writer, layer, tensor, inputs):
    return inputs[0]  # dropout is of training


def _dense(writer, layer, tensor, inputs):
    bias = None if layer.bias is None else _array(layer.bias)
    exact = len(tensor.shape) == 2  # once a text: no time to be won
    x = writer.linear(inputs[0], _array(layer.kernel), bias, exact)
    return writer.activate(layer.activation.__name__, x)


def _activation(writer, layer, tensor, inputs):
    return writer.activate(layer.activation.__name__, inputs[0])


def _mean(writer, layer, tensor, inputs):
    if layer.keepdims or layer.data_format != "channels_last":
        raise KeyError("data_format")
    axis = writer.constant([1])
    if len(inputs) == 1:
        return writer.node("ReduceMean", inputs[0], axis, keepdims=0)
    mask = writer.node("Unsqueeze", writer.as_float(inputs[1]), writer.constant([2]))
    real = writer.node("Mul", inputs[0], mask)  # (B, T, D)
    total = writer.node("ReduceSum", real, axis, keepdims=0)
    return writer.node("Div", total, writer.node("ReduceSum", mask, axis, keepdims=0))


def _first_token(writer, layer, tensor, inputs):
    args, _ = call_arguments(tensor)
    if args[1] != (slice(None), 0) or len(args[0].shape) != 3:
        raise KeyError(str(args[1]))
    return writer.node("Gather", inputs[0], writer.constant(0), axis=1)


def _transformer(writer, layer, tensor, inputs):
    """BERT's block, or with `normalize_first` GPT-2's way round, unmasked later."""
    x, mask = inputs if len(inputs) == 2 else (*inputs, None)
    weights = {_within(weight.path): _array(weight) for weight in layer.weights}
    first = layer.normalize_first

    def normalize(part, values):
        gamma, beta = (weights[f"{part}_layer_norm/{n}"] for n in ("gamma", "beta"))
        return writer.normalize(values, gamma, beta, layer.layer_norm_epsilon)

    def dense(name, values):
        name = f"feedforward_{name}_dense"
        kernel, bias = weights[f"{name}/kernel"], weights[f"{name}/bias"]
        return writer.linear(values, kernel, bias)

    read = normalize("self_attention", x) if first else x
    x = writer.node("Add", x, _attention(writer, weights, layer.num_heads, read, mask))
    x = x if first else normalize("self_attention", x)
    read = normalize("feedforward", x) if first else x
    inner = writer.activate(layer.activation.__name__, dense("intermediate", read))
    x = writer.node("Add", x, dense("output", inner))
    return x if first else normalize("feedforward", x)


def _attention(writer, weights, heads, x, mask):
    """Self-attention `(B, T, D)`; a query, a key and a value by one product."""
    at = "self_attention_layer"
    kernels = [weights[f"{at}/{n}/kernel"] for n in ("query", "key", "value")]
    biases = [weights[f"{at}/{n}/bias"].ravel() for n in ("query", "key", "value")]
    width, _, size = kernels[0].shape  # (D, heads, D / heads)
    kernel = np.concatenate([k.reshape(width, -1) for k in kernels], axis=1)
    joined = writer.linear(x, kernel, np.concatenate(biases))
    parts = writer.node("Split", joined, outputs=3, axis=-1, num_outputs=3)
    shape = writer.constant([0, 0, heads, size])
    query, key, value = (
        writer.node("Transpose", writer.node("Reshape", part, shape), perm=order)
        for part, order in zip(
            parts, ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]), strict=True
        )
    )
    scores = writer.node("MatMul", query, key)  # (B, heads, T, T)
    scores = writer.node("Mul", scores, writer.constant(size**-0.5, "float32"))
    if mask is not None:
        padding = writer.node(
            "Sub", writer.constant(1, "float32"), writer.as_float(mask)
        )
        never = writer.node("Mul", padding, writer.constant(-1e9, "float32"))
        never = writer.node("Unsqueeze", never, writer.constant([1, 2]))
        scores = writer.node("Add", scores, never)
    weighted = writer.node("MatMul", writer.node("Softmax", scores, axis=-1), value)
    back = writer.node("Transpose", weighted, perm=[0, 2, 1, 3])
    back = writer.node("Reshape", back, writer.constant([0, 0, heads * size]))
    kernel = weights[f"{at}/attention_output/kernel"].reshape(-1, width)
    return writer.linear(back, kernel, weights[f"{at}/attention_output/bias"])


def _is_word(writer, layer, tensor, inputs):
    """The mask that an embedding makes: `ids != 0`."""
    args, _ = call_arguments(tensor)
    if not is_input(args[0]) or np.any(args[1] != 0):
        raise KeyError("value")
    return writer.node("Cast", inputs[0], to=writer.onnx.TensorProto.BOOL)


def _lstm(writer, layer, tensor, inputs):
    """An LSTM that reads each text to its end, which its mask tells."""
    plain = (layer.activation.__name__, layer.recurrent_activation.__name__)
    odd = layer.go_backwards or layer.return_sequences or layer.stateful
    if plain != ("tanh", "sigmoid") or odd or len(inputs) != 2:
        raise KeyError("settings")
    real = writer.node("Cast", inputs[1], to=writer.onnx.TensorProto.INT32)
    lengths = writer.node("ReduceSum", real, writer.constant([1]), keepdims=0)
    # Keras has the gates i, f, c, o; ONNX i, o, f, c, and two biases.
    kernels = [_array(layer.cell.kernel), _array(layer.cell.recurrent_kernel)]
    bias = np.zeros(4 * layer.units, "float32")
    bias = bias if layer.cell.bias is None else _array(layer.cell.bias)
    order = (0, 3, 1, 2)
    kernel, recurrent, bias = (
        np.concatenate([np.split(a, 4, axis=-1)[i] for i in order], axis=-1)
        for a in (*kernels, bias)
    )
    _, last, _ = writer.node(
        "LSTM",
        writer.node("Transpose", inputs[0], perm=[1, 0, 2]),  # (T, B, D)
        writer.weight(kernel.T[None]),
        writer.weight(recurrent.T[None]),
        writer.weight(np.concatenate([bias, 0 * bias])[None]),
        lengths,
        outputs=3,
        hidden_size=layer.units,
    )
    return writer.node("Squeeze", last, writer.constant([0]))  # (B, units)


_WRITERS = {
    "Embedding": _embedding,
    "ReversibleEmbedding": _embedding,
    "PositionEmbedding": _positions,
    "Add": _add,
    "LayerNormalization": _layer_norm,
    "Dropout": _same,
    "SpatialDropout1D": _same,
    "Dense": _dense,
    "Activation": _activation,
    "GlobalAveragePooling1D": _mean,
    "GetItem": _first_token,
    "TransformerEncoder": _transformer,
    "NotEqual": _is_word,
    "LSTM": _lstm,
}


def _within(path):
    """Return a weight's path within its block: `feedforward_output_dense/bias`."""
    parts = path.split("/")
    start = next(
        (i for i, p in enumerate(parts) if p.startswith(("self_att", "feedfor"))), 0
    )
    return "/".join(parts[start:])


def _array(weight):
    return keras.ops.convert_to_numpy(weight).astype("float32")
