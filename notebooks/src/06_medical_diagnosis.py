# %% [markdown] lang="en" tags=["short", "slide"] minutes=2
# # 6. Medical diagnosis: few labels, and mistakes that cost
#
# Article: §6.7 · measured run time on two CPU cores: {{run_time}}
#
# You will learn
#
# - to pretrain a network on a table without labels, by hiding numbers and rebuilding them;
# - to compare it fairly: the same network from scratch, logistic regression, each patient
#   tested once, by models that have not seen that patient;
# - why pretraining gains next to nothing on these data, shown by measurement, and where
#   patients without a diagnosis do help;
# - sensitivity at a fixed specificity, calibration, and the price of a missed tumour.
#
# **This is no medical device.** It teaches a method on data of 569 patients that one
# hospital collected for study. No decision about a person may rest on it.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=2
# # 6. 医疗诊断：标注少，误诊代价高
#
# 对应原文 §6.7 · 双核 CPU 实测用时：{{run_time}}
#
# 本章内容：
#
# - 在没有标签的表格上预训练：遮住一部分数值，让网络补出来；
# - 做一次公平的比较：同样结构、从零训练的网络，还有逻辑回归；每位患者恰好被测一次，
#   测他的模型从未见过他；
# - 预训练在这份数据上几乎没有好处，用测量说明为什么；没有诊断结果的患者又在哪里真正有用；
# - 固定特异度下的灵敏度、概率校准，以及漏掉一个肿瘤的代价。
#
# **这不是医疗器械。** 这里只是借一家医院为研究收集的 569 位患者的数据讲方法，
# 不能用来对任何人做任何判断。

# %%
import tempfile
from pathlib import Path

import keras
import keras_hub
import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.datasets import load_breast_cancer
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.preprocessing import StandardScaler

import sftkeras as sft
from sftkeras import plots
from sftkeras.scenarios import medical_diagnosis as medical
from sftkeras.scenarios import running

# %% lang="en" tags=["fold"]
SHOWN = {}  # names in tables and figures: as they are

# %% lang="zh" tags=["fold"]
WORDS = """fine-tuned=微调, from scratch=从零训练, logistic regression=逻辑回归
head only=只训练分类头, upper block=上层块, all layers=所有层, cost=代价
sensitivity at 95% specificity=特异度 95% 时的灵敏度, area under ROC=ROC 曲线下面积
accuracy=准确率, Brier score=Brier 分数, sensitivity=灵敏度, specificity=特异度
labels=标注数, model=模型, mean=平均, std=标准差, min=最小, max=最大, network=网络
linear regression=线性回归, neighbours=相似患者, missing=缺失比例, filled by=填补方法
calibration error=校准误差, almost certain=近乎确定, benign=良性, malignant=恶性
missed at 0.5=0.5 时漏诊, missed at 1/21=1/21 时漏诊, alarms at 1/21=1/21 时误报
layer=标准化层, pool=患者池, all=全部患者, 20 labels=20 条标注, the whole pool=整个患者池"""
PARTS = """radius=半径, texture=纹理, perimeter=周长, area=面积, smoothness=光滑度
compactness=紧致度, concavity=凹度, concave points=凹点, symmetry=对称性
fractal dimension=分形维数"""
pairs = [text.replace("\n", ", ").split(", ") for text in (WORDS, PARTS)]
SHOWN, PARTS = (dict(pair.split("=") for pair in found) for found in pairs)
for part, name in PARTS.items():
    SHOWN |= {f"mean {part}": f"{name}均值", f"worst {part}": f"{name}最大值"}
    SHOWN[f"{part} error"] = f"{name}标准误"


# %%
def shown(table):
    """Return a table with its names as this notebook's readers know them."""
    table = table.rename(index=SHOWN, columns=SHOWN)
    return table.rename_axis(index=SHOWN)


# %% [markdown] lang="en" tags=["short"] minutes=8
# ## Step 1: the pretrained model
#
# For texts and pictures one downloads a pretrained model. For a table with these 30
# columns nobody offers one. So we make it, from what a hospital has plenty of: patients
# whose measurements are in the files and whose diagnosis is not.
#
# Five folds ({{term:cross-validation}}): each in turn is set aside for the test, and the
# other four are the *pool*. Whatever is learned, mean and variance included, is learned
# from the pool.

# %% [markdown] lang="zh" tags=["short"] minutes=8
# ## 第一步：预训练模型
#
# 文本和图像有现成的预训练模型可以下载；像这样有 30 个指标的表格，没有人提供。
# 那就自己造一个。医院里最不缺的是这样的患者：指标都在档案里，诊断结果却没有。
#
# 评估用{{term:交叉验证}}：把患者分成五折，轮流留出一折做测试，其余四折合称“患者池”。凡是要学的，
# 连均值和方差在内，都只从患者池里学。

# %% tags=["short"]
examples = medical.load_examples()
x, y = examples.inputs, examples.labels
names = load_breast_cancer().feature_names
FOLDS = range(5)
parts = [medical.split(examples, seed) for seed in FOLDS]
tested = [len(test) for _, test in parts]
print(f"{len(x)} patients, {x.shape[1]} measurements; tested in turn: {tested}")
assert sorted(np.concatenate([test for _, test in parts])) == list(range(len(y)))

# %% [markdown] lang="en" tags=["short"]
# `pretrain` hides three measurements in ten, others each time, by putting the mean in
# their place, and lets a small network rebuild them. Nobody has to label anything for
# that: in {{term:self-supervised learning}} the answer stands in the data. It is plain Keras, `compile` and `fit`. {{cell_time}}

# %% [markdown] lang="zh" tags=["short"]
# `pretrain` 每次随机遮住三成指标，换成平均值，让一个小网络把它们补出来。
# 这不需要任何人标注：答案就在数据里，这叫{{term:自监督学习}}。用的只是 Keras 自己的 `compile` 和 `fit`。{{cell_time}}

