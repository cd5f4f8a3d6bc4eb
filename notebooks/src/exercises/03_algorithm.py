# %% [markdown] lang="en"
# # Exercises 3: the algorithm
#
# Each exercise has a cell for your code and, after it, a cell that checks it. Write your
# answer in place of `...`, run both, and go on when the check prints `Right.` The networks
# are small, so that every try takes seconds; what you write works on large ones, too.

# %% [markdown] lang="zh"
# # 练习 3：算法
#
# 每道题先是写代码的格子，后面跟着一个检查格。把 `...` 换成你的答案，两格都运行，
# 出现 `Right.` 就可以做下一题。这里的网络都很小，几秒钟就能试一次；写出来的代码对大网络同样适用。

# %%
import keras
import numpy as np

x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
y = (x[:, 0] > 0).astype(int)


def network(units=1, activation="sigmoid"):
    keras.utils.set_random_seed(0)
    h = inputs = keras.Input((4,))
    for name in ("block_0", "block_1"):
        h = keras.layers.Dense(8, "tanh", name=name)(h)
    return keras.Model(inputs, keras.layers.Dense(units, activation, name="head")(h))


# %% [markdown] lang="en"
# ## 1. A loop that does not forgive
#
# The article's loop takes any name. Write `freeze_strictly(model, names)`: the layers named
# are made trainable, the others are frozen; if a name is no layer's, raise a `ValueError`
# that contains the wrong name, *before* anything is changed.

# %% [markdown] lang="zh"
# ## 1. 不放过错名字的循环
#
# 原文的循环来者不拒。请写 `freeze_strictly(model, names)`：名单里的层设为可训练，其余冻结；
# 如果某个名字不属于任何一层，就抛出 `ValueError`，信息里要包含这个名字，并且*在此之前*不能改动模型。


# %%
def freeze_strictly(model, names):
    # solution
    known = {layer.name for layer in model.layers}
    wrong = [name for name in names if name not in known]
    if wrong:
        raise ValueError(f"No such layer: {wrong}. There are: {sorted(known)}")
    for layer in model.layers:
        layer.trainable = layer.name in names
    # end solution


# %%
model = network()
freeze_strictly(model, ["block_1", "head"])
found = [layer.name for layer in model.layers if layer.trainable and layer.weights]
assert found == ["block_1", "head"], f"trainable are {found}"
try:
    freeze_strictly(model, ["head", "blok_0"])
    raise AssertionError("'blok_0' is no layer, but no ValueError came")
except ValueError as error:
    assert "blok_0" in str(error), "the message does not name 'blok_0'"
found = [layer.name for layer in model.layers if layer.trainable and layer.weights]
assert found == ["block_1", "head"], "the model was changed before the error"
print("Right.")

# %% [markdown] lang="en"
# ## 2. Into the nest
#
# Here the backbone is one layer of the model, and inside it is another backbone. Write
# `freeze_deeply(model, names)`: as the article's loop, but wherever a layer is itself a
# `keras.Model`, look at the layers in it. (A frozen container hides its layers' weights,
# so make the containers trainable.)

# %% [markdown] lang="zh"
# ## 2. 钻进嵌套的模型
#
# 这里的骨干网络是模型中的一层，它里面还套着一个骨干网络。请写 `freeze_deeply(model, names)`：
# 与原文的循环作用相同，但如果某一层本身是 `keras.Model`，就进去处理里面的各层。
# （容器一旦冻结，里面各层的权重就都不可训练了，所以容器本身要设为可训练。）


# %%
def freeze_deeply(model, names):
    # solution
    model.trainable = True
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            freeze_deeply(layer, names)
        else:
            layer.trainable = layer.name in names
    # end solution


# %%
flat = network()
inner = keras.Model(flat.input, flat.get_layer("block_1").output)
inputs = keras.Input((4,))
outer = keras.Model(inputs, inner(inputs))
inputs = keras.Input((4,))
nested = keras.Model(inputs, flat.get_layer("head")(outer(inputs)))
for names in (["block_1", "head"], ["block_0"], ["block_0", "block_1", "head"]):
    freeze_deeply(nested, names)
    found = {weight.path.split("/")[-2] for weight in nested.trainable_weights}
    assert found == set(names), f"asked for {names}, trainable are {sorted(found)}"
print("Right.")

# %% [markdown] lang="en"
# ## 3. The second round
#
# First only the head is trained, then everything. Complete `second_round`: it unfreezes
# all layers and trains on, for two epochs, so that `block_0` really changes.
# Predict first: what happens if you only set `trainable = True` and call `fit`?

# %% [markdown] lang="zh"
# ## 3. 第二轮训练
#
# 先只训练分类头，再训练所有层。请补全 `second_round`：解冻所有层，接着训练两轮，让 `block_0` 真的发生变化。
# 动手前先猜一猜：如果只写 `trainable = True` 就调用 `fit`，会怎样？


# %%
def second_round(model):
    # solution
    for layer in model.layers:
        layer.trainable = True
    model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy")
    model.fit(x, y, epochs=2, verbose=0)
    # end solution


# %%
model = network()
for layer in model.layers[:-1]:
    layer.trainable = False
