"""`GraphWriter`: an ONNX graph, node by node, its large weights in 8 bits if asked."""

import numpy as np

OPSET, IR_VERSION = 20, 9  # the first with Gelu, and what goes with it
# Weights keep to 7 bits: processors without VNNI add two products of 8 bits in 16, and
# would cut them off, silently.
_LARGEST = 63
_MIDDLE = 128  # what stands for 0 among the 8 bits of what they are multiplied with
_ACTIVATIONS = {
    "relu": ("Relu", {}),
    "tanh": ("Tanh", {}),
    "sigmoid": ("Sigmoid", {}),
    "softmax": ("Softmax", {"axis": -1}),
    "gelu": ("Gelu", {}),
    "gelu_approximate": ("Gelu", {"approximate": "tanh"}),  # KerasHub's
}


class GraphWriter:
    """Collects nodes and weights; each method returns the name of what it computes.

    Args:
        int8: bool. Large weights are integers, with a scale for each column or row;
            what they are multiplied with is rounded to 8 bits, token by token.
            Defaults to `False`.
    """

    def __init__(self, int8=False):
        import onnx

        self.onnx, self.int8 = onnx, int8
        self.nodes, self.weights, self.inputs = [], [], []
        self._constants, self._tokens = {}, {}

    def input(self, name):
        """Add an input of ids, int32 `(B, T)`."""
        kind = self.onnx.TensorProto.INT32
        info = self.onnx.helper.make_tensor_value_info(name, kind, ["rows", "tokens"])
        self.inputs.append(info)
        return name

    def node(self, operation, *inputs, outputs=1, **attributes):
        """Add a node; return its output's name, or a list of several."""
        made = [f"{operation}_{len(self.nodes)}_{n}" for n in range(outputs)]
        self.nodes.append(
            self.onnx.helper.make_node(operation, list(inputs), made, **attributes)
        )
        return made[0] if outputs == 1 else made

    def weight(self, values):
        """Add an array."""
        name = f"weight_{len(self.weights)}"
        values = np.asarray(values, order="C")
        self.weights.append(self.onnx.numpy_helper.from_array(values, name))
        return name

    def constant(self, values, dtype="int64"):
        """Add small numbers; equal ones are one."""
        values = np.array(values, dtype)
        key = (values.tobytes(), values.shape, dtype)
        if key not in self._constants:
            self._constants[key] = self.weight(values)
        return self._constants[key]

    def as_float(self, x):
        """Cast to float32."""
        return self.node("Cast", x, to=self.onnx.TensorProto.FLOAT)

    def activate(self, name, x):
        """Apply an activation of Keras; `KeyError` for one that ONNX does not have."""
        if name == "linear":
            return x
        operation, attributes = _ACTIVATIONS[name]
        return self.node(operation, x, **attributes)

    def linear(self, x, kernel, bias=None, exact=False):
        """Multiply `(…, D)` by a kernel `(D, N)` and add a bias `(N,)`.

        Args:
            x: str.
            kernel, bias: float arrays.
            exact: bool, in float32 in any case. Defaults to `False`.
        """
        if self.int8 and not exact:
            product = self._rounded_product(x, kernel)
        else:
            product = self.node("MatMul", x, self.weight(kernel))
        return product if bias is None else self.node("Add", product, self.weight(bias))

    def look_up(self, ids, table):
        """Return the rows of a table `(V, D)` for int ids `(B, T)`."""
        if not self.int8 or len(table) < 1000:
            return self.node("Gather", self.weight(table), ids)
        whole, scale = _rounded(table, axis=1)
        rows = self.as_float(self.node("Gather", self.weight(whole), ids))
        return self.node("Mul", rows, self.node("Gather", self.weight(scale), ids))

    def normalize(self, x, gamma, beta, epsilon):
        """Apply layer normalization over the last axis."""
        weights = [self.weight(gamma), self.weight(beta)]
        return self.node("LayerNormalization", x, *weights, epsilon=float(epsilon))

    def content(self, output, units):
        """Return the bytes of the finished model, its output called `outputs`."""
        helper, kind = self.onnx.helper, self.onnx.TensorProto.FLOAT
        self.nodes.append(helper.make_node("Identity", [output], ["outputs"]))
        info = helper.make_tensor_value_info("outputs", kind, ["rows", units])
        graph = helper.make_graph(
            self.nodes, "classifier", self.inputs, [info], self.weights
        )
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(
            graph,
            opset_imports=opsets,
            ir_version=IR_VERSION,
            producer_name="sftkeras",
        )
        return model.SerializeToString()

    def _rounded_product(self, x, kernel):
        """Multiply integers: x `(B, T, D)` has a scale for each token.

        One scale for all would be that of the few tokens with very large numbers.
        """
        if x not in self._tokens:
            self._tokens[x] = self._rounded_tokens(x, len(kernel))
        whole, of_x, shape = self._tokens[x]
        kernel, of_kernel = _rounded(kernel, axis=0)
        zero = self.constant(_MIDDLE, "uint8")
        product = self.node("MatMulInteger", whole, self.weight(kernel), zero)
        product = self.node("Mul", self.as_float(product), of_x)
        product = self.node("Mul", product, self.weight(of_kernel[0]))
        width = self.constant([kernel.shape[1]])
        return self.node("Reshape", product, self.node("Concat", shape, width, axis=0))

    def _rounded_tokens(self, x, width):
        """Return x as uint8 `(B T, D)`, its scales `(B T, 1)`, and `(B, T)`."""
        rows = self.node("Reshape", x, self.constant([-1, width]))
        top = self.node(
            "ReduceMax", self.node("Abs", rows), self.constant([1]), keepdims=0
        )
        top = self.node("Max", top, self.constant(1e-9, "float32"))
        scale = self.node("Mul", top, self.constant(1 / 127, "float32"))
        middle = self.onnx.helper.make_tensor(
            "middle", self.onnx.TensorProto.UINT8, [1], [_MIDDLE]
        )
        zeros = self.node("ConstantOfShape", self.node("Shape", scale), value=middle)
        whole = self.node("QuantizeLinear", rows, scale, zeros, axis=0)
        scale = self.node("Unsqueeze", scale, self.constant([1]))
        return whole, scale, self.node("Shape", x, start=0, end=2)


def _rounded(values, axis):
    """Return int8 values and the float32 scale of each line along an axis."""
    scale = np.abs(values).max(axis=axis, keepdims=True) / _LARGEST
    scale = np.where(scale == 0, 1, scale).astype("float32")
    return np.rint(values / scale).astype("int8"), scale