# %% tags=["short"]
pretrained = []
for seed, (pool, _) in enumerate(parts):
    pretrained.append(sft.models.tables.pretrain(x[pool], seed))
    print(f"fold {seed + 1}: {len(pool)} patients", flush=True)
backbone, rebuilder = pretrained[0]
sft.describe_layers(rebuilder)[["layer", "type", "params"]]

# %% [markdown] lang="en" tags=["short"]
# What has it learned? We hide one measurement at a time from patients that it has never
# seen. 0 is no better than the mean, 1 is perfect. Beside it, a control: a linear
# regression on the other 29 measurements, fitted on the same pool.

# %% [markdown] lang="zh" tags=["short"]
# 它学到了什么？对它从没见过的患者，每次遮住一个指标，看补得怎样：
# 0 表示不比平均值强，1 表示完全补对。旁边放一个对照：用其余 29 个指标做线性回归，
# 同样只在患者池上拟合。


# %% tags=["short"]
def network_shares(fold):
    """Return the share of each measurement's variance that the network rebuilds."""
    (pool, test), (body, rebuilder) = parts[fold], pretrained[fold]
    every = range(x.shape[1])
    seen = np.repeat(x[test][None], len(every), axis=0)  # one copy a measurement
    for column in every:
        seen[column, :, column] = x[pool, column].mean()
    told = np.array(rebuilder(np.concatenate(seen))).reshape(seen.shape)
    truth = np.array(body.get_layer("standardize")(x[test]))
    return [metrics.r2_score(truth[:, c], told[c, :, c]) for c in every]


# %% tags=["short"]
def linear_shares(fold):
    """Return the same for linear regressions on the other measurements."""
    (pool, test), found = parts[fold], []
    for column in range(x.shape[1]):
        others = np.delete(np.arange(x.shape[1]), column)
        line = LinearRegression().fit(x[np.ix_(pool, others)], x[pool, column])
        found.append(line.score(x[np.ix_(test, others)], x[test, column]))
    return found


# %% tags=["short", "slide"]
shares = {"network": network_shares, "linear regression": linear_shares}
rebuilt = pd.DataFrame(
    {who: np.mean([of(fold) for fold in FOLDS], axis=0) for who, of in shares.items()},
    index=names,
)
median = rebuilt.median()
assert median["network"] > 0.6 and median["linear regression"] > median["network"]
print(f"median of the 30: {median.rename(SHOWN).round(2).to_dict()}")
shown(rebuilt.sort_values("network").iloc[[0, 1, 2, 14, 15, -3, -2, -1]].round(2))

# %% [markdown] lang="en" tags=["short", "slide"]
# So the network has learned how the measurements hang together: whoever knows the
# radius nearly knows the perimeter. But keep the right column in mind. Linear regression
# rebuilds them even better. It had the easier task, one regression for each measurement
# with all the others in sight, where one network learned all thirty with gaps around them;
# so this is no verdict on the network. But it says that nothing in this table needed one.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 可见网络已经学到了指标之间的关系：知道半径，周长也就八九不离十。
# 不过请记住右边那一列：线性回归补得更好。它的题目其实更容易：每个指标单独拟合一个回归，其余指标全都看得见；
# 网络则是一个模型补全部三十个，旁边还有别的空缺。所以这不能说明网络不好，
# 但说明这张表里没有非用神经网络才能学到的关系。

# %% [markdown] lang="en"
# ## Step 2: labelled data
#
# The diagnosis comes in only now. We draw 20 and 40 patients from each pool, each
# class by its share.

# %% [markdown] lang="zh"
# ## 第二步：标注数据
#
# 到这时才用到诊断结果。从每个患者池里按两类的比例抽出 20 位和 40 位。

# %%
BUDGETS = (20, 40)
drawn = {
    (seed, count): train_test_split(
        pool, train_size=count, stratify=y[pool], random_state=seed
    )[0]
    for seed, (pool, _) in enumerate(parts)
    for count in BUDGETS
}
for count in BUDGETS:
    _, counts = np.unique(y[drawn[0, count]], return_counts=True)
    print(f"{count} labels: {counts[0]} benign, {counts[1]} malignant")
for (seed, _), rows in drawn.items():
    assert not {*rows} & {*parts[seed][1]}  # nobody is trained and tested on
first = drawn[0, 20][:4]
shown(pd.DataFrame(x[first], columns=names, index=y[first]).iloc[:, :6])

# %% [markdown] lang="en"
# The columns have very different sizes. The network's first layer standardises them by
# the mean and variance of the pool, and a copy of the network takes that along. Here is
# what a scaler fitted on *all* patients would have leaked: other numbers.

# %% [markdown] lang="zh"
# 各列的数值大小悬殊。网络的第一层按患者池的均值和方差做标准化，复制网络时也一并带走。
# 如果用**全部**患者来拟合标准化，均值就会不同，测试患者的信息也就漏了进来。

# %%
layer = backbone.get_layer("standardize")
pool = parts[0][0]
means = {"layer": np.ravel(layer.mean), "pool": x[pool].mean(0), "all": x.mean(0)}
assert np.allclose(means["layer"], means["pool"], rtol=1e-4)
assert not np.allclose(means["layer"], means["all"], rtol=1e-4)
shown(pd.DataFrame(means, index=names).head(4).round(3))

# %% [markdown] lang="en"
# ## Step 3: choose and freeze layers
#
# On each backbone comes a new head. Which layers should learn? Three answers, on 40
# labels, in each of the five folds.

# %% [markdown] lang="zh"
# ## 第三步：选择并冻结层
#
# 每个骨干网络接上一个新的分类头。哪些层该继续学？三种做法都试一遍：40 条标注，五折各做一次。

