# %% [markdown] lang="en"
# # 3. The algorithm: five steps, and what goes wrong in them
#
# This chapter is the article's §3. You will learn
#
# - to fine-tune in five steps: load, label, choose and freeze, train, evaluate;
# - seven mistakes that are easy to make in these steps, most of them without any error
#   message; you will make each one, see what it does, and mend it;
# - how to decide which layers to unfreeze, by accuracy and by time;
# - how many labels you need.
#
# Running time: {{run_time}} on two CPU cores.

# %% [markdown] lang="zh"
# # 3. 算法：五个步骤，以及每一步会怎样出错
#
# 本章对应原文 §3。你将学会：
#
# - 用五个步骤完成微调：加载模型、标注数据、选层并冻结、训练、评估；
# - 这些步骤里最容易犯的七个错误。它们大多不会报错，所以我们逐个犯一遍，看清后果，再改正；
# - 怎样根据准确率和时间决定解冻哪些层；
# - 怎样回答“我需要多少条标注”。
#
# 运行时间：在两个 CPU 核上{{run_time}}。

# %% [markdown] lang="en"
# ```mermaid
# graph LR
# A["load a pretrained model<br/>§3.1"] --> B["label data<br/>§3.2"]
# B --> C["choose layers,<br/>freeze the rest<br/>§3.3"]
# C --> D["train<br/>§3.3, §3.4"]
# D --> E["evaluate<br/>§3.5"]
# E -. "not good enough" .-> B
# E -. "not good enough" .-> C
# ```
#
# ## Step 1: a pretrained model (§3.1)
#
# The article loads BERT. We load MiniLM, a small relative of BERT which lies on your
# disk, so that no network is needed; `load_pretrained_model("bert-base-uncased")`, the
# article's own call, works too where there is one. The table shows what came: an
# embedding, six transformer layers, and at the end a `head` with a few hundred weights.
# Everything but the head is pretrained. The head is new and random.

# %% [markdown] lang="zh"
# ```mermaid
# graph LR
# A["加载预训练模型<br/>§3.1"] --> B["标注数据<br/>§3.2"]
# B --> C["选择要训练的层，<br/>冻结其余各层<br/>§3.3"]
# C --> D["训练<br/>§3.3、§3.4"]
# D --> E["评估<br/>§3.5"]
# E -. "还不够好" .-> B
# E -. "还不够好" .-> C
# ```
#
# ## 第一步：预训练模型（§3.1）
#
# 原文加载的是 BERT。我们用的 MiniLM 可以看作小一号的 BERT，权重就在本地硬盘上，不必联网；
# 有网络时，原文的写法 `load_pretrained_model("bert-base-uncased")` 同样可用。
# 下表列出模型的各层：一个嵌入、六个 Transformer 层，最后是只有几百个权重的分类头 `head`。
# 除了分类头，其余都是预训练好的；分类头是新加的，权重是随机数。

# %%
import keras
import numpy as np
import pandas as pd

import sftkeras as sft

pretrained = sft.load_pretrained_model("minilm", num_classes=2)
layers = sft.describe_layers(pretrained)
layers[layers.params > 0]

# %% [markdown] lang="en"
# ## Step 2: labelled data (§3.2)
#
# The article writes `labels = annotate_data(data)`. There is no such function: a label is
# a decision that a person makes after reading. What a program can do is read the result,
# check it, and see that no test text stands among the training texts, where the model
# could learn it by heart. Our data are short reviews, 1 for pleased and 0 for displeased.
# Of the training texts we take 256, as many of either class; labelling so many sentences
# is an afternoon's work.

# %% [markdown] lang="zh"
# ## 第二步：标注数据（§3.2）
#
# 原文这里写的是 `labels = annotate_data(data)`，其实没有现成的这样一个函数：标签是人读过文本之后
# 作出的判断。程序能做的，是读入标注结果并检查，再确认测试集里没有训练集的句子，
# 否则模型靠背就能得分。我们的数据是短评，1 表示满意，0 表示不满意。
# 从训练集里取 256 条，两类各半；标注这么多句子，大约要花一个下午。

# %%
train = sft.load_texts("data/reviews/train_data.txt")
test = sft.load_texts("data/reviews/test_data.txt")
_, few = sft.split_texts(train, test_size=256, seed=0)  # stratified by label
print(few)
print(test)
assert not sft.find_leaks(few, test)
for text, label in zip(few.texts[:5], few.labels[:5], strict=True):
    print(label, text)

# %% [markdown] lang="en"
# ## Step 3: choose layers, freeze the others (§3.3)
#
# A frozen layer takes part in the computation, but training does not change it. We choose
# the top two transformer layers. `set_trainable` marks them as trainable and freezes the
# rest; the head is always included, because a random head that stays random is of no use.

# %% [markdown] lang="zh"
# ## 第三步：选层，冻结其余各层（§3.3）
#
# 被冻结的层照常参与计算，只是训练时权重不变。这里选最上面的两个 Transformer 层。
# `set_trainable` 把它们标记为可训练，其余全部冻结；分类头总会包括在内，因为它的初始权重是随机的，
# 不训练就毫无用处。

