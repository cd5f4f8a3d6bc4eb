"""Networks of strangers: layers that are code, paths, or more than any memory."""

import json

from hostile.tools import configured, filed


def _layer(kind, config, module="keras.layers", **more):
    return {"module": module, "class_name": kind, "config": config, **more}


_PREPROCESSOR = "preprocessor/preprocessor.json"
_INPUT = {"batch_shape": [None, 4], "name": "in"}


def _sequence(*layers):
    """Return the config of a Sequential model of layers, on 4 features."""
    return _layer(
        "Sequential",
        {
            "name": "s",
            "trainable": True,
            "layers": [_layer("InputLayer", _INPUT), *layers],
        },
        "keras",
        build_config={"input_shape": [None, 4]},
    )


def _network(*layers):
    return ("arrays", configured(lambda config: _sequence(*layers)))


def _head(**changes):
    """Return a case: other settings of the head of an honest network."""

    def change(config):
        config["config"]["layers"][-1]["config"].update(changes)

    return ("arrays", configured(change))


def _replaced(module, name, config=None, registered=None):
    def change(found):
        layer = found["config"]["layers"][-1]
        layer.update(module=module, class_name=name, registered_name=registered)
        if config is not None:
            layer["config"] = config

    return ("arrays", configured(change))


def _nested(depth, kind="Sequential"):
    inner = _layer("Dense", {"units": 3})
    for number in range(depth):
        inner = _sequence(inner) if kind == "Sequential" else _wrapped(inner, number)
    return ("arrays", configured(lambda config: _sequence(inner)))


def _wrapped(inner, number):
    return _layer("TimeDistributed", {"name": f"t{number}", "layer": inner})


def _cycle(config):
    layers = config["config"]["layers"]
    head = layers[-1]
    text = json.dumps(head["inbound_nodes"]).replace(
        layers[0]["config"]["name"], head["config"]["name"]
    )
    head["inbound_nodes"] = json.loads(text)


def _called(config):
    head = config["config"]["layers"][-1]
    head["inbound_nodes"] = head["inbound_nodes"] * 50_000


def _beside(config):
    layers = config["config"]["layers"]
    for number in range(1400):
        more = json.loads(json.dumps(layers[1]))
        more["name"] = f"more{number}"
        more["class_name"] = "Activation"
        more["config"] = {"name": f"more{number}", "activation": "relu"}
        layers.append(more)


def _dense(**config):
    return _layer("Dense", {"name": "d", "units": 3, **config})


def _preprocessor(**changes):
    """Return a case: other settings of the encoder's preprocessor."""

    def spoil(path):
        file = path / "preprocessor" / "preprocessor.json"
        config = json.loads(file.read_text()) | changes
        filed("preprocessor/preprocessor.json", json.dumps(config))(path)

    return ("encoder", spoil)


def _tokenizing(**changes):
    def spoil(path):
        file = path / "preprocessor" / "preprocessor.json"
        config = json.loads(file.read_text())
        config["layer"]["config"]["tokenizer"]["config"].update(changes)
        filed("preprocessor/preprocessor.json", json.dumps(config))(path)

    return ("encoder", spoil)


BERT = {
    "vocabulary_size": 10, "num_layers": 1, "num_heads": 1, "hidden_dim": 4,
    "intermediate_dim": 4, "max_sequence_length": 8, "name": "b",
}  # fmt: skip


def _backbone(**changes):
    return _network(
        _layer(
            "BertBackbone", BERT | changes, "keras_hub.src.models.bert.bert_backbone"
        )
    )


