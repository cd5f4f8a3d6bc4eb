# %% [markdown] lang="en"
# # 1. Background: exercises
#
# Replace each `...  # your code` and run the check below it: it says *Right*, or what is
# wrong. All of it runs in {{run_time}}.

# %% [markdown] lang="zh"
# # 1. 背景：练习
#
# 把每处 `...  # your code` 换成你的代码，再运行下面的检查格：做对了会显示 *Right*，
# 否则会告诉你哪里不对。全部运行{{run_time}}。

# %%
import keras
import numpy as np

import sftkeras as sft

train = sft.load_texts("data/reviews/train_data.txt")
test = sft.load_texts("data/reviews/test_data.txt")

# %% [markdown] lang="en"
# ## 1.1 Annotation: agreement beyond chance
#
# Two annotators who both toss a coin agree on half of the sentences. Cohen's kappa takes
# that off:
#
# $$\kappa = \frac{a - c}{1 - c}$$
#
# where $a$ is the share of sentences on which they agree, and $c$ the share on which they
# would agree by chance: the sum over the labels of (how often the first gives it) × (how
# often the second does). Write it. What does an annotator get who gives everything the
# same label?

# %% [markdown] lang="zh"
# ## 1.1 数据标注：扣除碰巧一致的部分
#
# 两个人都抛硬币来标注，也会有一半的句子一致。Cohen 的 kappa 系数把这部分扣掉：
#
# $$\kappa = \frac{a - c}{1 - c}$$
#
# $a$ 是两人一致的比例，$c$ 是碰巧也会一致的比例：对每个标签，把第一个人给出它的频率乘以第二个人
# 给出它的频率，再加起来。请写出这个函数。要是有人不管三七二十一全标成同一个标签，他能得多少？


# %%
def kappa(first, second):
    first, second = np.array(first), np.array(second)
    # solution
    agreed = np.mean(first == second)
    labels = np.unique([*first, *second])
    chance = sum(np.mean(first == n) * np.mean(second == n) for n in labels)
    return (agreed - chance) / (1 - chance)
    # end solution


# %%
truth = test.labels
careless = np.where(np.arange(len(truth)) % 5 == 0, 1 - truth, truth)
lazy = np.ones_like(truth)
assert np.isclose(kappa(truth, truth), 1), "who agrees on everything has 1"
assert np.isclose(kappa(truth, lazy), 0), "one label for everything: nothing but chance"
assert np.isclose(kappa([1, 1, 0, 0, 1], [1, 0, 0, 0, 1]), 8 / 13), "a = 4/5, c = 12/25"
print(f"Right. One label in five wrong: kappa {kappa(truth, careless):.2f}")

# %% [markdown] lang="en"
# ## 1.2 A neuron
#
# Write a neuron: $\sigma(w \cdot x + b)$ for each row of `x`. Then Keras must say the same.

# %% [markdown] lang="zh"
# ## 1.2 神经元
#
# 写一个神经元：对 `x` 的每一行计算 $\sigma(w \cdot x + b)$。然后看 Keras 是否同意。


# %%
def neuron(x, w, b):
    """x: (N, inputs), w: (inputs,), b: a number. Returns (N,)."""
    # solution
    return 1 / (1 + np.exp(-(x @ w + b)))
    # end solution


# %%
rng = np.random.default_rng(0)
x, w, b = rng.normal(size=(5, 3)), rng.normal(size=3), 0.7
layer = keras.layers.Dense(1, activation="sigmoid")
layer.build((None, 3))
layer.set_weights([w[:, None], np.array([b])])
expected = keras.ops.convert_to_numpy(layer(x.astype("float32")))[:, 0]
answer = neuron(x, w, b)
assert np.shape(answer) == (5,), "one number for each row of x"
assert np.allclose(answer, expected, atol=1e-6), f"Keras says {expected}"
print("Right.")

# %% [markdown] lang="en"
# ## 1.3 How many weights are trained?
#
# First predict, then count. A transformer layer of width $d$ with an inner width $m$ has
#
# - four square maps $d \to d$ with a bias each (queries, keys, values, output),
# - one map $d \to m$ and one $m \to d$, with a bias each,
# - two normalisations, each with $2d$ numbers.
#
# The encoder has $d = 384$, $m = 1536$, and a head with one output. How many weights are
# trained with only the head, and how many with the head and the last layer?

# %% [markdown] lang="zh"
# ## 1.3 有多少权重参加训练？
#
# 先算，再数。宽度为 $d$、内层宽度为 $m$ 的 Transformer 层里有
#
# - 四个 $d \to d$ 的方阵，各带一个偏置（查询、键、值、输出）；
# - 一个 $d \to m$ 和一个 $m \to d$ 的映射，各带一个偏置；
# - 两个归一化，各有 $2d$ 个数。
#
# 这个编码器 $d = 384$，$m = 1536$，分类头只有一个输出。只训练分类头时有多少权重参加训练？
# 再加上最后一层呢？

