"""Keras' graph of layers and tensors: the only file that knows its private side."""

from types import SimpleNamespace

import keras

from sftkeras.errors import InputError


def iterate_layers(model, prefix=""):
    """Yield `(path, layer)` for each layer, looking into nested models.

    The path of a layer in a nested model is `"nested/layer"`. A composite layer such
    as a transformer block is one layer.
    """
    for layer in model.layers:
        path = prefix + layer.name
        if isinstance(layer, keras.Model):
            yield from iterate_layers(layer, path + "/")
        else:
            yield path, layer


def head_path(model):
    """Return the path of the last layer that has weights.

    `None` of a model whose task has no head of its own: it answers as it was pretrained
    to.
    """
    if not getattr(carried(model).task, "has_head", True):
        return None
    paths = [path for path, layer in iterate_layers(model) if layer.weights]
    if not paths:
        raise InputError(f"Model {model.name!r} has no weights to train.")
    return paths[-1]


def all_layers(model):
    """Return every layer in a model, those within composite layers too."""
    return list(model._flatten_layers(include_self=False))


def sublayers(layer):
    """Return {name: layer} of every layer within a composite layer."""
    return {part.name: part for part in layer._flatten_layers(include_self=False)}


def pairs_of_layers(model, other):
    """Return each layer with that of another model of the same layers, but inputs."""
    kind = keras.layers.InputLayer  # a nested model may list its own
    one, two = (
        [layer for layer in all_layers(m) if not isinstance(layer, kind)]
        for m in (model, other)
    )
    return list(zip(one, two, strict=True))


def has_graph(model):
    """Return whether the layers of a model meet in a graph that can be seen."""
    return hasattr(model, "_nodes_by_depth")


def maker(tensor):
    """Return the layer or operation that makes a symbolic tensor."""
    return tensor._keras_history.operation


def sources(tensor):
    """Return the symbolic tensors that a tensor is made of, [] for an input."""
    history = tensor._keras_history
    return history.operation._inbound_nodes[history.node_index].input_tensors


def call_arguments(tensor):
    """Return `(args, kwargs)` of the call that makes a symbolic tensor."""
    history = tensor._keras_history
    called = history.operation._inbound_nodes[history.node_index].arguments
    return called.args, called.kwargs


def output_in(model, layer):
    """Return the output of a layer in a model, of its last call; others may call it."""
    nodes = [
        node
        for depth in sorted(model._nodes_by_depth)
        for node in model._nodes_by_depth[depth]
    ]
    found = [node.outputs for node in nodes if node.operation is layer]
    return found[0][0] if len(found[0]) == 1 else found[0]


def is_input(tensor):
    """Return whether a symbolic tensor is an input of its model."""
    return isinstance(maker(tensor), keras.layers.InputLayer)


def has_mask(tensor):
    """Return whether Keras hands a mask on beside the tensor, unseen."""
    return getattr(tensor, "_keras_mask", None) is not None


def readers(model, tensor):
    """Return the operations of a model that take a symbolic tensor."""
    nodes = [node for depth in model._nodes_by_depth.values() for node in depth]
    return [
        node.operation
        for node in nodes
        if any(found is tensor for found in node.input_tensors)
    ]


def calls(model):
    """Return `(operation, tensors that it takes, those that it makes)` of each call."""
    nodes = [node for depth in model._nodes_by_depth.values() for node in depth]
    return [(n.operation, n.input_tensors, n.outputs) for n in nodes if not n.is_input]


def uses(model, layer):
    """Return how often a model calls a layer."""
    nodes = [node for depth in model._nodes_by_depth.values() for node in depth]
    return sum(node.operation is layer for node in nodes)


def run_from(model, tensor):
    """Return the outputs of a model's own layers for another symbolic input."""
    return model._run_through_graph(tensor)


def built_shape(model):
    """Return the shape of the batch that a model was built for, `None` if unknown."""
    shapes = list((model._build_shapes_dict or {}).values())
    single = len(shapes) == 1 and isinstance(shapes[0], (tuple, list))
    return tuple(shapes[0]) if single and None not in (*shapes[0][1:],) else None


def give_flag(layer, trainable):
    """Set a layer's own `trainable`; what is in it keeps its own, unlike in Keras."""
    layer._trainable = trainable


def give_flags(model, other):
    """Let another model of the same layers be frozen where a model is.

    Copies and files keep a block's flag, not those of the weights within.
    """
    for one, twin in pairs_of_layers(model, other):
        give_flag(twin, one.trainable)
    for one, twin in zip(model.weights, other.weights, strict=True):
        twin.trainable = one.trainable


def trained_unless_frozen(layer):
    """Return a layer's own weights that Keras trains unless they are frozen."""
    return layer._trainable_variables


