# %% [markdown] lang="en"
# # Exercises: spam detection
#
# To chapter 6, spam (article §6.5). Fill in each `...  # your code`, then run the cell after
# it: it says whether your answer is right. The models here only count words, so every answer
# comes at once.

# %% [markdown] lang="zh"
# # 练习：垃圾短信检测
#
# 对应第 6 章的垃圾短信检测（原文 §6.5）。把每个 `...  # your code` 补上，再运行后面的检查格，
# 它会告诉你对不对。这里的模型只数词频，运行一下就有结果。

# %%
import numpy as np
from sklearn import metrics

import sftkeras as sft
from sftkeras.evaluation import thresholds
from sftkeras.scenarios import running, spam_detection

examples = spam_detection.load_examples()
pool, held_out = (examples.take(rows) for rows in running.split(examples, seed=0))
spam = held_out.labels == "spam"
classifier = sft.tfidf_classifier(pool.inputs, pool.labels)
scores = classifier.predict_proba(held_out.inputs)[:, 1]
print(f"{len(pool)} rows to learn from; held out {len(held_out)}, spam {spam.sum()}")

# %% [markdown] lang="en"
# ## 1. A filter that does nothing
#
# Write `accuracy_and_f1(spam, taken)` from the four counts, without scikit-learn. `spam` says
# of each message whether it is spam, `taken` whether the filter takes it for spam. Where
# there is nothing to divide by, F1 is 0.
#
# Guess first: what are the accuracy and the F1 of a filter that lets everything through?

# %% [markdown] lang="zh"
# ## 1. 什么也不拦的过滤器
#
# 不用 scikit-learn，从四个计数写出 `accuracy_and_f1(spam, taken)`：`spam` 说明每条短信是不是垃圾，
# `taken` 说明过滤器是否判它为垃圾。分母为零时，F1 记为 0。
#
# 先猜一猜：一条也不拦的过滤器，准确率和 F1 各是多少？


# %%
def accuracy_and_f1(spam, taken):
    # solution
    right = np.sum(spam & taken)
    wrong = np.sum(spam != taken)
    f1 = 2 * right / (2 * right + wrong) if right + wrong else 0.0
    return 1 - wrong / len(spam), f1
    # end solution


# %%
toy_spam = np.array([True, True, True, False, False, False, False, False])
toy_taken = np.array([True, True, False, True, False, False, False, False])
answer = accuracy_and_f1(toy_spam, toy_taken)
assert answer is not None and len(answer) == 2, "return two numbers"
assert abs(answer[0] - 6 / 8) < 1e-9, "six of these eight decisions are right"
assert abs(answer[1] - 2 / 3) < 1e-9, "precision 2/3, recall 2/3, so F1 is 2/3"
nothing = np.zeros(len(spam), bool)
accuracy, f1 = accuracy_and_f1(spam, nothing)
assert f1 == 0, "what catches no spam has an F1 of 0"
for taken in (nothing, scores > 0.5, scores > 0.2):
    found = accuracy_and_f1(spam, taken)
    expected = metrics.accuracy_score(spam, taken), metrics.f1_score(spam, taken)
    assert np.allclose(found, expected)
print(f"Right. No filter at all: accuracy {accuracy:.3f}, F1 {f1:.3f}.")

# %% [markdown] lang="en"
# ## 2. Recall at a promised rate of false alarms
#
# "Of a hundred good messages, at most `rate` may be lost." Write
# `recall_at(spam, scores, rate)`: the largest share of the spam that any threshold catches
# while it keeps this promise on these rows. A message is taken for spam when its score is
# *above* the threshold.
#
# A hint: sort the scores of the good messages. How many of them may lie above the
# threshold? So which of them is the lowest threshold that is allowed?

# %% [markdown] lang="zh"
# ## 2. 给定误拦率时的召回率
#
# “正常短信误拦的比例不得超过 `rate`。”写出 `recall_at(spam, scores, rate)`：在这批数据上，
# 满足这个承诺的各个阈值里，最多能拦下多大比例的垃圾。分数**高于**阈值才判为垃圾。
#
# 提示：把正常短信的分数排好序。阈值以上最多允许有几条？那么允许的最低阈值是其中哪一个？


# %%
def recall_at(spam, scores, rate):
    # solution
    good = np.sort(scores[~spam])[::-1]  # the most suspicious first
    threshold = good[int(rate * len(good))]
    return np.mean(scores[spam] > threshold)
    # end solution


