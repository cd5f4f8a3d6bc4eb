# %% [markdown] lang="en"
# # Exercises: medical diagnosis
#
# To chapter 6, medical diagnosis. Fill in each `...  # your code`, then run the cell after
# it: it says whether your answer is right. Nothing here trains a network, so every answer
# comes at once.

# %% [markdown] lang="zh"
# # 练习：医疗诊断
#
# 对应第 6 章的医疗诊断。把每个 `...  # your code` 补上，再运行后面的检查格，它会告诉你对不对。
# 这里不训练神经网络，运行一下就有结果。

# %%
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sftkeras.scenarios import medical_diagnosis as medical

examples = medical.load_examples()
x, y = examples.inputs, examples.labels
ill = y == "malignant"

# %% [markdown] lang="en"
# ## 1. Hide and keep the answer
#
# Self-supervised pretraining makes its own questions. Write `hide(rows, share, seed)`: it
# returns `(seen, hidden)`, where `hidden` is a bool array of the shape of `rows`, each
# entry true with probability `share`, and `seen` is `rows` with the hidden entries
# replaced by the mean of their *column*. `rows` itself must stay as it is.

# %% [markdown] lang="zh"
# ## 1. 遮住，并留好答案
#
# 自监督预训练自己给自己出题。写出 `hide(rows, share, seed)`，返回 `(seen, hidden)`：
# `hidden` 是与 `rows` 同形的布尔数组，每个位置以概率 `share` 为真；
# `seen` 是把 `rows` 中被遮住的数换成**所在列**的平均值之后的结果。`rows` 本身不能改动。


# %%
def hide(rows, share, seed):
    # solution
    hidden = np.random.default_rng(seed).random(rows.shape) < share
    return np.where(hidden, rows.mean(axis=0), rows), hidden
    # end solution


# %%
before = x.copy()
answer = hide(x, 0.3, seed=1)
assert answer is not None and answer is not ..., "the function returns nothing yet"
seen, hidden = answer
assert hidden.shape == x.shape and hidden.dtype == bool, "hidden: bool, shaped as rows"
assert abs(hidden.mean() - 0.3) < 0.02, f"{hidden.mean():.0%} are hidden, not 30%"
assert hidden.any(axis=0).all() and not hidden.all(axis=1).any(), "entries, not rows"
assert np.array_equal(seen[~hidden], x[~hidden]), "what is not hidden stays"
column = np.nonzero(hidden)[1]
assert np.allclose(seen[hidden], x.mean(axis=0)[column]), "the mean of the column"
assert np.array_equal(x, before), "rows itself was changed: work on a copy"
assert not np.array_equal(hidden, hide(x, 0.3, seed=2)[1]), "another seed hides others"
print("Right. The target is the row as it was; the loss counts hidden entries only.")

# %% [markdown] lang="en"
# ## 2. A diagnosis without a label
#
# The chapter says that the direction of the largest spread tells the classes apart. Which
# side is the ill one, it cannot say. A little medical knowledge can: malignant cells are
# larger. Write `suspicion(x)`: standardise the columns, and return for each patient the
# mean of the standardised values. No label, no fitting, no component.
#
# Guess first: how does that compare with logistic regression, cross-validated on all the
# labels?

# %% [markdown] lang="zh"
# ## 2. 不用标签的诊断
#
# 正文说，差别最大的那个方向能分开两类，但它说不出哪一边是有病的。一点医学常识就够了：
# 恶性肿瘤的细胞更大。写出 `suspicion(x)`：各列标准化，再对每位患者取标准化数值的平均。
# 不用标签，不用拟合，连主成分也不用。
#
# 先猜一猜：和用上全部标签、做交叉验证的逻辑回归相比，差多少？


# %%
def suspicion(x):
    # solution
    return ((x - x.mean(axis=0)) / x.std(axis=0)).mean(axis=1)
    # end solution


# %%
points = suspicion(x)
assert points is not None and points is not ..., "the function returns nothing yet"
assert np.shape(points) == (len(x),), "one number a patient"
assert abs(np.mean(points)) < 1e-3, "standardised columns have mean 0"
assert np.allclose(suspicion(x * 1000), points, atol=1e-3), "units must not matter"
logistic = make_pipeline(StandardScaler(), LogisticRegression())
p = cross_val_predict(logistic, x, ill, cv=10, method="predict_proba")[:, 1]
area = {"no label": roc_auc_score(ill, points), "all labels": roc_auc_score(ill, p)}
assert area["no label"] > 0.9, "is the sign right?"
print("Right. Area under ROC:", {k: round(float(v), 3) for k, v in area.items()})