# %%
models = [
    sft.load_pretrained_model(backbone, num_classes=2, dropout=0.0, seed=seed)
    for seed, (backbone, _) in enumerate(pretrained)
]
choices = {"head only": (None, 1e-2), "upper block": (["block_1"], 2e-3)}
scores = {}
for name, (layers, rate) in choices.items():
    for seed in FOLDS:
        rows, test = drawn[seed, 40], parts[seed][1]
        tuned = sft.fine_tune(
            models[seed], x[rows], y[rows], layers,
            learning_rate=rate, seed=seed, **medical.SCHEDULE,
        )  # fmt: skip
        scores[name, seed] = medical.measure(tuned, examples.take(test))
sft.describe_layers(tuned)[["layer", "params", "trainable", "trainable_params"]]

# %% [markdown] lang="en"
# The table shows the second choice: what is frozen has no trained parameters, and
# `fine_tune` has proved that it did not change. The third choice, all layers, is what
# the scenario does; its numbers come with step 4, and the comparison after it.

# %% [markdown] lang="zh"
# 上表是第二种做法：冻结的层没有可训练参数，`fine_tune` 也已证明它们一个字节都没变。
# 第三种做法是所有层一起学，也是本场景采用的，结果在第四步里一并给出，然后再比。

# %% [markdown] lang="en"
# ## Step 4: fine-tune
#
# `medical.METHODS` holds the candidates. *Fine-tuned* calls `sft.fine_tune`. *From
# scratch* is the same network with fresh weights, in `sft.train_model`, for as many
# epochs. *Logistic regression* is two lines of scikit-learn. All get the same patients.
# {{cell_time}}

# %% [markdown] lang="zh"
# ## 第四步：微调
#
# 参加比较的方法都在 `medical.METHODS` 里。“微调”调用 `sft.fine_tune`；
# “从零训练”是同样的网络、全新的权重，用 `sft.train_model` 训练同样多的轮次；
# “逻辑回归”是 scikit-learn 的两行代码。三者用的患者完全相同。{{cell_time}}

# %%
results, probability = [], {}
for (seed, count), rows in drawn.items():
    test = parts[seed][1]
    for name, train in medical.METHODS.items():
        model = train(models[seed], examples.take(rows), seed)
        told = running.probabilities(model, x[test])
        found = medical.scores(*medical.of_illness(y[test], told))
        results.append({"model": name, "labels": count, "seed": seed, **found})
        judged = probability.setdefault((name, count), np.zeros(len(y)))
        judged[test] = told["malignant"]
        if (name, count) == ("fine-tuned", 40):
            scores["all layers", seed] = found
    print(f"fold {seed + 1}, {count} labels: done", flush=True)
results = pd.DataFrame(results)
print(f"{len(results)} models")

# %%
chosen = pd.DataFrame(scores).T.groupby(level=0).mean()
area, brier = chosen["area under ROC"], chosen["Brier score"]
assert area.max() - area.min() < 0.02
assert brier["all layers"] < brier["head only"]
shown(chosen.loc[[*choices, "all layers"]].round(3))

# %% [markdown] lang="en"
# That was step 3's question. By the area under the ROC curve (how well the patients are
# ranked) the choice makes no difference; the probabilities (Brier score, 0 at best) are a
# little better the more layers learn. The scenario had fixed all layers beforehand, and
# we keep to that. Had we chosen *by this table*, we would have chosen on the test folds,
# and whatever we chose would look a little too good below.

# %% [markdown] lang="zh"
# 第三步的问题有了答案。看 ROC 曲线下面积，也就是给患者排序的能力，三种做法没有差别；
# 看概率准不准（Brier 分数，0 最好），学的层越多略好一点。本场景事先就定好了所有层一起学，这里照旧。
# 如果**根据这张表**来选，就等于在测试的那几折上做选择，选出来的做法在下文看上去都会偏好一点。

# %% [markdown] lang="en" tags=["short"] minutes=4
# ## Step 5: evaluate
#
# In medicine, accuracy hides what matters. Its two halves do not: {{term:sensitivity}} is
# the share of the tumours that are found; {{term:specificity}} the share of the healthy who
# are left alone. One can be traded
# for the other, so we fix the specificity at $95\%$ and ask for the sensitivity. Means of
# the five folds:

# %% [markdown] lang="zh" tags=["short"] minutes=4
# ## 第五步：评估
#
# 在医疗里，只看准确率会掩盖要紧的事。{{term:灵敏度}}是恶性肿瘤中被找出来的比例，
# {{term:特异度}}是没病的人当中没有被误报的比例。两者此消彼长，所以把特异度固定在 $95\%$，
# 再看灵敏度。下表是五折的平均：

# %% tags=["short"]
measures = [medical.METRIC, "area under ROC", "accuracy", "Brier score"]
table = results.groupby(["labels", "model"], sort=False)[measures].mean()
shown(table.round(3))

# %% tags=["short", "slide"]
MEASURE = SHOWN.get(medical.METRIC, medical.METRIC)
drawn_from = results.replace({"model": SHOWN}).rename(columns={medical.METRIC: MEASURE})
plots.plot_label_budget(drawn_from.to_dict("records"), MEASURE)

# %% [markdown] lang="en" tags=["short"]
# Does pretraining help? Compare fold by fold, since all methods met the same patients in
# it: fine-tuned minus each control.

# %% [markdown] lang="zh" tags=["short"]
# 预训练有用吗？每一折里各方法面对的是同一批患者，所以逐折相减：微调的结果减去各个对照。

# %% tags=["short"]
wide = results.pivot(index=["labels", "seed"], columns="model", values="area under ROC")
gain = pd.DataFrame(
    {name: wide["fine-tuned"] - wide[name] for name in [*medical.METHODS][1:]}
)
by_count = gain.groupby("labels").agg(["mean", "std"])
assert (gain.groupby("labels").mean().abs() < 0.015).all(axis=None)
assert (gain.mean().abs() < gain.std()).all()  # smaller than its own spread
patients = 1 / (y[parts[0][1]] == "malignant").sum()
print(f"one patient with a tumour is {patients:.3f} of a fold's sensitivity")
shown(by_count.round(4))

