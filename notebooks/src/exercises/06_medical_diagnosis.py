# %% [markdown] lang="en"
# # Exercises: medical diagnosis
#
# To chapter 6, medical diagnosis. Fill in each `...  # your code`, then run the cell after
# it: it says whether your answer is right. Each can be done without the others. Nothing
# here trains a network, so every answer comes at once.

# %% [markdown] lang="zh"
# # 练习：医疗诊断
#
# 对应第 6 章的医疗诊断。把每个 `...  # your code` 补上，再运行后面的检查格，它会告诉你对不对。
# 每道题都可以单独做。这里不训练神经网络，运行一下就有结果。

# %%
import itertools

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
logistic = make_pipeline(StandardScaler(), LogisticRegression())
told = cross_val_predict(logistic, x, ill, cv=10, method="predict_proba")[:, 1]

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
seen, hidden = check.given(lambda: hide(x, 0.3, seed=1))
check(hidden.shape, x.shape, "the shape of `hidden` is that of `rows`")
check(str(hidden.dtype), "bool", "`hidden` holds true and false")
check.between(hidden.mean(), 0.28, 0.32, "the share that is hidden")
some = hidden.any(axis=0).all() and not hidden.all(axis=1).any()
check.that(some, "Single entries are to be hidden, not whole rows or columns.")
check(seen[~hidden], x[~hidden], "what is not hidden stays")
column = np.nonzero(hidden)[1]
check(seen[hidden], x.mean(axis=0)[column], "the mean of the entry's own column")
check(x, before, "`rows` itself was changed: work on a copy")
other = hide(x, 0.3, seed=2)[1]
check.that(not np.array_equal(hidden, other), "Another seed must hide other entries.")
check.right("The target is the row as it was; the loss counts hidden entries only.")

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
small = np.array([[1.0, 10.0], [3.0, 30.0]])
hint = "subtract each column's mean, divide by its standard deviation"
check(lambda: suspicion(small), [-1, 1], "two patients, two columns", hint)
check(lambda: suspicion(small * 1000), [-1, 1], "units must not matter", hint)
points = suspicion(x)
check(np.shape(points), (len(x),), "one number a patient")
area = roc_auc_score(ill, points), roc_auc_score(ill, told)
check.between(area[0], 0.9, 1, "the area under the ROC curve: is the sign right?")
check.right(f"Area under ROC: {area[0]:.3f} without a label, {area[1]:.3f} with all")

# %% [markdown] lang="en"
# ## 3. Said and come true
#
# Is $30\%$ really $30\%$? Write `said_and_true(ill, p, edges)`: for each interval from one edge
# (left out) to the next (taken in) that holds a patient, a pair of the mean of the
# probabilities in it and the share of these patients that is ill. `ill` is a bool array, `p`
# a float array, both of length N. An interval without patients gives no pair.

# %% [markdown] lang="zh"
# ## 3. 说的与实际的
#
# 说 $30\%$，真的是 $30\%$ 吗？写出 `said_and_true(ill, p, edges)`：对每个区间（不含左端，含右端），
# 只要其中有患者，就给出一对数：区间内概率的平均值，以及这些患者中真正有病的比例。
# `ill` 是布尔数组，`p` 是浮点数组，长度都是 N；没有患者的区间不给出任何结果。


# %%
def said_and_true(ill, p, edges):
    # solution
    pairs = []
    for low, high in itertools.pairwise(edges):
        inside = (p > low) & (p <= high)
        if inside.any():
            pairs.append((p[inside].mean(), ill[inside].mean()))
    return pairs
    # end solution


# %%
p = np.array([0.1, 0.2, 0.25, 0.8])
toy = np.array([False, False, True, True])
hint = "select the patients of an interval with a bool array"
pairs = [(0.15, 0), (0.25, 1), (0.8, 1)]
check(lambda: said_and_true(toy, p, [0, 0.2, 0.5, 1]), pairs, "three intervals", hint)
why = "no patient lies between 0.3 and 0.7"
pairs = [(0.55 / 3, 1 / 3), (0.8, 1)]
check(lambda: said_and_true(toy, p, [0, 0.3, 0.7, 1]), pairs, why)
random = np.random.default_rng(0)
invented = random.random(200_000)
sick = random.random(len(invented)) < invented  # these probabilities are true
said, true = np.transpose(said_and_true(sick, invented, np.linspace(0, 1, 6)))
check(said, true, "of true probabilities, as much comes true as is said", within=0.01)
check.right("The real patients, by a logistic regression:")
for said, true in said_and_true(ill, told, [0, 0.05, 0.2, 0.5, 0.8, 0.95, 1]):
    print(f"  said {said:.2f}, come true {true:.2f}")

# %% [markdown] lang="en"
# ## 4. The same test, in a screening
#
# A test finds $95\%$ of the ill and alarms $5\%$ of the healthy. Of those who are alarmed, what
# share is ill? It depends on who comes. Write `share_ill(sensitivity, specificity,
# prevalence)` by Bayes' rule; the prevalence is the share of the ill among all who
# come.
#
# Guess first: with $37\%$ ill, as here, and with 5 in 1,000, as in a screening.

