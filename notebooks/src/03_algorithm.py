# %% [markdown] lang="en" tags=["short", "slide"] minutes=1
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

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=1
# # 3. 算法：五个步骤，以及每一步会怎样出错
#
# 本章对应原文 §3。你将学会：
#
# - 用五个步骤完成微调：加载模型、标注数据、选层并冻结、训练、评估；
# - 避开这些步骤里最容易犯的七个错误：它们大多不会报错，所以我们逐个犯一遍，看清后果，再改正；
# - 根据准确率和时间决定解冻哪些层；
# - 回答“我需要多少条标注”。
#
# 运行时间：在两个 CPU 核上{{run_time}}。

# %% [markdown] lang="en" tags=["short", "slide"] minutes=2
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
# embedding, the transformer layers, and at the end a `head` with a few hundred weights.
# Everything but the head is pretrained. The head is new and random.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=2
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
# 原文加载的是 BERT。我们用的 e5-small 与 BERT 同属一类，但小得多，而且懂中文；权重就在本地硬盘上，不必联网。
# 有网络时，原文的写法 `load_pretrained_model("bert-base-uncased")` 同样可用。
# 下表列出模型的各层：一个嵌入层、十二个 Transformer 层，最后是只有几百个权重的分类头 `head`。
# 除了分类头，其余都是预训练好的；分类头是新加的，权重是随机数。

# %% tags=["short"]
import keras
import numpy as np
import pandas as pd

import sftkeras as sft

pretrained = sft.load_pretrained_model("minilm", num_classes=2)
layers = sft.describe_layers(pretrained)
layers[layers.params > 0]

# %% [markdown] lang="en" tags=["short"] minutes=2
# ## Step 2: labelled data (§3.2)
#
# The article writes `labels = annotate_data(data)`. There is no such function: a label is
# a decision that a person makes after reading. What a program can do is read the result,
# check it, and see that no test text stands among the training texts, where the model
# could learn it by heart. Our data are short reviews, 1 for pleased and 0 for displeased.
# Of the training texts we take 128, as many of either class. At ten seconds a sentence,
# labelling so many takes some twenty minutes.

# %% [markdown] lang="zh" tags=["short"] minutes=2
# ## 第二步：标注数据（§3.2）
#
# 原文这里写的是 `labels = annotate_data(data)`，其实没有现成的这样一个函数：标签是人读过文本之后
# 作出的判断。程序能做的，是读入标注结果并检查，再确认测试集里没有训练集的句子，
# 否则模型靠背就能得分。我们的数据是中文短评，1 表示满意，0 表示不满意。
# 从训练集里取 128 条，两类各半。按每条十秒算，标注这些句子大约要二十分钟。

# %% tags=["short"]
LABELS = 128

# %% tags=["short"]
train = sft.load_texts("data/reviews/train_data.txt")
test = sft.load_texts("data/reviews/test_data.txt")
_, few = sft.split_texts(train, test_size=LABELS, seed=0)  # stratified by label
print(few)
print(test)
assert not sft.find_leaks(few, test)
for text, label in zip(few.texts[:5], few.labels[:5], strict=True):
    print(label, text)

# %% [markdown] lang="en" tags=["short"] minutes=2
# ## Step 3: choose layers, freeze the others (§3.3)
#
# A frozen layer takes part in the computation, but training does not change it. We choose
# the top two transformer layers. `set_trainable` marks them as trainable and freezes the
# rest; the head is always included, because a random head that stays random is of no use.

# %% [markdown] lang="zh" tags=["short"] minutes=2
# ## 第三步：选层，冻结其余各层（§3.3）
#
# 被冻结的层照常参与计算，只是训练时权重不变。这里选最上面的四个 Transformer 层。
# `set_trainable` 把它们标记为可训练，其余全部冻结；分类头总会包括在内，因为它的初始权重是随机的，
# 不训练就毫无用处。

# %% lang="en" tags=["short"]
UPPER = sft.blocks(pretrained)[-2:]

# %% lang="zh" tags=["short"]
UPPER = sft.blocks(pretrained)[-4:]

# %% tags=["short"]
print("trained:", sft.set_trainable(pretrained, UPPER))
layers = sft.describe_layers(pretrained)
share = layers.trainable_params.sum() / layers.params.sum()
print(f"{share:.1%} of all parameters")

# %% [markdown] lang="en" tags=["short"] minutes=3
# ## Step 4: train (§3.3, §3.4)
#
# `fine_tune` does step 3 by itself, always in the order that works: copy the model,
# freeze, compile (settle the loss, and the *optimizer*, the rule by which weights are
# moved), fit (train). `pretrained` stays as it was. What training does not learn but you
# choose, such as the learning rate, the number of epochs or the size of a batch, is a
# {{term:hyperparameter}}; `fine_tune` takes values that suit what is trained, unless you
# give yours. `check_frozen` then compares every frozen weight with the original, byte by
# byte; it would raise an error if one had moved. {{cell_time}}

# %% [markdown] lang="zh" tags=["short"] minutes=3
# ## 第四步：训练（§3.3、§3.4）
#
# `fine_tune` 自己会做第三步，而且顺序固定：复制模型、冻结、编译（`compile`，定下损失函数和*优化器*，
# 也就是调整权重的规则）、拟合（`fit`，真正训练），不会弄反。
# 原来的 `pretrained` 不会被改动。学习率、轮次、批量大小这些不由训练学到、要由人来选的量，叫做{{term:超参数}}；
# 不指定的话，`fine_tune` 会按训练哪些层取合适的值。`check_frozen` 再把每个冻结的权重与原模型逐字节比较，
# 只要有一个变了就会报错。{{cell_time}}

# %% tags=["short"]
models = {}
models["top two"] = sft.fine_tune(
    pretrained, few.texts, few.labels, layers_to_fine_tune=UPPER, verbose=0
)
history = models["top two"].history
print("training loss by epoch:", np.round(history.history["loss"], 3))
print(f"{history.train_seconds:.1f} s of training")
print(f"{sft.check_frozen(models['top two'], pretrained):,} frozen weights unchanged")

# %% [markdown] lang="en" tags=["short"] minutes=2
# ## Step 5: evaluate (§3.5)
#
# Always on texts that took no part in training. The article promises recall and F1 as
# well as accuracy; here they are. Precision: of the texts that were called a class, the
# share that belong to it. Recall: of the texts of a class, the share that was found. F1
# is the harmonic mean of the two. The classes are equally frequent, so that guessing would
# be right half of the time: an accuracy of one half is the {{term:baseline}}.

# %% [markdown] lang="zh" tags=["short"] minutes=2
# ## 第五步：评估（§3.5）
#
# 评估只用没有参加训练的文本。原文说要算准确率、召回率和 F1，这里都给出来。精确率（precision）：判为某一类的文本里，
# 有多少判对了；召回率（recall）：某一类的文本里，有多少被找了出来；F1 是这两者的调和平均。
# 报告里的宏平均是两类的平均，最后的混淆矩阵按真实标签（行）和预测标签（列）统计条数。
#
# 两类文本一样多，随机猜测的准确率是一半，这就是比较的{{term:基线}}。

# %% tags=["short"]
reports = {}
reports["top two"] = sft.evaluate_model(models["top two"], test.texts, test.labels)
assert reports["top two"]["accuracy"] > 0.55

# %% [markdown] lang="en" tags=["short"] minutes=2
# ## What goes wrong
#
# Now we take the article's pseudo-code as it stands. These mistakes are common in real
# projects. Guess first what you will see, then run; the table at the end of this part
# sums up.
#
# Three helpers: the article's freezing loop; a function that lists the layers which would
# be trained; and one that returns what an action raises, in one line.

# %% [markdown] lang="zh" tags=["short"] minutes=2
# ## 会出什么错
#
# 下面照原文的伪代码写，看看会怎样。这些错误在真实项目里都很常见。
# 先猜会看到什么，再运行；本节末尾有一张汇总表。
#
# 先写三个小函数：原文的冻结循环；列出哪些层会被训练；把某个操作抛出的异常缩成一行返回。


# %% tags=["short"]
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
    return ""


