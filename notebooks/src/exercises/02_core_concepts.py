# %% [markdown] lang="en"
# # 2. Core concepts: exercises
#
# Six exercises on the chapter, and two open ones. Put your code where it says `...`; the
# cell after it says whether it is right, and gives a hint after the second try. Each can be
# done without the others. The first cell loads what they use: the reviews, the pretrained
# encoder, and its embeddings of the training and the test reviews. All of it runs in
# {{run_time}}.

# %% [markdown] lang="zh"
# # 2. 核心概念：练习
#
# 本章共六道练习，外加两道开放题。在写着 `...` 的地方填上你的代码，紧接着的检查格会告诉你对不对，
# 第二次还不对就给提示。每道题都可以单独做。第一个代码格准备好公用的东西：短评、预训练编码器，
# 以及训练集和测试集短评的嵌入。全部运行{{run_time}}。

# %%
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

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

# %% lang="en"
ROWS = [37, 133, 136, 236, 278, 367, 386, 397, 497, 504, 513, 560, 573, 602, 653]
for row in ROWS:
    print(f"{row:>3}  {train.texts[row]}")

# %% lang="zh"
ROWS = [136, 158, 180, 213, 257, 268, 323, 356, 378, 411, 433, 488, 532, 576, 653]
for row in ROWS:
    print(f"{row:>3}  {train.texts[row]}")

# %% lang="en"
judged = {
    # solution
    37: 1, 133: 0, 136: 1, 236: 1, 278: 0, 367: 1, 386: 0, 397: 1, 497: 0, 504: 1,
    513: 0, 560: 0, 573: 1, 602: 0, 653: 1,
    # end solution
}  # fmt: skip

# %% lang="zh"
judged = {
    # solution
    136: 1, 158: 0, 180: 1, 213: 0, 257: 1, 268: 0, 323: 0, 356: 1,
    378: 0, 411: 0, 433: 1, 488: 0, 532: 1, 576: 1, 653: 1,
    # end solution
}  # fmt: skip

# %%
check.that(judged != {...}, "Write your judgements: the number, a colon, 1 or 0.")
missing = sorted(set(ROWS) - set(judged))
check.that(not missing, f"A judgement is missing for the reviews {missing}.")
valid = all(judgement in (0, 1) for judgement in judged.values())
check.that(valid, "A judgement is 1 or 0.")
mine = [judged[row] for row in ROWS]
for row in ROWS:
    if judged[row] != train.labels[row]:
        print(f"you say {judged[row]}, the label says {train.labels[row]}:",
              train.texts[row])  # fmt: skip
kappa = cohen_kappa_score(train.labels[ROWS], mine)
hint = "Is it irony? Is somebody else blamed? Is it a fact, good or bad?"
check.between(kappa, 0.7, 1, "your kappa: read the ones printed above again", hint)
check.right(f"kappa {kappa:.2f}")

# %% [markdown] lang="en"
# ## 2. Cohen's kappa
#
# Two labellers agree on a share $p$ of the reviews. If each of them drew labels at random,
# as often as they really use each, they would agree on a share $q$ (sum, over the labels,
# of the product of their two frequencies). Then $\kappa = (p - q) / (1 - q)$. Write it.
# First predict: what does a labeller get who always answers 1?

# %% [markdown] lang="zh"
# ## 2. 科恩 kappa 系数
#
# 两个标注者在比例为 $p$ 的短评上一致。假如两人都只是按自己使用各标签的频率随机抽取，
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
gold = np.sort(train.labels)[100:]  # more of 1 than of 0: q is not one half
careless = np.where(random.random(len(gold)) < 0.3, 1, gold)  # 1 when in a hurry
others = {"oneself": gold, "always 1": np.ones_like(gold), "careless": careless}
others["a coin"] = random.integers(0, 2, len(gold))
for name, other in others.items():
    found = check(lambda other=other: kappa_of(gold, other),
                  cohen_kappa_score(gold, other), name,
                  hint="p = np.mean(a == b); q adds up, over the labels, "
                  "np.mean(a == label) * np.mean(b == label)")  # fmt: skip
    print(f"{name}: agreement {np.mean(gold == other):.2f}, kappa {found:.2f}")
check.right()

# %% [markdown] lang="en"
# ## 3. Pooling without the padding
#
# In a batch, short texts are filled up to the length of the longest, which is called
# {{term:padding}}, and the `padding_mask` says which tokens are real (1) and which are not
# (0). Take the mean over the real tokens of each text. `vectors` has the shape (texts,
# tokens, width), `mask` has (texts, tokens).

