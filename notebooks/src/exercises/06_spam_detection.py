# %% [markdown] lang="en"
# # Exercises: spam detection
#
# To chapter 6, spam (article §6.5). Replace each `...  # your code` and run the check below it: it
# says *Right*, or what is wrong. Each exercise can be done alone. The models here only count
# words, so every answer comes at once. The last two are open: a classmate can check them.

# %% [markdown] lang="zh"
# # 练习：垃圾短信检测
#
# 对应第 6 章的垃圾短信检测（原文 §6.5）。把每个 `...  # your code` 换成你的代码，再运行下面的检查格，
# 它会说对不对、错在哪里。各题互不依赖，可以单独做。这里的模型只数词频，马上就有结果。
# 最后两题是开放题，请同学来看。

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
check(
    lambda: accuracy_and_f1(toy_spam, toy_taken),
    (6 / 8, 2 / 3),
    "six of eight decisions are right; precision 2/3, recall 2/3, so F1 is 2/3",
    hint="F1 = 2 * right / (2 * right + wrong); right: the spam that is taken",
)
nothing = np.zeros(len(spam), bool)
for taken in (nothing, scores > 0.5, scores > 0.2):
    expected = metrics.accuracy_score(spam, taken), metrics.f1_score(spam, taken)
    check(
        lambda taken=taken: accuracy_and_f1(spam, taken),
        expected,
        "as scikit-learn has it",
    )
accuracy, f1 = accuracy_and_f1(spam, nothing)
check.right(f"No filter at all: accuracy {accuracy:.3f}, F1 {f1:.3f}.")

# %% [markdown] lang="en"
# ## 2. Recall at a promised rate of false alarms
#
# "Of a hundred good messages, at most `rate` may be lost." Write
# `recall_at(spam, scores, rate)`: the largest share of the spam that any threshold catches
# while it keeps this promise on these rows. A message is taken for spam when its score is
# *above* the threshold.

# %% [markdown] lang="zh"
# ## 2. 给定误报率时的召回率
#
# “正常短信被误报的比例不得超过 `rate`。”写出 `recall_at(spam, scores, rate)`：在这批数据上，
# 满足这个条件的各个阈值里，最多能拦下多大比例的垃圾短信。分数**高于**阈值才判为垃圾。


# %%
def recall_at(spam, scores, rate):
    # solution
    good = np.sort(scores[~spam])[::-1]  # the most suspicious first
    threshold = good[int(rate * len(good))]
    return np.mean(scores[spam] > threshold)
    # end solution


# %%
toy_spam = np.array([True, True, True, False, False, False, False, False])
toy_scores = np.array([0.9, 0.7, 0.3, 0.8, 0.5, 0.2, 0.1, 0.0])
hint = "sort the scores of the good messages: how many may lie above the threshold?"
one = "one good message of the five may be lost, the one at 0.8: the threshold is 0.5"
check(lambda: recall_at(toy_spam, toy_scores, 0.2), 2 / 3, one, hint)
check(lambda: recall_at(toy_spam, toy_scores, 0.0), 1 / 3, "none may be lost", hint)
measured = spam_detection.measure(classifier, held_out)
at_one_percent = measured["recall at 1% false alarms"]
check(
    lambda: recall_at(spam, scores, 0.01),
    at_one_percent,
    "on the held-out messages, as the chapter measures it",
)
for rate in (0.0, 0.01, 0.05, 0.2):
    print(f"{rate:.0%}: {recall_at(spam, scores, rate):.3f}")
check.right()

# %% [markdown] lang="en"
# ## 3. The threshold in a formula
#
# A message is spam with probability $p$. To stop it costs `ham_cost` if it was good; to let
# it through costs 1 if it was spam. Write `break_even(ham_cost)`: the $p$ at which both have
# the same cost on average. Above it, stopping is cheaper.

# %% [markdown] lang="zh"
# ## 3. 用公式求阈值
#
# 一条短信是垃圾短信的概率为 $p$。拦下它而它其实正常，代价是 `ham_cost`；放行它而它是垃圾短信，代价是 1。
# 写出 `break_even(ham_cost)`：$p$ 等于多少时，两种做法的平均代价相等？超过它，拦下更划算。


# %%
def break_even(ham_cost):
    # solution
    return ham_cost / (ham_cost + 1)  # (1 - p) * ham_cost = p
    # end solution


# %%
check(lambda: break_even(1), 0.5, "when both mistakes cost the same, one half")
hint = "set the two costs equal: (1 - p) * ham_cost = p"
check(lambda: break_even(4), 0.8, "the dearer a lost message, the surer", hint)
random = np.random.default_rng(0)
p = random.random(200_000)  # probabilities that can be trusted ...
truth = random.random(200_000) < p  # ... because the world follows them
for ham_cost in (1, 4, 10):
    best = thresholds.cheapest_threshold(truth, p, alarm_cost=ham_cost)
    check.between(break_even(ham_cost), best - 0.05, best + 0.05, "counted on 200,000")
    print(f"ham_cost={ham_cost}: {break_even(ham_cost):.3f}, {best:.2f}")
