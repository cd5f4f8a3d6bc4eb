# %% [markdown] lang="en"
# # 2. Core concepts: exercises
#
# Six exercises on the chapter. Put your code where it says `...`; the cell after it says
# whether it is right. The first cell loads what all of them use: the reviews, the
# pretrained encoder, and its embeddings of the training and the test reviews.

# %% [markdown] lang="zh"
# # 2. 核心概念：练习
#
# 本章共六道练习。在写着 `...` 的地方填上你的代码，紧接着的单元格会告诉你对不对。
# 第一个单元格准备好公用的东西：短评、预训练编码器，以及训练集和测试集短评的嵌入。

# %%
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score
from sklearn.neighbors import KNeighborsClassifier

import sftkeras as sft
from sftkeras.evaluation.inside import embed, trace
from sftkeras.inputs.rows import make_rows

train = sft.load_texts("data/reviews/train_data.txt")
test = sft.load_texts("data/reviews/test_data.txt")
model = sft.load_pretrained_model("minilm", num_classes=2)
x_train, x_test = embed(model, train.texts), embed(model, test.texts)
print(x_train.shape, x_test.shape)

# %% [markdown] lang="en"
# ## 1. Be a labeller
#
# Read the reviews and write your judgement of each: 1 if the customer was pleased, 0 if
# not. Do not look the labels up.

# %% [markdown] lang="zh"
# ## 1. 当一回标注员
#
# 读下面的短评，逐条写下判断：顾客满意写 1，不满意写 0。不要去查标签。

# %%
ROWS = [37, 133, 136, 236, 278, 367, 386, 397, 497, 504, 513, 560, 573, 602, 653]
for row in ROWS:
    print(f"{row:>3}  {train.texts[row]}")

# %%
judged = {
    # solution
    37: 1, 133: 0, 136: 1, 236: 1, 278: 0, 367: 1, 386: 0, 397: 1, 497: 0, 504: 1,
    513: 0, 560: 0, 573: 1, 602: 0, 653: 1,
    # end solution
}  # fmt: skip

# %%
assert set(ROWS) == set(judged), "each of the reviews above needs a judgement"
mine = [judged[row] for row in ROWS]
for row in ROWS:
    if judged[row] != train.labels[row]:
        print(f"You say {judged[row]}, the label says {train.labels[row]}:")
        print("  ", train.texts[row])
kappa = cohen_kappa_score(train.labels[ROWS], mine)
assert kappa > 0.7, f"kappa is {kappa:.2f}: read the ones printed above again"
print(f"Right: kappa {kappa:.2f}.")

# %% [markdown] lang="en"
# ## 2. Cohen's kappa
#
# Two labellers agree on a share $p$ of the rows. If each of them drew labels at random, as
# often as they really use each, they would agree on a share $q$ (sum, over the labels, of
# the product of their two frequencies). Then $\kappa = (p - q) / (1 - q)$. Write it.
# First predict: what does a labeller get who always answers 1?

# %% [markdown] lang="zh"
# ## 2. 科恩的 kappa
#
# 两个标注者在比例为 $p$ 的行上一致。假如两人都只是按自己使用各标签的频率随机抽取，
# 一致的比例会是 $q$（对每个标签，把两人的频率相乘，再求和）。于是 $\kappa = (p - q) / (1 - q)$。
# 请写出这个函数。动手前先猜一猜：一个永远答 1 的标注者，kappa 是多少？


# %%
def kappa_of(a, b):
    """Return Cohen's kappa of two arrays of labels."""
    # solution
    p = np.mean(a == b)
    q = sum(np.mean(a == label) * np.mean(b == label) for label in np.unique(a))
    return (p - q) / (1 - q)
    # end solution


# %%
random = np.random.default_rng(0)
gold = train.labels
careless = np.where(random.random(len(gold)) < 0.3, 1, gold)  # 1 when in a hurry
others = {"oneself": gold, "always 1": np.ones_like(gold), "careless": careless}
others["a coin"] = random.integers(0, 2, len(gold))
for name, other in others.items():
    found, expected = kappa_of(gold, other), cohen_kappa_score(gold, other)
    assert found is not Ellipsis and found is not None, "return a number"
    assert abs(found - expected) < 1e-9, f"{name}: {found:.3f}, not {expected:.3f}"
    print(f"{name:<9} agreement {np.mean(gold == other):.2f}  kappa {found:.2f}")