# %% [markdown] lang="zh"
# ## 3. 不算填充的池化
#
# 一个批次里，短的文本要补到和最长的一样长，这叫{{term:填充}}。`padding_mask` 标明哪些词元是真的（1），
# 哪些是填充（0）。对每条文本真实的词元求平均。`vectors` 的形状是（文本数，词元数，宽度），
# `mask` 是（文本数，词元数）。


# %%
def pool(vectors, mask):
    """Return the mean vector of each text's real tokens, (texts, width)."""
    # solution
    weights = mask[:, :, None]
    return (vectors * weights).sum(axis=1) / weights.sum(axis=1)
    # end solution


# %%
mask = make_rows(model, test.texts[:8]).take(np.arange(8))["padding_mask"]
vectors = np.random.default_rng(0).normal(size=(*mask.shape, 384))  # padding too
for row in range(8):
    states = trace(model, test.texts[row])
    top = [name for name in states if name.startswith("transformer_layer")][-1]
    vectors[row, : mask[row].sum()] = states[top]
found = check.given(lambda: pool(vectors, mask))
check.that(np.shape(found) == (8, 384), f"A shape (8, 384), not {np.shape(found)}")
check(found, x_test[:8], "these are not the model's embeddings", within=1e-3,
      hint="set the padding to zero, add up over the tokens, divide by the number of "
      "real tokens")  # fmt: skip
wrong = np.abs(vectors.mean(axis=1) - x_test[:8]).max(axis=1)
check.right(f"The plain mean is off by up to {wrong.max():.2f}.")

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
    found = check.given(lambda k=k: vote(x_test, x_train, train.labels, k))
    one_each = np.shape(found) == (len(test),)
    check.that(one_each, f"A shape ({len(test)},), not {np.shape(found)}")
    control = KNeighborsClassifier(k, metric="cosine").fit(x_train, train.labels)
    same = np.mean(found == control.predict(x_test))
    check.between(same, 0.99, 1, f"the share equal to scikit-learn's, k={k}",
                  hint="cosines: divide each vector by its length, then x @ known.T; "
                  "sort, take k, and let their labels vote")  # fmt: skip
    print(f"k={k:<3} accuracy {np.mean(found == test.labels):.3f}")
check.right("Nothing was trained: vectors from the pretraining, labels from people.")

# %% [markdown] lang="en"
# ## 5. What do wrong labels cost?
#
# Labellers err. Write a function that flips a share of the labels (0 and 1): a copy of
# `labels` in which exactly `round(share * N)` of them, drawn with the generator `random`,
# are wrong. The check trains a head (logistic regression) on the embeddings for several
# shares, five times each. First predict: with every fifth label wrong, how far does the
# accuracy fall?

# %% [markdown] lang="zh"
# ## 5. 标错的标签代价有多大？
#
# 人总会标错。写一个函数，把一部分标签翻转（0 变 1，1 变 0）：返回 `labels` 的副本，
# 其中恰好有 `round(share * N)` 个是错的，错哪些由随机数生成器 `random` 抽取。
# 检查格会对几种比例各训练五次分类头（逻辑回归）。动手前先猜一猜：每五个标签错一个，准确率会掉多少？


# %%
def spoil(labels, share, random):
    # solution
    wrong = random.permutation(len(labels))[: round(share * len(labels))]
    spoiled = labels.copy()
    spoiled[wrong] = 1 - spoiled[wrong]
    return spoiled
    # end solution


# %%
def accuracy_of(rows, labels):  # of a head trained on these rows with these labels
    head = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    return head.fit(x_train[rows], labels).score(x_test, test.labels)


# %%
original = train.labels.copy()
for share in (0.1, 0.5):
    random, labels = np.random.default_rng(0), original.copy()
    found = check.given(lambda s=share, y=labels, r=random: spoil(y, s, r))
    intact = np.array_equal(labels, original)
    check.that(intact, "Flip a copy, not `labels` itself.")
    wrong, due = int(np.sum(found != original)), round(share * len(original))
    check(wrong, due, "so many are wrong",
          hint="random.permutation(N)[:count] draws count rows, each once")  # fmt: skip
again, other = (spoil(original, 0.5, np.random.default_rng(n)) for n in (0, 9))
drawn = np.array_equal(again, found) and not np.array_equal(other, found)
check.that(drawn, "Draw with `random`: the same generator, the same rows.")