# %% [markdown] lang="en" tags=["short", "slide"] minutes=3
# ### 1. A misspelt layer
#
# `if layer.name in layers_to_fine_tune` is a question, and to a name that is no layer's
# the answer is simply "no". Below, an underscore is missing. The loop freezes all the
# transformer layers without a word, and you would train a head only, believing that you
# had fine-tuned the encoder. (If *no* name is right, `fit` at least warns that there is
# nothing to train.) Our function refuses, and suggests what was meant.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=3
# ### 1. 层名拼错
#
# `if layer.name in layers_to_fine_tune` 只是问一句“在不在”；名字对不上任何一层，答案无非是“不在”。
# 下面的名字漏了一个下划线，循环便一声不响地把所有 Transformer 层全部冻结，
# 你以为在微调编码器，其实只训练了分类头。（如果*一个*名字都对不上，`fit` 至少会警告没有可训练的权重。）
# 我们的函数会拒绝，并提示你大概想写哪个名字（信息是英文的）。

# %% tags=["short", "slide"]
misspelt = ["transformer_layer5", "head"]
freeze_as_printed(pretrained, misspelt)
print("the article's loop trains:", trained_layers(pretrained))
assert trained_layers(pretrained) == ["head"]
answer = complaint(lambda: sft.set_trainable(pretrained, misspelt))
print(answer)
assert "transformer_layer_5" in answer

# %% [markdown] lang="en"
# The loop has a second trap: a head which is not listed is frozen, too (in the article by
# the `else` branch), random as it is. The layers below it then have to adapt to random numbers.
# `set_trainable` adds the head unless you name it in `layers_to_freeze`.

# %% [markdown] lang="zh"
# 循环里还有一个陷阱：分类头如果没列出来，也会被冻结（原文走的是 `else` 分支），而它的权重还是随机数，
# 下面各层就只能去迁就这些随机数。除非在 `layers_to_freeze` 里点名，`set_trainable` 总会把分类头算进去。

# %%
freeze_as_printed(pretrained, ["transformer_layer_5"])
print("the article's loop trains:", trained_layers(pretrained))
assert trained_layers(pretrained) == ["transformer_layer_5"]
print("set_trainable trains:     ", sft.set_trainable(pretrained, "*_layer_5"))

# %% [markdown] lang="en"
# ### 2. A nested backbone
#
# Many tutorials put the backbone, which is the pretrained network without its old head,
# into the new model as one single layer. `model.layers` then holds that layer and the
# head; the transformer layers are inside, where the loop does not look. It freezes the backbone whole. With the head in the list, the head alone
# is trained; without it, nothing is. `set_trainable` looks inside. (The model that
# `load_pretrained_model` returns is flat, so that the article's loop works on it.)

# %% [markdown] lang="zh"
# ### 2. 嵌套的骨干网络
#
# 很多教程把整个骨干网络（去掉原来输出层的预训练网络）当作一层放进新模型。这时 `model.layers` 里只有这一层和分类头，
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

# %% [markdown] lang="en" tags=["short"] minutes=7
# ### 3. The order of compile and freeze
#
# Keras builds its training step at the first `fit` after `compile`, and goes on using it.
# What was frozen then stays frozen, what was trained stays trained; `trainable`, changed
# later, is usually ignored in silence, in both directions. This happens when you train
# the head first and then want to unfreeze layers for a second round.
#
# To try it quickly we let the frozen encoder turn each sentence into 384 numbers, once,
# and train a small network with a hidden layer, `block`, on those.

# %% [markdown] lang="zh" tags=["short"] minutes=7
# ### 3. 编译与冻结的顺序
#
# Keras 在 `compile` 之后第一次 `fit` 时建好训练步骤，以后一直沿用。那时冻结的就一直冻结，
# 那时可训练的就一直可训练；之后再改 `trainable`，两个方向通常都不起作用，也没有任何提示。
# 先只训练分类头、再解冻几层接着训练，是常见的做法，正好会踩进这个坑。
#
# 为了快些看到结果，先用冻结的编码器把每句话变成 384 个数（只算一次），
# 再用这些数训练一个小网络，它的隐藏层叫 `block`。

# %% tags=["short"]
from sftkeras.evaluation.inside import embed

features = embed(pretrained, few.texts)  # (texts, 384)


def small_network(units=1, activation="sigmoid"):
    keras.utils.set_random_seed(0)
    x = inputs = keras.Input((384,))
    x = keras.layers.Dense(16, "tanh", name="block")(x)
    return keras.Model(inputs, keras.layers.Dense(units, activation, name="head")(x))


def moves(layer, action, *data, **options):
    before = layer.get_weights()
    action(*data, **options, verbose=0)
    return not all(map(np.array_equal, before, layer.get_weights()))


# %% [markdown] lang="en" tags=["short"]
# Three networks, whose `block` is to be frozen: before `compile`, between `compile` and the
# first `fit`, and after a first `fit`. Then the remedy for the last case: compile again,
# which `train_model` always does. The table says whether `block` moved in the next `fit`.

# %% [markdown] lang="zh" tags=["short"]
# 三个网络都要冻结 `block`，时机不同：`compile` 之前、`compile` 与第一次 `fit` 之间、第一次 `fit` 之后。
# 最后一行是对第三种情况的改正：重新编译，`train_model` 每次都会这样做。
# 表中列出随后的 `fit` 是否改动了 `block`。

# %% tags=["short"]
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

# %% [markdown] lang="en" tags=["short"]
# Silence is the rule, but not a law. Where the shape of a batch changes, Keras may build
# its step anew, and reads `trainable` then. Texts that are padded batch by batch change
# shape all the time. Below, the second `fit` has another batch size: the freeze takes
# effect after all, and the *un*freeze stops with an error, because the optimizer does not
# know the new weights.

# %% [markdown] lang="zh" tags=["short"]
# 不过“不起作用”也不是绝对的。批次的形状一变，Keras 可能重建训练步骤，这时才会重新读取 `trainable`；
# 文本若是逐批填充，形状时时在变。下面让第二次 `fit` 换一个批量大小：这回冻结生效了，
# 而*解冻*会直接报错，因为优化器不认识新加进来的权重。

# %% tags=["short"]
changed = {}
for start in (True, False):
    model = small_network()
    block = model.get_layer("block")
    block.trainable = start
    model.compile("adam", "binary_crossentropy")
    model.fit(features, few.labels, verbose=0)
    block.trainable = not start
    kind = "unfrozen later" if block.trainable else "frozen later"
    options, old = {"batch_size": 50, "verbose": 0}, block.get_weights()
    said = complaint(lambda: model.fit(features, few.labels, **options))  # noqa: B023
    stayed = all(map(np.array_equal, old, block.get_weights()))
    changed[kind] = stayed, said[:45]
    print(f"{kind}, block unchanged: {stayed}. {said[:45]}")
assert changed["frozen later"] == (True, "")
assert "Unknown variable" in changed["unfrozen later"][1]

# %% [markdown] lang="en"
# One more trap beside this one: `model.trainable = True`, meant to unfreeze everything.
# Where you froze layer by layer, the model's own `trainable` is still true; Keras on
# TensorFlow passes over an assignment of the value that is already there, and the layers
# stay frozen. So set the layers one by one (or freeze the whole model first).

# %% [markdown] lang="zh"
# 旁边还有一个坑：想用 `model.trainable = True` 解冻所有层。如果当初是逐层冻结的，模型自己的 `trainable` 一直是真；
# TensorFlow 后端的 Keras 见新值和旧值一样，就跳过这次赋值，各层仍然冻结。所以要逐层设置（或者先把整个模型冻结）。

# %%
model = small_network()
model.get_layer("block").trainable = False
found = []
for value in (True, False, True):
    model.trainable = value
    found.append(trained_layers(model))
    print(f"model.trainable = {value}:", found[-1])
assert found == [["head"], [], ["block", "head"]]