# %%
TOP_TWO = sft.blocks(pretrained)[-2:]
print("trained:", sft.set_trainable(pretrained, TOP_TWO))
layers = sft.describe_layers(pretrained)
share = layers.trainable_params.sum() / layers.params.sum()
print(f"{share:.1%} of all parameters")

# %% [markdown] lang="en"
# ## Step 4: train (§3.3, §3.4)
#
# `fine_tune` does step 3 by itself, always in the order that works: copy the model,
# freeze, compile, fit. `pretrained` stays as it was. `check_frozen` then compares every
# frozen weight with the original, byte by byte; it would raise an error if one had moved.

# %% [markdown] lang="zh"
# ## 第四步：训练（§3.3、§3.4）
#
# `fine_tune` 自己会做第三步，而且顺序固定：复制模型、冻结、编译、拟合，不会弄反。
# 原来的 `pretrained` 不会被改动。`check_frozen` 把每个冻结的权重与原模型逐字节比较，
# 只要有一个变了就会报错。

# %%
models = {}
models["top two"] = sft.fine_tune(
    pretrained, few.texts, few.labels, layers_to_fine_tune=TOP_TWO, verbose=0
)
history = models["top two"].history
print("training loss by epoch:", np.round(history.history["loss"], 3))
print(f"{history.train_seconds:.1f} s of training")
print(f"{sft.check_frozen(models['top two'], pretrained):,} frozen weights unchanged")

# %% [markdown] lang="en"
# ## Step 5: evaluate (§3.5)
#
# Always on texts that took no part in training. The article promises recall and F1 as
# well as accuracy; here they are. Guessing would be right half of the time, since the
# classes are equally frequent.

# %% [markdown] lang="zh"
# ## 第五步：评估（§3.5）
#
# 评估只用没有参加训练的文本。原文说要算准确率、召回率和 F1，这里都给出来。
# 两类文本一样多，瞎猜也能对一半，所以一半就是起点。

# %%
reports = {}
reports["top two"] = sft.evaluate_model(models["top two"], test.texts, test.labels)
assert reports["top two"]["accuracy"] > 0.6

# %% [markdown] lang="en"
# ## What goes wrong
#
# Now we take the article's pseudo-code as it stands. These mistakes are common in real
# projects. The third column is why they last: four of the seven say nothing at all.
#
# | | mistake | what you see | remedy |
# |---|---|---|---|
# | 1 | a misspelt layer name | nothing | `set_trainable` raises an error |
# | 2 | a backbone nested in the model | nothing | `set_trainable` looks inside |
# | 3 | `trainable` changed after training began | nothing | compile again; `train_model` does |
# | 4 | a learning rate of `0.001` for all layers | poor accuracy | a rate that fits what is trained |
# | 5 | BatchNorm statistics that move | nothing | freeze BatchNorm |
# | 6 | `evaluate(epochs=…)` | an error | evaluation is one pass |
# | 7 | `categorical_crossentropy` with whole-number labels | an error, or a loss of zero | `loss="auto"` |
#
# Three helpers: the article's freezing loop; a function that lists the layers which would
# be trained; and one that returns what an action raises, in one line.

# %% [markdown] lang="zh"
# ## 会出什么错
#
# 下面照原文的伪代码写，看看会怎样。这些错误在真实项目里都很常见。
# 它们为什么难发现，看“现象”一栏就明白：七个里有四个毫无提示。
#
# | | 错误 | 现象 | 改法 |
# |---|---|---|---|
# | 1 | 层名拼错 | 没有任何提示 | `set_trainable` 会报错 |
# | 2 | 骨干网络嵌套在模型里 | 没有任何提示 | `set_trainable` 会往里找 |
# | 3 | 训练开始后才改 `trainable` | 没有任何提示 | 重新编译；`train_model` 会这样做 |
# | 4 | 所有层都用 `0.001` 的学习率 | 准确率很低 | 学习率要与训练的层相配 |
# | 5 | BatchNorm 的统计量在变 | 没有任何提示 | 冻结 BatchNorm |
# | 6 | `evaluate(epochs=…)` | 报错 | 评估只需过一遍数据 |
# | 7 | 整数标签配 `categorical_crossentropy` | 报错，或者损失恒为零 | `loss="auto"` |
#
# 先写三个小函数：原文的冻结循环；列出哪些层会被训练；把某个操作抛出的异常缩成一行返回。


# %%
def freeze_as_printed(model, layers_to_fine_tune):
    for layer in model.layers:  # the loop of §3.3
        layer.trainable = layer.name in layers_to_fine_tune


def trained_layers(model):
    table = sft.describe_layers(model)
    return table.layer[table.trainable_params > 0].tolist()


def complaint(action):
    try:
        action()
    except Exception as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]


# %% [markdown] lang="en"
# ### 1. A misspelt layer
#
# `if layer.name in layers_to_fine_tune` is a question, and to a name that is no layer's
# the answer is simply "no". Below, an underscore is missing. The loop freezes all six
# transformer layers without a word, and you would train a head only, believing that you
# had fine-tuned the encoder. (If *no* name is right, `fit` at least warns that there is
# nothing to train.) Our function refuses, and suggests what was meant.