# %% [markdown] lang="en" tags=["short", "slide"]
# **Hardly.** Over all folds and numbers of labels, the mean gain is smaller than its
# spread, against the same network from scratch and against logistic regression. With 40
# labels fine-tuning is a trace ahead of the network from scratch, by thousandths;
# logistic regression has that trace as well, for nothing. A difference of two
# hundredths in the sensitivity is a single patient. Whoever shows only the best fold
# could claim anything; that is why there are five.

# %% [markdown] lang="zh" tags=["short", "slide"]
# **几乎没有用。** 把各折、各种标注量放在一起看，不论对照是从零训练的同一个网络，还是逻辑回归，
# 平均差值都小于它自身的波动。有 40 条标注时，微调比从零训练领先千分之几；
# 可逻辑回归不用预训练，同样有这千分之几。灵敏度差两个百分点，不过是一位患者。
# 只挑最好的一折来展示，想得出什么结论都可以，所以我们做了五折。

# %% [markdown] lang="en" tags=["short"] minutes=4
# ## Why pretraining does not help here
#
# Three measurements. First: how much room is there? Logistic regression with 20 labels,
# beside logistic regression with *every* label of the pool.

# %% [markdown] lang="zh" tags=["short"] minutes=4
# ## 为什么预训练在这里没有用
#
# 做三个测量。第一，还有多少提升的余地？把 20 条标注的逻辑回归，
# 和用上患者池里**全部**标注的逻辑回归放在一起比。

# %% tags=["short"]
logistic = medical.METHODS["logistic regression"]
full = [
    medical.measure(logistic(None, examples.take(pool), 0), examples.take(test))
    for pool, test in parts
]
room = pd.DataFrame(full).mean()[measures]
few = table.loc[(20, "logistic regression")]
assert room["area under ROC"] - few["area under ROC"] < 0.02
shown(pd.DataFrame({"20 labels": few, "the whole pool": room}).T.round(3))

# %% [markdown] lang="en" tags=["short"]
# Little. By the area under the curve, twenty labels rank the patients nearly as well as
# all of them do; more labels sharpen the last doubtful cases. Second: what can be known
# with *no* label? The direction in which the patients differ most (the first
# principal component) is found without a diagnosis. How well does that one number tell
# the classes apart?

# %% [markdown] lang="zh" tags=["short"]
# 余地很小：看曲线下面积，20 条标注给患者排的序，已经和用上全部标注差不多；
# 更多的标注，只是把最后几个难断的病例分得更清楚。第二，**一条**标注也不用，能知道多少？
# 患者之间差别最大的那个方向，即第一主成分，不看诊断就能算出来。单凭这一个数，能把两类分得多开？

# %% tags=["short", "slide"]
z = StandardScaler().fit_transform(x)
first = np.linalg.svd(z, full_matrices=False)[0][:, 0]
alone = metrics.roc_auc_score(y == "malignant", first)
alone = max(alone, 1 - alone)  # the sign of a direction means nothing
print(f"area under ROC of the first direction alone, no label used: {alone:.3f}")
assert alone > 0.95
medical.plot_directions(x, np.array([SHOWN.get(name, name) for name in y]))

# %% [markdown] lang="en" tags=["short", "slide"]
# Malignant cells are simply larger and more ragged, and nearly all measurements grow with
# that. The classes lie left and right, and a straight line separates nearly all of them.
# Third, from step 1: what pretraining could learn, how the measurements hang together,
# linear regression knows as well. So the task asks for a linear model, and one that is kept
# simple (scikit-learn's logistic regression shrinks its weights unless told otherwise)
# needs few labels. Text and pictures are another matter: there, the number of one pixel
# or of one word says nothing until many are seen together, and that is what a backbone
# learns beforehand.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 恶性肿瘤的细胞更大、更不规则，几乎所有指标都随之变大。两类一左一右，用一条直线就能分开绝大部分。
# 第三，回到第一步：预训练能学到的，无非是指标之间的关系，而这种关系线性回归同样能掌握。
# 所以，这个任务要的就是线性模型；而保持简单的线性模型（scikit-learn 的逻辑回归默认会压小权重）
# 本来就不需要多少标注。文本和图像则不同：单看一个像素、一个词的编号，什么也看不出来，
# 要把许多个放在一起才有意义，骨干网络事先学的正是这个。

# %% [markdown] lang="en"
# ## Where patients without a diagnosis do help
#
# Real files have gaps, and one has to fill them ({{term:imputation}}). Let half of a test patient's measurements be missing, then four in
# five. The classifier is logistic regression on 40 labels throughout; only the filling of
# the gaps differs: by the mean; by our pretrained network; by scikit-learn's
# `KNNImputer`, from the five most similar patients of the pool. No filling uses a label.

# %% [markdown] lang="zh"
# ## 没有诊断的患者，用处在哪里
#
# 真实的档案总有空缺，要用就得先做{{term:缺失值填补}}。假设测试患者的指标缺了一半，再假设缺了五分之四。
# 分类器始终是用 40 条标注训练的逻辑回归，不同的只是怎么填补：用平均值；用我们预训练的网络；
# 用 scikit-learn 的 `KNNImputer`，按患者池里最相似的五个人来填。三种填法都不看标签。

# %%
filled = []
for seed, (pool, test) in enumerate(parts):
    scaler, rows = StandardScaler().fit(x[pool]), drawn[seed, 40]
    model = LogisticRegression().fit(scaler.transform(x[rows]), y[rows])
    fillers = {"mean": SimpleImputer(), "neighbours": KNNImputer(n_neighbors=5)}
    for filler in fillers.values():
        filler.fit(scaler.transform(x[pool]))
    for share in (0.0, 0.5, 0.8):
        gone = np.random.default_rng(seed).random(x[test].shape) < share
        gaps = np.where(gone, np.nan, x[test])
        whole = {k: f.transform(scaler.transform(gaps)) for k, f in fillers.items()}
        rebuilder = pretrained[seed][1]
        whole["network"] = scaler.transform(
            sft.models.tables.fill_gaps(rebuilder, gaps)
        )
        for way, z in whole.items():
            found = medical.measure(model, sft.data.Examples(z, y[test]))
            filled.append({"missing": share, "filled by": way, **found})