# %% [markdown] lang="en" tags=["short", "slide"] minutes=10
# ### 4. The learning rate
#
# `optimizer = Adam(learning_rate=0.001)` is right for a network that starts from random
# numbers. The *gradient* of a weight says which way the loss rises, and how steeply. A step
# of Adam changes each weight by *at most about* the learning rate, and it comes near that
# when the gradients of successive batches agree, however small they are. (A weight whose
# gradient was zero for long may jump up to three times as far.) The cell shows it: 300 steps, once with a steady gradient, once with one that is nothing
# but noise, both a thousandth in size.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=10
# ### 4. 学习率
#
# `optimizer = Adam(learning_rate=0.001)` 适合从随机权重开始训练的网络。Adam 每走一步，
# 每个权重的改动*最多*大约等于学习率。权重的*梯度*说的是损失朝哪个方向上升、升得多陡；
# 如果各批的梯度方向一致，那么梯度再小，改动也接近这个上限。
# （一个权重的梯度如果长期为零，后来忽然有了，一步可以走到三倍左右。）
# 下面的代码各走 300 步来验证：一种梯度始终不变，一种纯属噪声，大小都是千分之一。

# %% tags=["short", "slide"]
rng, rate, sizes = np.random.default_rng(0), 1e-3, {}
for kind in ("steady", "noise"):
    weights = keras.Variable(np.zeros(1000, "float32"))
    optimizer, steps = keras.optimizers.Adam(rate), []
    for _ in range(300):
        gradient = np.ones(1000) if kind == "steady" else rng.normal(size=1000)
        before = weights.numpy()
        slope = keras.ops.convert_to_tensor(gradient * 1e-3, "float32")
        optimizer.apply([slope], [weights])
        steps.append(np.abs(weights.numpy() - before).mean() / rate)
    sizes[kind] = np.mean(steps[100:])
    print(f"{kind}: a step changes a weight by {sizes[kind]:.2f} learning rates")
assert sizes["steady"] > 0.95 and sizes["noise"] < 0.4

# %% [markdown] lang="en" tags=["short", "slide"]
# The weights of a pretrained encoder are small numbers in a delicate balance, and a few
# such steps can wipe out what took a great deal of computing to learn. We leave all layers
# unfrozen and take the article's settings for `train_model` (§3.4): that rate, 3 epochs.
# Beside it, with batches of the same size, `fine_tune` with what it chooses by itself: a far lower
# rate, which rises for the first tenth of the steps and then falls to zero. To let the
# rate rise slowly at the start is called {{term:warm-up}}: at that time the random head
# still sends random gradients down. (Tested on every fourth test review, to save time.)
# {{cell_time}}

# %% [markdown] lang="zh" tags=["short", "slide"]
# 预训练编码器的权重本来就小，彼此配合得又很精细，这样走上几步，预训练花大量计算学到的东西就可能毁掉。
# 下面所有层都不冻结，训练两遍：一遍用 `train_model`，照搬原文 §3.4 的设置（这个学习率、3 个轮次）；
# 一遍用 `fine_tune`，批量相同，其余由它自己选。它选的学习率低得多，先在前十分之一的步数里逐渐升高，然后逐渐降到零。
# 训练之初让学习率慢慢升高，叫做{{term:预热}}，因为这时分类头还是随机的，传下来的梯度也是乱的。
# （为省时间，只用四分之一的测试短评来测。）{{cell_time}}

# %% tags=["short", "slide"]
shape = sft.warmup_cosine(1.0)(32)  # of 32 steps, as shares of the highest rate
print("schedule:", [round(float(shape(step)), 2) for step in (0, 1, 3, 8, 16, 24, 32)])
ruined = sft.load_pretrained_model("minilm")
article = {"learning_rate": 1e-3, "epochs": 3, "batch_size": 16}
sft.train_model(ruined, few.texts, few.labels, **article, verbose=0)
models["all"] = sft.fine_tune(pretrained, few.texts, few.labels, "all", verbose=0)
part = slice(None, None, 4)  # every fourth test text, to save time
rest = test.texts[part], test.labels[part]
for name, model in {"article's 1e-3": ruined, "fine_tune": models["all"]}.items():
    reports[name] = sft.evaluate_model(model, *rest, verbose=False)["accuracy"]
    losses = np.round(model.history.history["loss"], 3)
    print(f"{name}: test accuracy {reports[name]:.3f}, training loss {losses}")
assert reports["fine_tune"] > reports["article's 1e-3"] + 0.05

# %% [markdown] lang="en" tags=["short"]
# How far did the weights go? For each layer, the length of the change, as a share of
# the length of the weights before.

# %% [markdown] lang="zh" tags=["short"]
# 权重改变了多少？逐层计算改动的长度，看它占原来权重长度的比例。

# %% tags=["short"]
changes = pd.DataFrame(
    {
        name: sft.describe_changes(pretrained, model).set_index("layer").change
        for name, model in {
            "article's 1e-3": ruined,
            "fine_tune": models["all"],
        }.items()
    }
).filter(like="transformer", axis="index")
assert (changes["article's 1e-3"] > 4 * changes["fine_tune"]).all()
changes.map("{:.2%}".format)

# %% [markdown] lang="en" tags=["short", "slide"]
# Does it matter? What MiniLM had learned is which sentences are alike. So we look up the
# nearest neighbour of each review among the others, before and after. After `fine_tune`
# many reviews still have the neighbour that pretraining gave them; after the article's
# training far fewer. (In chapter 2 neighbours changed too, but there the accuracy rose with
# it; here nothing was gained for what was lost.) A network that loses in training what it
# had learned before shows {{term:catastrophic forgetting}}.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 这要紧吗？e5-small 预训练时学到的，是哪些句子意思相近。所以我们为每条短评在其余短评里找最近的邻居，
# 比较训练前后。用 `fine_tune` 训练之后，还有一部分短评的最近邻和预训练时一样；照原文训练之后就少得多。
# 邻居变了不一定是坏事：第 2 章里也变了，可是准确率随之提高。这里照原文训练，准确率没有提高，那就只是忘了。
# 网络在新的训练中丢掉了以前学到的东西，叫做{{term:灾难性遗忘}}。


# %% tags=["short", "slide"]
def neighbours(model):
    vectors = embed(model, few.texts)
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors @ vectors.T - 2 * np.eye(len(vectors))).argmax(axis=1)


kept, old = {}, neighbours(pretrained)
for name, model in {"article's 1e-3": ruined, "fine_tune": models["all"]}.items():
    kept[name] = np.mean(neighbours(model) == old)
    print(f"{name}: {kept[name]:.0%} of the nearest neighbours are the same")
assert kept["fine_tune"] > kept["article's 1e-3"] + 0.05

# %% [markdown] lang="en"
# ### 5. BatchNorm statistics
#
# A layer of {{term:batch normalization}} (BatchNorm) subtracts the mean from what passes
# through and divides by the standard deviation. Our encoder has none, but nearly every
# pretrained network for images has. In training, such a layer keeps a running mean and
# variance of what passes through. They are not trained by gradients, so it is easy to forget that they change. Keras' own guide to
# transfer learning advises calling the backbone with `training=False` to keep them still;
# in `fit` that has no effect.
#
# To see it alone, we train a network on images of handwritten digits, then put it
# as a backbone, called with `training=False`, into a new model, and fit that on images of
# zeros and ones only, with a learning rate of **zero**. Nothing can be learned at that
# rate. The network should know all ten digits as well as before. (Three seeds, because
# chance has a part in it.)

# %% [markdown] lang="zh"
# ### 5. BatchNorm 的统计量
#
# {{term:批归一化}}层（简称 BatchNorm）把流过它的数据减去均值、除以标准差。我们的编码器里没有这种层，
# 但预训练的图像网络几乎都有。训练时，BatchNorm 层会记录流过它的数据的滑动均值和方差。
# 它们不靠梯度更新，所以容易忘记它们也会变。Keras 官方的迁移学习指南建议，调用骨干网络时写上
# `training=False`，统计量就不动了；实际上在 `fit` 里这不起作用。
#
# 为了把这个效应单独拿出来看，先用手写数字图像训练一个网络，再把它作为骨干网络放进新模型，
# 调用时写明 `training=False`，然后只用 0 和 1 两种图像去拟合，学习率取**零**。
# 学习率为零，什么也学不到，照理说十个数字它应该还和原来一样认得。（用三个随机种子，因为其中有偶然的成分。）

# %%
from sklearn.datasets import load_digits