check.right("It holds for probabilities that can be trusted; count, if they cannot.")

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
check(
    lambda: balanced(["ham"] * 6 + ["spam"] * 2),
    {"ham": 8 / 12, "spam": 2.0},
    "8 rows, 2 classes; 2 of spam: 8 / (2 * 2)",
    hint="np.unique(labels, return_counts=True)",
)
three = {"a": 4 / 3, "b": 4 / 3, "c": 2 / 3}
check(lambda: balanced(["a", "b", "c", "c"]), three, "there may be three classes")
weighted = sft.tfidf_classifier(pool.inputs, pool.labels)
weighted.set_params(logisticregression__class_weight=balanced(pool.labels))
weighted.fit(pool.inputs, pool.labels)
for name, model in {"as it was": classifier, "weighted": weighted}.items():
    found = spam_detection.measure(model, held_out)
    kept = ("F1 of spam", "average precision")
    print(f"{name}:", *[round(found[key], 3) for key in kept])
check.right("First F1 of spam, then average precision.")

# %% [markdown] lang="en"
# ## 5. Open: one word
#
# Find two messages that differ in one word, of which `classifier` lets one through and stops
# the other at the threshold of your choice (`classifier.predict_proba([…])`). Which words move
# the score most, and does a link move it more than a word? Show a classmate the pair and let
# them guess which is stopped. Then ask the fine-tuned encoder of the chapter the same.

# %% [markdown] lang="zh"
# ## 5. 开放题：一词之差
#
# 找两条只差一个词的短信，在你选的阈值下，`classifier` 放行一条、拦下另一条（用 `classifier.predict_proba([…])`）。
# 哪些词对分数影响最大？一个链接的影响比一个词大吗？把这一对给同学看，请对方先猜哪条被拦下。
# 然后用正文里微调好的编码器再试一次。

# %% [markdown] lang="en"
# ## 6. Open: with your own 100 messages
#
# Take 100 messages of your own telephone (or of mail subjects), of which you are willing to show
# the result and not the text. Label them: wanted, not wanted. Set your own price of a lost
# message *before* you train. Which threshold follows from it, by the formula and by counting,
# and what does the filter save in a month?

# %% [markdown] lang="zh"
# ## 6. 开放题：用你自己的 100 条短信
#
# 从自己手机里取 100 条短信（或邮件标题），只公开结果，不公开内容。逐条标注“想收到”或“不想收到”。
# **训练之前**先定好误报一条的代价。由它得出的阈值是多少？公式算的和统计出来的各是多少？这个过滤器一个月能省下多少？

# %% [raw] words
# f"{len(pool)} rows to learn from; held out {len(held_out)}, spam {spam.sum()}" = f"用于学习的样本 {len(pool)} 个；留出 {len(held_out)} 个，其中垃圾短信 {spam.sum()} 条"
# "six of eight decisions are right; precision 2/3, recall 2/3, so F1 is 2/3" = "八个判断里六个正确；精确率 2/3，召回率 2/3，所以 F1 是 2/3"
# "F1 = 2 * right / (2 * right + wrong); right: the spam that is taken" = "F1 = 2 * right / (2 * right + wrong)，其中 right 是被拦下的垃圾短信条数"
# "as scikit-learn has it" = "应与 scikit-learn 的结果一致"
# f"No filter at all: accuracy {accuracy:.3f}, F1 {f1:.3f}." = f"完全不过滤：准确率 {accuracy:.3f}，F1 {f1:.3f}。"
# "sort the scores of the good messages: how many may lie above the threshold?" = "把正常短信的分数排好序：阈值以上最多允许有几条？"
# "one good message of the five may be lost, the one at 0.8: the threshold is 0.5" = "五条正常短信里可以误报一条，即 0.8 的那条：阈值是 0.5"
# "none may be lost" = "一条也不能误报"
# "on the held-out messages, as the chapter measures it" = "在留出的短信上，应与正文的算法一致"
# "when both mistakes cost the same, one half" = "两种错误代价相同时，是二分之一"
# "set the two costs equal: (1 - p) * ham_cost = p" = "令两种代价相等：(1 - p) * ham_cost = p"
# "the dearer a lost message, the surer" = "误报的代价越高，就要越有把握"
# "counted on 200,000" = "在二十万条上统计的结果"
# "It holds for probabilities that can be trusted; count, if they cannot." = "概率可信时成立；不可信时，请在数据上统计。"
# "8 rows, 2 classes; 2 of spam: 8 / (2 * 2)" = "8 个样本，2 类；垃圾短信 2 条：8 / (2 * 2)"
# "np.unique(labels, return_counts=True)" = "可以用 np.unique(labels, return_counts=True)"
# "there may be three classes" = "类别可以有三个"
# "as it was" = "不加权"
# "weighted" = "加权"
# "First F1 of spam, then average precision." = "前一个数是垃圾短信的 F1，后一个是平均精确率。"