# %%
everything, scores = np.arange(len(train)), {}
for share in (0.0, 0.1, 0.2, 0.4):
    spoiled = [spoil(original, share, np.random.default_rng(n)) for n in range(5)]
    scores[share] = np.mean([accuracy_of(everything, labels) for labels in spoiled])
    print(f"{share:.0%} wrong: accuracy {scores[share]:.3f}")
check.that(scores[0.0] > scores[0.2] > scores[0.4], "More errors should cost more.")
check.right()

# %% [markdown] lang="en"
# Is it better to label much or to label well? The next cell trains on fewer labels, all of
# them right; compare it with the list above. (These errors are random, so that in part they
# cancel each other. Where all sarcasm is taken at its word, nothing cancels: the model
# learns the error.) `C=0.01` keeps the head's weights small. Put `C=1` into `accuracy_of`
# and run again: a head that is free to fit is worse even on right labels, and falls faster
# with the first errors.

# %% [markdown] lang="zh"
# 标得多好，还是标得准好？下一格用数量较少、但全对的标签来训练，请和上面的结果比一比。
# （这里的错是随机的，多少会互相抵消；系统性的错不会，比如把反话都当真，模型会照单全收。）
# 代码里的 `C=0.01` 压住分类头的权重，不让它们变大。把 `accuracy_of` 里的值改成 `C=1` 再运行一遍：
# 分类头不受约束，标签全对时就已经差一些，标错一点，准确率掉得更快。

# %%
draws = [np.random.default_rng(n).permutation(len(train)) for n in range(5)]
for count in (720, 360, 180, 90):
    right = [accuracy_of(rows[:count], original[rows[:count]]) for rows in draws]
    print(f"{count} labels, all right: accuracy {np.mean(right):.3f}")

# %% [markdown] lang="en"
# ## 6. Which layers move?
#
# `layers_to_fine_tune=["transformer_layer_3"]`, a layer in the middle. The gradient has to
# come down from the loss through the layers above it. Predict: which layers have other
# weights afterwards? Write a list of their names (`sft.describe_layers(model)` has them).

# %% [markdown] lang="zh"
# ## 6. 哪些层会变？
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
check.that(moved != [...], "Write the names of the layers into the list.")
check.that(all(isinstance(name, str) for name in moved), "Names, please, in one list.")
unknown = sorted(set(moved) - set(sft.describe_layers(model)["layer"]))
check.that(not unknown, f"The model has no layers {unknown}.")
tuned = sft.fine_tune(
    model, train.texts[:48], train.labels[:48], ["transformer_layer_3"],
    epochs=1, verbose=0,
)  # fmt: skip
changes = sft.describe_changes(model, tuned)
really = set(changes["layer"][changes["changed"] > 0])
extra, missing = sorted(set(moved) - really), sorted(really - set(moved))
check.that(not extra, f"{extra} did not move: the gradient passes through, no more.")
check.that(not missing, f"{len(missing)} more moved.",
           hint="the head is new: is it trained, too?")  # fmt: skip
check.right()
changes.round(5)

# %% [markdown] lang="en"
# ## 7. Open: a pair that the layers dispute
#
# Find three sentences A, B, C, where A and B mean the same and C something else, but the
# top layer puts C nearer to A, while a lower layer has it right (`embed(model, texts,
# name)` gives the vectors of any layer). What do your sentences have in common? Find a
# second one of the same kind before you believe it.

# %% [markdown] lang="zh"
# ## 7. 开放题：各层意见不一的句子
#
# 找三句话 A、B、C：A 和 B 意思相同，C 说的是另一回事，可是最顶层认为 C 离 A 更近，而下面某一层的判断却是对的
# （`embed(model, texts, name)` 给出任何一层的向量）。你找到的句子有什么特点？先再找一组同类的例子，再下结论。

# %% [markdown] lang="en"
# ## 8. Open: the map of your own labels
#
# With your own hundred labels (chapter 1's last exercise): draw the map of §2.4 before and
# after fine-tuning, for the fifty that you kept back. Let a classmate label the fifty, too,
# and measure your kappa. Where do the disputed ones lie on the map?

# %% [markdown] lang="zh"
# ## 8. 开放题：你自己数据的地图
#
# 用你自己的一百个标注样本（第 1 章最后一道题），对留出的五十句画出 §2.4 那样的地图，微调前后各一张。
# 再请同学把这五十句也标一遍，算出你们的 kappa。有争议的句子落在地图的什么位置？