# %%
filled = pd.DataFrame(filled).groupby(["missing", "filled by"], sort=False)[measures]
filled = filled.mean()
area = filled["area under ROC"]
assert area[0.5, "network"] > area[0.5, "mean"] + 0.003
assert area[0.8, "network"] > area[0.8, "mean"] + 0.015
assert (area[:, "neighbours"] > area[:, "network"] - 0.01).all()
shown(filled.round(3))

# %% [markdown] lang="en"
# Here the patients without labels are worth something: rebuilding hidden measurements is
# just what was practised. But again the simple tool is enough: the neighbours fill the
# gaps as well as the network, or better, and nothing had to be trained. (Our `load_data` refuses a
# file with gaps and says where they are: how to fill them is a decision about patients,
# and should be made knowingly.)

# %% [markdown] lang="zh"
# 没有标签的患者终于派上了用场：补出被遮住的指标，正是预训练时练过的。
# 不过简单的工具仍然够用：按相似的患者来填，效果不比网络差，还不用训练。
# （我们的 `load_data` 遇到空缺会拒绝读取，并指出位置：怎么填关系到患者，应当由人想清楚再定。）

# %% [markdown] lang="en"
# ## Sensitivity at a specificity that was promised
#
# Above, the specificity was fixed on the test patients themselves. That compares models,
# but in use the threshold must be set beforehand, on patients with a known diagnosis. Say
# we have 80 and promise $95\%$. What is kept of the promise on new patients?

# %% [markdown] lang="zh"
# ## 承诺的特异度，兑现了多少
#
# 上面的特异度是直接在测试患者身上固定的。比较模型可以这样做，真正使用时却必须事先定好阈值，
# 依据是已有诊断的患者。假设手里有 80 位，承诺特异度 $95\%$，到了新患者身上还剩多少？

# %%
kept = []
for seed in range(25):
    pool, test = medical.split(examples, seed)
    rows, _ = train_test_split(pool, train_size=80, stratify=y[pool], random_state=seed)
    model = logistic(None, examples.take(rows), 0)
    own = cross_val_predict(model, x[rows], y[rows], cv=5, method="predict_proba")[:, 1]
    threshold = np.quantile(own[y[rows] == "benign"], 0.95)
    alarm = model.predict_proba(x[test])[:, 1] > threshold
    ill = y[test] == "malignant"
    kept.append(
        {"specificity": np.mean(~alarm[~ill]), "sensitivity": np.mean(alarm[ill])}
    )
kept = pd.DataFrame(kept)
assert kept["specificity"].min() < 0.9
assert abs(kept["specificity"].mean() - 0.95) < 0.04
shown(kept.agg(["mean", "min", "max"]).round(3))

# %% [markdown] lang="en"
# On average the promise nearly holds; in a single case it can fail badly. Eighty labels hold
# fifty healthy patients, and $95\%$ of fifty hangs on two or three of them. To promise a
# specificity one needs hundreds of healthy patients, even where a model learns from 20.

# %% [markdown] lang="zh"
# 平均下来差不多做到，单独一次却可能差得很远。80 条标注里没病的只有五十来位，五十人的 $95\%$，
# 就看其中两三个人。模型学 20 条标注就够用，要承诺特异度，却得有几百位没病的人。

# %% [markdown] lang="en"
# ## Is 30% really 30%?
#
# A doctor who reads "$30\%$" expects that three of ten such patients are ill: that they
# are is a matter of {{term:calibration}}. Each patient was judged once, by a model of another fold's training: so
# we can put all 569 together. The calibration error is the mean gap between what was said
# and what came true.

# %% [markdown] lang="zh"
# ## 说 30%，真的是 30% 吗
#
# 医生看到“$30\%$”，会理解为这样的患者十个里有三个有病。概率经得起这样的检验，才算做好了{{term:校准}}：说多少，实际就有多少。
# 每位患者都恰好被没见过他的模型判断过一次，所以可以把 569 位合在一起看。
# 校准误差是“说的”与“实际发生的”之间的平均差距。

# %%
ill = y == "malignant"
told = pd.DataFrame(
    {
        (count, name): {
            "calibration error": sft.evaluation.thresholds.calibration_error(ill, p),
            "Brier score": metrics.brier_score_loss(ill, p),
            "almost certain": np.mean(np.abs(p - 0.5) > 0.49),
        }
        for (name, count), p in probability.items()
    }
).T.sort_index()
error = told["calibration error"]
assert error[40].mean() < error[20].mean()
assert error[20, "logistic regression"] > error[20, "fine-tuned"] + 0.005
shown(told.round(3))

# %% tags=["slide"]
at_20 = {SHOWN.get(n, n): probability[n, 20] for n in medical.METHODS}
plots.plot_diagnosis(ill, at_20, medical.MISSED_COST)

# %% [markdown] lang="en" tags=["slide"]
# *Almost certain* is the share of patients who are told less than one in a hundred, or
# more than 99. In the figure, left: what is found, by the share of false alarms. Middle:
# the dots should lie on the dotted line. With 20 labels the higher dots lie above it: the
# models are too timid, logistic regression the most, since it shrinks its weights. That
# is the one point where the network is clearly ahead, and with more labels the difference
# shrinks.
# The right panel brings us to the next question.

# %% [markdown] lang="zh" tags=["slide"]
# 表中“近乎确定”一列，是被告知“百分之一以下”或“百分之九十九以上”的患者所占的比例。
# 左图：容许不同比例的误报时，能找出多少肿瘤。中图：点应当落在点线上。只有 20 条标注时，
# 靠右的点都在点线上方，说明模型不够有把握；逻辑回归最明显，因为它把权重压小了。
# 网络只在这一点上明显领先，标注多了，差距也随之缩小。右图引出下一个问题。

