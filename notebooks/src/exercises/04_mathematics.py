# %% [markdown] lang="en"
# # 4. The mathematics: exercises
#
# Exercises on the article's §4. Write your answer in place of `...`, then run the check
# below it. Each can be done alone, after the first code cell. Running time: {{run_time}}.

# %% [markdown] lang="zh"
# # 4. 数学：练习
#
# 这些练习对应原文 §4。把 `...` 换成你的答案，再运行下面的检查格。运行过最前面的代码格之后，
# 各题可以单独做，不分先后。运行时间：{{run_time}}。

# %%
import keras
import numpy as np
import tensorflow as tf

import sftkeras as sft
from sftkeras import mathematics

train = sft.load_texts("data/reviews/train_data.txt")
y = train.labels.astype(float)
letters = np.array([sum(c.isalnum() for c in text) for text in train.texts])
marks = np.array([sum(not c.isalnum() for c in text) for text in train.texts])
x = np.stack([letters - letters.mean(), marks - marks.mean()], axis=1)  # (N, 2)


def gradient(w):
    return x.T @ (mathematics.sigmoid(x @ w) - y) / len(y)


# %%
print(f"{len(y)} reviews, two features: letters, and all other characters")

# %% [markdown] lang="en"
# ## 1. The gradient behind a softmax
#
# With more than two classes the last layer is a softmax, $p_i = e^{z_i} / \sum_j e^{z_j}$. Derive
# on paper the gradient of the mean cross-entropy with respect to the logits $z$. It is
# shorter than you expect. Write it; the check compares it with finite differences.

# %% [markdown] lang="zh"
# ## 1. softmax 背后的梯度
#
# 类别多于两个时，最后一层是 softmax：$p_i = e^{z_i} / \sum_j e^{z_j}$。
# 请在纸上推导平均交叉熵对 logit $z$ 的梯度，结果比想象的短。写成代码，检查时会与有限差分对照。


# %%
def softmax(z):
    powers = np.exp(z - z.max(axis=-1, keepdims=True))  # the largest is e⁰: no overflow
    return powers / powers.sum(axis=-1, keepdims=True)


def logit_gradient(y, z):
    """The gradient of mathematics.cross_entropy(y, softmax(z)) by z, (N, C)."""
    # solution
    return (softmax(z) - y) / len(y)
    # end solution


# %%
rng = np.random.default_rng(0)
logits, one_hot = rng.normal(size=(6, 4)), np.eye(4)[rng.integers(4, size=6)]
expected = mathematics.finite_difference_gradient(
    lambda z: mathematics.cross_entropy(one_hot, softmax(z)), logits
)
answer = check.given(lambda: logit_gradient(one_hot, logits))
check.that(np.shape(answer) == (6, 4), "One number for each logit: shape (N, C).")
mean = "The loss is a mean over the rows: divide by N."
check.that(not np.allclose(np.divide(answer, 6), expected), mean)
hint = "Write the loss of one row as log Σ exp z minus the true class's z."
check(answer, expected, "not what finite differences measure", hint, within=1e-6)
check.right()

# %% [markdown] lang="en"
# ## 2. Predict the learning rate at which gradient descent breaks
#
# A logistic regression on two features of the reviews: how many letters, and how many
# other characters (blanks, punctuation). Near its minimum the loss is close to a quadratic
# surface with the Hessian $H$. A step of gradient descent multiplies the distance to the
# minimum, along an eigenvector of $H$ with eigenvalue $\lambda$, by $1 - \alpha\lambda$.
# From which $\alpha$ on does it diverge?
#
# Compute it from `hessian`. The check then tries learning rates a little below and above.

# %% [markdown] lang="zh"
# ## 2. 预测梯度下降会在哪个学习率上发散
#
# 用评论的两个特征做逻辑回归：文字有多少个，其他字符（标点、空格）有多少个。在最小值附近，损失近似二次曲面，
# 其二阶导数矩阵（海森矩阵）记作 $H$。沿着 $H$ 的特征值为 $\lambda$ 的特征向量，梯度下降每一步把到最小值的距离
# 乘以 $1 - \alpha\lambda$。那么 $\alpha$ 从多大开始发散？
#
# 请用 `hessian` 算出来。检查会用略小和略大的学习率各试一次。

# %%
best = np.zeros(2)
for _ in range(20):  # Newton's method
    p = mathematics.sigmoid(x @ best)
    hessian = (x * (p * (1 - p))[:, None]).T @ x / len(y)  # (2, 2)
    best = best - np.linalg.solve(hessian, gradient(best))
