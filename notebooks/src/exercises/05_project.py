# %% [markdown] lang="en"
# # Exercises: the project
#
# To the three parts of chapter 5. Fill in each `...  # your code`, then run the cell after
# it: it says whether your answer is right. Each can be done without the others. Nothing
# here trains a network, so every answer comes at once.

# %% [markdown] lang="zh"
# # 练习：项目实战
#
# 对应第 5 章的三个部分。把每个 `...  # your code` 补上，再运行后面的检查格，它会告诉你对不对。
# 每道题都可以单独做。这里不训练神经网络，运行一下就有结果。

# %%
import math

import numpy as np
from scipy.stats import binomtest

import sftkeras as sft

train, val, test = (
    sft.load_texts(f"data/reviews/{name}_data.txt") for name in ("train", "val", "test")
)
tokenizer = sft.Tokenizer().fit_on_texts(train.texts)
classifier = sft.tfidf_classifier(train.texts, train.labels)  # word counts, logistic

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
# 从零训练的网络，只用得上分词器在训练文件里见过的词元（中文就是字）。先猜一猜：测试文件里的词元，
# 按出现次数算，有自己编号的占多大比例？至少含一个生字的评论又占多大比例？
#
# 写出 `known_share(tokenizer, texts)`：`texts` 的全部词元中，认识的占多大比例。
# 编号由 `texts_to_sequences` 给出，未登录词的编号是 1。


# %%
def known_share(tokenizer, texts):
    # solution
    ids = tokenizer.texts_to_sequences(texts)
    return np.mean([number != 1 for row in ids for number in row])
    # end solution


# %%
toy = sft.Tokenizer().fit_on_texts(["good food"])
few, hint = ["good wine", "Good food, good fish"], "count tokens, not texts"
check(lambda: known_share(toy, few), 4 / 6, "4 of these 6 tokens are known", hint)
check(lambda: known_share(tokenizer, train.texts), 1, "it was fitted on these")
unknown = [1 in ids for ids in tokenizer.texts_to_sequences(test.texts)]
check.right(
    f"Known in the test file: {known_share(tokenizer, test.texts):.1%} of the words. "
    f"Reviews with at least one unknown word: {np.mean(unknown):.1%}"
)

# %% [markdown] lang="en"
# ## 2. How much padding does a batch need?
#
# The article fills every review up to 100 numbers. A batch need only be as long as its
# longest review. Write `places(lengths, size)`: the rows come in this order, `size` of them
# make a batch (the last may be smaller), each batch is padded to its own longest; return how
# many places the network reads in all, padding included.
#
# Guess first: what share of the article's 72,000 places is left in batches of 32? And
# if the reviews are sorted by length before?

# %% [markdown] lang="zh"
# ## 2. 一个批次要填充多少？
#
# 原文把每条评论都填充到 100 个数。其实一个批次只需要和其中最长的那条一样长。
# 写出 `places(lengths, size)`：样本按给定的顺序排列，每 `size` 条组成一个批次（最后一批可以不满），
# 每批只填充到本批最长的一条；返回网络总共要读多少个位置，填充也算在内。
#
# 先猜一猜：原文要读 72,000 个位置，每批 32 条、各批只填充到最长，还剩多大比例？
# 如果先把评论按长度排好序呢？


# %%
def places(lengths, size):
    # solution
    batches = [lengths[i : i + size] for i in range(0, len(lengths), size)]
    return sum(len(batch) * max(batch) for batch in batches)
    # end solution


# %%
toy = [3, 5, 2, 8, 4]
why = "2 rows of 5, 2 rows of 8, and 1 of 4"
check(lambda: places(toy, 2), 30, why, "the last batch has one row only")
check(lambda: places(toy, 1), sum(toy), "alone, no row is padded")
check(lambda: places(toy, 10), 40, "one batch: five rows of 8")
lengths = [len(ids) for ids in tokenizer.texts_to_sequences(train.texts)]
asked = {
    "words, without padding": sum(lengths),
    "batches of 32": places(lengths, 32),
    "batches of 32, sorted": places(sorted(lengths), 32),
}
check.right("Of the article's 72,000 places are left:")
for name, count in asked.items():
    print(f"  {name}: {count:,} ({count / 72000:.0%})")

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
names = ("bad", "mixed", "good")
why = "0.7, 0.8 and 0.4 are the largest of their rows"
hint = "a class may win with less than one half"
check(lambda: decide(three, names), ["good", "bad", "bad"], why, hint)
probabilities = classifier.predict_proba(test.texts)
told = classifier.predict(test.texts).tolist()
check(lambda: decide(probabilities, (0, 1)), told, "two classes, too")
check.right("It holds for three classes and for two.")

# %% [markdown] lang="en"
# ## 4. The threshold for a promise
#
# A shop wants to see eight complaints (label 0) out of ten. A review counts as a complaint
# when its probability of praise is *not above* the threshold. Write
# `threshold_for(labels, praise, recall)`: the lowest threshold at which at least that share
# of the complaints is caught. `praise` holds the probabilities of label 1.