# %%
d, m = 384, 1536
# solution
head = d + 1
last_layer = 4 * (d * d + d) + (d * m + m) + (m * d + d) + 2 * 2 * d
# end solution

# %%
model = sft.load_pretrained_model("minilm")
for layers, predicted in [
    (None, head),
    (["transformer_layer_5"], head + last_layer),
]:
    sft.set_trainable(model, layers)
    counted = int(sft.describe_layers(model)["trainable_params"].sum())
    assert predicted == counted, f"{layers}: you said {predicted:,}, it is {counted:,}"
    print(f"Right: {counted:,} of {model.count_params():,} for {layers}")

# %% [markdown] lang="en"
# ## 1.4 Does the LSTM beat guessing?
#
# Of a hundred labels the LSTM learned little. Little, or nothing? Train it on five draws of
# a hundred labels (seeds 0 to 4) and put its five test accuracies into `scores`. Then
# decide: `beats` is true if the mean lies more than two standard errors (`standard_error`)
# above one half, what guessing gets. `train_lstm` is the chapter's.

# %% [markdown] lang="zh"
# ## 1.4 LSTM 比瞎猜强吗？
#
# 一百条标注，LSTM 没学到多少。是少，还是根本没学到？请抽五次、每次一百条（种子 0 到 4）训练它，
# 把五个测试准确率放进 `scores`。再下结论：瞎猜的准确率是二分之一，如果平均值比它高出两倍标准误
# （`standard_error`）以上，`beats` 为真。`train_lstm` 就是正文里的那个函数。


# %%
def train_lstm(data, seed):
    tokenizer = sft.Tokenizer().fit_on_texts(data.texts)
    model = sft.create_model(tokenizer=tokenizer, seed=seed)
    sft.train_model(model, data.texts, data.labels, epochs=20, seed=seed, verbose=0)
    return model


def standard_error(values):
    return np.std(values, ddof=1) / np.sqrt(len(values))


# %%
# solution
scores = []
for seed in range(5):
    _, labelled = sft.split_texts(train, test_size=100, seed=seed)
    lstm = train_lstm(labelled, seed)
    report = sft.evaluate_model(lstm, test.texts, test.labels, verbose=False)
    scores.append(report["accuracy"])
beats = np.mean(scores) - 2 * standard_error(scores) > 0.5
# end solution

# %%
assert len(scores) == 5, "five draws, five scores"
assert all(0.4 < s < 0.8 for s in scores), f"accuracies from 0 to 1; yours: {scores}"
assert len({round(s, 4) for s in scores}) > 1, "each seed draws other labels"
far = (np.mean(scores) - 0.5) / standard_error(scores)
assert beats == (far > 2), f"the mean is {far:.1f} standard errors above one half"
print(f"Right. Mean {np.mean(scores):.3f}, {far:.1f} standard errors above guessing.")

# %% [markdown] lang="en"
# ## 1.5 Fool the encoder
#
# Here is an encoder with a new head trained on all the training sentences. Write at least
# three English sentences, each with the label that any reader would give it, on which
# this model is wrong. Irony helps; so does praise that names a fault which was not there.

# %% [markdown] lang="zh"
# ## 1.5 骗过编码器
#
# 下面这个编码器用全部训练句子训练了一个新的分类头。请写至少三句英文，标上任何读者都会给的标签，
# 让模型判错。反语很管用；“夸一样东西，却提到一个它并没有的毛病”也很管用。

# %%
encoder = sft.load_pretrained_model("minilm")
encoder = sft.fine_tune(encoder, train.texts, train.labels, None, verbose=0)

# %%
fooled = {}
# solution
fooled["I kept waiting for the catch, the delay, the hidden fee: none came."] = 1
fooled["I was sure it would break within a week, and five years on I was wrong."] = 1
fooled["It never crashed, never froze, never lost a file."] = 1
fooled["Great, my third replacement, and this one also arrived in pieces."] = 0
fooled["Beautiful box, beautiful leaflet, and no sign of life inside."] = 0
fooled["If you love waiting two hours for cold fries, this is your place."] = 0
# end solution

# %%
predictions = sft.predict(encoder, list(fooled)) if fooled else []
wrong = [s for s, p in zip(fooled, predictions) if p != fooled[s]]
assert all(len(sentence.split()) >= 5 for sentence in fooled), "sentences, not words"
assert len(wrong) >= 3, f"it was fooled by {len(wrong)} of yours: {wrong}"
print("Right. It was fooled by:", *wrong, sep="\n  ")