# %% [markdown] lang="en"
# ## 3. The threshold that a price asks for
#
# Write `cheapest(ill, p, missed_cost)`: of the thresholds `0.01`, `0.02`, … `0.99`, the one at
# which the total cost is least, where a missed illness costs `missed_cost` and a false
# alarm 1, and an alarm is `p > threshold`. The check compares it, on invented patients
# whose probabilities are true, with the rule of the chapter, $1/(1+c)$.

# %% [markdown] lang="zh"
# ## 3. 价钱决定阈值
#
# 写出 `cheapest(ill, p, missed_cost)`：在 `0.01`、`0.02`……`0.99` 这些阈值中，找出总代价最小的一个。
# 漏掉一位患者的代价是 `missed_cost`，误报一次是 1，`p > threshold` 就报警。
# 检查格会编造一批概率完全真实的患者，拿你的答案和正文的规则 $1/(1+c)$ 比较。


# %%
def cheapest(ill, p, missed_cost):
    # solution
    thresholds = np.arange(1, 100) / 100
    costs = [
        missed_cost * (ill & (p <= t)).sum() + (~ill & (p > t)).sum()
        for t in thresholds
    ]
    return thresholds[np.argmin(costs)]
    # end solution


# %%
random = np.random.default_rng(0)
invented = random.random(200_000)
sick = random.random(len(invented)) < invented
for price in (1, 4, 9, 19):
    found = cheapest(sick, invented, price)
    assert found is not None and found is not ..., "the function returns nothing yet"
    rule = 1 / (1 + price)
    assert abs(found - rule) < 0.04, f"at {price}, about {rule:.2f} is best: {found}"
print("Right. On the real patients, with a logistic regression's probabilities:")
for price in (1, 5, 20, 100):
    print(f"  a miss costs {price:>3}: threshold {cheapest(ill, p, price):.2f}")

# %% [markdown] lang="en"
# ## 4. The same test, in a screening
#
# A test finds $95\%$ of the ill and alarms $5\%$ of the healthy. Of those who are alarmed, what
# share is ill? It depends on who comes. Write `share_ill(sensitivity, specificity,
# prevalence)` by Bayes' rule; `prevalence` is the share of the ill among all who come.
#
# Guess first: with $37\%$ ill, as here, and with 5 in 1,000, as in a screening.

# %% [markdown] lang="zh"
# ## 4. 同一个检测，用在普查里
#
# 有一个检测，能找出 $95\%$ 的患者，也会误报 $5\%$ 没病的人。收到警报的人里，真有病的占多少？
# 这要看来的是什么人。用贝叶斯公式写出 `share_ill(sensitivity, specificity, prevalence)`，
# 其中 `prevalence` 是来检查的人里有病的比例。
#
# 先猜一猜：像这里有 $37\%$ 的人有病时是多少，像普查那样一千人里只有 5 人有病时又是多少？


# %%
def share_ill(sensitivity, specificity, prevalence):
    # solution
    true_alarms = sensitivity * prevalence
    false_alarms = (1 - specificity) * (1 - prevalence)
    return true_alarms / (true_alarms + false_alarms)
    # end solution


# %%
answer = share_ill(0.9, 0.8, 0.5)
assert answer is not None and answer is not ..., "the function returns nothing yet"
assert abs(answer - 0.45 / 0.55) < 1e-9, "alarms that are true, of all alarms"
assert share_ill(0.9, 1.0, 0.01) == 1, "without false alarms every alarm is true"
sick = random.random(1_000_000) < 0.005
alarm = random.random(len(sick)) < np.where(sick, 0.95, 0.05)
assert abs(share_ill(0.95, 0.95, 0.005) - sick[alarm].mean()) < 0.01
for prevalence in (0.37, 0.05, 0.005):
    print(f"{prevalence:>6.1%} ill: {share_ill(0.95, 0.95, prevalence):.1%} of alarms")
print("Right. In a screening, the same model's alarms are nearly all false.")
