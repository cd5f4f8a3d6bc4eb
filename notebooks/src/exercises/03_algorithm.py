# %% [markdown] lang="en"
# # 3. The algorithm: exercises
#
# Each exercise has a cell for your code and, after it, a cell that checks it. Write your
# answer in place of `...`, run both, and go on when the check says that it is right. Each
# can be done alone, after the first code cell. The networks are small, so that every try
# takes seconds; what you write works on large ones, too.

# %% [markdown] lang="zh"
# # 3. 算法：练习
#
# 每道题先是写代码的格子，后面跟着一个检查格。把 `...` 换成你的答案，两格都运行，
# 检查格说“正确”就可以做下一题。运行过最前面的代码格之后，各题可以单独做，不分先后。
# 这里的网络都很小，几秒钟就能试一次；写出来的代码对大网络同样适用。

# %%
import keras
import numpy as np
import pandas as pd

x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
y = (x[:, 0] > 0).astype(int)


def network(units=1, activation="sigmoid"):
    keras.utils.set_random_seed(0)
    h = inputs = keras.Input((4,))
    for name in ("block_0", "block_1"):
        h = keras.layers.Dense(8, "tanh", name=name)(h)
    return keras.Model(inputs, keras.layers.Dense(units, activation, name="head")(h))


def trainable(model):
    return ", ".join(w.path.split("/")[-2] for w in model.trainable_weights[::2])


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
def after(names):
    model, said = network(), ""
    model.get_layer("block_1").trainable = False
    try:
        freeze_strictly(model, names)
    except ValueError as error:
        said = str(error)
    return {"trainable": trainable(model), "said": said}


# %%
good, bad = ["block_1", "head"], ["head", "blok_0"]
each = "Each layer's `trainable` is True or False, as its name is listed or not."
why = "trainable after the call; block_1 was frozen before it"
check(lambda: after(good)["trainable"], "block_1, head", why, each)
fine = "These names are right: no error, please."
check.that(lambda: after(good)["said"] == "", fine)
wants = "'blok_0' is no layer: a ValueError must name it."
check.that(lambda: "blok_0" in after(bad)["said"], wants, "collect the names first")
early = "Look at all the names before you change the first layer."
why = "trainable after the error, as before the call"
check(lambda: after(bad)["trainable"], "block_0, head", why, early)
check.right()

# %% [markdown] lang="en"
# ## 2. Into the nest
#
# Here the backbone is one layer of the model, and inside it is another backbone. Write
# `freeze_deeply(model, names)`: as the article's loop, but wherever a layer is itself a
# `keras.Model`, look at the layers in it. (In the check all is frozen at first, the
# containers too. Setting a container's `trainable` sets that of every layer in it: so make
# the containers trainable first, the model itself included, then go in.)

# %% [markdown] lang="zh"
# ## 2. 处理嵌套的模型
#
# 这里的骨干网络是模型中的一层，它里面还套着一个骨干网络。请写 `freeze_deeply(model, names)`：
# 与原文的循环作用相同，但如果某一层本身是 `keras.Model`，就进去处理里面的各层。
# （检查开始时全部冻结，容器也不例外。给容器的 `trainable` 赋值，会连带改掉里面的每一层，
# 所以要先把容器设为可训练，模型本身也算一个容器，再进去设里面的层。）


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
def after_freezing(names):
    flat = network()
    nested = keras.Model(flat.input, flat.get_layer("block_1").output)
    for last in (lambda h: h, flat.get_layer("head")):  # twice into a box
        inputs = keras.Input((4,))
        nested = keras.Model(inputs, last(nested(inputs)))
    nested.trainable = False  # boxes and all
    freeze_deeply(nested, names)
    return trainable(nested)


hint = "A layer that is a keras.Model has `layers` of its own: call yourself on it."
for names in (["block_1", "head"], ["block_0"], ["block_0", "block_1", "head"]):
    answer = lambda: after_freezing(names)  # noqa: B023, E731
    check(answer, ", ".join(names), "what is trainable", hint)
check.right()

# %% [markdown] lang="en"
# ## 3. The second round
#
# First only the head is trained, then everything. Complete `second_round`: it unfreezes
# all layers and trains on, for an epoch or two, so that all three layers really change.
# Predict first: what happens if you only set `trainable = True` and call `fit`? (Set it
# layer by layer: `model.trainable = True` does nothing here, since the model itself was
# never frozen.)