images, digits = load_digits(return_X_y=True)  # 8 × 8 pixels, 0 to 16
x, x_unseen = np.split(images.astype("float32") / 16, [1200])
y, y_unseen = np.split(digits, [1200])
binary = y < 2  # the new data: zeros and ones


def digit_network(seed):
    keras.utils.set_random_seed(seed)
    h = inputs = keras.Input((64,))
    for number in (1, 2):
        h = keras.layers.Dense(64, name=f"dense_{number}")(h)
        h = keras.layers.BatchNormalization(momentum=0.9, name=f"norm_{number}")(h)
        h = keras.layers.ReLU(name=f"relu_{number}")(h)
    return keras.Model(inputs, keras.layers.Dense(10, "softmax", name="head")(h))


# %%
def fit_on_two_digits(digit_net):
    features = digit_net.get_layer("relu_2").output
    digit_backbone = keras.Model(digit_net.input, features)
    inputs = keras.Input((64,))
    h = digit_backbone(inputs, training=False)
    new_model = keras.Model(inputs, digit_net.get_layer("head")(h))
    new_model.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    new_model.fit(x[binary], y[binary], epochs=5, verbose=0)


def on_all_digits(model):
    return sft.evaluate_model(model, x_unseen, y_unseen, verbose=False)["accuracy"]


# %%
lost = []
for seed in range(3):
    digit_net = digit_network(seed)
    sft.train_model(digit_net, x, y, verbose=0)
    before, saved = on_all_digits(digit_net), digit_net.get_weights()
    fit_on_two_digits(digit_net)
    after = on_all_digits(digit_net)
    lost.append(before - after)
    print(f"seed {seed}: accuracy {before:.3f}, after a fit at rate zero {after:.3f}")
    digit_net.set_weights(saved)
assert min(lost) > 0 and np.mean(lost) > 0.02

# %% [markdown] lang="en"
# The remedy: set `trainable = False` on each BatchNorm layer, also in layers that you
# unfreeze, before you compile. `fine_tune` always does. Below it trains everything
# else, with a real learning rate, and the statistics are the same to the last bit.

# %% [markdown] lang="zh"
# 改法：编译之前，把每个 BatchNorm 层的 `trainable` 设为 `False`，连要解冻的部分里的也不例外。
# `fine_tune` 总是这样做。下面用正常的学习率训练其余各层，统计量分毫未变。

# %%
kept = sft.fine_tune(digit_net, x[binary], y[binary], "all", epochs=5, verbose=0)
for name in ("dense_1", "norm_1", "dense_2", "norm_2", "head"):
    pair = [m.get_layer(name).get_weights() for m in (digit_net, kept)]
    moved = not all(map(np.array_equal, *pair))
    print(f"{name:8} moved: {moved}")
    assert moved != name.startswith("norm")

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
print("warning:", {w.category.__name__ for w in caught})
auto = sft.fine_tune(
    small_network(), features, few.labels, learning_rate=1e-2, epochs=20, verbose=0
)
print("with loss='auto':", np.round(auto.history.history["accuracy"], 3).tolist())
assert zero["loss"] == [0.0] * 3 and auto.loss.name == "binary_crossentropy"
assert auto.history.history["accuracy"][-1] > zero["accuracy"][-1] + 0.1

# %% [markdown] lang="en" tags=["short", "slide"] minutes=2
# ### The seven, in a table
#
# The third column is why they last: most of them say nothing at all.
#
# | | mistake | what you see | remedy |
# |---|---|---|---|
# | 1 | a misspelt layer name | nothing | `set_trainable` raises an error |
# | 2 | a backbone nested in the model | nothing | `set_trainable` looks inside |
# | 3 | `trainable` changed after training began | nothing, mostly | compile again; `train_model` does |
# | 4 | a learning rate of `0.001` for all layers | poor accuracy | a rate that fits what is trained |
# | 5 | BatchNorm statistics that move | nothing | freeze BatchNorm |
# | 6 | `evaluate(epochs=…)` | an error | evaluation is one pass |
# | 7 | `categorical_crossentropy` with whole-number labels | an error, or a loss of zero | `loss="auto"` |

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=2
# ### 七个错误一览
#
# 它们为什么难发现，看“现象”一栏就明白：大多数没有任何提示。
#
# | | 错误 | 现象 | 改法 |
# |---|---|---|---|
# | 1 | 层名拼错 | 没有任何提示 | `set_trainable` 会报错 |
# | 2 | 骨干网络嵌套在模型里 | 没有任何提示 | `set_trainable` 会往里找 |
# | 3 | 训练开始后才改 `trainable` | 通常没有任何提示 | 重新编译；`train_model` 会这样做 |
# | 4 | 所有层都用 `0.001` 的学习率 | 准确率很低 | 学习率要与训练的层相配 |
# | 5 | BatchNorm 的统计量在变 | 没有任何提示 | 冻结 BatchNorm |
# | 6 | `evaluate(epochs=…)` | 报错 | 评估只需过一遍数据 |
# | 7 | 整数标签配 `categorical_crossentropy` | 报错，或者损失恒为零 | `loss="auto"` |


# %% [markdown] lang="en" tags=["short"] minutes=5
# ## What to unfreeze
#
# One run proves nothing: other sentences, another random head, another result. So the
# comparison stands in a file, with three seeds for each choice: the head alone, the top
# layers, everything, each on 256 labels. (A *seed* fixes which sentences are drawn and how
# the head begins. The row LoRA: a way to train narrow matrices beside frozen weights.) The
# command that makes it: `python benchmarks/label_budget.py`. (The seconds are those of a
# machine that had other work to do as well: they are rough. The frozen layers' outputs are
# computed only once: the fewer layers are trained, the faster an epoch is.)
#
# In the figure a dot is the mean, and a line goes from the lowest seed to the highest.

# %% [markdown] lang="zh" tags=["short"] minutes=5
# ## 解冻哪些层
#
# 只跑一次说明不了问题：换一批句子、换一个随机的分类头，结果就不一样。所以这里的比较取自一个事先做好的文件，
# 每种选择用三个随机种子（种子决定抽到哪些句子、分类头从什么值开始）：只训练分类头，训练最上面一层、两层、四层，
# 都是 512 条标注。（表里的 LoRA 是另一种训练方法，只训练冻结权重旁边的两个窄矩阵，这里先不管。）
# 文件由 `python benchmarks/label_budget.py --language zh` 生成。
# （用时只是粗略的：那台机器当时还在做别的事。冻结部分的输出只算一次，之后就在这个结果上训练，
# 所以训练的层越少，每一轮越快。）
#
# 图中圆点是平均值，横线从最低的种子画到最高的种子。

# %% lang="en" tags=["short"]
from benchmarks.label_budget import CSV, read_rows

budget, at = pd.DataFrame(read_rows(CSV)), 256  # labels
CHOICES = {
    "MiniLM, frozen": "head",
    "MiniLM, top layer": "top layer",
    "MiniLM, top 2 layers": "top two",
    "MiniLM, LoRA": "LoRA",
    "MiniLM, all layers": "all",
}

# %% lang="zh" tags=["short"]
from benchmarks.label_budget import CSV_ZH, read_rows

budget, at = pd.DataFrame(read_rows(CSV_ZH)), 512  # labels
CHOICES = {
    "e5-small, frozen": "只训练分类头",
    "e5-small, top layer": "最上面一层",
    "e5-small, top 2 layers": "最上面两层",
    "e5-small, LoRA": "LoRA",
    "e5-small, top 4 layers": "最上面四层",
}

# %% tags=["short"]
head, most = list(CHOICES.values())[0], list(CHOICES.values())[-1]
sweep = budget[(budget.labels == at) & budget.model.isin(CHOICES)]
sweep = sweep.assign(model=sweep.model.map(CHOICES))
runs = sweep.groupby("model", sort=False)
table = pd.concat([runs.accuracy.agg(["min", "mean", "max"]),
                   runs.train_seconds.mean()], axis=1)  # fmt: skip
table = table.loc[list(CHOICES.values())]
table.columns = ["lowest", "average", "highest", "seconds"]
assert (runs.size() == 3).all()
assert table["average"][most] > table["average"][head] + 0.02
assert table["lowest"][most] > table["highest"][head]  # the worst draw, too
table.round(3)