# %% [markdown] lang="zh"
# ## 4. 兑现承诺的阈值
#
# 店家希望十条差评（标签 0）里至少看到八条。好评的概率**不高于**阈值的评论，就算作差评。
# 写出 `threshold_for(labels, praise, recall)`：至少抓住这个比例的差评所需的最低阈值，
# 其中 `praise` 是标签 1 的概率。


# %%
def threshold_for(labels, praise, recall):
    # solution
    complaints = np.sort(praise[labels == 0])
    return complaints[int(np.ceil(recall * len(complaints))) - 1]
    # end solution


# %%
labels = np.array([0, 0, 0, 0, 0, 1, 1])
praise = np.array([0.1, 0.6, 0.3, 0.9, 0.2, 0.5, 0.8])
why = "four of the five complaints lie at or below it"
hint = "sort the complaints' probabilities: how many must not lie above it?"
check(lambda: threshold_for(labels, praise, 0.8), 0.6, why, hint)
check(lambda: threshold_for(labels, praise, 1.0), 0.9, "now all five", hint)
scores = {
    name: classifier.predict_proba(part.texts)[:, 1]
    for name, part in {"chosen": val, "measured": test}.items()
}
threshold = threshold_for(val.labels, scores["chosen"], 0.8)
called = scores["measured"] <= threshold
caught = np.mean(called[test.labels == 0])
correct = np.mean(test.labels[called] == 0)
check.right(
    f"Promised 0.8; caught of the complaints in the test file: {caught:.3f}; "
    f"complaints among what is shown: {correct:.3f}"
)

# %% [markdown] lang="en"
# ## 5. What a leak does to a test
#
# Suppose that the first `count` rows of the test file had slipped into the training file.
# Guess by how much the accuracy *on the whole test file* would rise for 300 of its rows.
# Then write `leaky_accuracy(count)`: train `sft.tfidf_classifier` on the training
# rows and those test rows together, and return its accuracy on the whole test file.

# %% [markdown] lang="zh"
# ## 5. 泄漏会把测试变成什么样
#
# 假设测试文件的前 `count` 行混进了训练文件。先猜：混进 300 行，
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
check(lambda: leaky_accuracy(0), honest, "without a leak: the honest accuracy")
hint = "are the test rows among the training rows, with labels?"
why = "measure on the whole test file, leaked rows and others"
leaky = check.between(lambda: leaky_accuracy(300), honest + 0.05, 0.99, why, hint)
leaks = sft.find_leaks(train.texts + test.texts[:300], test)
check.right(
    f"Honest {honest:.3f}, with the leak {leaky:.3f}. find_leaks would have told you: "
    f"{len(leaks)} rows in both files."
)

# %% [markdown] lang="en"
# ## 6. Could it be chance?
#
# Of two models, the first alone is right on `gained` reviews, the second alone on `lost`.
# Were they equally good, each of these reviews would be a toss of a coin. Write
# `p_value(gained, lost)`: the probability that the tosses split at least as unevenly, in
# either direction. `math.comb(n, k)` is the number of ways to have `k` heads in `n` tosses.
#
# Guess first: is 12 to 5 beyond chance?

# %% [markdown] lang="zh"
# ## 6. 会不会是碰巧？
#
# 两个模型相比，只有第一个答对的评论有 `gained` 条，只有第二个答对的有 `lost` 条。
# 如果两者水平相当，其中每条评论就像抛一次硬币。写出 `p_value(gained, lost)`：
# 硬币分成这样或者更悬殊（两个方向都算）的概率。抛 `n` 次恰有 `k` 次正面的情形有 `math.comb(n, k)` 种。
#
# 先猜一猜：12 比 5，算不算超出了偶然？


# %%
def p_value(gained, lost):
    # solution
    n, fewer = gained + lost, min(gained, lost)
    uneven = [k for k in range(n + 1) if min(k, n - k) <= fewer]
    return sum(math.comb(n, k) for k in uneven) / 2**n
    # end solution


# %%
check(lambda: p_value(3, 0), 2 / 8, "three heads, or three tails, of 8", "both ways")
check(lambda: p_value(4, 4), 1, "no split is more even than this")
check(lambda: p_value(12, 5), binomtest(12, 17).pvalue, "as scipy's binomtest says")
half = sft.tfidf_classifier(train.texts[::2], train.labels[::2])
right = [model.predict(test.texts) == test.labels for model in (classifier, half)]
gained, lost = np.sum(right[0] & ~right[1]), np.sum(right[1] & ~right[0])
p = p_value(int(gained), int(lost))
check.right(
    f"12 to 5 has p = {p_value(12, 5):.2f}. All labels against half of them, counting "
    f"words: {gained} to {lost}, p = {p:.4f}"
)

# %% [markdown] lang="en"
# ## 7. Open: labels that you dispute
#
# List the twenty test reviews on which `classifier` is surest and wrong (its
# `predict_proba` gives the probabilities). Show them to a classmate, without label and
# without prediction, and let both of you label them. On how many do you agree with each
# other against the file? Write two sentences: what do these reviews have in common, and
# what would you change in the instructions to the labellers?
#
# ## 8. Open: with your own hundred labels
#
# Write or collect 100 short texts of one subject with two labels, `text⇥label` a line.
# `sft.split_texts(data, test_size=0.3)` sets some aside as the test. Train the LSTM of part two and an
# encoder of part three on the rest, and count with `p_value` whether the lead could be
# chance. How large must a lead be, on so few test rows, to be told from chance? How many
# rows would you need to see a lead of five in a hundred? Answer with a curve.