# %% [markdown] lang="zh"
# ## 3. 第二轮训练
#
# 先只训练分类头，再训练所有层。请补全 `second_round`：解冻所有层，接着训练一两个轮次，让三层都真的发生变化。
# 动手前先猜一猜：如果只写 `trainable = True` 就调用 `fit`，会怎样？
# （请逐层设置：这里整个模型从来没有冻结过，`model.trainable = True` 什么也不会改变。）


# %%
def second_round(model):
    # solution
    for layer in model.layers:
        layer.trainable = True
    model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy")
    model.fit(x, y, epochs=2, verbose=0)
    # end solution


# %%
def two_rounds():
    model = network()
    for layer in model.layers[:-1]:
        layer.trainable = False
    model.compile("adam", "binary_crossentropy")
    model.fit(x, y, epochs=2, verbose=0)  # the first round: the head alone
    old = {layer.name: layer.get_weights() for layer in model.layers[1:]}
    second_round(model)
    new = {name: model.get_layer(name).get_weights() for name in old}
    return ", ".join(n for n in old if not np.array_equal(old[n][0], new[n][0]))


hint = "Keras reads `trainable` at the first `fit` after `compile`. Is each layer set?"
why = "layers that the second round changed"
check(two_rounds, "block_0, block_1, head", why, hint)
check.right()

# %% [markdown] lang="en"
# ## 4. How far does Adam step?
#
# A weight stands at 0, the gradient is what the list says, the learning rate is the
# article's `0.001`. Predict how far the *first* step of Adam moves the weight, for each
# gradient: a list `predicted` of three lengths. (Plain gradient descent would move it by rate times gradient.) Then think
# what this means for a pretrained weight of, say, `0.03`.

# %% [markdown] lang="zh"
# ## 4. Adam 一步走多远？
#
# 一个权重的初值是 0，梯度如列表所示，学习率取原文的 `0.001`。请预测对每个梯度，
# Adam 的*第一步*把这个权重移动多远，把三个长度写进列表 `predicted`。（普通梯度下降会移动“学习率乘梯度”。）
# 再想一想：假如一个预训练权重是 `0.03`，这意味着什么？

# %%
gradients = [100.0, 1.0, 0.001]
# solution
predicted = [0.001, 0.001, 0.001]
# end solution

# %%
steps = []
for gradient in gradients:
    weight = keras.Variable(0.0)
    optimizer = keras.optimizers.Adam(learning_rate=0.001)
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weight])
    steps.append(abs(float(weight)))
hint = "Adam divides the gradient by its own size: how long is what is left?"
three = "Write a list `predicted` of three numbers."
check.that(lambda: np.shape(predicted) == (3,), three)
for guess, step, gradient in zip(predicted, steps, gradients):
    why = f"For the gradient {gradient} it is another length."
    close = lambda: abs(guess - step) < 0.02 * step  # noqa: B023, E731
    check.that(close, why, hint)
    print(f"gradient {gradient:7}: a step of {step:.6f}")
check.right()

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
def share_left(labels, units, loss):
    """Train with that loss: to which share does it fall, or what does Keras say?"""
    model = network(units, "sigmoid" if units == 1 else "softmax")
    try:
        model.compile(keras.optimizers.Adam(0.01), loss)
        losses = model.fit(x, labels, epochs=20, verbose=0).history["loss"]
    except Exception as error:  # with [[ come places in TensorFlow's graph
        said = [line for line in str(error).splitlines() if line and "[[" not in line]
        return said[-1][:150]
    return losses[-1] / losses[0] if losses[0] else 0.0


cases = {
    "one output": (y, 1, "binary"),
    "whole numbers": (y, 2, "sparsecategorical"),
    "one-hot": (np.eye(2)[y], 2, "categorical"),
}

# %%
hint = "One output: yes or no. Several: one of many; `sparse` means whole numbers."
for case, (*data, kind) in cases.items():
    name = check.given(lambda: right_loss(*data))  # noqa: B023
    check.that(isinstance(name, str), "Return a name, such as 'mean_squared_error'.")
    is_one = "crossentropy" in name.lower()
    check.that(is_one, f"{case}: a cross-entropy, not {name}", hint)
    left = share_left(*data, name)
    stopped = f"{case}: with {name} Keras stops: {left}"
    check.that(not isinstance(left, str), stopped, hint)
    why = f"{case}: with {name} the loss does not fall as it should"
    check.that(0.01 < left < 0.6, why, hint)
    other = f"{case}: {name} can be trained with, but is for another case"
    check.that(name.lower().replace("_", "") == f"{kind}crossentropy", other, hint)
    print(f"{case}: {name}")