# %%
toy_scores = np.array([0.9, 0.7, 0.3, 0.8, 0.5, 0.2, 0.1, 0.0])
found = recall_at(toy_spam, toy_scores, 0.2)
assert found is not None and found is not ..., "the function returns nothing yet"
assert found != 1 / 3, "one good message of the five may be lost: the one at 0.8"
assert abs(found - 2 / 3) < 1e-9, "the threshold is 0.5: 0.9 and 0.7 lie above it"
assert abs(recall_at(toy_spam, toy_scores, 0.0) - 1 / 3) < 1e-9, "none may be lost"
promised = {rate: recall_at(spam, scores, rate) for rate in (0.0, 0.01, 0.05, 0.2)}
assert list(promised.values()) == sorted(promised.values())
measured = spam_detection.measure(classifier, held_out)
assert abs(promised[0.01] - measured["recall at 1% false alarms"]) < 1e-9
print("Right.", {f"{rate:.0%}": round(recall, 3) for rate, recall in promised.items()})

# %% [markdown] lang="en"
# ## 3. The threshold in a formula
#
# A message is spam with probability $p$. To stop it costs `ham_cost` if it was good; to let
# it through costs 1 if it was spam. Write `break_even(ham_cost)`: the $p$ at which both have
# the same cost on average. Above it, stopping is cheaper.

# %% [markdown] lang="zh"
# ## 3. 用公式求阈值
#
# 一条短信是垃圾的概率为 $p$。拦下它，若它其实正常，损失 `ham_cost`；放行它，若它是垃圾，损失 1。
# 写出 `break_even(ham_cost)`：$p$ 等于多少时，两种做法的平均损失相等？超过它，就是拦下更划算。


# %%
def break_even(ham_cost):
    # solution
    return ham_cost / (ham_cost + 1)  # (1 - p) * ham_cost = p
    # end solution


# %%
assert break_even(1) is not None and break_even(1) is not ..., "nothing is returned yet"
assert break_even(1) == 0.5, "when both mistakes cost the same, one half"
assert break_even(99) > 0.98, "the dearer a lost message, the surer one must be"
random = np.random.default_rng(0)
p = random.random(200_000)  # probabilities that can be trusted ...
truth = random.random(200_000) < p  # ... because the world follows them
for ham_cost in (1, 4, 10):
    best = thresholds.cheapest_threshold(truth, p, alarm_cost=ham_cost)
    assert abs(break_even(ham_cost) - best) < 0.05, f"counted: {best:.2f}"
    print(f"ham_cost={ham_cost}: {break_even(ham_cost):.3f}, counted {best:.2f}")
print("Right. It holds for probabilities that can be trusted; count, if they cannot.")

# %% [markdown] lang="en"
# ## 4. What "balanced" weighs
#
# `class_weight="balanced"` gives each class the same total weight, and the rows as a whole
# the weight that they had: $w_c = N / (K \cdot N_c)$ for $K$ classes and $N_c$ rows of class
# $c$. Write `balanced(labels)`, a dictionary from label to weight, for any number of classes.

# %% [markdown] lang="zh"
# ## 4. “balanced” 到底给了多大权重
#
# `class_weight="balanced"` 让各类的总权重相等，而全部样本的总权重不变：
# $w_c = N / (K \cdot N_c)$，其中 $K$ 是类别数，$N_c$ 是第 $c$ 类的样本数。
# 写出 `balanced(labels)`：返回从标签到权重的字典，类别数不限。


# %%
def balanced(labels):
    # solution
    names, counts = np.unique(labels, return_counts=True)
    weights = len(labels) / (len(names) * counts)
    return dict(zip(names.tolist(), weights.tolist(), strict=True))
    # end solution


# %%
weights = balanced(["ham"] * 6 + ["spam"] * 2)
assert isinstance(weights, dict) and set(weights) == {"ham", "spam"}
assert abs(weights["spam"] - 2.0) < 1e-9, "8 rows, 2 classes, 2 of spam: 8 / (2 * 2)"
assert abs(weights["ham"] * 6 - weights["spam"] * 2) < 1e-9, "the totals are equal"
assert balanced(["a", "b", "c", "c"])["c"] == 4 / (3 * 2), "there may be three classes"
weights = balanced(pool.labels)
weighted = sft.tfidf_classifier(pool.inputs, pool.labels)
weighted.set_params(logisticregression__class_weight=weights)
weighted.fit(pool.inputs, pool.labels)
print("Right.", {name: round(weight, 2) for name, weight in weights.items()})
for name, model in {"as it was": classifier, "weighted": weighted}.items():
    found = spam_detection.measure(model, held_out)
    kept = ("F1 of spam", "average precision")
    print(f"{name:>10}:", {key: round(found[key], 3) for key in kept})