# %% [markdown] lang="zh"
# ## 4. 同一个检测，用在普查里
#
# 有一个检测，能找出 $95\%$ 的患者，也会误报 $5\%$ 没病的人。收到警报的人里，真有病的占多少？
# 这要看来的是什么人。用贝叶斯公式写出 `share_ill(sensitivity, specificity, prevalence)`，
# 其中 `prevalence` 是患病率，即来检查的人里有病的比例。
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
hint = "alarms that are true, of all alarms: count both for 1,000 people"
why = "of 1,000 people, 450 true alarms and 100 false ones"
check(lambda: share_ill(0.9, 0.8, 0.5), 450 / 550, why, hint)
check(lambda: share_ill(0.9, 1.0, 0.01), 1, "without false alarms, every alarm is true")
random = np.random.default_rng(1)
sick = random.random(1_000_000) < 0.005
alarm = random.random(len(sick)) < np.where(sick, 0.95, 0.05)
counted = sick[alarm].mean()
check(
    lambda: share_ill(0.95, 0.95, 0.005), counted, "counted on a million", within=0.01
)
check.right("In a screening, the same test's alarms are nearly all false:")
for prevalence in (0.37, 0.05, 0.005):
    true = share_ill(0.95, 0.95, prevalence)
    print(f"  of {prevalence:.1%} ill: {true:.1%} of the alarms are true")

# %% [markdown] lang="en"
# ## 5. Open: the patient whom every model misses
#
# `told` holds logistic regression's probabilities. Find the ill patient with the lowest
# one, and fit a second, different model: does it miss her as well? Standardise her
# measurements and set them beside the means of both classes. Change one measurement at a
# time until the answer turns: which one was it, and would a doctor be surprised? Write
# down what you would tell the people who use such a model.
#
# ## 6. Open: with a hundred labels of your own table
#
# Take a table of numbers with two classes that you know something about (a CSV file: plants,
# matches, machines; no data about people without their consent), and label 100 rows. Run
# `python -m sftkeras scenario medical_diagnosis --data FILE`. Does the pretrained backbone
# beat logistic regression, by more than the spread? Look at a linear regression of one
# column on the others before: what do you predict from it?

# %% [markdown] lang="zh"
# ## 5. 开放题：每个模型都漏掉的患者
#
# `told` 是逻辑回归给出的概率。找出有病而概率最低的那位患者，再训练一个不同的模型：它也会漏掉她吗？
# 把她的指标标准化，和两类的平均值放在一起看。每次只改一个指标，直到答案翻转：是哪个指标？
# 医生会觉得意外吗？写下你要对使用这类模型的人说的话。
#
# ## 6. 开放题：用自己的表格和一百条标注
#
# 找一张你熟悉的、分成两类的数值表格（CSV 文件：植物、比赛、机器都行；未经本人同意，不要用别人的个人数据），
# 标注 100 行，运行 `python -m sftkeras scenario medical_diagnosis --data 文件`。
# 预训练的骨干网络胜过逻辑回归了吗？差距超过波动了吗？事先先用其余各列对某一列做线性回归：根据结果，你的预测是什么？

# %% [raw] words
# "the shape of `hidden` is that of `rows`" = "`hidden` 的形状应与 `rows` 相同"
# "`hidden` holds true and false" = "`hidden` 里是布尔值"
# "the share that is hidden" = "被遮住的比例"
# "Single entries are to be hidden, not whole rows or columns." = "应当一个个数地遮，而不是整行或整列。"
# "what is not hidden stays" = "没被遮住的数不变"
# "the mean of the entry's own column" = "应换成所在列的平均值"
# "`rows` itself was changed: work on a copy" = "`rows` 被改动了，请在副本上操作"
# "Another seed must hide other entries." = "换一个随机种子，遮住的位置也应不同。"
# "The target is the row as it was; the loss counts hidden entries only." = "训练目标就是原来的那一行；损失只计算被遮住的数。"
# "subtract each column's mean, divide by its standard deviation" = "每列减去平均值，再除以标准差"
# "two patients, two columns" = "两位患者，两列"
# "units must not matter" = "换单位不应影响结果"
# "one number a patient" = "每位患者一个数"
# "the area under the ROC curve: is the sign right?" = "ROC 曲线下面积：正负号对吗？"
# f"Area under ROC: {area[0]:.3f} without a label, {area[1]:.3f} with all" = f"ROC 曲线下面积：不用标签 {area[0]:.3f}，用全部标签 {area[1]:.3f}"
# "select the patients of an interval with a bool array" = "用布尔数组选出一个区间里的患者"
# "three intervals" = "三个区间"
# "no patient lies between 0.3 and 0.7" = "0.3 和 0.7 之间没有患者"
# "of true probabilities, as much comes true as is said" = "概率真实时，说多少就应实现多少"
# "The real patients, by a logistic regression:" = "真实的患者，用逻辑回归："
# f"  said {said:.2f}, come true {true:.2f}" = f"  说的 {said:.2f}，实际 {true:.2f}"
# "alarms that are true, of all alarms: count both for 1,000 people" = "真警报占全部警报的比例：按 1,000 人数一数"
# "of 1,000 people, 450 true alarms and 100 false ones" = "1,000 人里，真警报 450 个，误报 100 个"
# "without false alarms, every alarm is true" = "没有误报，警报就都是真的"
# "counted on a million" = "按一百万人数出来的"
# "In a screening, the same test's alarms are nearly all false:" = "用在普查里，同一个检测的警报几乎都是误报："
# f"  of {prevalence:.1%} ill: {true:.1%} of the alarms are true" = f"  患病率 {prevalence:.1%}：警报中 {true:.1%} 是真的"