check.right()

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
# 每次实验是一个字典，键有 `model`、`labels`、`seed` 和 `accuracy`。

# %% lang="en"
from benchmarks.label_budget import CSV, read_rows

rows = read_rows(CSV)

# %% lang="zh"
from benchmarks.label_budget import CSV_ZH, read_rows

rows = read_rows(CSV_ZH)


# %%
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
SHOWN = {
    "TF-IDF + logistic": "counting words (TF-IDF)",
    "LSTM from scratch": "an LSTM",
    "MiniLM, frozen": "MiniLM, the head alone",
    "MiniLM, all layers": "MiniLM, every layer",
}

# %%
means = pd.DataFrame(rows).groupby(["model", "labels"]).accuracy.mean()
hint = "Collect the accuracies of each number of labels, and compare their means."
for name in ("TF-IDF + logistic", "LSTM from scratch", "MiniLM, all layers"):
    for accuracy in means[name]:
        first = means[name].index[means[name] >= accuracy - 1e-9].min()
        answer = lambda: labels_needed(name, accuracy - 1e-9)  # noqa: B023, E731
        check(answer, int(first), f"{SHOWN[name]}, {accuracy:.3f}", hint)
guess = "Guessing never gets there: return None."
never = lambda: labels_needed("majority class", 0.6) is None  # noqa: E731
check.that(never, guess)
for name in ("TF-IDF + logistic", "MiniLM, frozen", "MiniLM, all layers"):
    reached = [
        f"{goal}: {labels_needed(name, goal)}" for goal in (0.6, 0.65, 0.7, 0.75)
    ]
    print(f"{SHOWN[name]}: {', '.join(reached)}")
check.right()

# %% [markdown] lang="en"
# ## 7. Find: a learning rate that ruins nothing and wastes nothing (open)
#
# No check here; the answer is a figure and two sentences. Take 64 reviews and all layers:
#
# ```python
# import sftkeras as sft
#
# pretrained = sft.load_pretrained_model("minilm", num_classes=2)
# train = sft.load_texts("data/reviews/train_data.txt")
# rest, few = sft.split_texts(train, 64, seed=0)
# _, held_out = sft.split_texts(rest, 200, seed=0)
# ```
#
# Fine-tune with five rates from `1e-6` to `1e-2`, one run each, and measure on `held_out`.
# At which rate does nothing happen, at which is the encoder ruined, and how wide is the
# good range? Does `sft.constant(rate)`, which has no warm-up, make it narrower? Then take
# the best rate with two more seeds: does it stay the best?

# %% [markdown] lang="zh"
# ## 7. 找一找：既不毁掉权重、也不浪费时间的学习率（开放题）
#
# 这道题没有检查格，答案是一张图和两句话。取 64 条短评，训练所有层：
#
# ```python
# import sftkeras as sft
#
# pretrained = sft.load_pretrained_model("e5-small", num_classes=2)
# train = sft.load_texts("data/reviews_zh/train_data.txt")
# rest, few = sft.split_texts(train, 64, seed=0)
# _, held_out = sft.split_texts(rest, 200, seed=0)
# ```
#
# 从 `1e-6` 到 `1e-2` 取五个学习率，各微调一次，在 `held_out` 上评估。哪个学习率下几乎没有变化，
# 哪个学习率下编码器被毁掉，合适的范围有多宽？换成没有预热的 `sft.constant(rate)`，这个范围会变窄吗？
# 最后用最好的学习率再跑两个种子：它还是最好的吗？

# %% [markdown] lang="en"
# ## 8. With your own 100 labels: draw the curve (open)
#
# Take the hundred sentences that you labelled in chapter 1's last exercise, or label 100 of
# a subject of yours now. They go into a file `mine.csv` in the project's folder: a header
# `text,label`, then a text and a label a line. Hold 40 back for the test. Train on 10, 20
# and 40 of the others (three draws each), and on all 60 (`pool` itself: only the seed of
# the training differs), with frozen layers and with all layers:
#
# ```python
# import sftkeras as sft
#
# pool, test = sft.split_texts(sft.load_texts("mine.csv"), 40, seed=0)
# _, few = sft.split_texts(pool, 20, seed=1)
# ```
#
# Draw it with `sftkeras.plots.plot_label_budget`. Would you label another 100? What does
# the width of the band say about your 40 test sentences?