def model_within(inputs, outputs):
    """Return the model between tensors of a graph; the graph stays as it was.

    Keras gives an input of the whole graph that is among them another history, after
    which the whole model could not be saved: it is put back.
    """
    before = [(tensor, tensor._keras_history) for tensor in keras.tree.flatten(inputs)]
    model = keras.Model(inputs, outputs)
    for tensor, history in before:
        tensor._keras_history = history
    return model


def mark_trainable(layer, trainable):
    """Set `trainable`, for the weights within as well.

    Twice, since TensorFlow skips an assignment that changes nothing, whatever holds
    further down.
    """
    layer.trainable = not trainable
    layer.trainable = trainable


def activation_of(tensor):
    """Return the name of the activation that makes a tensor, "linear" without one."""
    operation = maker(tensor)
    if isinstance(operation, keras.Model):
        return activation_of(operation.outputs[0])
    if type(operation).__name__ in ("Softmax", "Sigmoid"):  # a layer, or keras.ops
        return type(operation).__name__.lower()
    activation = getattr(operation, "activation", None)
    return getattr(activation, "__name__", "linear")


def index_of(optimizer, variable):
    """Return a variable's place among those that an optimizer was built with.

    Inside a step TensorFlow hands optimizers variables of its own, without a path.
    """
    return optimizer._get_variable_index(variable)


def moments(optimizer, variable):
    """Return the two moments that Adam keeps of a variable."""
    index = index_of(optimizer, variable)
    return optimizer._momentums[index], optimizer._velocities[index]


def fill_later(weights):
    """Let Keras append each weight that this thread makes to `weights`, not yet filled.

    Within `keras.StatelessScope(initialize_variables=False)`. Returns the list that it
    appended to before, `None` if there was none.
    """
    from keras.src.backend.common import global_state

    name = "uninitialized_variables"
    before = global_state.get_global_attribute(name)
    global_state.set_global_attribute(name, weights)
    return before


def fill_now(weight, trainable, value=None):
    """Fill a weight of `fill_later`, without a value as its initializer says.

    Args:
        weight: a `keras.Variable`.
        trainable: bool, whether it was so when it was made: TensorFlow never follows
            the gradients of a variable that it was not told to, though Keras' own flag
            may change as a layer is frozen and trained again.
        value: what it is filled with. Defaults to `None`.
    """
    if value is not None:
        weight._initializer = lambda *_, **__: value
    now, weight.trainable = weight.trainable, trainable
    weight._deferred_initialize()
    weight.trainable = now


def base_kernel(layer):
    """Return the weight of a layer's kernel, without the adapter that it may have."""
    return layer._kernel


def add_weights(layer, **wanted):
    """Give a built layer more float32 weights, {name: (shape, initializer)}."""
    layer._tracker.unlock()
    for name, (shape, initializer) in wanted.items():
        weight = layer.add_weight(
            name=name, shape=shape, initializer=initializer, dtype="float32"
        )
        setattr(layer, name, weight)
    layer._tracker.lock()


def attach(model, task):
    """Let a model carry its task, and return the model.

    With `carry`, the only place that hangs anything on a Keras object.
    """
    carried(model).task = task
    return carry(model, task.preprocessor, task.label_names)


def carry(model, preprocessor=None, label_names=None):
    """Let a model carry what users read and may set, and return the model."""
    model.preprocessor = preprocessor
    model.label_names = None if label_names is None else tuple(label_names)
    return model


def hand_on(model, other):
    """Let another model carry what a model carries; return the other."""
    carried(other).task = task_of(model)
    carried(other).frozen_by_us = carried(model).frozen_by_us
    carried(other).kept_frozen = carried(model).kept_frozen
    carried(other).columns = carried(model).columns
    carried(other).pairs = carried(model).pairs
    names = getattr(model, "label_names", None)
    return carry(other, getattr(model, "preprocessor", None), names)


def task_of(model):
    """Return the task that a model carries, `None` of a foreign one.

    `label_names` or a `preprocessor` that was set by hand since then wins.
    """
    task = carried(model).task
    if task is None:
        return None
    by_hand = {
        name: getattr(model, name)
        for name in ("label_names", "preprocessor")
        if getattr(model, name, None) is not getattr(task, name)
    }
    return task.replaced(**by_hand) if by_hand else task


def carried(model):
    """Return what we keep for a model: see the names."""
    if "sftkeras_carried" not in vars(model):
        model.sftkeras_carried = SimpleNamespace(
            task=None,
            inference=None,
            speaker=None,
            adapters=None,
            functional=None,
            columns=None,
            pairs=None,
            frozen_by_us=frozenset(),
            kept_frozen=frozenset(),
        )
    return model.sftkeras_carried