print("Right.")

# %% [markdown] lang="en"
# ## 3. Pooling without the padding
#
# In a batch, short texts are filled up with padding, and the `padding_mask` says which
# tokens are real (1) and which are not (0). Take the mean over the real tokens of each
# text. `vectors` has the shape (texts, tokens, width), `mask` has (texts, tokens).

# %% [markdown] lang="zh"
# ## 3. 不算填充的池化
#
# 一个批次里，短的文本要用填充补齐，`padding_mask` 标明哪些词元是真的（1），哪些是填充（0）。
# 对每条文本真实的词元求平均。`vectors` 的形状是（文本数，词元数，宽度），`mask` 是（文本数，词元数）。


# %%
def pool(vectors, mask):
    """Return the mean vector of each text's real tokens, (texts, width)."""
    # solution
    weights = mask[:, :, None]
    return (vectors * weights).sum(axis=1) / weights.sum(axis=1)
    # end solution


# %%
inputs = make_rows(model, test.texts[:8]).take(np.arange(8))
mask = inputs["padding_mask"]
vectors = np.random.default_rng(0).normal(size=(*mask.shape, 384))  # padding too
for row in range(8):
    length = mask[row].sum()
    vectors[row, :length] = trace(model, test.texts[row])["transformer_layer_5"]
found = pool(vectors, mask)
assert np.shape(found) == (8, 384), f"one vector a text, please: {np.shape(found)}"
assert np.allclose(found, x_test[:8], atol=1e-4), "these are not the model's embeddings"
wrong = np.abs(vectors.mean(axis=1) - x_test[:8]).max(axis=1)
print("Right. The plain mean is off by at most", wrong.round(2))

# %% [markdown] lang="en"
# ## 4. A classifier that is not trained
#
# For each test vector find the k training vectors nearest to it by cosine, and answer the
# label that most of them have (k is odd). `x` and `known` have the shapes (N, width) and
# (M, width), `labels` (M,) with 0 and 1; return N labels.

# %% [markdown] lang="zh"
# ## 4. 不用训练的分类器
#
# 对每个测试向量，按余弦找出最近的 k 个训练向量，取它们当中占多数的标签（k 是奇数）。
# `x` 和 `known` 的形状分别是 (N, 宽度) 和 (M, 宽度)，`labels` 是 (M,)，取值 0 和 1；返回 N 个标签。


# %%
def vote(x, known, labels, k):
    # solution
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    known = known / np.linalg.norm(known, axis=1, keepdims=True)
    near = np.argsort(-(x @ known.T), axis=1)[:, :k]
    return (labels[near].mean(axis=1) > 0.5).astype(int)
    # end solution


# %%
for k in (1, 5, 15, 45):
    found = vote(x_test, x_train, train.labels, k)
    assert np.shape(found) == (len(test),), "one label a test review, please"
    control = KNeighborsClassifier(k, metric="cosine").fit(x_train, train.labels)
    same = np.mean(found == control.predict(x_test))
    assert same > 0.99, (
        f"k={k}: scikit-learn answers the same in {same:.2f} of the rows"
    )
    print(f"k={k:<3} accuracy {np.mean(found == test.labels):.3f}")
print("Right. It has learned nothing: all it knows comes from the pretraining.")

# %% [markdown] lang="en"
# ## 5. What do wrong labels cost?
#
# Labellers err. Write a function that flips a share of the labels (0 and 1): a copy of
# `labels` in which exactly `round(share * N)` of them, drawn with the generator `random`,
# are wrong. The check fits a head to the embeddings for several shares, five times each.
# First predict: with every fifth label wrong, how far does the accuracy fall?

# %% [markdown] lang="zh"
# ## 5. 标错的标签代价有多大？
#
# 人总会标错。写一个函数，把一部分标签翻转（0 变 1，1 变 0）：返回 `labels` 的副本，
# 其中恰好有 `round(share * N)` 个是错的，错哪些由随机数生成器 `random` 抽取。
# 检查单元格会对几种比例各训练五次分类头。动手前先猜一猜：每五个标签错一个，准确率会掉多少？