# %% [markdown] lang="zh"
# ### 1. 层名拼错
#
# `if layer.name in layers_to_fine_tune` 只是问一句“在不在”；名字对不上任何一层，答案无非是“不在”。
# 下面的名字漏了一个下划线，循环便一声不响地把六个 Transformer 层全部冻结，
# 你以为在微调编码器，其实只训练了分类头。（如果*一个*名字都对不上，`fit` 至少会警告没有可训练的权重。）
# 我们的函数会拒绝，并提示你大概想写哪个名字。

# %%
misspelt = ["transformer_layer5", "head"]
freeze_as_printed(pretrained, misspelt)
print("the article's loop trains:", trained_layers(pretrained))
assert trained_layers(pretrained) == ["head"]
answer = complaint(lambda: sft.set_trainable(pretrained, misspelt))
print(answer)
assert "transformer_layer_5" in answer

# %% [markdown] lang="en"
# The loop has a second trap in its `else` branch: a head which is not listed is frozen,
# random as it is. The layers below it then have to adapt to random numbers.
# `set_trainable` adds the head unless you name it in `layers_to_freeze`.

# %% [markdown] lang="zh"
# 循环的 `else` 分支里还有一个陷阱：分类头如果没列出来，也会被冻结，而它的权重还是随机数，
# 下面各层就只能去迁就这些随机数。除非在 `layers_to_freeze` 里点名，`set_trainable` 总会把分类头算进去。

# %%
freeze_as_printed(pretrained, ["transformer_layer_5"])
print("the article's loop trains:", trained_layers(pretrained))
assert trained_layers(pretrained) == ["transformer_layer_5"]
print("set_trainable trains:     ", sft.set_trainable(pretrained, "*_layer_5"))

# %% [markdown] lang="en"
# ### 2. A nested backbone
#
# Many tutorials put the backbone into the new model as one single layer. `model.layers`
# then holds that layer and the head; the transformer layers are inside, where the loop
# does not look. It freezes the backbone whole. With the head in the list, the head alone
# is trained; without it, nothing is. `set_trainable` looks inside. (The model that
# `load_pretrained_model` returns is flat, so that the article's loop works on it.)

# %% [markdown] lang="zh"
# ### 2. 嵌套的骨干网络
#
# 很多教程把整个骨干网络当作一层放进新模型。这时 `model.layers` 里只有这一层和分类头，
# Transformer 层都在里面，循环看不到，于是把骨干网络整个冻结。列表里有分类头，就只训练分类头；
# 没有，就什么都不训练。`set_trainable` 会到里面去找。
# （`load_pretrained_model` 返回的模型是平铺的，不嵌套，原文的循环对它有效。）

# %%
pooled = pretrained.get_layer("pooling").output
backbone = keras.Model(pretrained.input, pooled, name="backbone")
inputs = {n: keras.Input((None,), dtype="int32", name=n) for n in backbone.input}
nested = keras.Model(inputs, pretrained.get_layer("head")(backbone(inputs)))

for names in (["transformer_layer_5", "head"], ["transformer_layer_5"]):
    freeze_as_printed(nested, names)
    print(f"the article's loop, {names}: {trained_layers(nested)}")
    sft.set_trainable(nested, names)
    print(f"     set_trainable, {names}: {trained_layers(nested)}")
    assert len(trained_layers(nested)) == 2

# %% [markdown] lang="en"
# ### 3. The order of compile and freeze
#
# Keras builds its training step at the first `fit` after `compile`, and goes on using it.
# What was frozen then stays frozen, what was trained stays trained; `trainable`, changed
# later, is ignored in silence, in both directions. This happens when you train the head
# first and then want to unfreeze layers for a second round.
#
# To try it quickly we let the frozen encoder turn each sentence into 384 numbers, once,
# and train a small network with a hidden layer, `block`, on those.

# %% [markdown] lang="zh"
# ### 3. 编译与冻结的顺序
#
# Keras 在 `compile` 之后第一次 `fit` 时建好训练步骤，以后一直沿用。那时冻结的就一直冻结，
# 那时可训练的就一直可训练；之后再改 `trainable`，两个方向都不起作用，也没有任何提示。
# 先只训练分类头、再解冻几层接着训练，是常见的做法，正好会踩进这个坑。
#
# 为了快些看到结果，先用冻结的编码器把每句话变成 384 个数（只算一次），
# 再用这些数训练一个小网络，它的隐藏层叫 `block`。

# %%
from sftkeras.evaluation.inside import embed

features = embed(pretrained, few.texts)  # (256, 384)


def small_network(units=1, activation="sigmoid"):
    keras.utils.set_random_seed(0)
    x = inputs = keras.Input((384,))
    x = keras.layers.Dense(16, "tanh", name="block")(x)
    return keras.Model(inputs, keras.layers.Dense(units, activation, name="head")(x))


