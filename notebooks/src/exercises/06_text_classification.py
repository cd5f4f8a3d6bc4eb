# %% [markdown] lang="en"
# # Exercises: text classification
#
# To chapter 6.1 (article §6.1). Replace each `...  # your code` and run the check below it: it
# says *Right*, or what is wrong. Each exercise can be done alone. The last two are open: no
# cell can check them, a classmate can.

# %% [markdown] lang="zh"
# # 练习：文本分类
#
# 对应第 6.1 节（原文 §6.1）。把每个 `...  # your code` 换成你的代码，再运行下面的检查格，它会说对不对、错在哪里。
# 各题互不依赖，可以单独做。最后两题是开放题，没有哪段代码能检查，请同学来看。

# %%
import numpy as np
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

import sftkeras as sft

HOME, AWAY = "data/news", "data/news_zh"
train = sft.load_texts(f"{HOME}/train_data.txt")
test = sft.load_texts(f"{HOME}/test_data.txt")
classifier = sft.tfidf_classifier(train.texts, train.labels)
said = classifier.predict(test.texts)
topics = "business education entertainment health society sports technology world"
NAMES = topics.split()
matrix = metrics.confusion_matrix(test.labels, said)  # rows: the label, columns: said

# %% [markdown] lang="en"
# ## 1. Recall and precision from the matrix
#
# Write `recall_and_precision(matrix)`: two arrays with a number for each class. Row $i$ of the
# matrix holds the texts of class $i$, column $j$ those that were taken for class $j$. Every
# class has texts, and was said at least once.

# %% [markdown] lang="zh"
# ## 1. 从混淆矩阵算召回率和精确率
#
# 写出 `recall_and_precision(matrix)`：返回两个数组，每个类别各一个数。矩阵第 $i$ 行是真实类别为 $i$ 的文本，
# 第 $j$ 列是被判为 $j$ 的文本。每一类都有文本，也都至少被判过一次。


# %%
def recall_and_precision(matrix):
    # solution
    right = np.diag(matrix)
    return right / matrix.sum(axis=1), right / matrix.sum(axis=0)
    # end solution


# %%
toy = np.array([[8, 2, 0], [1, 9, 0], [3, 1, 6]])
check(
    lambda: recall_and_precision(toy),
    (np.array([0.8, 0.9, 0.6]), np.array([8 / 12, 9 / 12, 1.0])),
    "of three classes with ten texts each",
    hint="a recall divides by the sum of a row, a precision by that of a column",
)
check(
    lambda: recall_and_precision(matrix)[0],
    metrics.recall_score(test.labels, said, average=None),
    "the recalls of the word counter, as scikit-learn computes them",
)
recall = recall_and_precision(matrix)[0]
best, worst = NAMES[recall.argmax()], NAMES[recall.argmin()]
check.right(f"Counted words find {best} best and {worst} worst.")

# %% [markdown] lang="en"
# ## 2. Which two topics are most often taken for each other?
#
# In both directions together: sport for business and business for sport. Write
# `closest_pair(matrix, names)`: a set of two names.

# %% [markdown] lang="zh"
# ## 2. 哪两个栏目最容易互相混淆？
#
# 两个方向合起来算：体育判成财经的，加上财经判成体育的。写出 `closest_pair(matrix, names)`，返回由两个名称组成的集合。


# %%
def closest_pair(matrix, names):
    # solution
    both = np.triu(matrix + matrix.T, k=1)  # each pair once, without the diagonal
    one, other = np.unravel_index(both.argmax(), both.shape)
    return {names[one], names[other]}
    # end solution


# %%
toy = np.array([[50, 0, 4, 3], [0, 40, 0, 1], [0, 0, 60, 0], [3, 3, 0, 30]])
check(
    lambda: closest_pair(toy, ["a", "b", "c", "d"]),
    {"a", "d"},
    "three one way and three the other: more than the four of a and c",
    hint="matrix + matrix.T; what is on the diagonal is right and does not count",
)
pair = closest_pair(matrix, NAMES)
check.that(lambda: pair < {*NAMES} and len(pair) == 2, "two of the eight names")
check.right(" ↔ ".join(sorted(pair)))