# %% [raw] words
# "data/reviews/train_data.txt" = "data/reviews_zh/train_data.txt"
# "data/reviews/test_data.txt" = "data/reviews_zh/test_data.txt"
# "minilm" = "e5-small"
# "Write your judgements: the number, a colon, 1 or 0." = "请写下你的判断：编号、冒号，再写 1 或 0。"
# f"A judgement is missing for the reviews {missing}." = f"还缺这几条的判断：{missing}。"
# f"you say {judged[row]}, the label says {train.labels[row]}:" = f"你标的是 {judged[row]}，标签是 {train.labels[row]}："
# "A judgement is 1 or 0." = "判断只能是 1 或 0。"
# "Is it irony? Is somebody else blamed? Is it a fact, good or bad?" = "是不是反话？批评的是不是别人？陈述的事实，对顾客是好事还是坏事？"
# "your kappa: read the ones printed above again" = "这是你的 kappa：把上面列出的几条再读一遍"
# "oneself" = "自己和自己"
# "always 1" = "一律答 1"
# "careless" = "不仔细"
# "a coin" = "抛硬币"
# "p = np.mean(a == b); q adds up, over the labels, " = "p = np.mean(a == b)；q 是对每个标签，把 "
# "np.mean(a == label) * np.mean(b == label)" = "np.mean(a == label) * np.mean(b == label) 加起来"
# f"{name}: agreement {np.mean(gold == other):.2f}, kappa {found:.2f}" = f"{name}：一致率 {np.mean(gold == other):.2f}，kappa {found:.2f}"
# f"A shape (8, 384), not {np.shape(found)}" = f"形状应为 (8, 384)，每条文本一个向量；你的是 {np.shape(found)}"
# "these are not the model's embeddings" = "和模型自己的嵌入不一致"
# "set the padding to zero, add up over the tokens, divide by the number of " = "把填充的部分乘成零，沿词元求和，再除以"
# "real tokens" = "真实词元的个数"
# f"The plain mean is off by up to {wrong.max():.2f}." = f"直接求平均，最多会差 {wrong.max():.2f}。"
# f"A shape ({len(test)},), not {np.shape(found)}" = f"形状应为 ({len(test)},)，每条测试短评一个标签；你的是 {np.shape(found)}"
# f"the share equal to scikit-learn's, k={k}" = f"与 scikit-learn 答案相同的比例，k={k}"
# "cosines: divide each vector by its length, then x @ known.T; " = "余弦：先把每个向量除以自己的长度，再算 x @ known.T；"
# "sort, take k, and let their labels vote" = "排序，取前 k 个，让它们的标签投票"
# f"k={k:<3} accuracy {np.mean(found == test.labels):.3f}" = f"k={k:<3} 准确率 {np.mean(found == test.labels):.3f}"
# "Nothing was trained: vectors from the pretraining, labels from people." = "什么也没训练：向量来自预训练，标签来自人。"
# "Flip a copy, not `labels` itself." = "请翻转副本，不要改动 `labels` 本身。"
# "so many are wrong" = "翻转的个数"
# "random.permutation(N)[:count] draws count rows, each once" = "random.permutation(N)[:count] 能抽出这么多个互不相同的编号"
# "Draw with `random`: the same generator, the same rows." = "请用传入的 `random` 来抽：生成器的种子相同，抽到的样本就相同；换一个种子，样本也会变。"
# f"{share:.0%} wrong: accuracy {scores[share]:.3f}" = f"标错 {share:.0%}：准确率 {scores[share]:.3f}"
# "More errors should cost more." = "标错得越多，准确率应当越低。"
# f"{count} labels, all right: accuracy {np.mean(right):.3f}" = f"{count} 个标签，全对：准确率 {np.mean(right):.3f}"
# "Write the names of the layers into the list." = "请把层名写进列表。"
# "Names, please, in one list." = "请把层名写成字符串，放在一个列表里。"
# f"The model has no layers {unknown}." = f"模型里没有这些层：{unknown}。"
# f"{extra} did not move: the gradient passes through, no more." = f"{extra} 没有变：梯度只是从它们中间穿过。"
# f"{len(missing)} more moved." = f"还有 {len(missing)} 层也变了。"
# "the head is new: is it trained, too?" = "想一想：分类头是新接上去的，它要不要训练？"