def moves(layer, action, *data, **options):
    before = layer.get_weights()
    action(*data, **options, verbose=0)
    return not all(map(np.array_equal, before, layer.get_weights()))


# %% [markdown] lang="en"
# Three networks, whose `block` is to be frozen: before `compile`, between `compile` and the
# first `fit`, and after a first `fit`. Then the remedy for the last case: compile again,
# which `train_model` always does. The table says whether `block` moved in the next `fit`.

# %% [markdown] lang="zh"
# 三个网络都要冻结 `block`，时机不同：`compile` 之前、`compile` 与第一次 `fit` 之间、第一次 `fit` 之后。
# 最后一行是对第三种情况的改正：重新编译，`train_model` 每次都会这样做。
# 表中列出随后的 `fit` 是否改动了 `block`。

# %%
results = {}
for when in ("before compile", "before the first fit", "after the first fit"):
    model = small_network()
    block = model.get_layer("block")
    block.trainable = when != "before compile"
    model.compile("adam", "binary_crossentropy")
    if when == "after the first fit":
        model.fit(features, few.labels, verbose=0)
    block.trainable = False
    results[f"frozen {when}"] = moves(block, model.fit, features, few.labels)

again = moves(block, sft.train_model, model, features, few.labels)
results["… and compiled again"] = again
assert list(results.values()) == [False, False, True, False]
pd.Series(results, name="the frozen block moved").to_frame()

# %% [markdown] lang="en"
# ### 4. The learning rate
#
# `optimizer = Adam(learning_rate=0.001)` is right for a network that starts from random
# numbers. An Adam step changes each weight by about the learning rate, however small its
# gradient; weights of a pretrained encoder are small numbers in a delicate balance, and
# a few dozen such steps wipe out what took a great deal of computing to learn. We leave
# all layers unfrozen and take the article's settings for `train_model` (§3.4): that rate,
# 3 epochs, batches of 32. Beside it, `fine_tune` with the settings it chooses by itself:
# a rate of a twentieth, which rises for some steps and then falls to zero.

# %% [markdown] lang="zh"
# ### 4. 学习率
#
# `optimizer = Adam(learning_rate=0.001)` 适合从随机权重开始训练的网络。Adam 每走一步，
# 每个权重的改动大约就是学习率那么大，与梯度的大小关系不大；而预训练编码器的权重本来就小，彼此配合得又很精细，
# 这样走上几十步，预训练花大量计算学到的东西就毁掉了。下面所有层都不冻结，一边用 `train_model` 照搬原文 §3.4 的设置（这个学习率、3 轮、批量 32），
# 一边让 `fine_tune` 自己选：学习率只有它的二十分之一，先升后降，最后降到零。

# %%
ruined = sft.load_pretrained_model("minilm")
article = {"learning_rate": 1e-3, "epochs": 3, "batch_size": 32}
sft.train_model(ruined, few.texts, few.labels, **article, verbose=0)
models["all"] = sft.fine_tune(pretrained, few.texts, few.labels, "all", verbose=0)
for name, model in {"article's 1e-3": ruined, "fine_tune": models["all"]}.items():
    report = sft.evaluate_model(model, test.texts, test.labels, verbose=False)
    reports[name] = report
    losses = np.round(model.history.history["loss"], 3)
    print(f"{name:15} test accuracy {report['accuracy']:.3f}, training loss {losses}")
reports["all"] = reports.pop("fine_tune")
assert reports["all"]["accuracy"] > reports["article's 1e-3"]["accuracy"] + 0.1

# %% [markdown] lang="en"
# How far did the weights go? For each layer, the length of the change, as a share of
# the length of the weights before.

# %% [markdown] lang="zh"
# 权重走了多远？逐层计算改动的长度，看它占原来权重长度的比例。

# %%
changes = pd.DataFrame(
    {
        name: sft.describe_changes(pretrained, model).set_index("layer").change
        for name, model in {
            "article's 1e-3": ruined,
            "fine_tune": models["all"],
        }.items()
    }
).filter(like="transformer", axis="index")
assert (changes["article's 1e-3"] > 5 * changes["fine_tune"]).all()
changes.map("{:.2%}".format)

# %% [markdown] lang="en"
# ### 5. BatchNorm statistics
#
# MiniLM has no BatchNorm, but nearly every pretrained network for images has. In training,
# a BatchNorm layer keeps a running mean and variance of what passes through. They are
# not trained by gradients, so it is easy to forget that they change. Keras' own guide to
# transfer learning advises calling the backbone with `training=False` to keep them still;
# in `fit` that has no effect.
#
# To see it alone, we train a network on images of handwritten digits, then put it
# as a backbone, called with `training=False`, into a new model, and fit that on images of
# zeros and ones only, with a learning rate of **zero**. Nothing can be learned at that
# rate. The network should know all ten digits as well as before.