# %% [markdown] lang="en"
# ## 3. What a guess costs
#
# A model that gives each of `classes` topics the same probability: what is its cross-entropy?
# And what does the loss become if it gives the right one the probability `p` on every text?
# Write both.

# %% [markdown] lang="zh"
# ## 3. 随机猜测的损失
#
# 一个模型给 `classes` 个栏目相同的概率，它的交叉熵是多少？如果对每条文本，它都给正确栏目概率 `p`，损失又是多少？
# 两个函数都写出来。


# %%
def loss_of_guessing(classes):
    # solution
    return np.log(classes)
    # end solution


def loss_of(p):
    # solution
    return -np.log(p)
    # end solution


# %%
check(lambda: loss_of_guessing(2), 0.6931, "two classes: ln 2", hint="-ln(1/2)")
check(lambda: loss_of_guessing(8), 2.0794, "eight classes: ln 8")
check(lambda: loss_of(1.0), 0.0, "who is certain and right loses nothing")
check(lambda: loss_of(1 / 8), 2.0794, "one eighth is a guess among eight")
table = classifier.predict_proba(test.texts)
loss = metrics.log_loss(test.labels, table)
check.that(lambda: 0 < loss < loss_of_guessing(8), "the word counter knows something")
print(f"{loss:.2f} < {loss_of_guessing(8):.2f}, p = {np.exp(-loss):.2f}")
check.right()

# %% [markdown] lang="en"
# ## 4. Take the accent away
#
# `vectors` are of texts in several languages, `languages` says of each row which. Write
# `centred(vectors, languages)`: each row less the mean of the rows of its language. Leave
# `vectors` as they were.

# %% [markdown] lang="zh"
# ## 4. 去掉语言的整体偏移
#
# `vectors` 是几种语言文本的向量，`languages` 说明每一行是哪种语言。写出 `centred(vectors, languages)`：
# 每一行减去同语言各行的平均。不要改动传入的 `vectors`。


# %%
def centred(vectors, languages):
    # solution
    new = np.array(vectors, dtype="float64")
    for language in np.unique(languages):
        rows = np.asarray(languages) == language
        new[rows] -= new[rows].mean(axis=0)
    return new
    # end solution


# %%
toy = np.array([[1.0, 0.0], [3.0, 2.0], [10.0, 10.0], [14.0, 12.0]])
answer = np.array([[-1.0, -1.0], [1.0, 1.0], [-2.0, -1.0], [2.0, 1.0]])
why = "the means are (2, 1) and (12, 11)"
hint = "for each of np.unique(languages): the rows where languages == it"
check(lambda: centred(toy, np.array(["a", "a", "b", "b"])), answer, why, hint)
mixed = np.array(["b", "a", "b", "a"])
check(
    lambda: centred(toy[[2, 0, 3, 1]], mixed),
    answer[[2, 0, 3, 1]],
    "the rows of a language need not stand together",
)
check.that(lambda: toy[0, 0] == 1, "the given vectors must stay as they were")

# %%
encoder = sft.load_pretrained_model("e5-small", num_classes=8)
foreign = sft.load_texts(f"{AWAY}/train_data.txt")
count = 200
vectors = sft.embed(encoder, foreign.texts[:count] + test.texts[:count])
languages = np.repeat([AWAY, HOME], count)
found = {}
for name, given in {
    "as they are": vectors,
    "centred": centred(vectors, languages),
}.items():
    given = given / given.std()
    head = LogisticRegression(max_iter=3000).fit(given[:count], foreign.labels[:count])
    found[name] = head.score(given[count:], test.labels[:count])
    print(f"{name}: {found[name]:.3f}")