print("H =\n", hessian.round(3))


# %%
def largest_stable_rate(hessian):
    """The learning rate from which on gradient descent diverges near the minimum."""
    # solution
    return 2 / np.linalg.eigvalsh(hessian).max()
    # end solution


# %%
def distance_after(rate, steps=400):
    w = best + 1e-6  # so near that the surface is quadratic
    for _ in range(steps):
        w = mathematics.gradient_descent_step(w, gradient(w), rate)
    return np.abs(w - best).max()


positive = "one number above 0"
limit = check.between(lambda: largest_stable_rate(hessian), 0, 1e3, positive)
hint = "A step diverges where |1 − αλ| > 1. Which λ comes there first?"
large = "Gradient descent diverges a little below your limit: it is too large."
check.that(distance_after(0.97 * limit) < 2e-6, large, hint)
small = "It is still stable a little above your limit: that is too small."
check.that(distance_after(1.03 * limit) > 1e-5, small, hint)
check.right(f"The limit is {limit:.4f}. Which feature sets it, and why?")

# %% [markdown] lang="en"
# ## 3. Mend the article's Adam
#
# The article's Adam (§4.2.3) names $m$ and $v$ and never uses them. Write the step of
# Kingma and Ba's Algorithm 1, which keeps both. Do not look at `mathematics.adam_step`
# first.

# %% [markdown] lang="zh"
# ## 3. 修好原文的 Adam
#
# 原文 §4.2.3 的 Adam 提到了 $m$ 和 $v$，式子里却没有用到。
# 请按 Kingma 和 Ba 的算法 1 写出正确的一步，两者都要更新。先别看 `mathematics.adam_step` 的代码。