# %% [markdown] lang="zh"
# ### 5. BatchNorm 的统计量
#
# MiniLM 里没有 BatchNorm，但预训练的图像网络几乎都有。训练时，BatchNorm 层会记录流过它的数据的滑动均值和方差。
# 它们不靠梯度更新，所以容易忘记它们也会变。Keras 官方的迁移学习指南建议，调用骨干网络时写上
# `training=False`，统计量就不动了；实际上在 `fit` 里这不起作用。
#
# 为了把这个效应单独拿出来看，先用手写数字图像训练一个网络，再把它作为骨干网络放进新模型，
# 调用时写明 `training=False`，然后只用 0 和 1 两种图像去拟合，学习率取**零**。
# 学习率为零，什么也学不到，照理说十个数字它应该还和原来一样认得。

# %%
from sklearn.datasets import load_digits

images, digits = load_digits(return_X_y=True)  # 8 × 8 pixels, 0 to 16
x, x_unseen = np.split(images.astype("float32") / 16, [1200])
y, y_unseen = np.split(digits, [1200])
keras.utils.set_random_seed(0)
h = inputs = keras.Input((64,))
for number in (1, 2):
    h = keras.layers.Dense(64, name=f"dense_{number}")(h)
    h = keras.layers.BatchNormalization(momentum=0.9, name=f"norm_{number}")(h)
    h = keras.layers.ReLU(name=f"relu_{number}")(h)
digit_net = keras.Model(inputs, keras.layers.Dense(10, "softmax", name="head")(h))
sft.train_model(digit_net, x, y, verbose=0)
before = sft.evaluate_model(digit_net, x_unseen, y_unseen, verbose=False)["accuracy"]
print(f"accuracy on unseen digits: {before:.3f}")

# %%
binary = y < 2  # the new data: zeros and ones
digit_backbone = keras.Model(digit_net.input, digit_net.get_layer("relu_2").output)
inputs = keras.Input((64,))
head = digit_net.get_layer("head")
new_model = keras.Model(inputs, head(digit_backbone(inputs, training=False)))
saved = digit_net.get_weights()
new_model.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
new_model.fit(x[binary], y[binary], epochs=5, verbose=0)
after = sft.evaluate_model(digit_net, x_unseen, y_unseen, verbose=False)["accuracy"]
print(f"after a fit with learning rate zero: {after:.3f}")
assert after < before - 0.02
digit_net.set_weights(saved)

# %% [markdown] lang="en"
# The remedy: set `trainable = False` on each BatchNorm layer, also in layers that you
# unfreeze, before you compile. `fine_tune` always does. Below it trains everything
# else, with a real learning rate, and the statistics are the same to the last bit.

# %% [markdown] lang="zh"
# 改法：编译之前，把每个 BatchNorm 层的 `trainable` 设为 `False`，连要解冻的部分里的也不例外。
# `fine_tune` 总是这样做。下面用正常的学习率训练其余各层，统计量一位都没有变。

# %%
kept = sft.fine_tune(digit_net, x[binary], y[binary], "all", epochs=5, verbose=0)
for name in ("dense_1", "norm_1", "dense_2", "norm_2", "head"):
    pair = [m.get_layer(name).get_weights() for m in (digit_net, kept)]
    print(f"{name:8} unchanged: {all(map(np.array_equal, *pair))}")
    assert all(map(np.array_equal, *pair)) == name.startswith("norm")

# %% [markdown] lang="en"
# ### 6. `evaluate` has no `epochs`
#
# The article writes `scores = model.evaluate(data, labels, epochs=num_epochs,
# batch_size=batch_size)`. An epoch is one pass of *training*. Evaluation changes
# nothing, so a second pass would give the same numbers; Keras does not know the argument.

# %% [markdown] lang="zh"
# ### 6. `evaluate` 没有 `epochs` 参数
#
# 原文写的是 `scores = model.evaluate(data, labels, epochs=num_epochs,
# batch_size=batch_size)`。“轮次”是*训练*的概念，指把训练数据过一遍。评估不改变模型，
# 再过一遍得到的数还是一样，Keras 自然没有这个参数。

# %%
model = small_network()
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
answer = complaint(lambda: model.evaluate(features, few.labels, epochs=1))
print(answer)
assert "epochs" in answer
once, twice = (model.evaluate(features, few.labels, verbose=0) for _ in range(2))
assert once == twice

# %% [markdown] lang="en"
# ### 7. A loss that does not fit the labels
#
# `categorical_crossentropy` expects one-hot rows such as `[0, 1]`. Our labels are whole
# numbers, as the article's own (§5) are. With one output per class, Keras stops with a
# message about ranks that names neither the labels nor the remedy.

# %% [markdown] lang="zh"
# ### 7. 损失函数与标签不配
#
# `categorical_crossentropy` 要的是 `[0, 1]` 这样的独热标签，而我们的标签是整数，原文 §5 也是。
# 如果每个类别一个输出，Keras 会报错，但说的是“秩”不一致，既没提标签，也没说怎么改。

# %%
model = small_network(units=2, activation="softmax")
model.compile("adam", "categorical_crossentropy")
answer = complaint(lambda: model.fit(features, few.labels, verbose=0))
print("Keras:   ", answer)
ours = complaint(
    lambda: sft.fine_tune(
        model, features, few.labels, loss="categorical_crossentropy", verbose=0
    )
)
print("sftkeras:", ours)
assert "rank" in answer and "sparse_categorical_crossentropy" in ours

