# %% [markdown] lang="en"
# # Exercises: the project
#
# To chapter 5. Fill in each `...  # your code`, then run the cell after it: it says whether
# your answer is right. Nothing here trains a network, so every answer comes at once.

# %% [markdown] lang="zh"
# # 练习：项目实战
#
# 对应第 5 章。把每个 `...  # your code` 补上，再运行后面的检查格，它会告诉你对不对。
# 这里不训练神经网络，运行一下就有结果。

# %%
import keras
import numpy as np

import sftkeras as sft

train, val, test = (
    sft.load_texts(f"data/reviews/{name}_data.txt") for name in ("train", "val", "test")
)

# %% [markdown] lang="en"
# ## 1. How many words does it know?
#
# A network trained from scratch can use only the words that its tokenizer met in the
# training file. Guess first: of all words in the test file, counted as often as they occur,
# what share has an id of its own? And what share of the test reviews holds at least one
# unknown word?
#
# Write `known_share(tokenizer, texts)`: the share of tokens in `texts` that are not unknown.
# `texts_to_sequences` gives the ids; the id of an unknown word is 1.

# %% [markdown] lang="zh"
# ## 1. 它认识多少词？
#
# 从零训练的网络，只用得上分词器在训练文件里见过的词。先猜一猜：测试文件里的词，按出现次数算，
# 有自己编号的占多大比例？至少含一个生词的评论又占多大比例？
#
# 写出 `known_share(tokenizer, texts)`：`texts` 的全部词元中，不是生词的占多大比例。
# 编号由 `texts_to_sequences` 给出，生词的编号是 1。


# %%
def known_share(tokenizer, texts):
    # solution
    ids = tokenizer.texts_to_sequences(texts)
    return np.mean([number != 1 for row in ids for number in row])
    # end solution


# %%
toy = sft.Tokenizer().fit_on_texts(["good food"])
share = known_share(toy, ["good wine", "Good food, good fish"])
assert share is not None and share is not ..., "the function returns nothing yet"
assert share < 1, "wine and fish are unknown"
assert abs(share - 4 / 6) < 1e-9, "count tokens over all texts: 4 of these 6 are known"

tokenizer = sft.Tokenizer().fit_on_texts(train.texts)
assert known_share(tokenizer, train.texts) == 1
print(f"Right. Known words in the test file: {known_share(tokenizer, test.texts):.1%}")
unknown = [1 in ids for ids in tokenizer.texts_to_sequences(test.texts)]
print(f"Test reviews with at least one unknown word: {np.mean(unknown):.1%}")
zh, zh_test = (
    sft.load_texts(f"data/reviews_zh/{name}_data.txt").texts
    for name in ("train", "test")
)
share = known_share(sft.Tokenizer().fit_on_texts(zh), zh_test)
print(f"Known characters in the Chinese test file: {share:.1%}")

# %% [markdown] lang="en"
# ## 2. A mean that padding cannot move
#
# Three token ids and two zeros of padding; each id has a vector, the padding too. The
# plain mean over the five places moves towards the padding's vector with every zero that
# is added. Write `masked_mean(vectors, ids)`, the mean over the places where the id is
# not 0, for arrays of shape `(N, T, D)` and
# `(N, T)`. This is how the encoder in chapter 5 makes one vector of a text.

# %% [markdown] lang="zh"
# ## 2. 不受补零影响的平均值
#
# 三个词元编号，后面补两个零；每个编号对应一个向量，零也有。直接对五个位置取平均，补的零越多，
# 结果就越被拉向零所对应的那个向量。
# 写出 `masked_mean(vectors, ids)`：只对编号不为 0 的位置取平均，
# 两个参数的形状分别是 `(N, T, D)` 和 `(N, T)`。第 5 章的编码器就是这样把一段文本变成一个向量的。


# %%
def masked_mean(vectors, ids):
    # solution
    mask = (ids != 0)[:, :, None]  # (N, T, 1)
    return (vectors * mask).sum(axis=1) / mask.sum(axis=1)
    # end solution


# %%
random = np.random.default_rng(0)
table = random.normal(size=(9, 4))
ids = np.array([[5, 3, 8, 0, 0], [2, 7, 1, 4, 6]])
mean = masked_mean(table[ids], ids)
assert mean is not None and mean is not ..., "the function returns nothing yet"
assert np.shape(mean) == (2, 4), f"one vector of width 4 a text, not {np.shape(mean)}"
assert np.allclose(mean[0], table[[5, 3, 8]].mean(axis=0)), "zeros must not count"
longer = np.pad(ids, [(0, 0), (0, 40)])
assert np.allclose(masked_mean(table[longer], longer), mean), "padding moves your mean"
pooled = keras.layers.GlobalAveragePooling1D()(table[ids], mask=ids != 0)
assert np.allclose(mean, pooled, atol=1e-6)
print("Right, and Keras' GlobalAveragePooling1D with a mask gives the same.")

# %% [markdown] lang="en"
# ## 3. A decision for any number of classes
#
# The article decides by `1 if p > 0.5 else 0`. Write `decide(probabilities, label_names)`
# for an array `(N, C)` of any C from 2 up: a list of N labels, each the name of the most
# probable class.