# %%
def mended_adam(w, g, m, v, t, alpha=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
    """One step. Return the new w, m and v; t counts from 1."""
    # solution
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    m_hat = m / (1 - beta_1**t)
    v_hat = v / (1 - beta_2**t)
    return w - alpha * m_hat / (np.sqrt(v_hat) + epsilon), m, v
    # end solution


# %%
ours, m, v = np.array([1.0, 0.5]), np.zeros(2), np.zeros(2)
theirs, state = ours, None
hint = "m and v first; then both divided by 1 − βᵗ; then the step, with a square root."
for t in range(1, 51):
    g = gradient(ours)
    given = check.given(lambda: mended_adam(ours, g, m, v, t, alpha=0.05))  # noqa: B023
    check.that(len(given) == 3, "Return three things: w, m and v.")
    ours, m, v = given
    theirs, state = mathematics.adam_step(theirs, gradient(theirs), state, 0.05)
    check(m, state[0], f"m after step {t}", hint)
    check(v, state[1], f"v after step {t}", hint)
    check(ours, theirs, f"w after step {t}", hint)
check.right("Fifty steps of Adam.")

# %% [markdown] lang="en"
# ## 4. Keep the gradient alive
#
# `plain` stacks sixteen sigmoid layers, and almost nothing of the gradient reaches the first.
# Fill the loop of `mended` so that it has as many sigmoid layers (64 units each) and the
# gradient survives. There are several good answers: a connection past each layer, as in a
# transformer; a normalization before each sigmoid; other initial weights.

# %% [markdown] lang="zh"
# ## 4. 别让梯度消失
#
# `plain` 叠了十六个 sigmoid 层，梯度几乎传不到第一层。请补全 `mended` 的循环：
# sigmoid 层一样多（每层 64 个神经元），而梯度能保留下来。答案不止一种：
# 像 Transformer 那样给每层加一条残差连接，在每个 sigmoid 之前做归一化，或者换一种初始权重。


# %%
def plain(depth):
    keras.utils.set_random_seed(0)
    inputs = outputs = keras.Input((64,))
    for _ in range(depth):
        outputs = keras.layers.Dense(64, "sigmoid")(outputs)
    return keras.Model(inputs, keras.layers.Dense(1)(outputs))


def mended(depth):
    keras.utils.set_random_seed(0)
    inputs = outputs = keras.Input((64,))
    for _ in range(depth):
        # solution
        layer = keras.layers.Dense(64, "sigmoid")
        outputs = keras.layers.add([outputs, layer(outputs)])
        # end solution
    return keras.Model(inputs, keras.layers.Dense(1)(outputs))


# %%
def sigmoids(model):
    found = [getattr(layer, "activation", None) for layer in model.layers]
    pairs = zip(model.layers, found)
    return [layer.output for layer, kind in pairs if kind is keras.activations.sigmoid]


def surviving(model):
    """The gradient at the first sigmoid layer's output, relative to the last's."""
    part = keras.Model(model.input, [*sigmoids(model), model.output])
    batch = np.random.default_rng(0).normal(size=(128, 64)).astype("float32")
    with tf.GradientTape() as tape:
        *hidden, logits = part(batch, training=True)
        loss = tf.reduce_mean(logits**2)
    norms = [float(tf.norm(g)) for g in tape.gradient(loss, hidden)]
    return norms[0] / norms[-1]


# %%
print(f"plain: {surviving(plain(16)):.1e} of the gradient reaches the first layer")
count = "sigmoid layers in `mended(16)`"
check(lambda: len(sigmoids(mended(16))), 16, count)
hint = "keras.layers.add([outputs, layer(outputs)]) lets the gradient past a layer."
why = "the first layer's gradient, as a share of the last's"
share = check.between(lambda: surviving(mended(16)), 1e-2, 1e2, why, hint)
print(f"mended: {share:.1e}")
check.right()

# %% [markdown] lang="en"
# ## 5. How good can guessing look?
#
# A model that tosses a coin is right on half of the rows, on average. On $n$ held-out rows it
# may be lucky. Write `margin(n)`: of twenty coin-tossers, nineteen have an accuracy within
# `margin(n)` of one half. (The standard deviation of one toss is one half, that of a mean of
# $n$ tosses $\sqrt{n}$ times smaller, and nineteen twentieths of a bell curve lie within
# $1.96$ standard deviations of its middle.)

# %% [markdown] lang="zh"
# ## 5. 随机猜测能显得多好？
#
# 抛硬币的“模型”平均能答对一半。但在 $n$ 个留出样本上，它可能走运。请写出 `margin(n)`：
# 二十个抛硬币的模型里，有十九个的准确率与二分之一相差不超过 `margin(n)`。
# （抛一次的标准差是二分之一，$n$ 次平均的标准差再除以 $\sqrt{n}$；
# 正态分布有二十分之十九落在距中心 $1.96$ 个标准差之内。）


# %%
def margin(n):
    # solution
    return 1.96 * 0.5 / np.sqrt(n)
    # end solution


# %%
rng = np.random.default_rng(0)
hint = "The standard deviation of the mean of n tosses is one half divided by √n."
for n in (50, 100, 400, 1000):
    accuracies = rng.integers(2, size=(20_000, n)).mean(axis=1)
    width = check.between(lambda: margin(n), 0, 0.5, "a margin", hint)  # noqa: B023
    inside = np.mean(np.abs(accuracies - 0.5) <= width)
    why = f"the share of coin-tossers within ±{width:.3f}, at n = {n}"
    check.between(inside, 0.93, 0.98, why, hint)
    print(f"{n:5}: ±{width:.3f} holds {inside:.1%} of the coin-tossers")
rows = len(sft.load_texts("data/reviews/test_data.txt").texts)
most = 0.5 + margin(rows)
check.right(f"On our {rows} test reviews guessing stays below {most:.3f}.")

# %% [markdown] lang="en"
# ## 6. Find: the penalty that generalizes best (open)
#
# No check here; the answer is a figure and two sentences. In section 4.4 of the chapter the
# penalty `keras.regularizers.L2(0.03)` kept the network from learning coin tosses by heart.
# What does it do with the *true* labels? Try it with ten values from none to one, on 100
# rows and on 30, five seeds each. Choose the best value on rows that you set aside for
# choosing, and only then measure on the 1,000 new ones. Is the best penalty the same for
# both sizes? How much lower is the measured accuracy than the one you chose by?

# %% [markdown] lang="zh"
# ## 6. 找一找：多大的惩罚泛化得最好（开放题）
#
# 这道题没有检查格，答案是一张图和两句话。本章 4.4 节里，惩罚项 `keras.regularizers.L2(0.03)` 让网络背不下抛硬币的结果。
# 对*真实*标签，它有什么作用？从零到一取十个值，分别用 100 个和 30 个训练样本，各跑五个种子。
# 请在专门留出来做选择的样本上挑出最好的值，然后才在 1000 个新样本上评估。两种样本量的最佳惩罚相同吗？
# 最后测得的准确率，比挑选时看到的低多少？

# %% [markdown] lang="en"
# ## 7. With your own 100 labels: learn them by heart (open)
#
# Take the hundred sentences that you labelled (chapter 1's last exercise) as a file
# `mine.csv` in the project's folder, with a header `text,label`. Shuffle the labels, so that
# they mean nothing:
#
# ```python
# mine = sft.load_texts("mine.csv")
# shuffled = np.random.default_rng(0).permutation(mine.labels)
# ```
#
# Does the frozen encoder with a new head learn them by heart? Do all layers? How many
# epochs does it take, compared with the true labels? Then give `fine_tune` a
# `validation_split=0.3`: when does early stopping end the run?

# %% [markdown] lang="zh"
# ## 7. 用你自己标注的 100 条：把它们背下来（开放题）
#
# 取第 1 章最后一道练习里你标注的一百句话，存成项目文件夹里的 `mine.csv`（表头是 `text,label`），
# 把标签打乱，让它们失去意义：
#
# ```python
# mine = sft.load_texts("mine.csv")
# shuffled = np.random.default_rng(0).permutation(mine.labels)
# ```
#
# 只训练分类头，模型能把它们背下来吗？训练所有层呢？与真实标签相比，要多少个轮次？
# 再给 `fine_tune` 加上 `validation_split=0.3`：早停会在什么时候结束训练？

# %% [raw] words
# "data/reviews/train_data.txt" = "data/reviews_zh/train_data.txt"
# "data/reviews/test_data.txt" = "data/reviews_zh/test_data.txt"
# f"{len(y)} reviews, two features: letters, and all other characters" = f"{len(y)} 条评论，两个特征：文字个数、其他字符个数"
# "One number for each logit: shape (N, C)." = "每个 logit 对应一个数：形状应为 (N, C)。"
# "The loss is a mean over the rows: divide by N." = "损失是对样本取的平均：别忘了除以 N。"
# "Write the loss of one row as log Σ exp z minus the true class's z." = "把一个样本的损失写成 log Σ exp z 减去真实类别的 z，再求导。"
# "not what finite differences measure" = "与有限差分的结果不同"
# "one number above 0" = "应是一个大于 0 的数"
# "A step diverges where |1 − αλ| > 1. Which λ comes there first?" = "|1 − αλ| > 1 时发散。哪个 λ 最先达到？"
# "Gradient descent diverges a little below your limit: it is too large." = "略低于你给的上限时梯度下降已经发散：上限太大了。"
# "It is still stable a little above your limit: that is too small." = "略高于你给的上限时仍然稳定：上限太小了。"
# f"The limit is {limit:.4f}. Which feature sets it, and why?" = f"上限是 {limit:.4f}。它由哪个特征决定，为什么？"
# "m and v first; then both divided by 1 − βᵗ; then the step, with a square root." = "先更新 m 和 v，再各除以 1 − βᵗ，最后走一步，别忘了开方。"
# "Return three things: w, m and v." = "请返回三样东西：w、m 和 v。"
# f"m after step {t}" = f"第 {t} 步之后的 m"
# f"v after step {t}" = f"第 {t} 步之后的 v"
# f"w after step {t}" = f"第 {t} 步之后的 w"
# "Fifty steps of Adam." = "五十步 Adam 全部一致。"
# f"plain: {surviving(plain(16)):.1e} of the gradient reaches the first layer" = f"plain：传到第一层的梯度只有最后一层的 {surviving(plain(16)):.1e}"
# "sigmoid layers in `mended(16)`" = "`mended(16)` 里 sigmoid 层的个数"
# "keras.layers.add([outputs, layer(outputs)]) lets the gradient past a layer." = "keras.layers.add([outputs, layer(outputs)]) 让梯度可以绕过一层。"
# "the first layer's gradient, as a share of the last's" = "第一层的梯度与最后一层的梯度之比"
# f"mended: {share:.1e}" = f"mended：{share:.1e}"
# "The standard deviation of the mean of n tosses is one half divided by √n." = "n 次抛硬币的平均值，标准差是二分之一除以 √n。"
# "a margin" = "范围的宽度"
# f"the share of coin-tossers within ±{width:.3f}, at n = {n}" = f"n = {n} 时，落在 ±{width:.3f} 以内的比例"
# f"{n:5}: ±{width:.3f} holds {inside:.1%} of the coin-tossers" = f"{n:5}：±{width:.3f} 以内占 {inside:.1%}"
# f"On our {rows} test reviews guessing stays below {most:.3f}." = f"在我们的 {rows} 条测试评论上，随机猜测的准确率一般不超过 {most:.3f}。"