# %% [markdown] lang="en" tags=["short"] minutes=4
# ## The price of a missed tumour
#
# A false alarm costs a biopsy and bad nights. A missed tumour may cost a life. Suppose
# that the second is as bad as twenty of the first; the number is a choice for people, not
# for a program. Then the article's `p > 0.5` is the wrong question. If the probabilities
# are true, it pays to act as soon as $20\,p > 1 - p$, that is from $p = 1/21$ on.

# %% [markdown] lang="zh" tags=["short"] minutes=4
# ## 漏掉一个肿瘤的代价
#
# 误报一次，代价是一次活检和几天的担惊受怕；漏掉一个肿瘤，可能要付出生命。
# 假设后者相当于前者的 20 倍。这个数该由人来定，不该由程序来定。
# 这样一来，原文的 `p > 0.5` 就不合适了：只要概率是真实的，$20\,p > 1 - p$ 时就该行动，
# 也就是从 $p = 1/21$ 起。

# %% tags=["short", "slide"]
rules = {"p > 0.5": 0.5, "p > 1/21": 1 / 21}
price = {
    (count, name): {
        **{rule: medical.cost(ill, p, at) for rule, at in rules.items()},
        "missed at 0.5": (ill & (p <= 0.5)).sum(),
        "missed at 1/21": (ill & (p <= 1 / 21)).sum(),
        "alarms at 1/21": (~ill & (p > 1 / 21)).sum(),
    }
    for (name, count), p in probability.items()
}
price = pd.DataFrame(price).T.sort_index()
saved = price["p > 0.5"] - price["p > 1/21"]
between = price["p > 1/21"].groupby(level=0).agg(np.ptp)
assert (saved.groupby(level=0).min() > 2 * between).all()
assert (price["missed at 1/21"] < price["missed at 0.5"]).all()
shown(price.round(2))

# %% [markdown] lang="en" tags=["short", "slide"]
# The models are the same; only the question has changed, and the cost a patient (in false
# alarms) falls by far more than one model differs from another. Fewer tumours
# are missed, at the price of more alarms. To move a threshold takes one line and no
# training.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 模型还是那些模型，只是换了个问法，平均到每位患者的代价（以误报计）就降了下来，
# 幅度远远超过模型与模型之间的差别。漏掉的肿瘤少了，换来的是误报多了。
# 而挪动阈值只要一行代码，不用训练。

# %% [markdown] lang="en"
# ## What this does not show
#
# All patients come from one hospital, and a person marked the outline of each cell before
# a program measured it; with another microscope or in another hospital, none of these
# numbers need hold. The {{term:prevalence}}, the share of the ill among all who
# come, is more than a third here. Among healthy women who come
# for screening it is far lower, and then most alarms are false whatever the model
# (exercise 4). Five folds of the same patients are not five hospitals. That pretraining
# gained nothing here is a finding about a small, clean, nearly linear table; it says
# nothing against pretraining on pictures, on text, or on larger and stranger tables.
# And once more: nothing here is a medical device.

# %% [markdown] lang="zh"
# ## 这里没有说明什么
#
# 患者全部来自同一家医院，细胞轮廓先由人标出，再由程序测量；换一台显微镜、换一家医院，这些数都可能不成立。
# 来的人里有病的比例叫{{term:患病率}}，这里超过三分之一；来做普查的健康女性里，有病的远没有这么多，
# 那时不论什么模型，大部分警报都会是误报（见练习 4）。同一批患者分成五折，不等于五家医院。
# 预训练在这里没有用，说的是一张小而干净、近乎线性的表；不能拿它去否定图像、文本上的预训练，
# 也不能否定更大、更复杂的表格上的预训练。再说一遍：这里没有任何东西是医疗器械。

# %% [markdown] lang="en"
# ## With a network: a large pretrained model
#
# KerasHub has no preset for tables: a hospital's columns are its own. (Elsewhere there
# are models trained on millions of invented tables, such as TabPFN, in PyTorch; we have
# not measured it.) What can be reused is a backbone for *the same columns*,
# pretrained where there are more patients. It is a `.keras` file, and
# `python -m sftkeras scenario medical_diagnosis --model FILE` takes it.

# %% [markdown] lang="zh"
# ## 有网络时：换用大型预训练模型
#
# KerasHub 没有表格的预设模型，因为各家医院的指标各不相同。（别处有用海量虚构表格训练的模型，
# 例如 PyTorch 的 TabPFN，我们没有测过。）能重复使用的，是在患者更多的地方、
# 用**同样的指标**预训练的骨干网络。它是一个 `.keras` 文件，
# 交给 `python -m sftkeras scenario medical_diagnosis --model 文件` 即可。

# %%
work = Path(tempfile.mkdtemp())
pool, test = parts[0]
backbone.save(work / "elsewhere.keras")
reused = medical.pretrained_model(
    examples.take(pool), seed=0, source=work / "elsewhere.keras"
)
same = keras.Model(reused.input, reused.get_layer("block_1").output)
assert np.allclose(same(x[test]), backbone(x[test]), atol=1e-5)
try:
    medical.pretrained_model(examples.take(pool), seed=0, source="bert_base_en")
except sft.InputError as error:
    print(error)

# %% [markdown] lang="en"
# For pictures (mammograms, slides, X-rays) large models do exist, medical ones among
# them. KerasHub knows:

# %% [markdown] lang="zh"
# 医学影像（钼靶、切片、X 光片）确实有大型预训练模型，其中有专门的医学模型。KerasHub 里有：

# %%
presets = keras_hub.models.Backbone.presets
for name in ("medsiglip_900m_448", "resnet_50_imagenet"):
    about = presets[name]["metadata"]
    size = about["params"]
    print(f"{name}: {size / 1e6:,.0f} million parameters, {size / 250e6:.1f} GB")

# %% [markdown] lang="en"
# This function is all that the switch takes. With a network, and once you have accepted
# the model's terms on Kaggle,
# `picture_model("medsiglip_900m_448")` loads the real one. Here it gets a preset of the same architecture, tiny and untrained, which we write first. The
# same `fine_tune`, the same freezing by name.