# %% [markdown] lang="en"
# With one output, the head of the article's §5, it is worse: training runs, and reports
# a loss of zero in every epoch, as if all were perfect. The formula divides the outputs
# of a row by their sum; one number divided by itself is 1, and $-\log 1 = 0$. Keras gives
# a `SyntaxWarning`, easily lost among other lines. The accuracy tells that nothing good
# came of it.

# %% [markdown] lang="zh"
# 如果只有一个输出，也就是原文 §5 的分类头，情况更糟：训练照常进行，每一轮的损失都是零，好像完美无缺。
# 原因在公式里：同一行的各个输出要先除以它们的和，只有一个数时，自己除以自己得 1，而 $-\log 1 = 0$。
# Keras 会给出一条 `SyntaxWarning`，夹在别的输出里很容易看漏。看准确率就知道，什么都没学好。

# %%
import warnings

model = small_network()
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    zero = model.fit(features, few.labels, epochs=3, verbose=0).history
print({name: np.round(values, 3).tolist() for name, values in zero.items()})
print("warned of:", {w.category.__name__ for w in caught})
auto = sft.fine_tune(
    small_network(), features, few.labels, learning_rate=1e-3, verbose=0
)
print("with loss='auto':", np.round(auto.history.history["accuracy"], 3).tolist())
assert zero["loss"] == [0.0] * 3 and auto.loss.name == "binary_crossentropy"
assert auto.history.history["accuracy"][-1] > zero["accuracy"][-1] + 0.1

# %% [markdown] lang="en"
# ## What to unfreeze
#
# Four choices on the same 256 labels: the head alone, the top transformer layer, the top
# two, everything. Two of them we have trained already. `fine_tune` computes what leaves
# the frozen layers once and trains on that, so the fewer layers are trained, the
# faster an epoch is.

# %% [markdown] lang="zh"
# ## 解冻哪些层
#
# 同样 256 条标注，四种选择：只训练分类头、最上面一层、最上面两层、所有层。其中两种前面已经训练过了。
# 冻结部分的输出，`fine_tune` 只算一次，之后就在这个结果上训练，所以训练的层越少，每一轮越快。

# %%
for name, chosen in {"head": None, "top one": ["transformer_layer_5"]}.items():
    models[name] = sft.fine_tune(pretrained, few.texts, few.labels, chosen, verbose=0)
    reports[name] = sft.evaluate_model(
        models[name], test.texts, test.labels, verbose=False
    )
rows = []
for name in ("head", "top one", "top two", "all"):
    history = models[name].history
    values = (
        history.trainable_params,
        history.train_seconds,
        reports[name]["accuracy"],
    )
    rows.append((name, *values))
sweep = pd.DataFrame(rows, columns=["trained", "parameters", "seconds", "accuracy"])
sweep.round(3)

# %%
from sftkeras.plots import COLORS, new_figure

figure, (left, right) = new_figure(1, 2, width=9, height=3.2)
left.bar(sweep.trained, sweep.accuracy, color=COLORS[0])
left.axhline(0.5, color=COLORS[3], ls="--", label="guessing")
left.set(ylim=(0.4, 0.9), ylabel="Accuracy on test", xlabel="Layers trained")
left.legend(frameon=False)
right.bar(sweep.trained, sweep.seconds, color=COLORS[1])
right.set(ylabel="Seconds of training", xlabel="Layers trained")
accuracy = sweep.set_index("trained").accuracy
assert accuracy["all"] > accuracy["head"] + 0.02
assert sweep.seconds.iloc[-1] > 2 * sweep.seconds.iloc[0]
figure

# %% [markdown] lang="en"
# Training more layers gave more accuracy here and took more time. So: start with the head, which takes
# seconds and tells whether the encoder's features carry your labels at all; train all
# layers when accuracy matters more than a minute. The layers in between are a
# compromise for large encoders and slow machines.

# %% [markdown] lang="zh"
# 在这份数据上，训练的层越多，准确率越高，时间也越长。所以不妨先只训练分类头，几秒钟就知道编码器的特征与你的标签有没有关系；
# 如果准确率比一分钟的时间更要紧，就训练所有层。介于两者之间的做法，适合编码器很大或机器很慢的时候。

# %% [markdown] lang="en"
# ## Other ways to train less: techniques
#
# Freezing says which layers may move. A *technique* says how they move. Three come with
# `sftkeras`, and each is handed to `fine_tune` in `techniques=[…]`:
#
# - `LoRA(rank)` leaves every kernel as it is and trains a narrow product of two matrices
#   beside it ([Hu et al. 2021](https://arxiv.org/abs/2106.09685)). At the end the product
#   is added to the kernel, and what you get is an ordinary model of the same size.
# - `LayerRates(decay)` lets each block learn more slowly than the block above it
#   ([Howard & Ruder 2018](https://arxiv.org/abs/1801.06146)).
# - `Distillation(teacher)` lets a small model learn from a large one's probabilities too
#   ([Hinton et al. 2015](https://arxiv.org/abs/1503.02531)).
#
# The new numbers of LoRA start from nothing, so they bear a much higher learning rate
# than pretrained weights do.