check.right("From the other language to ours, without a label in ours.")

# %% [markdown] lang="en"
# ## 5. Open: a headline that fools one language only
#
# Load an encoder, `encoder = sft.load_pretrained_model("e5-small", num_classes=8)`, and train a
# head on `train` with `sft.fine_tune(encoder, train.texts, train.labels, None)`. Write a headline of your own, and its translation. Find one that the model puts under the right topic
# in one language and under a wrong one in the other. Change it word by word until both are
# right: which word was it? Show three such pairs to a classmate, who guesses first.

# %% [markdown] lang="zh"
# ## 5. 开放题：只在一种语言里判错的标题
#
# 先加载编码器：`encoder = sft.load_pretrained_model("e5-small", num_classes=8)`，再用
# `sft.fine_tune(encoder, train.texts, train.labels, None)` 在 `train` 上训练分类头。自己写一条标题，再写出它的英文译文。
# 找一条这样的：模型在一种语言里判对，在另一种语言里判错。然后逐词修改，直到两边都判对：问题出在哪个词？
# 找到三对之后给同学看，请对方先猜。

# %% [markdown] lang="en"
# ## 6. Open: with your own 100 labels
#
# Take four classes that matter to you (messages of a group, titles of papers, questions to a
# shop). Write one sentence of rules for each. Label 100 texts, and have a classmate label 30 of
# them by your rules alone. How often do you agree? Fine-tune on 60, test on 40, five times with
# other draws (`sft.split_texts`). Is the model nearer to you than your classmate is?

# %% [markdown] lang="zh"
# ## 6. 开放题：用你自己的 100 条标注
#
# 选四个你关心的类别（群聊消息、论文题目、买家提问都可以），给每个类别写一句规则。标注 100 条，
# 再请同学只看规则标注其中 30 条，看看两人有多少条一致。用 60 条微调、40 条测试，换五次抽取（`sft.split_texts`）。
# 模型和你更接近，还是同学和你更接近？

# %% [raw] words
# "data/news" = "data/news_zh"
# "data/news_zh" = "data/news"
# "business education entertainment health society sports technology world" = "财经 教育 娱乐 健康 社会 体育 科技 国际"
# "of three classes with ten texts each" = "三个类别，每类十条文本"
# "a recall divides by the sum of a row, a precision by that of a column" = "召回率除以行的和，精确率除以列的和"
# "the recalls of the word counter, as scikit-learn computes them" = "数词频模型的各类召回率，由 scikit-learn 计算"
# f"Counted words find {best} best and {worst} worst." = f"数词频的模型最容易找出{best}，最容易漏掉{worst}。"
# "three one way and three the other: more than the four of a and c" = "两个方向各三条，合起来比 a 与 c 之间的四条多"
# "matrix + matrix.T; what is on the diagonal is right and does not count" = "用 matrix + matrix.T；对角线上是判对的，不算在内"
# "two of the eight names" = "应是八个名称中的两个"
# "two classes: ln 2" = "两类：ln 2"
# "eight classes: ln 8" = "八类：ln 8"
# "who is certain and right loses nothing" = "十分确定又判对时，损失为 0"
# "one eighth is a guess among eight" = "八分之一就是八类里的随机猜测"
# "the word counter knows something" = "数词频的模型应当比随机猜测好"
# "the means are (2, 1) and (12, 11)" = "两个平均向量是 (2, 1) 和 (12, 11)"
# "for each of np.unique(languages): the rows where languages == it" = "对 np.unique(languages) 中的每种语言，取 languages 等于它的那些行"
# "the given vectors must stay as they were" = "传入的向量不应被改动"
# "the rows of a language need not stand together" = "同一种语言的行不一定挨在一起"
# "as they are" = "原来的向量"
# "centred" = "减去平均之后"
# "From the other language to ours, without a label in ours." = "用英文标注给中文标题分类，没有用一条中文标注。"