# %% tags=["short", "slide"]
from sftkeras.plots import plot_label_budget

plain = sweep[sweep.model != "LoRA"]  # of that more is said below
plot_label_budget(plain.sort_values("model", key=lambda m: m.map(
    list(CHOICES.values()).index)).to_dict("records"))  # fmt: skip

# %% [markdown] lang="en" tags=["short", "slide"]
# Training everything gave more accuracy than the head alone, with any of the three seeds,
# and took more time. So: start with the head, which takes seconds and tells whether the
# encoder's features carry your labels at all; train all layers when accuracy matters more
# than a minute. The layers in between are a compromise for large encoders and slow
# machines. Where two lines overlap, three seeds do not tell the two apart.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 三个种子中不论哪一个，训练最上面四层都比只训练分类头准确，用时也更长。所以不妨先只训练分类头，
# 很快就知道编码器的特征与你的标签有没有关系；如果准确率更要紧，就多解冻几层。
# 两条横线若有重叠，三个种子就分不出高下。

# %% [markdown] lang="en"
# ## Other ways to train: techniques
#
# Freezing says which layers may move. A *technique* says how they move. Two that come with
# `sftkeras` are handed to `fine_tune` in `techniques=[…]`:
#
# - `LoRA(rank)` leaves every kernel as it is and trains a narrow product of two matrices
#   beside it ([Hu et al. 2021](https://arxiv.org/abs/2106.09685)): the best known kind of
#   {{term:parameter-efficient fine-tuning}}. At the end the product is added to the
#   kernel, and what you get is an ordinary model of the same size.
# - `LayerRates(decay)` lets each block learn more slowly than the block above it
#   ([Howard & Ruder 2018](https://arxiv.org/abs/1801.06146)):
#   {{term:discriminative learning rates}}.
#
# The new numbers of LoRA start from nothing, so they bear a much higher learning rate
# than pretrained weights do: `learning_rate=2e-3, techniques=[sft.LoRA(rank=8)]`. What it
# reached on 256 labels stands in the file, three seeds again.

# %% [markdown] lang="zh"
# ## 训练技巧：除了冻结，还能怎样训练
#
# 冻结决定的是哪些层可以动，“技巧”（technique）决定的是怎么动。`sftkeras` 自带的技巧里，这里介绍两种，都通过
# `fine_tune` 的 `techniques=[…]` 传入：
#
# - `LoRA(rank)`：原来的权重矩阵一律不动，只在旁边训练两个窄矩阵的乘积
#   （[Hu 等，2021](https://arxiv.org/abs/2106.09685)），是最有名的一种{{term:参数高效微调}}。
#   训练结束时把乘积加回原矩阵，得到的还是一个大小不变的普通模型。
# - `LayerRates(decay)`：越靠下的层学得越慢，每往下一层，学习率就再打一次折
#   （[Howard 和 Ruder，2018](https://arxiv.org/abs/1801.06146)），这叫{{term:分层学习率}}。
#
# LoRA 新增的参数从零开始学，所以学习率可以比预训练权重用的高得多：`learning_rate=2e-3, techniques=[sft.LoRA(rank=8)]`。
# 它用 512 条标注能达到多少，看上面那个文件（同样是三个种子）；十二层里都加了这样的矩阵，所以用时也是十二层的用时。

# %%
assert table["average"]["LoRA"] > table["average"][head]
table.loc[[head, "LoRA", most], ["lowest", "average", "highest"]].round(3)

# %% [markdown] lang="en"
# How far is each block moved? With `LayerRates(0.5)` a block learns at half the rate of
# the one above it, and after one epoch it has moved about half as far. {{cell_time}}

# %% [markdown] lang="zh"
# 每一层各改变了多少？设 `LayerRates(0.5)`，每一层的学习率是它上面那层的一半；训练一个轮次之后，改变的幅度也大约是一半。
# {{cell_time}}

# %%
once = sft.Recipe(epochs=1, learning_rate=1e-4, verbose=0)  # settings can be kept
slower = [sft.LayerRates(0.5)]
some = few.texts[:64], few.labels[:64]
by_layer = sft.fine_tune(pretrained, *some, recipe=once, techniques=slower)
moved = sft.describe_changes(pretrained, by_layer).set_index("layer").change
moved = moved[sft.blocks(pretrained)].to_frame("changed by")
moved["of the block above"] = moved["changed by"] / moved["changed by"].shift(-1)
ratio = moved["of the block above"].dropna()
assert ((ratio > 0.3) & (ratio < 0.7)).all()
moved.map("{:.3%}".format).replace("nan%", "")

# %% [markdown] lang="en"
# ## What a step spends its time on
#
# The article counts computing among the challenges (§8.2). What is computed can be
# counted: each weight of a matrix multiplies and adds once a token on the way forward and
# twice on the way back, for the gradients of its input and of itself. That is six
# operations a weight and token. How many a second your processor does can be measured, on
# one large product. So one knows how long a step would take if it were nothing but matrix
# products.
#
# It takes longer. Between the products lie GELU, softmax, layer normalization and the
# random numbers of dropout: little arithmetic, but each of them reads and writes all the
# numbers of a layer, in several passes, and memory is slower than arithmetic. Then the
# optimizer walks over every trained weight.
#
# Two switches work on that, both off by default. `fast=True` makes one pass of what lies
# between two products, draws a byte where dropout drew four, and computes in 16 bits
# (bfloat16) where the processor can, while the weights stay in 32: {{term:mixed precision}}.
# Of an LSTM, which Keras runs as a loop over the words, it makes one operation.
# `batch_tokens=512` fills each batch with as many texts as fit into 512 tokens: many
# short ones, or few long ones. Texts of very different length in one batch would be filled
# up to the longest, and padding is computed like words.
#
# Here are 32 longer texts, each of five reviews of one label. The top two layers are
# trained on them twice; what is compared is the processor time of the quickest epoch.
# {{cell_time}}

# %% [markdown] lang="zh"
# ## 一步的时间花在哪里
#
# 原文把“计算资源需求”列为挑战之一（§8.2）。一步训练要算多少，其实数得出来：矩阵里的每个权重，
# 对每个词元，前向时做一次乘加；反向时做两次，一次求输入的梯度，一次求权重自己的梯度。
# 一次乘加是两个运算，合起来每个权重、每个词元六个运算。处理器每秒能做多少个，拿一个大矩阵乘法测一下就知道。
# 两个数一除，就是“一步里只有矩阵乘法”时应当花的时间。
#
# 实际要慢得多。矩阵乘法之间还有 GELU、softmax、层归一化，以及 dropout 要用的随机数：
# 运算不多，但每一样都要把一整层的数从内存里读出来、再写回去，往返好几遍，而访存比运算慢。
# 最后，优化器还要把所有参与训练的权重走一遍。
#
# 有两个开关，默认都不开。`fast=True`：把两次矩阵乘法之间的运算合成一遍做完；
# dropout 的随机数由四个字节改为一个字节；处理器支持 bfloat16（16 位浮点数）时用它来算，权重仍存成 32 位，
# 这叫{{term:混合精度}}。LSTM 在 Keras 里要逐词循环，`fast=True` 则把整批文本一次算完。
# `batch_tokens=512`：每个批次不再是固定的条数，而是总共不超过 512 个词元，
# 短文本就多放几条，长文本就少放几条。长短悬殊的文本放在一批里，都要填充到最长的那条，而填充的位置照样要算。
#
# 下面把标签相同的短评五条连成一条，得到 32 条较长的文本，用两种方式各训练一遍最上面两层，各取最快的那个轮次，比较处理器时间。{{cell_time}}

# %%
import time

TWO = sft.blocks(pretrained)[-2:]
longer, answers = [], []
for label in (0, 1):
    chosen = [text for text, own in zip(train.texts, train.labels) if own == label]
    longer += [" ".join(chosen[row : row + 5]) for row in range(0, 80, 5)]
    answers += [label] * 16


# %%
class Clock(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.process_time()  # the processor's: others disturb it less

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.process_time() - self.began)


# %%
def timed(**settings):
    clock = Clock()
    tuned = sft.fine_tune(pretrained, longer, answers, TWO, epochs=3, verbose=0,
                          callbacks=[clock], **settings)  # fmt: skip
    return tuned, min(clock.seconds)