# %%
def spoil(labels, share, random):
    # solution
    wrong = random.permutation(len(labels))[: round(share * len(labels))]
    spoiled = labels.copy()
    spoiled[wrong] = 1 - spoiled[wrong]
    return spoiled
    # end solution


# %%
scores = {}
for share in (0.0, 0.1, 0.2, 0.4):
    for seed in range(5):
        random = np.random.default_rng(seed)
        labels = spoil(train.labels, share, random)
        assert labels is not None, "return the labels"
        wrong = np.sum(labels != train.labels)
        assert wrong == round(share * len(labels)), f"{wrong} are wrong at {share=}"
        head = LogisticRegression(C=0.02, max_iter=1000).fit(x_train, labels)
        scores.setdefault(share, []).append(head.score(x_test, test.labels))
    print(f"{share:.0%} wrong: accuracy {np.mean(scores[share]):.3f}")
again = spoil(train.labels, 0.5, np.random.default_rng(9))
assert np.any(again != labels), "draw with `random`, not the same rows each time"
assert np.mean(scores[0.0]) > np.mean(scores[0.2]) > np.mean(scores[0.4]) + 0.05
print("Right.")

# %% [markdown] lang="en"
# Is it better to label much or to label well? Fewer labels, all of them right, for
# comparison. Errors at random point in all directions and partly cancel, but they are not
# free: half as many labels, all right, are worth more than all with a fifth of them wrong.
# (Errors of one kind, such as taking sarcasm at its word, do not cancel at all: the model
# learns them.) `C=0.02` keeps the head's weights small. Put `C=1` in both cells and run
# them again: a head that is free to fit learns the errors by heart.

# %% [markdown] lang="zh"
# 标得多好，还是标得准好？下面拿数量较少、但全对的标签作比较。随机的错误方向各异，会抵消一部分，
# 可代价仍在：数量减半而全对，胜过数量加倍而五分之一是错的。
# （系统性的错误，比如把反话都当真，则根本不会抵消，模型会照单全收。）
# 代码里的 `C=0.02` 是让分类头的权重保持得小。把两个单元格里的值都改成 `C=1` 再运行一遍：
# 分类头不受约束，就会把错误也背下来。

# %%
right = {}
for count in (720, 360, 180, 90):
    for seed in range(5):
        rows = np.random.default_rng(seed).permutation(720)[:count]
        head = LogisticRegression(C=0.02, max_iter=1000)
        head.fit(x_train[rows], train.labels[rows])
        right.setdefault(count, []).append(head.score(x_test, test.labels))
    print(f"{count:>3} labels, all right: accuracy {np.mean(right[count]):.3f}")
assert np.mean(right[360]) > np.mean(scores[0.2])

# %% [markdown] lang="en"
# ## 6. Which layers move?
#
# `layers_to_fine_tune=["transformer_layer_3"]`, a layer in the middle. The gradient has to
# come down from the loss through the layers above it. Predict: which layers have other
# weights afterwards? Write a list of their names (`sft.describe_layers(model)` has them).

# %% [markdown] lang="zh"
# ## 6. 哪些层会动？
#
# `layers_to_fine_tune=["transformer_layer_3"]`，这是中间的一层。梯度从损失往下传，
# 要穿过它上面的各层才能到它这里。请预测：训练之后，哪些层的权重变了？
# 写出层名的列表（名字可用 `sft.describe_layers(model)` 查看）。

# %%
moved = [
    # solution
    "transformer_layer_3",
    "head",  # always trained, unless you freeze it by name
    # end solution
]

# %%
names = sft.describe_layers(model).layer.tolist()
assert moved and set(moved) <= set(names), f"names of layers, please, out of {names}"
tuned = sft.fine_tune(
    model, train.texts[:48], train.labels[:48], ["transformer_layer_3"],
    epochs=1, verbose=0,
)  # fmt: skip
changes = sft.describe_changes(model, tuned)
really = set(changes.layer[changes.changed > 0])
extra, missing = set(moved) - really, really - set(moved)
assert not extra, f"{sorted(extra)}: the gradient passes through, the weights stay"
assert not missing, f"{len(missing)} more moved: what did `set_trainable` say of it?"
print(changes.round(5).to_string(index=False))
print("Right.")