# %% [markdown] lang="zh"
# ## 少训练一些参数的其他办法：训练技巧
#
# 冻结决定的是哪些层可以动，“技巧”（technique）决定的是怎么动。`sftkeras` 自带三种，都通过
# `fine_tune` 的 `techniques=[…]` 传入：
#
# - `LoRA(rank)`：原来的权重矩阵一律不动，只在旁边训练两个窄矩阵的乘积
#   （[Hu 等，2021](https://arxiv.org/abs/2106.09685)）。训练结束时把乘积加回原矩阵，
#   得到的还是一个大小不变的普通模型。
# - `LayerRates(decay)`：越靠下的层学得越慢，每往下一层，学习率就再打一次折
#   （[Howard 和 Ruder，2018](https://arxiv.org/abs/1801.06146)）。
# - `Distillation(teacher)`：除了标签，小模型还向大模型给出的概率学习
#   （[Hinton 等，2015](https://arxiv.org/abs/1503.02531)）。
#
# LoRA 新增的参数从零开始学，所以学习率可以比预训练权重用的高得多。

# %%
models["LoRA"] = sft.fine_tune(
    pretrained, few.texts, few.labels, learning_rate=2e-3,
    techniques=[sft.LoRA(rank=8)], verbose=0,
)  # fmt: skip
reports["LoRA"] = sft.evaluate_model(
    models["LoRA"], test.texts, test.labels, verbose=False
)
for name in ("head", "LoRA", "all"):
    count, score = models[name].history.trainable_params, reports[name]["accuracy"]
    print(f"{name:5} {count:>11,} numbers trained, accuracy {score:.3f}")
assert models["LoRA"].count_params() == pretrained.count_params()  # merged
assert models["LoRA"].history.trainable_params < 0.05 * pretrained.count_params()
assert reports["LoRA"]["accuracy"] > reports["head"]["accuracy"]

# %% [markdown] lang="en"
# How far is each block moved? With `LayerRates(0.5)` a block learns at half the rate of
# the one above it. The same labels, one epoch each:

# %% [markdown] lang="zh"
# 每一层各挪动了多少？设 `LayerRates(0.5)`，每一层的学习率是它上面那层的一半。用同样的标注各训练一轮，结果如下：

# %%
once = sft.Recipe(epochs=1, learning_rate=1e-4, verbose=0)  # settings can be kept
moves = {}
for name, techniques in {
    "one rate": [],
    "LayerRates(0.5)": [sft.LayerRates(0.5)],
}.items():
    tuned = sft.fine_tune(
        pretrained, few.texts, few.labels, recipe=once, techniques=techniques
    )
    moves[name] = sft.describe_changes(pretrained, tuned).set_index("layer").change
moves = pd.DataFrame(moves).loc[[*sft.blocks(pretrained), "head"]]
share = moves["LayerRates(0.5)"] / moves["one rate"]
assert share.iloc[0] < share.iloc[5] < share["head"]  # the lower, the less
moves.assign(share=share).round(4)

# %% [markdown] lang="en"
# ## How many labels do I need?
#
# Labels cost more than computing. The file below holds one row for each run: a classifier,
# trained on so many labels drawn from the training texts, measured on all test texts.
# Several seeds draw different labels, so that the bands show how much luck there is in a
# small sample. The command that makes it: `python benchmarks/label_budget.py`.

# %% [markdown] lang="zh"
# ## 我需要多少条标注？
#
# 标注比算力贵。下面的文件每行是一次实验：从训练集抽出若干条标注，训练一个分类器，再在全部测试文本上评估。
# 每个随机种子抽到的标注不同，所以图中的色带就是小样本里运气的成分。
# 文件由 `python benchmarks/label_budget.py` 生成。

# %%
from benchmarks.label_budget import CSV, draw_labels, measure, read_rows
from sftkeras.plots import plot_label_budget

budget = pd.DataFrame(read_rows(CSV))
mean, low, high = (
    budget.pivot_table("accuracy", "model", "labels", aggfunc=kind, sort=False)
    for kind in ("mean", "min", "max")
)
print(f"{len(budget)} runs, {budget.seed.nunique()} seeds each; mean accuracy:")
mean.round(3)

# %%
plot_label_budget(budget.to_dict("records"))

# %% [markdown] lang="en"
# What the curve says, as claims which the next cell checks:
#
# - The fine-tuned encoder is the best on average with any number of labels. From 32
#   labels on it is no matter of luck: its worst draw beats TF-IDF's best.
# - With a handful of labels the models without pretraining guess. They cannot know a
#   word that they have not seen; MiniLM has seen it, and words like it.
# - Unfreezing pays more the more labels there are: a few labels can hardly move an
#   encoder in the right direction, some hundred can.
# - The curves still rise at the right end. More labels would help further.