# %% [markdown] lang="zh"
# 换模型只需要下面这一个函数。有网络，并且在 Kaggle 上同意了模型的使用条款之后，
# `picture_model("medsiglip_900m_448")` 载入的就是真正的大模型。
# 这里先写出一个同样结构、很小、没有训练过的预设，用它来跑。`fine_tune` 不变，按名字冻结也不变。


# %%
def picture_model(preset):
    """Return MedSigLIP's eye, the half that sees pictures, with a new head."""
    both = keras_hub.models.Backbone.from_preset(preset)
    return sft.load_pretrained_model(both.vision_encoder, num_classes=2)


sizes = {"num_layers": 2, "num_heads": 2, "hidden_dim": 16, "intermediate_dim": 32}
eye = keras_hub.models.SigLIPVisionEncoder(8, image_shape=(32, 32, 3), **sizes)
reader = keras_hub.models.SigLIPTextEncoder(
    vocabulary_size=50, embedding_dim=16, max_sequence_length=8, **sizes
)
keras_hub.models.SigLIPBackbone(eye, reader).save_to_preset(work / "tiny")

# %%
pictures = np.random.default_rng(0).random((16, 32, 32, 3), "float32")
tuned = sft.fine_tune(
    picture_model(str(work / "tiny")),
    {"images": pictures}, [0, 1] * 8, ["*encoder_block_1"],
    epochs=1, verbose=0, cache_frozen=False,  # KerasHub 0.32 misstates a shape here
)  # fmt: skip
assert len(sft.predict(tuned, {"images": pictures})) == len(pictures)
sft.describe_layers(tuned)[["layer", "params", "trainable"]]

# %% [markdown] lang="en" tags=["short", "summary"] minutes=1
# ## Summary
#
# - Self-supervised pretraining needs no labels: hide, rebuild, compare.
# - On these data it gains nothing, and measurement says why: the measurements hang
#   together linearly, one direction separates the classes, 20 labels come near
#   the ceiling. Logistic regression is the model to beat, and is not beaten.
# - Patients without a diagnosis help where measurements are missing, and a simple tool
#   makes as much of them as the network, or more.
# - Everything that is learned, scaling included, is learned without the test fold.
# - Where mistakes cost differently, ask for sensitivity, calibration and cost. The
#   threshold was worth more than the model.
# - From a terminal: `python -m sftkeras scenario medical_diagnosis`, with `--data FILE`
#   for a table of your own.
#
# ## Exercises
#
# [exercises/06_medical_diagnosis.ipynb](exercises/06_medical_diagnosis.ipynb)
#
# 1. Hide and keep the answer.
# 2. A diagnosis without a label.
# 3. Said and come true.
# 4. The same test, in a screening.
#
# And two open ones.

# %% [markdown] lang="zh" tags=["short", "summary"] minutes=1
# ## 小结
#
# - 自监督预训练不需要标签：遮住，补出，对答案。
# - 在这份数据上它没有好处，测量说明了原因：指标之间是线性关系，一个方向就分开了两类，
#   20 条标注已接近上限。真正的对手是逻辑回归，而没有哪个模型胜过它。
# - 没有诊断的患者，在指标有空缺时有用；而简单的工具就能利用他们，效果不比网络差。
# - 凡是学来的东西，连标准化在内，都不许看测试的那一折。
# - 错误的代价不一样时，要问灵敏度、校准和代价。在这里，选对阈值比选对模型更值。
# - 在终端里：`python -m sftkeras scenario medical_diagnosis`，自己的表格用 `--data 文件`。
#
# ## 练习
#
# [exercises/06_medical_diagnosis.ipynb](exercises/06_medical_diagnosis.ipynb)
#
# 1. 遮住，并留好答案。
# 2. 不用标签的诊断。
# 3. 说的与实际的。
# 4. 同一个检测，用在普查里。
#
# 还有两道开放题。

# %% [markdown] lang="en"
# ## Questions
#
# 1. What does self-supervised pretraining need that the label-free rows already have?
#
# - A. A doctor's diagnosis.
# - B. The hidden numbers themselves.
# - C. A second table.
# - D. Nothing; it draws its answers at random.
#
# <details><summary>Answer</summary>
#
# **B.** What was hidden stands in the table and is the answer. A: that is what is missing. C: one
# table is enough. D: of random answers nothing can be learned.
#
# </details>
#
# 2. A scaler is fitted on all patients before they are split. What is wrong?
#
# - A. Nothing: a scaler sees no labels.
# - B. The test patients' values have entered the training, so the test is a little too kind.
# - C. The columns get the wrong units.
# - D. The classes lose their balance.
#
# <details><summary>Answer</summary>
#
# **B.** Mean and variance are learned, too. A: a leak needs no labels. C: units do not matter
# after standardising. D: scaling changes no class.
#
# </details>
#
# 3. Fine-tuning is ahead by $0.003$ in the mean over five folds, with a spread of $0.005$. What
# do you report?
#
# - A. Pretraining helps.
# - B. Pretraining harms.
# - C. No difference that these folds could show.
# - D. The best fold.
#
# <details><summary>Answer</summary>
#
# **C.** The gain is smaller than its own spread. A and B claim more than was seen. D: of five
# folds one is always best.
#
# </details>
#
# 4. Logistic regression is as good as the network. Which reason does the chapter show?
#
# - A. The network had too few epochs.
# - B. The classes are separated along one direction, and linear relations tie the columns.
# - C. The labels are wrong.
# - D. Networks never work on tables.
#
# <details><summary>Answer</summary>
#
# **B.** One direction, found without a label, ranks the patients well. A: it reaches the same
# score. C: nothing points to that. D: one small table is no law.
#
# </details>
#
# 5. A missed illness costs 20, a false alarm 1. The probabilities are true. From which p on
# do you act?
#
# - A. From one half.
# - B. From 1/21.
# - C. From 20/21.
# - D. Always.
#
# <details><summary>Answer</summary>
#
# **B.** To wait costs $20\,p$, to act costs $1 - p$; they are equal at $p = 1/21$. A: holds for
# equal costs. C: the costs exchanged. D: below 1/21 the alarms cost more than they save.
#
# </details>
#
# 6. The same test is moved from the clinic, where one in three is ill, to a screening, where
# five in a thousand are. What changes?
#
# - A. Sensitivity falls.
# - B. Specificity falls.
# - C. The share of true alarms among all alarms falls.
# - D. Nothing.
#
# <details><summary>Answer</summary>
#
# **C.** There are far more healthy people to be alarmed by mistake. A and B are shares among the
# ill and among the healthy: as long as these patients are alike, they stay. D: exercise 4
# counts it.
#
# </details>
#
# To discuss:
#
# 7. Who should set the price of a missed tumour: the doctor, the patient, the hospital, the
#    health insurance? May it differ from patient to patient?
# 8. Which of this chapter's numbers would you expect to change in another hospital, and how
#    would you find out?
# 9. A paper reports the best of ten runs on one split of these data. What would you ask its
#    authors?