# %% [markdown] lang="zh"
# ## 8. 用你自己标注的 100 条：画出学习曲线（开放题）
#
# 用第 1 章最后一道练习里你标注的一百句话；还没有的话，选一个自己关心的主题，现在标注 100 句。
# 存成项目文件夹里的 `mine.csv`：第一行是表头 `text,label`，以后每行一条文本和一个标签。留出 40 条做测试，
# 从其余的里取 10、20、40 条训练（各抽三次），最后用全部 60 条（直接用 `pool`，三次只换训练的种子）；
# 每一种都分别只训练分类头和训练所有层：
#
# ```python
# import sftkeras as sft
#
# pool, test = sft.split_texts(sft.load_texts("mine.csv"), 40, seed=0)
# _, few = sft.split_texts(pool, 20, seed=1)
# ```
#
# 用 `sftkeras.plots.plot_label_budget` 画出来。你会再标注 100 条吗？色带的宽度对这 40 条测试句子说明了什么？

# %% [raw] words
# "Each layer's `trainable` is True or False, as its name is listed or not." = "每一层的 `trainable` 是 True 还是 False，只看它的名字在不在名单里。"
# "trainable after the call; block_1 was frozen before it" = "调用之后可训练的层（调用之前 block_1 是冻结的）"
# "These names are right: no error, please." = "这些名字都对，不应该报错。"
# "'blok_0' is no layer: a ValueError must name it." = "没有叫 'blok_0' 的层：应该抛出 ValueError，并写出这个名字。"
# "collect the names first" = "先把模型里所有层的名字收集起来"
# "Look at all the names before you change the first layer." = "先检查完所有名字，再改动第一层。"
# "trainable after the error, as before the call" = "报错之后可训练的层，应与调用之前一样"
# "A layer that is a keras.Model has `layers` of its own: call yourself on it." = "如果某一层是 keras.Model，它自己也有 `layers`：对它再调用一次本函数。"
# "what is trainable" = "可训练的层"
# "Keras reads `trainable` at the first `fit` after `compile`. Is each layer set?" = "Keras 在 `compile` 之后的第一次 `fit` 时读取 `trainable`。另外，`trainable` 是逐层设置的吗？"
# "layers that the second round changed" = "第二轮训练改动了的层"
# "Adam divides the gradient by its own size: how long is what is left?" = "Adam 把梯度除以它自身的大小：还剩多长？"
# "Write a list `predicted` of three numbers." = "请写一个含三个数的列表 `predicted`。"
# f"For the gradient {gradient} it is another length." = f"梯度为 {gradient} 时，一步不是这么长。"
# f"gradient {gradient:7}: a step of {step:.6f}" = f"梯度 {gradient:7}：一步走 {step:.6f}"
# "one output" = "一个输出"
# "whole numbers" = "整数标签"
# "one-hot" = "独热标签"
# "Return a name, such as 'mean_squared_error'." = "请返回损失函数的名字，例如 'mean_squared_error'。"
# "One output: yes or no. Several: one of many; `sparse` means whole numbers." = "一个输出：是或否。多个输出：多选一；`sparse` 表示标签是整数。"
# f"{case}: with {name} Keras stops: {left}" = f"{case}：用 {name} 训练，Keras 报错：{left}"
# f"{case}: {name} can be trained with, but is for another case" = f"{case}：用 {name} 也能训练，但它是为另一种情况准备的"
# f"{case}: a cross-entropy, not {name}" = f"{case}：应该用交叉熵，而不是 {name}"
# f"{case}: with {name} the loss does not fall as it should" = f"{case}：用 {name} 训练，损失没有正常下降"
# f"{case}: {name}" = f"{case}：{name}"
# "Collect the accuracies of each number of labels, and compare their means." = "把同一标注条数的准确率收集到一起，比较平均值。"
# "counting words (TF-IDF)" = "TF-IDF + 逻辑回归"
# "an LSTM" = "LSTM，从零训练"
# "MiniLM, the head alone" = "e5-small，只训练分类头"
# "MiniLM, every layer" = "e5-small，训练最上面四层"
# f"{SHOWN[name]}, {accuracy:.3f}" = f"{SHOWN[name]}，{accuracy:.3f}"
# f"{SHOWN[name]}: {', '.join(reached)}" = f"{SHOWN[name]}：{', '.join(reached)}"
# "Guessing never gets there: return None." = "随机猜测永远达不到：应返回 None。"
# "MiniLM, frozen" = "e5-small, frozen"
# "MiniLM, all layers" = "e5-small, top 4 layers"