plain, plain_seconds = timed()
fast, fast_seconds = timed(fast=True)
print(f"fast / plain: {fast_seconds / plain_seconds:.2f} of the time")

# %% [markdown] lang="en"
# And what would the matrix products alone have taken?

# %% [markdown] lang="zh"
# 如果只有矩阵乘法，要花多少时间？

# %%
square, times = keras.random.normal((1024, 1024)), []
for _ in range(20):
    began = time.process_time()
    keras.ops.convert_to_numpy(keras.ops.matmul(square, square))
    times.append(time.process_time() - began)
speed = 2 * 1024**3 / min(times)  # operations a second, in float32

blocks = [pretrained.get_layer(name) for name in TWO]
weights = [w for block in blocks for w in block.weights if len(w.shape) > 1]
count = sum(int(np.prod(weight.shape)) for weight in weights)
tokens = sum(map(len, pretrained.preprocessor.tokenize(longer)))
alone = 6 * count * tokens / speed
print(f"products alone: {alone / plain_seconds:.0%} of the plain epoch")

# %% [markdown] lang="en"
# Both numbers are your machine's. Where the processor has no bfloat16, the fused passes
# remain, and less is gained; the longer the texts, the more. The first epoch is slower,
# since each length of batch is compiled once: for a job of some seconds, or for a head
# alone, leave it off.
#
# Leave it off too where a result must come out the same on any processor. The mathematics
# is the same, but the numbers that dropout drops are others, and 16 bits round more
# coarsely: one seed gives another model, as another seed does. How accurate either is over
# several seeds and files stands in [the benchmarks](../../benchmarks/README.md#at-each-length).
# So do not compare two settings of which one ran `fast`.

# %% [markdown] lang="zh"
# 两个数都是你这台机器上的。处理器不支持 bfloat16 时，合并运算照样起作用，只是省得少一些；文本越长，省得越多。
# 第一个轮次会慢一些，因为每种批次长度都要先编译一次。所以几秒钟就能训完的任务，或者只训练分类头时，不必打开。
#
# 结果要求在任何处理器上都一样时，也不要打开。数学上没有区别，但 dropout 丢掉的是另一些数，
# 16 位的舍入也更粗：同一个种子会得到另一个模型，就像换了一个种子。多个种子、多个数据集上的准确率，
# 见[评测](../../benchmarks/README.md#at-each-length)。因此比较两种设置时，不要一种开着 `fast`、另一种没开。

# %%
same = [np.array_equal(*pair) for pair in zip(plain.get_weights(), fast.get_weights())]
print(f"{sft.check_frozen(fast, pretrained):,} frozen weights unchanged")
print(f"weights that are equal in both: {sum(same)} of {len(same)}")

# %% [markdown] lang="en"
# How much padding is there? In batches of 16 as the texts stand in the file, and with
# `batch_tokens`, which also lets each text count the same, whatever batch it stands in:

# %% [markdown] lang="zh"
# 填充占多少？下面比较两种做法：按文件里的顺序每 16 条一批；用 `batch_tokens` 分批。
# 后者各批条数不同，但每条文本在训练中的分量一样，不因放进哪一批而变。

# %%
from sftkeras.inputs.token_batches import TokenPlan

lengths = np.array([len(ids) for ids in pretrained.preprocessor.tokenize(train.texts)])


def padding(batches):
    places = sum(len(batch) * lengths[batch].max() for batch in batches)
    return 1 - lengths.sum() / places


rows = np.arange(len(lengths))
as_they_stand = padding([rows[at : at + 16] for at in range(0, len(rows), 16)])
by_tokens = padding(TokenPlan(lengths, tokens=512, seed=0).draw(epoch=0))
assert by_tokens <= 0.05 < as_they_stand
print(f"padding: {as_they_stand:.0%} in the file's order, {by_tokens:.1%} by tokens")

# %% [markdown] lang="en" tags=["short"] minutes=7
# ## How many labels do I need?
#
# Labels cost more than computing. The same file holds one row for each run: a classifier,
# trained on so many labels drawn from the training texts, measured on all test texts.
# Several seeds draw different labels; the bands show how much the result varies with the
# draw. Accuracy drawn over the number of labels is a {{term:learning curve}}. Three classifiers in it know
# nothing beforehand: one always answers the majority class; one counts words, rare ones
# for more (TF-IDF), and weighs the counts in a logistic regression; one is the LSTM of
# chapter 1.

# %% [markdown] lang="zh" tags=["short"] minutes=7
# ## 我需要多少条标注？
#
# 标注比算力贵。同一个文件里，每行是一次实验：从训练集抽出若干条标注，训练一个分类器，再在全部测试文本上评估。
# 每个随机种子抽到的标注不同，色带反映小样本抽样带来的波动。准确率随标注数量变化的图，叫做{{term:学习曲线}}。
# 其中有三个分类器没有经过预训练：一个总猜多数类；一个统计词语，越少见的权重越大（TF-IDF），
# 再用逻辑回归分类；还有一个是第 1 章的 LSTM。

# %% lang="en" tags=["short"]
CURVES = {
    "majority class": "majority class",
    "TF-IDF + logistic": "TF-IDF + logistic",
    "LSTM from scratch": "LSTM from scratch",
    "MiniLM, frozen": "MiniLM, frozen",
    "MiniLM, all layers": "MiniLM, all layers",
}

# %% lang="zh" tags=["short"]
CURVES = {
    "majority class": "总猜多数类",
    "TF-IDF + logistic": "TF-IDF + 逻辑回归",
    "LSTM from scratch": "LSTM，从零训练",
    "e5-small, frozen": "e5-small，只训练分类头",
    "e5-small, top 4 layers": "e5-small，训练最上面四层",
}

# %% tags=["short"]
curves = budget[budget.model.isin(CURVES)]
curves = curves.assign(model=curves.model.map(CURVES))
guessing, tfidf, lstm, frozen, tuned = CURVES.values()
mean, low, high = (
    curves.pivot_table("accuracy", "model", "labels", aggfunc=kind).loc[
        list(CURVES.values())
    ]
    for kind in ("mean", "min", "max")
)
print(f"{len(curves)} runs, {curves.seed.nunique()} seeds each; mean accuracy:")
mean.round(3)

# %% tags=["short", "slide"]
plot_label_budget(curves.to_dict("records"))

# %% [markdown] lang="en" tags=["short", "slide"]
# What the curve says, as claims which the next two cells check:
#
# - The fine-tuned encoder is the best on average with any number of labels. With many
#   labels it is no matter of luck: its worst draw beats the best draw of TF-IDF.
# - With a handful of labels the models without pretraining guess. They cannot know a
#   word that they have not seen; the encoder has seen it, and words like it.
# - Unfreezing pays more with the most labels than with the fewest. In between, the gain
#   goes up and down: three draws are few.
# - To get what TF-IDF gets with all the labels, the fine-tuned encoder needs far fewer.
# - The encoder's curve still rises at the right end. More labels would probably help.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 从曲线上能看出下面几点，紧接着的代码逐条检查：
#
# - 标注只有十几条时，哪种方法都和随机猜测差不多，预训练也帮不上忙：这些短评很少直说好坏，褒贬藏在言外。
# - 再往右，微调后的编码器平均总是最好。没有预训练的模型，遇到训练时没见过的词，无从知道意思；
#   编码器早就见过这个词，也见过与它相近的词。标注最多时这已不是运气：它抽得最差的一次也胜过 TF-IDF 最好的一次。
# - 标注最多时，解冻带来的好处比标注最少时大：标注太少，还不足以告诉编码器该往哪个方向改。
# - TF-IDF 用上全部标注才有的准确率，微调后的编码器用一半就几乎赶上了；只训练分类头，则到最右端才与它打平。
# - 到最右端，编码器的曲线仍在上升，继续增加标注多半还会有提高。

# %% lang="en" tags=["short"]
few_labels, *_, before, many = mean.columns  # the numbers of labels
assert (mean.idxmax() == tuned).all()
assert mean.loc[[tfidf, lstm], few_labels].max() < 0.6