# %% [markdown] lang="zh"
# ## 3. 类别再多也能用的判定
#
# 原文用 `1 if p > 0.5 else 0` 判定。写出 `decide(probabilities, label_names)`：
# `probabilities` 的形状是 `(N, C)`，C 至少为 2；返回 N 个标签组成的列表，每个都是概率最大的那一类的名字。


# %%
def decide(probabilities, label_names):
    # solution
    return [label_names[code] for code in np.argmax(probabilities, axis=1)]
    # end solution


# %%
three = np.array([[0.1, 0.2, 0.7], [0.8, 0.1, 0.1], [0.4, 0.35, 0.25]])
names = decide(three, ("bad", "mixed", "good"))
assert isinstance(names, list), "return a list of labels"
assert names[0] == "good", "0.7 is the largest of the first row, and the third name"
assert names[2] == "bad", "a class may win with less than one half"
assert names == ["good", "bad", "bad"]
classifier = sft.tfidf_classifier(train.texts, train.labels)
probabilities = classifier.predict_proba(test.texts)
assert decide(probabilities, (0, 1)) == classifier.predict(test.texts).tolist()
print("Right, for three classes and for two.")

# %% [markdown] lang="en"
# ## 4. The threshold for a promise
#
# A shop wants to see eight complaints (label 0) out of ten. A review counts as a complaint
# when its probability of praise is *not above* the threshold. Write
# `threshold_for(labels, praise, recall)`: the lowest threshold at which at least that share
# of the complaints is caught. `praise` holds the probabilities of label 1.
#
# A hint: only the complaints matter. Sort their probabilities; how many of them must lie at
# or below the threshold?

# %% [markdown] lang="zh"
# ## 4. 兑现承诺的阈值
#
# 店家希望十条抱怨（标签 0）里至少看到八条。夸奖的概率**不高于**阈值的评论，就算作抱怨。
# 写出 `threshold_for(labels, praise, recall)`：至少抓住这个比例的抱怨所需的最低阈值，
# 其中 `praise` 是标签 1 的概率。
#
# 提示：只有抱怨起作用。把它们的概率排好序，要有多少个落在阈值以下（含等于）？


# %%
def threshold_for(labels, praise, recall):
    # solution
    complaints = np.sort(praise[labels == 0])
    return complaints[int(np.ceil(recall * len(complaints))) - 1]
    # end solution


# %%
labels = np.array([0, 0, 0, 0, 0, 1, 1])
praise = np.array([0.1, 0.6, 0.3, 0.9, 0.2, 0.5, 0.8])
found = threshold_for(labels, praise, 0.8)
assert isinstance(found, float), "return a number"
assert found != 0.9, "0.9 catches all five; four are enough"
assert found == 0.6, "four of the five complaints lie at or below 0.6"

scores = {name: classifier.predict_proba(part.texts)[:, 1]
          for name, part in [("val", val), ("test", test)]}  # fmt: skip
threshold = threshold_for(val.labels, scores["val"], 0.8)
assert np.mean(scores["val"][val.labels == 0] <= threshold) >= 0.8
caught = np.mean(scores["test"][test.labels == 0] <= threshold)
correct = np.mean(test.labels[scores["test"] <= threshold] == 0)
print(
    f"Right. Promised 0.8; of the complaints in the test file {caught:.3f} are caught,"
)
print(f"and {correct:.3f} of what is shown are complaints.")

# %% [markdown] lang="en"
# ## 5. What a leak does to a test
#
# Suppose that the first `count` rows of the test file had slipped into the training file.
# Guess by how much the accuracy *on the whole test file* would rise for 300 of the 658 rows.
# Then write `leaky_accuracy(count)`: train `sft.tfidf_classifier` on the training
# rows and those test rows together, and return its accuracy on the whole test file.

# %% [markdown] lang="zh"
# ## 5. 泄漏会把测试变成什么样
#
# 假设测试文件的前 `count` 行混进了训练文件。先猜：658 行里混进 300 行，
# **整个测试文件**上的准确率会高出多少？再写 `leaky_accuracy(count)`：
# 用训练数据加上这些测试行训练 `sft.tfidf_classifier`，返回它在整个测试文件上的准确率。


# %%
def leaky_accuracy(count):
    # solution
    texts = train.texts + test.texts[:count]
    labels = np.concatenate([train.labels, test.labels[:count]])
    return sft.tfidf_classifier(texts, labels).score(test.texts, test.labels)
    # end solution


# %%
honest = classifier.score(test.texts, test.labels)
found = leaky_accuracy(0)
assert isinstance(found, float), "return the accuracy"
assert abs(found - honest) < 1e-9, "without a leak it is the honest accuracy"
leaky = leaky_accuracy(300)
assert leaky > honest + 0.05, "are the test rows among the training rows, with labels?"
assert leaky < 1, "measure on the whole test file, not on the leaked rows alone"
leaks = sft.find_leaks(train.texts + test.texts[:300], test)
print(f"Right. Honest {honest:.3f}, with the leak {leaky:.3f}.")
print(f"find_leaks would have told you: {len(leaks)} rows in both files.")