# %% [markdown] lang="zh"
# 从曲线上能看出下面几点，紧接着的代码逐条检查：
#
# - 不管标注多少，微调后的编码器平均都最好。从 32 条起这已不是运气：它抽得最差的一次也胜过 TF-IDF 最好的一次。
# - 标注只有几条时，没有预训练的模型基本在瞎猜：训练时没见过的词，它们无从知道意思；
#   而 MiniLM 早就见过这个词，也见过与它相近的词。
# - 标注越多，解冻越划算：只有几条标注，很难把编码器往正确的方向推；有了几百条就可以。
# - 到最右端曲线仍在上升，继续增加标注还会有提高。

# %%
tuned, frozen = mean.loc["MiniLM, all layers"], mean.loc["MiniLM, frozen"]
scratch = mean.loc[["TF-IDF + logistic", "LSTM from scratch"]]
assert (mean.idxmax() == "MiniLM, all layers").all()
luckless, lucky = low.loc["MiniLM, all layers"], high.loc["TF-IDF + logistic"]
assert (luckless > lucky).loc[32:].all()
assert scratch.loc[:, :16].max().max() < 0.58
gain = tuned - frozen
assert gain.loc[256:].min() > gain.loc[:32].mean()
assert tuned[512] > tuned[256] + 0.02

goal = mean.loc["TF-IDF + logistic", 512]
enough = tuned.index[tuned >= goal - 0.005].min()
print(f"What TF-IDF reaches with 512 labels ({goal:.3f}), the fine-tuned encoder")
print(f"reaches with {enough} ({tuned[enough]:.3f}).")
assert enough <= 256

# %% [markdown] lang="en"
# A file is only a file. So we repeat some of its runs here, with the same function; two
# runs of the sweep above are points of the curve, too. They must land near.

# %% [markdown] lang="zh"
# 文件里的数也要验证。下面用同一个函数重做其中几次实验；上面四种解冻方式里也有两次，本来就是曲线上的点。
# 它们应当与文件里的数相近。

# %%
live = {
    ("MiniLM, frozen", 256): reports["head"]["accuracy"],
    ("MiniLM, all layers", 256): reports["all"]["accuracy"],
}
again = {"TF-IDF + logistic": 64, "LSTM from scratch": 64}
for name, labels in (again | {"MiniLM, frozen": 64, "MiniLM, all layers": 16}).items():
    live[name, labels], _ = measure(name, draw_labels(train, labels, 0), test, 0)
known = budget[budget.seed == 0].set_index(["model", "labels"]).accuracy
compared = pd.DataFrame({"now": pd.Series(live), "in the file": known}).dropna()
apart = (compared["now"] - compared["in the file"]).abs()
assert apart.mean() < 0.03 and apart.max() < 0.1
compared.round(3)

# %% [markdown] lang="en"
# ## Summary
#
# - Five steps: load, label, choose and freeze, train, evaluate on texts not seen.
# - A name, a nested model, a forgotten `compile`, a statistic: what ruins fine-tuning
#   rarely raises an error. So look at what is trained before you train
#   (`describe_layers`), and compare the weights afterwards (`check_frozen`,
#   `describe_changes`).
# - The learning rate has to fit what is trained: small for pretrained layers.
# - Unfreezing more layers bought accuracy with time.
# - With the same labels the pretrained encoder is ahead of models that start from
#   nothing, and how far ahead depends on how many labels there are. Draw the curve for
#   your own data before you pay for more labels.
#
# ## Exercises
#
# In [exercises/03_algorithm.ipynb](exercises/03_algorithm.ipynb):
#
# 1. a freezing loop that refuses wrong names;
# 2. the same for nested models;
# 3. unfreeze for a second round, so that it works;
# 4. predict how far a step of Adam goes;
# 5. choose the loss for three kinds of labels;
# 6. read from the curve how many labels a given accuracy needs.

# %% [markdown] lang="zh"
# ## 小结
#
# - 五个步骤：加载、标注、选层并冻结、训练、用没见过的文本评估。
# - 一个写错的名字、一层嵌套、一次忘记的 `compile`、一组统计量：毁掉微调的东西很少会报错。
#   所以训练前先看清哪些层可训练（`describe_layers`），训练后再比对权重（`check_frozen`、`describe_changes`）。
# - 学习率要与训练的层相配：预训练过的层要用小学习率。
# - 多解冻几层，是拿时间换准确率。
# - 标注相同时，预训练编码器总比从零开始的模型强，强多少要看标注有多少。花钱加标注之前，先用自己的数据画一画这条曲线。
#
# ## 练习
#
# 见 [exercises/03_algorithm.ipynb](exercises/03_algorithm.ipynb)：
#
# 1. 写一个遇到错名字就拒绝执行的冻结循环；
# 2. 让它也能处理嵌套的模型；
# 3. 为第二轮训练解冻，并且真正生效；
# 4. 预测 Adam 的一步走多远；
# 5. 为三种标签选择损失函数；
# 6. 从曲线上读出达到某个准确率需要多少标注。