# %% lang="zh" tags=["short"]
few_labels, *others, before, many = mean.columns  # the numbers of labels
assert mean[few_labels].max() < 0.6
assert (mean.idxmax()[[*others, before, many]] == tuned).all()
assert mean.loc[tuned, many // 2] > mean.loc[tfidf, many] - 0.01
assert abs(mean.loc[frozen, many] - mean.loc[tfidf, many]) < 0.005

# %% tags=["short"]
assert low.loc[tuned, many] > high.loc[tfidf, many]
gain = mean.loc[tuned] - mean.loc[frozen]
assert gain[many] > gain[few_labels]
assert mean.loc[tuned, many] > mean.loc[tuned, before] + 0.02

goal = mean.loc[tfidf, many]
enough = mean.columns[mean.loc[tuned] >= goal - 0.005].min()
print(f"TF-IDF with {many} labels: {goal:.3f}")
print(f"the fine-tuned encoder with {enough}: {mean.loc[tuned, enough]:.3f}")
assert enough < many

# %% [markdown] lang="en"
# A file is only a file. So we repeat some of its runs here, with the same function. They
# must land near. {{cell_time}}

# %% [markdown] lang="zh"
# 文件里的数也要验证。下面用同一个函数重做其中几次实验，结果应当与文件里的数相近。{{cell_time}}

# %%
from benchmarks.label_budget import draw_labels, measure

known = curves[curves.seed == 0].set_index(["model", "labels"]).accuracy
live = {}
for name, drawn in {
    "TF-IDF + logistic": tfidf,
    "MiniLM, frozen": frozen,
}.items():
    live[drawn, 64], _ = measure(name, draw_labels(train, 64, 0), test, 0)
    print(f"{drawn}: {live[drawn, 64]:.3f}", flush=True)
compared = pd.DataFrame({"now": pd.Series(live), "in the file": known}).dropna()
apart = (compared["now"] - compared["in the file"]).abs()
assert len(compared) == 2 and apart.mean() < 0.03 and apart.max() < 0.1
compared.round(3)

# %% [markdown] lang="en" tags=["short", "summary"] minutes=2
# ## Summary
#
# - Five steps: load, label, choose and freeze, train, evaluate on texts not seen.
# - A name, a nested model, a forgotten `compile`, a statistic: what ruins fine-tuning
#   rarely raises an error. So look at what is trained before you train
#   (`describe_layers`), and compare the weights afterwards (`check_frozen`,
#   `describe_changes`).
# - The learning rate has to fit what is trained: small for pretrained layers. Too large,
#   and they forget what they had learned.
# - Unfreezing more layers bought accuracy with time. LoRA leaves the weights as they are and
#   trains narrow matrices beside them.
# - One run proves nothing: compare means over several seeds, and look at the spread.
# - A step costs more than its matrix products: `fast=True` and `batch_tokens` save there,
#   and give another model for the same seed.
# - With the same labels the fine-tuned encoder is ahead of models trained from scratch,
#   and how far ahead depends on how many labels there are. Draw the curve for your own
#   data before you pay for more labels.

# %% [markdown] lang="zh" tags=["short", "summary"] minutes=2
# ## 小结
#
# - 五个步骤：加载、标注、选层并冻结、训练、用没见过的文本评估。
# - 一个写错的名字、一层嵌套、一次忘记的 `compile`、一组统计量：毁掉微调的东西很少会报错。
#   所以训练前先看清哪些层可训练（`describe_layers`），训练后再比对权重（`check_frozen`、`describe_changes`）。
# - 学习率要与训练的层相配：预训练过的层要用小学习率，太大就会把学过的东西忘掉。
# - 多解冻几层，是拿时间换准确率。LoRA 不动原来的权重，只训练旁边的两个窄矩阵。
# - 只跑一次说明不了问题：要比较多个种子的平均值，还要看波动有多大。
# - 一步的时间不全花在矩阵乘法上：`fast=True` 和 `batch_tokens` 能省，但同一个种子会得到另一个模型。
# - 标注相同时，微调过的编码器比从零训练的模型强，除非标注少到谁都学不会；强多少，要看标注有多少。花钱加标注之前，先用自己的数据画一画这条曲线。

# %% [markdown] lang="en"
# ## Questions
#
# 1. You freeze by the article's loop. Your list has the head and one encoder layer, whose
#    name you misspell. What happens?
#    (a) Keras stops with an error · (b) the head alone is trained, without a word · (c) all
#    layers are trained
#    <details><summary>Answer</summary>
#
#    **(b)**: `name in list` is false for every encoder layer, so each is frozen, and the
#    head, whose name is right, is trained. (a) The loop raises nothing. (c) would be the
#    state before the loop.
#    </details>
#
# 2. After a first `fit` you set `trainable = False` on a layer and call `fit` again, with
#    the same batches. The layer
#    (a) is trained on · (b) stays as it is · (c) gets random weights
#    <details><summary>Answer</summary>
#
#    **(a)**: Keras goes on with the step it built at the first `fit`. (b) is what happens
#    after `compile`. (c) Nothing draws weights anew.
#    </details>
#
# 3. Why is Adam at $0.001$ dangerous for pretrained weights, though their gradients are small?
#    (a) the loss becomes negative · (b) a step can be about as long as the rate, however
#    small the gradients · (c) Adam ignores frozen layers
#    <details><summary>Answer</summary>
#
#    **(b)**: Adam divides by the size of the gradients. (a) Cross-entropy is never
#    negative. (c) It does leave frozen layers alone, but here none was frozen.
#    </details>
#
# 4. A backbone with BatchNorm is fitted with a learning rate of zero. What may change?
#    (a) nothing · (b) the kernels · (c) the running means and variances
#    <details><summary>Answer</summary>
#
#    **(c)**: they follow the data in every training step, without any gradient. (a) is what
#    one expects, and the digits showed otherwise. (b) need a learning rate to move.
#    </details>
#
# 5. The loss is 0.0 in every epoch, the accuracy about one half. What do you look at first?
#    (a) the learning rate · (b) whether loss, head and labels fit together · (c) the number
#    of epochs
#    <details><summary>Answer</summary>
#
#    **(b)**: `categorical_crossentropy` on a single output is always zero. (a) and (c)
#    change nothing, since a loss that is zero everywhere has no gradient.
#    </details>
#
# 6. Model A has $0.71$ with one seed, model B $0.73$ with another. Which is better?
#    (a) B · (b) not told apart yet · (c) A, since it had worse luck
#    <details><summary>Answer</summary>
#
#    **(b)**: seeds of the same model differ by as much in our file. (a) takes chance for
#    skill. (c) Nobody knows whose luck was worse; more seeds would tell.
#    </details>
#
# To discuss, without an answer:
#
# 7. Which of the seven mistakes have you made, and what showed it to you?
# 8. You have 100 labels and money for 400 more, or for a machine that trains an encoder ten
#    times as large. What do you buy, and how would you find out before paying?
# 9. Should a library refuse what the article's loop lets pass, or is a warning enough?

# %% [markdown] lang="zh"
# ## 思考题
#
# 1. 用原文的循环冻结，名单里有分类头和一个编码器层，而这个编码器层的名字写错了。结果是
#    (a) Keras 报错 · (b) 只训练了分类头，没有任何提示 · (c) 所有层都被训练
#    <details><summary>答案</summary>
#
#    **(b)**：对每个编码器层来说，“名字在不在名单里”都是“不在”，于是全部冻结；分类头的名字写对了，所以被训练。
#    (a) 这个循环不会抛出任何异常。(c) 是运行循环之前的状态。
#    </details>
#
# 2. 第一次 `fit` 之后，把某一层的 `trainable` 设为 `False`，再用同样的批次调用 `fit`。这一层
#    (a) 继续被训练 · (b) 保持不变 · (c) 权重变回随机数
#    <details><summary>答案</summary>
#
#    **(a)**：Keras 沿用第一次 `fit` 时建好的训练步骤。(b) 是重新 `compile` 之后的结果。
#    (c) 没有哪一步会重新抽取权重。
#    </details>
#
# 3. 预训练权重的梯度很小，为什么学习率 $0.001$ 的 Adam 仍然危险？
#    (a) 损失会变成负数 · (b) 不论梯度多小，一步都可能与学习率差不多长 · (c) Adam 不理会冻结的层
#    <details><summary>答案</summary>
#
#    **(b)**：Adam 会除以梯度的大小。(a) 交叉熵不会是负数。(c) 冻结的层确实不动，但这里一层也没有冻结。
#    </details>
#
# 4. 用零学习率拟合一个含 BatchNorm 的骨干网络，什么可能改变？
#    (a) 什么都不变 · (b) 权重矩阵 · (c) 滑动均值和方差
#    <details><summary>答案</summary>
#
#    **(c)**：它们在每个训练步骤里都随数据更新，与梯度无关。(a) 是通常的预期，手写数字的例子说明并非如此。
#    (b) 没有学习率就不会动。
#    </details>
#
# 5. 每一轮的损失都是 0.0，准确率却只有一半左右。先查什么？
#    (a) 学习率 · (b) 损失函数、分类头和标签是否相配 · (c) 轮次够不够
#    <details><summary>答案</summary>
#
#    **(b)**：只有一个输出时，`categorical_crossentropy` 恒为零。(a)、(c) 都无济于事：处处为零的损失没有梯度。
#    </details>
#
# 6. 模型 A 用一个种子得到 $0.71$，模型 B 用另一个种子得到 $0.73$。哪个更好？
#    (a) B · (b) 还分不出来 · (c) A，因为它运气差些
#    <details><summary>答案</summary>
#
#    **(b)**：在我们的文件里，同一个模型换个种子就能差这么多。(a) 把偶然当成了本事。
#    (c) 谁的运气差无从知道，多跑几个种子才清楚。
#    </details>
#
# 下面三个问题供讨论，没有标准答案：
#
# 7. 七个错误里你犯过哪些？当时是怎么发现的？
# 8. 手里有 100 条标注，经费可以再标 400 条，或者买一台能训练十倍大编码器的机器。你选哪个？花钱之前怎样弄清楚？
# 9. 原文的循环放过去的错误，库应该拒绝执行，还是给个警告就够了？

# %% [markdown] lang="en"
# ## Exercises
#
# In [exercises/03_algorithm.ipynb](exercises/03_algorithm.ipynb):
#
# 1. a freezing loop that refuses wrong names;
# 2. the same for nested models;
# 3. unfreeze for a second round, so that it works;
# 4. predict how far a step of Adam goes;
# 5. choose the loss for three kinds of labels;
# 6. read from the curve how many labels a given accuracy needs;
# 7. find: a learning rate that ruins nothing and wastes nothing (open);
# 8. with your own 100 labels: draw the curve (open).

# %% [markdown] lang="zh"
# ## 练习
#
# 见 [exercises/03_algorithm.ipynb](exercises/03_algorithm.ipynb)：
#
# 1. 写一个遇到错名字就拒绝执行的冻结循环；
# 2. 让它也能处理嵌套的模型；
# 3. 为第二轮训练解冻，并且真正生效；
# 4. 预测 Adam 的一步走多远；
# 5. 为三种标签选择损失函数；
# 6. 从曲线上读出达到某个准确率需要多少条标注；
# 7. 找一找：既不毁掉权重、也不浪费时间的学习率（开放题）；
# 8. 用你自己标注的 100 条：画出学习曲线（开放题）。

# %% [raw] words
# "minilm" = "e5-small"
# "data/reviews/train_data.txt" = "data/reviews_zh/train_data.txt"
# "data/reviews/test_data.txt" = "data/reviews_zh/test_data.txt"
# "transformer_layer5" = "transformer_layer11"
# "transformer_layer_5" = "transformer_layer_11"
# "*_layer_5" = "*_layer_11"
# "MiniLM, frozen" = "e5-small, frozen"
# "trained:" = "训练的层："
# f"{share:.1%} of all parameters" = f"占全部参数的 {share:.1%}"
# "top two" = "最上面四层"
# "training loss by epoch:" = "各轮的训练损失："
# f"{history.train_seconds:.1f} s of training" = f"训练用时 {history.train_seconds:.1f} 秒"
# f"{sft.check_frozen(models['top two'], pretrained):,} frozen weights unchanged" = f"{sft.check_frozen(models['最上面四层'], pretrained):,} 个冻结的权重没有变化"
# "the article's loop trains:" = "原文的循环训练："
# "set_trainable trains:     " = "set_trainable 训练："
# f"the article's loop, {names}: {trained_layers(nested)}" = f"原文的循环，{names}：{trained_layers(nested)}"
# f"     set_trainable, {names}: {trained_layers(nested)}" = f"set_trainable，{names}：{trained_layers(nested)}"
# "before compile" = "编译之前"
# "before the first fit" = "第一次 fit 之前"
# "after the first fit" = "第一次 fit 之后"
# f"frozen {when}" = f"冻结于{when}"
# "… and compiled again" = "……再重新编译"
# "the frozen block moved" = "冻结的 block 变了"
# f"model.trainable = {value}:" = f"model.trainable = {value}："
# "frozen later" = "后来冻结"
# "unfrozen later" = "后来解冻"
# f"{kind}: a step changes a weight by {sizes[kind]:.2f} learning rates" = f"{kind}：一步平均改动学习率的 {sizes[kind]:.2f} 倍"
# "steady" = "梯度不变"
# "noise" = "梯度是噪声"
# "schedule:" = "学习率（以最高值为 1）："
# "article's 1e-3" = "原文的 1e-3"
# "fine_tune" = "fine_tune 自选"
# f"{name}: test accuracy {reports[name]:.3f}, training loss {losses}" = f"{name}：测试准确率 {reports[name]:.3f}，训练损失 {losses}"
# f"{name}: {kept[name]:.0%} of the nearest neighbours are the same" = f"{name}：{kept[name]:.0%} 的最近邻没有变"
# f"seed {seed}: accuracy {before:.3f}, after a fit at rate zero {after:.3f}" = f"种子 {seed}：准确率 {before:.3f}，用零学习率拟合之后 {after:.3f}"
# f"{name:8} moved: {moved}" = f"{name:8} 变了：{moved}"
# "Keras:   " = "Keras："
# "sftkeras:" = "sftkeras："
# "warning:" = "警告："
# "with loss='auto':" = "loss='auto' 的准确率："
# "changed by" = "改变了"
# "of the block above" = "是上面那层的"
# f"{len(curves)} runs, {curves.seed.nunique()} seeds each; mean accuracy:" = f"{len(curves)} 次实验，每种 {curves.seed.nunique()} 个种子；平均准确率："
# f"TF-IDF with {many} labels: {goal:.3f}" = f"TF-IDF 用 {many} 条标注：{goal:.3f}"
# f"the fine-tuned encoder with {enough}: {mean.loc[tuned, enough]:.3f}" = f"微调后的编码器用 {enough} 条：{mean.loc[tuned, enough]:.3f}"
# f"{drawn}: {live[drawn, 64]:.3f}" = f"{drawn}：{live[drawn, 64]:.3f}"
# "now" = "现在"
# "in the file" = "文件里"
# f"fast / plain: {fast_seconds / plain_seconds:.2f} of the time" = f"fast 与默认方式的用时之比：{fast_seconds / plain_seconds:.2f}"
# f"products alone: {alone / plain_seconds:.0%} of the plain epoch" = f"矩阵乘法只占默认方式一个轮次用时的 {alone / plain_seconds:.0%}"
# f"{sft.check_frozen(fast, pretrained):,} frozen weights unchanged" = f"{sft.check_frozen(fast, pretrained):,} 个冻结的权重没有变化"
# f"weights that are equal in both: {sum(same)} of {len(same)}" = f"两个模型中完全相同的权重：{len(same)} 组中有 {sum(same)} 组"
# f"padding: {as_they_stand:.0%} in the file's order, {by_tokens:.1%} by tokens" = f"填充所占比例：按文件顺序 {as_they_stand:.0%}，按词元分批 {by_tokens:.1%}"
# "lowest" = "最低"
# "average" = "平均"
# "highest" = "最高"
# "seconds" = "用时（秒）"
# f"{kind}, block unchanged: {stayed}. {said[:45]}" = f"{kind}，block 没有变化：{stayed}。{said[:45]}"