model.compile("adam", "binary_crossentropy")
model.fit(x, y, epochs=2, verbose=0)  # the first round: the head alone
block, head = model.get_layer("block_0"), model.get_layer("head")
old = block.get_weights()[0], head.get_weights()[0]
second_round(model)
assert block.trainable, "block_0 is still frozen"
assert not np.array_equal(old[1], head.get_weights()[0]), "nothing was trained"
moved = not np.array_equal(old[0], block.get_weights()[0])
assert moved, "block_0 did not change: when does Keras read `trainable`?"
print("Right.")

# %% [markdown] lang="en"
# ## 4. How far does Adam step?
#
# A weight stands at 0, the gradient is what the list says, the learning rate is the
# article's `0.001`. Predict how far the *first* step of Adam moves the weight, for each
# gradient. (Plain gradient descent would move it by rate times gradient.) Then think
# what this means for a pretrained weight of, say, 0.03.

# %% [markdown] lang="zh"
# ## 4. Adam 一步走多远？
#
# 一个权重的初值是 0，梯度如列表所示，学习率取原文的 `0.001`。请预测对每个梯度，
# Adam 的*第一步*把这个权重移动多远。（普通梯度下降会移动“学习率乘梯度”。）
# 再想一想：假如一个预训练权重是 0.03，这意味着什么？

# %%
gradients = [100.0, 1.0, 0.001]
predicted = [None, None, None]
# solution
predicted = [0.001, 0.001, 0.001]
# end solution

# %%
assert None not in predicted, "write down three numbers first"
for gradient, guess in zip(gradients, predicted, strict=True):
    weight = keras.Variable(0.0)
    optimizer = keras.optimizers.Adam(learning_rate=0.001)
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weight])
    step = abs(float(weight))
    assert abs(guess - step) < 2e-5, f"not for the gradient {gradient}: try again"
    print(f"gradient {gradient:7}: a step of {step:.6f}")
print("Right.")

# %% [markdown] lang="en"
# ## 5. Which loss?
#
# Write `right_loss(labels, units)`, which returns the name of the Keras loss that fits an
# array of labels and a head with so many outputs. The cases: one output; several outputs
# with whole-number labels; several outputs with one-hot rows.

# %% [markdown] lang="zh"
# ## 5. 用哪个损失函数？
#
# 请写 `right_loss(labels, units)`：给出标签数组和分类头的输出个数，返回合适的 Keras 损失函数名。
# 分三种情况：一个输出；多个输出配整数标签；多个输出配独热标签。


# %%
def right_loss(labels, units):
    # solution
    if units == 1:
        return "binary_crossentropy"
    if np.ndim(labels) == 2:
        return "categorical_crossentropy"
    return "sparse_categorical_crossentropy"
    # end solution


# %%
one_hot = np.eye(2)[y]
cases = {"one output": (y, 1), "whole numbers": (y, 2), "one-hot rows": (one_hot, 2)}
for case, (labels, units) in cases.items():
    loss = right_loss(labels, units)
    assert isinstance(loss, str), f"{case}: return a name. Received: {loss!r}"
    model = network(units, "sigmoid" if units == 1 else "softmax")
    model.compile(keras.optimizers.Adam(0.01), loss)
    losses = model.fit(x, labels, epochs=20, verbose=0).history["loss"]
    print(f"{case:13}  {loss:31}  loss {losses[0]:.3f} to {losses[-1]:.3f}")
    assert 0 < losses[-1] < 0.6 * losses[0], f"{case}: it does not learn with {loss}"
print("Right.")

# %% [markdown] lang="en"
# ## 6. How many labels for so much accuracy?
#
# The label-budget file of this chapter, read the other way round. Write
# `labels_needed(model, accuracy)`: the smallest number of labels in `rows` at which the
# *mean* accuracy of that model over the seeds is at least `accuracy`; `None` if it never
# is. Each row is a dictionary with `model`, `labels`, `seed` and `accuracy`.

# %% [markdown] lang="zh"
# ## 6. 要达到某个准确率，需要多少条标注？
#
# 把本章的标注量数据反过来读。请写 `labels_needed(model, accuracy)`：对指定的模型，
# 返回 `rows` 中各种子的*平均*准确率首次不低于 `accuracy` 的标注条数；始终达不到就返回 `None`。
# 每行是一个字典，键有 `model`、`labels`、`seed` 和 `accuracy`。

# %%
from benchmarks.label_budget import CSV, read_rows

rows = read_rows(CSV)


def labels_needed(model, accuracy):
    # solution
    runs = {}
    for row in rows:
        if row["model"] == model:
            runs.setdefault(row["labels"], []).append(row["accuracy"])
    enough = [labels for labels in runs if np.mean(runs[labels]) >= accuracy]
    return min(enough, default=None)
    # end solution


# %%
names = list(dict.fromkeys(row["model"] for row in rows))
assert labels_needed("majority class", 0.4) == 8, "guessing is right half of the time"
assert labels_needed("majority class", 0.6) is None, "guessing never gets there"
few, many = (labels_needed("MiniLM, all layers", goal) for goal in (0.6, 0.7))
assert few and many and few < many, "more accuracy needs more labels"
last = [r["accuracy"] for r in rows if (r["model"], r["labels"]) == (names[1], 512)]
assert labels_needed(names[1], np.mean(last)) == 512, "take the mean over the seeds"
for name in names:
    needed = {goal: labels_needed(name, goal) for goal in (0.6, 0.65, 0.7, 0.75)}
    print(f"{name:20}", needed)
print("Right.")