# %% [markdown] lang="zh"
# ## 7. 开放题：你不同意的标签
#
# 列出 `classifier` 最有把握却答错的二十条测试评论（概率由它的 `predict_proba` 给出）。
# 把评论拿给一位同学看，不给标签，也不给预测，你们两人各自标一遍。有多少条是你们两人一致、
# 却和文件里的标签不同的？写两句话：这些评论有什么共同点？标注说明应当怎么改？
#
# ## 8. 开放题：用自己的一百条标注
#
# 选一个主题，自己写或收集 100 条短文本，分成两类，每行 `文本⇥标签`。
# 用 `sft.split_texts(data, test_size=0.3)` 留出一部分做测试，其余用来训练第二部分的 LSTM 和第三部分的编码器，
# 再用 `p_value` 算一算，领先会不会是碰巧。测试样本这么少，要领先多少才算超出偶然？
# 想看出百分之五的差距，需要多少条测试样本？画一条曲线来回答。

# %% [raw] words
# f"data/reviews/{name}_data.txt" = f"data/reviews_zh/{name}_data.txt"
# "good food" = "好吃"
# "good wine" = "好酒"
# "Good food, good fish" = "好吃好看"
# "count tokens, not texts" = "要数词元，不是数文本"
# "4 of these 6 tokens are known" = "这 6 个词元里认识 4 个"
# "it was fitted on these" = "分词器就是在这些文本上拟合的"
# f"Known in the test file: {known_share(tokenizer, test.texts):.1%} of the words. " = f"测试文件里认识的字占 {known_share(tokenizer, test.texts):.1%}；"
# f"Reviews with at least one unknown word: {np.mean(unknown):.1%}" = f"至少含一个生字的评论占 {np.mean(unknown):.1%}"
# "2 rows of 5, 2 rows of 8, and 1 of 4" = "2 条填充到 5，2 条填充到 8，1 条为 4"
# "the last batch has one row only" = "最后一批只有一条"
# "alone, no row is padded" = "每批一条，就不用填充"
# "one batch: five rows of 8" = "只有一批：5 条都填充到 8"
# "words, without padding" = "不算填充"
# "batches of 32" = "每批 32 条"
# "batches of 32, sorted" = "每批 32 条，先按长度排序"
# "Of the article's 72,000 places are left:" = "原文的 72,000 个位置，还剩："
# f"  {name}: {count:,} ({count / 72000:.0%})" = f"  {name}：{count:,}（{count / 72000:.0%}）"
# "bad" = "差"
# "mixed" = "一般"
# "good" = "好"
# "0.7, 0.8 and 0.4 are the largest of their rows" = "各行最大的分别是 0.7、0.8 和 0.4"
# "a class may win with less than one half" = "概率不到一半，也可能是最大的"
# "two classes, too" = "两类时也要成立"
# "It holds for three classes and for two." = "三类能用，两类也能用。"
# "four of the five complaints lie at or below it" = "五条差评里有四条不高于它"
# "sort the complaints' probabilities: how many must not lie above it?" = "把差评的概率排好序：要有多少个不高于阈值？"
# "now all five" = "这次五条全要"
# f"Promised 0.8; caught of the complaints in the test file: {caught:.3f}; " = f"承诺抓住 0.8；测试文件的差评里抓住了 {caught:.3f}，"
# f"complaints among what is shown: {correct:.3f}" = f"拿给店家看的评论里，差评占 {correct:.3f}"
# "without a leak: the honest accuracy" = "没有泄漏时，应等于真实的准确率"
# "are the test rows among the training rows, with labels?" = "测试行连同标签，都放进训练数据里了吗？"
# "measure on the whole test file, leaked rows and others" = "要在整个测试文件上测，泄漏的和没泄漏的都算"
# f"Honest {honest:.3f}, with the leak {leaky:.3f}. find_leaks would have told you: " = f"没有泄漏时 {honest:.3f}，泄漏之后 {leaky:.3f}。find_leaks 会提醒你："
# f"{len(leaks)} rows in both files." = f"有 {len(leaks)} 行同时出现在两个文件里。"
# "three heads, or three tails, of 8" = "8 种情形里，三次全正或全反"
# "both ways" = "两个方向都要算"
# "no split is more even than this" = "没有比这更均匀的了"
# "as scipy's binomtest says" = "应与 scipy 的 binomtest 相同"
# f"12 to 5 has p = {p_value(12, 5):.2f}. All labels against half of them, counting " = f"12 比 5 的 p 值是 {p_value(12, 5):.2f}。TF-IDF 用全部标注和只用一半标注相比："
# f"words: {gained} to {lost}, p = {p:.4f}" = f"{gained} 比 {lost}，p = {p:.4f}"