PASSWD = "/etc/passwd"
CODE = {
    "os": ("os", "system"),
    "subprocess": ("subprocess", "Popen"),
    "eval": ("builtins", "eval"),
    "exec": ("builtins", "exec"),
    "relative": (".evil", "Layer"),
    "ours": ("sftkeras.saving.bundle", "save_classifier"),
    "get_file": ("keras.utils", "get_file"),
    "load_model": ("keras.saving", "load_model"),
    "zeros": ("keras.ops", "zeros"),
    "hub": ("keras_hub.src.utils.preset_utils", "load_json"),
    "unknown": ("keras.layers", "NoSuchLayer"),
    "path": ("../evil", "Layer"),
    "empty": ("", ""),
    "Variable": ("keras", "Variable"),
    "a number": (5, 7),
}
LAMBDA = {
    "name": "l",
    "function": {
        "class_name": "__lambda__",
        "config": {"code": "4wEAAAA=", "defaults": None, "closure": None},
    },
}
CASES = {
    **{f"class {n}": _replaced(m, c) for n, (m, c) in CODE.items()},
    **{
        f"class {n} with arguments": _replaced(m, c, {"args": ["touch owned.txt"]})
        for n, (m, c) in CODE.items()
    },
    "class registered as os.system": _replaced(
        "keras.layers", "Dense", registered="os>system"
    ),
    "activation os.system": _head(activation="os.system"),
    "activation of a module": _head(
        activation={"module": "os", "class_name": "function", "config": "system"}
    ),
    "initializer of a module": _head(
        kernel_initializer={"module": "os", "class_name": "system", "config": {}}
    ),
    "Lambda": _network(_layer("Lambda", LAMBDA)),
    "Lambda by name": _network(_layer("Lambda", {"name": "l", "function": "eval"})),
    "TFSMLayer": _network(
        _layer("TFSMLayer", {"filepath": "/tmp", "call_endpoint": "serve", "name": "t"})
    ),
    "StringLookup": _network(
        _layer("StringLookup", {"vocabulary": PASSWD, "name": "s"})
    ),
    "IntegerLookup": _network(
        _layer("IntegerLookup", {"vocabulary": PASSWD, "name": "s"})
    ),
    "TextVectorization": _network(
        _layer("TextVectorization", {"vocabulary": PASSWD, "name": "s"})
    ),
    "JaxLayer": _network(_layer("JaxLayer", {"call_fn": "os.system", "name": "j"})),
    # More than there is.
    **{
        f"Dense {units!r}": _head(units=units)
        for units in (2 * 10**8, 10**9, 10**12, 10**30, 99_999_999, -1, 0, 1.5, "x")
    },
    "Dense null": _head(units=None),
    "Dense list": _head(units=[3]),
    "Embedding 10**9": _network(
        _layer("Embedding", {"input_dim": 10**9, "output_dim": 8, "name": "e"})
    ),
    "Embedding 9 * 10**7": _network(
        _layer("Embedding", {"input_dim": 9 * 10**7, "output_dim": 800, "name": "e"})
    ),
    "Dense chain of 30,000": _network(
        _dense(units=30_000), _dense(units=30_000, name="e"), _dense(name="f")
    ),
    "LSTM 10**6": _network(
        _layer("Reshape", {"target_shape": [4, 1], "name": "r"}),
        _layer("LSTM", {"units": 10**6, "name": "l"}),
    ),
    "Conv1D 10**8": _network(
        _layer("Reshape", {"target_shape": [4, 1], "name": "r"}),
        _layer("Conv1D", {"filters": 99_999_999, "kernel_size": 4, "name": "c"}),
    ),
    "MultiHeadAttention": _network(
        _layer("Reshape", {"target_shape": [4, 1], "name": "r"}),
        _layer("MultiHeadAttention", {"num_heads": 10**6, "key_dim": 10**6}),
    ),
    "shape of 10**12": _network(
        _layer("Reshape", {"target_shape": [10**12], "name": "r"}), _dense()
    ),
    "repeated 9 * 10**7 times": _network(
        _layer("RepeatVector", {"n": 9 * 10**7, "name": "r"}),
        _layer("Flatten", {"name": "f"}),
        _dense(),
    ),
    "20,000 layers": _network(
        *(_layer("Activation", {"activation": "relu"}) for _ in range(20_000))
    ),
    "90 layers in a sequence": _network(
        *(_layer("Activation", {"activation": "relu"}) for _ in range(90))
    ),
    "1,400 layers beside each other": ("arrays", configured(_beside)),
    "100,000 dense layers": _network(*([_dense()] * 100_000)),
    "5,000 dropouts": _network(
        *(_layer("Dropout", {"rate": 0.1, "name": f"d{n}"}) for n in range(5000))
    ),
    "100,000 cells": _network(
        _layer("Reshape", {"target_shape": [4, 1], "name": "r"}),
        _layer(
            "RNN",
            {
                "cell": _layer(
                    "StackedRNNCells",
                    {"cells": [_layer("GRUCell", {"units": 1})] * 100_000},
                )
            },
        ),
    ),
    "nested 50 deep": _nested(50),
    "nested 900 deep": _nested(150),
    "wrapped 300 deep": _nested(300, "TimeDistributed"),
    "cycle": ("arrays", configured(_cycle)),
    "called 50,000 times": ("arrays", configured(_called)),
    "backbone of 10**6 layers": _backbone(num_layers=10**6),
    "backbone of 10**5 layers": _backbone(num_layers=10**5),
    "backbone 10**6 wide": _backbone(hidden_dim=10**6),
    "backbone of 10**8 words": _backbone(vocabulary_size=10**8),
    "backbone of 10**8 places": _backbone(max_sequence_length=10**8),
    "encoder 10**8 wide": _network(
        _layer("Reshape", {"target_shape": [4, 1], "name": "r"}),
        _layer(
            "TransformerEncoder",
            {"intermediate_dim": 10**8, "num_heads": 1, "name": "t"},
            "keras_hub.layers",
        ),
    ),
    "no layers": _network(),
    "layers are text": ("arrays", configured(lambda c: c["config"].update(layers="x"))),
    "no outputs": (
        "arrays",
        configured(lambda c: c["config"].update(output_layers=[])),
    ),
    "two outputs": (
        "arrays",
        configured(
            lambda c: c["config"].update(output_layers=[["head", 0, 0], ["head", 0, 0]])
        ),
    ),
    "a layer, no model": ("arrays", configured(lambda c: _dense())),
    "an initializer, no model": (
        "arrays",
        configured(lambda c: _layer("Zeros", {}, "keras.initializers")),
    ),
    "compiled with os.system": (
        "arrays",
        configured(lambda c: c.update(compile_config={"optimizer": "os.system"})),
    ),
    # Preprocessors.
    "preprocessor: garbage": ("encoder", filed(_PREPROCESSOR, bytes(range(256)))),
    "preprocessor: deep": ("encoder", filed(_PREPROCESSOR, "[" * 200_000)),
    "preprocessor: null": ("encoder", filed(_PREPROCESSOR, "null")),
    "preprocessor: a Dense": _preprocessor(layer=_dense()),
    "preprocessor: a Lambda": _preprocessor(layer=_layer("Lambda", LAMBDA)),
    "preprocessor: os.system": _preprocessor(layer=_layer("system", {}, "os")),
    "preprocessor: null layer": _preprocessor(layer=None),
    **{
        f"preprocessor: max_length {length!r}": _preprocessor(max_length=length)
        for length in (10**12, 10**7, -1, 0, 1, "9", None, 1.5, True)
    },
    "preprocessor: vocabulary": _tokenizing(vocabulary=PASSWD),
    "preprocessor: proto": _tokenizing(proto=PASSWD),
    "preprocessor: merges": _tokenizing(merges=PASSWD),
    "preprocessor: config_file": _tokenizing(config_file="../../../secret.json"),
}