# %% [markdown] lang="zh"
# ## 思考题
#
# 1. 自监督预训练所需的“答案”，为什么没有标签的数据里就有？
#
# - A. 因为有医生的诊断。
# - B. 因为被遮住的数本来就在表里。
# - C. 因为另有一张表。
# - D. 不需要答案，随机给就行。
#
# <details><summary>答案</summary>
#
# **B。** 遮住的数就是答案。A：缺的正是诊断。C：一张表就够。D：随机的答案什么也教不会。
#
# </details>
#
# 2. 先用全部患者拟合标准化，再划分训练和测试，问题在哪里？
#
# - A. 没有问题，标准化又不看标签。
# - B. 测试患者的数值进入了训练，测试结果会偏好一点。
# - C. 各列的单位会错。
# - D. 两类的比例会失衡。
#
# <details><summary>答案</summary>
#
# **B。** 均值和方差也是学来的。A：不看标签同样会泄漏。C：标准化之后单位本来就无所谓。D：标准化不改变类别。
#
# </details>
#
# 3. 五折平均，微调领先 $0.003$，波动是 $0.005$。该怎么报告？
#
# - A. 预训练有用。
# - B. 预训练有害。
# - C. 这五折看不出差别。
# - D. 报最好的那一折。
#
# <details><summary>答案</summary>
#
# **C。** 差距比它自身的波动还小。A 和 B 都说过头了。D：五折里总有一折最好。
#
# </details>
#
# 4. 逻辑回归和网络不相上下，本章给出的原因是哪一个？
#
# - A. 网络训练的轮次太少。
# - B. 两类沿一个方向就能分开，各列之间是线性关系。
# - C. 标签标错了。
# - D. 神经网络从来不适合表格。
#
# <details><summary>答案</summary>
#
# **B。** 不用标签找到的那一个方向，就能把患者排得很好。A：网络达到了同样的分数。C：没有迹象。
# D：一张小表得不出普遍规律。
#
# </details>
#
# 5. 漏诊一次的代价是 20，误报一次是 1，概率都是真实的。p 从多大起就该行动？
#
# - A. 从一半起。
# - B. 从 1/21 起。
# - C. 从 20/21 起。
# - D. 总是行动。
#
# <details><summary>答案</summary>
#
# **B。** 不行动的代价是 $20\,p$，行动的代价是 $1 - p$，两者在 $p = 1/21$ 时相等。A：代价相同时才对。
# C：两种代价弄反了。D：低于 1/21 时，误报的代价超过了挽回的损失。
#
# </details>
#
# 6. 同一个检测，从三人里有一人患病的门诊，搬到一千人里有五人患病的普查，什么变了？
#
# - A. 灵敏度下降。
# - B. 特异度下降。
# - C. 警报中真警报所占的比例下降。
# - D. 什么也没变。
#
# <details><summary>答案</summary>
#
# **C。** 没病的人多得多，误报也就多得多。A 和 B 分别是在有病的人和没病的人里算的比例，只要人群性质相同就不变。
# D：练习 4 会算出来。
#
# </details>
#
# 讨论：
#
# 7. 漏掉一个肿瘤的代价该由谁来定：医生、患者、医院，还是医保？可以因人而异吗？
# 8. 换一家医院，本章的哪些数会变？你会怎样去弄清楚？
# 9. 有论文在这份数据的一种划分上跑了十次，报告最好的一次。你会向作者提什么问题？

# %% [raw] words
# f"{len(x)} patients, {x.shape[1]} measurements; tested in turn: {tested}" = f"{len(x)} 位患者，{x.shape[1]} 个指标；各折测试的人数：{tested}"
# f"fold {seed + 1}: {len(pool)} patients" = f"第 {seed + 1} 折：{len(pool)} 位患者"
# f"median of the 30: {median.rename(SHOWN).round(2).to_dict()}" = f"30 个指标的中位数：{median.rename(SHOWN).round(2).to_dict()}"
# f"{count} labels: {counts[0]} benign, {counts[1]} malignant" = f"{count} 条标注：良性 {counts[0]}，恶性 {counts[1]}"
# f"fold {seed + 1}, {count} labels: done" = f"第 {seed + 1} 折，{count} 条标注：完成"
# f"{len(results)} models" = f"共 {len(results)} 个模型"
# f"one patient with a tumour is {patients:.3f} of a fold's sensitivity" = f"一位患者相当于一折灵敏度的 {patients:.3f}"
# f"area under ROC of the first direction alone, no label used: {alone:.3f}" = f"不用标注，单凭第一主方向，ROC 曲线下面积：{alone:.3f}"
# f"{name}: {size / 1e6:,.0f} million parameters, {size / 250e6:.1f} GB" = f"{name}：{size / 1e8:.2f} 亿个参数，{size / 250e6:.1f} GB"
