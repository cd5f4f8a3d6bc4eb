# %% [markdown] lang="en"
# # 4. The mathematics: exercises
#
# Five exercises on the article's §4. Write your answer where it says `# your code`, then run
# the check below it. Running time: {{run_time}}.

# %% [markdown] lang="zh"
# # 4. 数学：练习
#
# 五道练习，对应原文 §4。在写着 `# your code` 的地方写出你的答案，再运行下面的检查。
# 运行时间：{{run_time}}。

# %%
import keras
import numpy as np
import tensorflow as tf

import sftkeras as sft
from sftkeras import mathematics

train = sft.load_texts("data/reviews/train_data.txt")
y = train.labels.astype(float)
print(f"{len(y)} reviews")

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
answer = logit_gradient(one_hot, logits)
assert np.shape(answer) == (6, 4), "one number for each logit: shape (N, C)"
assert not np.allclose(answer / 6, expected), (
    "the loss is a mean over rows: divide by N"
)
assert np.allclose(answer, expected, atol=1e-8), "not what finite differences measure"
print("Right. The rows of the gradient sum to", answer.sum(axis=1).round(9) + 0)

# %% [markdown] lang="en"
# ## 2. Predict the learning rate at which gradient descent breaks
#
# A logistic regression on two features of the reviews, the number of words and of letters a
# word. Near its minimum the loss is a bowl with the matrix of second derivatives $H$. A step of
# gradient descent multiplies the distance to the minimum, along an eigenvector of $H$ with
# eigenvalue $\lambda$, by $1 - \alpha\lambda$. From which $\alpha$ on does it diverge?
#
# Compute it from `hessian`. The check then tries learning rates a little below and above.

# %% [markdown] lang="zh"
# ## 2. 预测梯度下降会在哪个学习率上崩溃
#
# 用评论的两个特征做逻辑回归：词数，以及平均每个词的字母数。在最小值附近，损失是一个碗，
# 二阶导数矩阵记作 $H$。沿着 $H$ 的特征值为 $\lambda$ 的特征向量，梯度下降每一步把到最小值的距离
# 乘以 $1 - \alpha\lambda$。那么 $\alpha$ 从多大开始发散？
#
# 请用 `hessian` 算出来。检查会用略小和略大的学习率各试一次。

# %%
words = np.array([len(text.split()) for text in train.texts])
letters = np.array([len(text) for text in train.texts]) / words
x = np.stack([words - words.mean(), letters - letters.mean()], axis=1)  # (N, 2)


def gradient(w):
    return x.T @ (mathematics.sigmoid(x @ w) - y) / len(y)


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
def distance_after(rate, steps=300):
    w = best + 1e-6  # so near that the bowl is exact
    for _ in range(steps):
        w = mathematics.gradient_descent_step(w, gradient(w), rate)
    return np.abs(w - best).max()


limit = largest_stable_rate(hessian)
assert np.ndim(limit) == 0 and limit > 0, "one positive number"
assert distance_after(0.97 * limit) < 1e-6, "it diverges below your limit: too large"
assert distance_after(1.03 * limit) > 1e-5, "it is still stable above it: too small"
print(f"Right: the limit is {limit:.4f}. Which feature sets it, and why?")

# %% [markdown] lang="en"
# ## 3. Mend the article's Adam
#
# Below, the article's Adam (§4.2.3) as a function that keeps $m$ and $v$, but never uses them.
# Mend it: Kingma and Ba's Algorithm 1. Do not look at `mathematics.adam_step` first.

# %% [markdown] lang="zh"
# ## 3. 修好原文的 Adam
#
# 下面的函数应当保存 $m$ 和 $v$，并用它们来更新权重，而原文 §4.2.3 的式子没有用到它们。
# 请按 Kingma 和 Ba 的算法 1 写对。先别看 `mathematics.adam_step` 的代码。


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
ours, m, v = np.array([1.0, 0.5]), 0.0, 0.0
theirs, state = ours, None
for t in range(1, 51):
    before = ours
    ours, m, v = mended_adam(ours, gradient(ours), m, v, t, alpha=0.05)
    theirs, state = mathematics.adam_step(theirs, gradient(theirs), state, 0.05)
    if t == 1:
        assert np.allclose(np.abs(ours - before), 0.05), "step 1 has length α each way"
    assert np.allclose(m, state[0]), f"m is wrong at step {t}"
    assert np.allclose(v, state[1]), f"v is wrong at step {t}"
    assert np.allclose(ours, theirs, atol=1e-9), f"w is wrong at step {t}"
print("Right: fifty steps of Adam.")

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
# sigmoid 层一样多（每层 64 个单元），而梯度能保留下来。答案不止一种：
# 像 Transformer 那样绕过每层连一条线，在每个 sigmoid 之前做归一化，或者换一种初始权重。


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
print(f"plain:  {surviving(plain(16)):.1e}")
count = len(sigmoids(mended(16)))
assert count == 16, f"there must be 16 sigmoid layers, not {count}"
share = surviving(mended(16))
print(f"mended: {share:.1e}")
assert share > 1e-2, "less than a hundredth of the gradient reaches the first layer"
assert share < 1e2, "now it explodes: the first layer's gradient is too large"
print("Right.")

# %% [markdown] lang="en"
# ## 5. How good can guessing look?
#
# A model that tosses a coin is right on half of the rows, on average. On $n$ held-out rows it
# may be lucky. Write `margin(n)`: of twenty coin-tossers, nineteen have an accuracy within
# `margin(n)` of one half. (The standard deviation of one toss is one half, that of a mean of
# $n$ tosses $\sqrt{n}$ times smaller, and nineteen twentieths of a bell curve lie within
# $1.96$ standard deviations of its middle.)

# %% [markdown] lang="zh"
# ## 5. 瞎猜能显得多好？
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
for n in (50, 100, 400, 1000):
    accuracies = rng.integers(2, size=(20_000, n)).mean(axis=1)
    inside = np.mean(np.abs(accuracies - 0.5) <= margin(n))
    print(f"{n:5} rows: ±{margin(n):.3f} holds {inside:.1%} of the coin-tossers")
    assert inside > 0.93, f"too narrow at n = {n}"
    assert inside < 0.98, f"too wide at n = {n}"
rows = len(sft.load_texts("data/reviews/test_data.txt").texts)
print(f"On our {rows} test reviews guessing stays below {0.5 + margin(rows):.3f},")
print(f"on 50 rows below {0.5 + margin(50):.3f}.")
