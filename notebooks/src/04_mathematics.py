# %% [markdown] lang="en" tags=["short", "slide"] minutes=2
# # 4. The mathematics
#
# This chapter is the article's §4: the formulas behind a training step. You will learn
#
# - to compute each formula by hand and by Keras, and see that the two agree;
# - to check a gradient three ways: by hand, by finite differences, by `tf.GradientTape`;
# - what gradient descent, SGD and Adam do on the same real surface, and what happens if
#   the article's Adam is taken at its word;
# - why gradients vanish in deep networks, with which activation, and what helps;
# - what a training accuracy does not tell, and what keeps a network from learning by
#   heart.
#
# Running time: {{run_time}} on two CPU cores.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=2
# # 4. 数学
#
# 本章对应原文 §4，讲的是一步训练背后的公式。读完你将能够：
#
# - 把每个公式自己算一遍，再交给 Keras 算一遍，确认两边一致；
# - 用三种办法核对同一个梯度：手工推导、有限差分、`tf.GradientTape`；
# - 看清梯度下降、SGD 和 Adam 在同一个真实曲面上各自怎么走，以及照字面执行原文的 Adam 会出什么事；
# - 说明深层网络的梯度为什么会消失、换哪种激活函数会好些、还有什么办法；
# - 知道训练准确率没有告诉你什么，以及怎样不让网络死记硬背。
#
# 运行时间：在两个 CPU 核上{{run_time}}。

# %% tags=["short"]
import inspect

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from IPython.display import display
from ipywidgets import FloatLogSlider, FloatSlider, IntSlider, interact

import sftkeras as sft
from sftkeras import mathematics
from sftkeras.plots import plot_curves, plot_paths


def show(function):
    """Print a function's code without its docstring."""
    head, _, body = inspect.getsource(function).split('"""')
    print(head.rstrip() + body.rstrip())


# %% [markdown] lang="en" tags=["short", "slide"] minutes=4
# ## 4.1 Losses
#
# ### Cross-entropy (§4.1.1)
#
# $$L = -\sum_i y_i \log(p_i)$$
#
# $y$ is a one-hot row: 1 at the true class, 0 elsewhere. So one term of the
# {{term:cross-entropy}} is left, $-\log$ of the probability that the model gave to the
# truth. For several rows one takes the mean, which the article does not write.
#
# Below, the formula typed in, then the function in `sftkeras.mathematics`, then Keras'.
# The third row gave only $0.2$ to the true class; see what it costs beside the others.
# Last comes the function's code: `_pair` refuses shapes that do not match, and of `_clip`
# more is said below, under “log 0”.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=4
# ## 4.1 损失函数
#
# ### 交叉熵（§4.1.1）
#
# $$L = -\sum_i y_i \log(p_i)$$
#
# $y$ 是独热向量：真实类别处为 1，其余为 0。因此{{term:交叉熵}}的求和式里只剩一项，
# 即模型给真实类别的概率取 $-\log$。有多个样本时再对样本取平均，这一步原文没有写出来。
#
# 下面依次是：照公式直接写的一行、`sftkeras.mathematics` 里的函数、Keras 的函数。
# 第三个样本只给了真实类别 $0.2$ 的概率，看看它的损失比另外两个大多少。
# 最后是函数的代码：`_pair` 检查两边的形状是否一致，`_clip` 留到下面“log 0”一节再说。

# %% tags=["short"]
y = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]])  # (N, C), one-hot
p = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2]])  # (N, C)

by_hand = -(y * np.log(p)).sum(axis=1)  # (N,)
ours = mathematics.cross_entropy(y, p)
theirs = float(np.mean(keras.losses.categorical_crossentropy(y, p)))
print("each row:", by_hand.round(4))
print(f"the mean: {by_hand.mean():.9f} by hand, {ours:.9f} ours, {theirs:.9f} Keras'\n")
assert abs(ours - theirs) < 1e-6 and abs(ours - by_hand.mean()) < 1e-6
show(mathematics.cross_entropy)

# %% [markdown] lang="en"
# With two classes one output is enough: $p$ for class 1, and $1 - p$ is left for class 0.
# The sum then has two terms. This is the `binary_crossentropy` that the article compiles
# in §4.4 and §5.2, without writing it down:
#
# $$L = -\bigl(y \log p + (1 - y) \log (1 - p)\bigr)$$

# %% [markdown] lang="zh"
# 只有两个类别时，一个输出就够了：$p$ 是类别 1 的概率，剩下的 $1-p$ 归类别 0，求和式变成两项。
# 原文 §4.4 和 §5.2 编译模型时用的 `binary_crossentropy` 就是它，只是没有写出公式：
#
# $$L = -\bigl(y \log p + (1 - y) \log (1 - p)\bigr)$$

# %%
y = np.array([1.0, 0.0, 1.0])
p = np.array([0.9, 0.2, 0.4])

ours = mathematics.binary_cross_entropy(y, p)
theirs = float(keras.losses.binary_crossentropy(y, p))
two_classes = mathematics.cross_entropy(np.eye(2)[[1, 0, 1]], np.stack([1 - p, p], 1))
print(f"{ours:.9f} ours, {theirs:.9f} Keras', {two_classes:.9f} as two classes\n")
assert abs(ours - theirs) < 1e-6 and abs(ours - two_classes) < 1e-6
show(mathematics.binary_cross_entropy)

# %% [markdown] lang="en"
# ### Mean squared error (§4.1.2)
#
# $$L = \frac{1}{n} \sum_i (y_i - \hat{y}_i)^2$$
#
# Three ratings in stars and what a model predicted. The {{term:mean squared error}}
# squares each error, so that the one prediction that is two stars off makes nearly the
# whole loss.

# %% [markdown] lang="zh"
# ### 均方误差（§4.1.2）
#
# $$L = \frac{1}{n} \sum_i (y_i - \hat{y}_i)^2$$
#
# 三个星级评分和模型的预测。{{term:均方误差}}把每个误差平方后再取平均，
# 所以差了两颗星的那一个预测几乎占了全部损失。

# %%
y, y_hat = np.array([3.0, 5.0, 4.0]), np.array([2.5, 5.0, 6.0])  # stars

ours = mathematics.mean_squared_error(y, y_hat)
theirs = float(keras.losses.mean_squared_error(y, y_hat))
print(f"{ours:.9f} ours, {theirs:.9f} Keras'\n")
assert abs(ours - theirs) < 1e-6
show(mathematics.mean_squared_error)

# %% [markdown] lang="en" tags=["short", "slide"] minutes=4
# ### Which loss for which task, and why
#
# The article gives cross-entropy to classification and squared error to regression. Why
# not squared error everywhere? Take one row of class 1 whose probability comes out of a
# sigmoid, $p = \sigma(z)$, and move $z$, the logit. By the chain rule
#
# $$\frac{\partial L}{\partial z} = \frac{\partial L}{\partial p}\,\sigma'(z).$$
#
# The left figure shows the loss, the right one the size of this gradient, that is, how
# much this row changes the weights. At the left edge the model is sure and wrong. There
# the gradient of cross-entropy is nearly 1. That of squared error is nearly 0, because
# the factor $\sigma'(z)$ is: from the worst mistake the model learns least.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=4
# ### 什么任务用什么损失，为什么
#
# 原文说分类用交叉熵，回归用均方误差。为什么不一律用均方误差？取一个类别为 1 的样本，
# 它的概率由 sigmoid 给出：$p = \sigma(z)$，其中 $z$ 就是 logit（对数几率）。
# 让 $z$ 变化，由链式法则
#
# $$\frac{\partial L}{\partial z} = \frac{\partial L}{\partial p}\,\sigma'(z).$$
#
# 左图是损失，右图是梯度的大小，即这个样本对权重更新的影响。最左端表示模型很有把握地判错了：
# 此处交叉熵的梯度接近 1，均方误差的梯度却几乎为 0，因为因子 $\sigma'(z)$ 接近 0。
# 也就是说，用均方误差时，错得最离谱的样本反而几乎不提供学习信号。

# %% tags=["short", "slide"]
z = np.linspace(-10, 10, 201)
p, slope = mathematics.sigmoid(z), mathematics.sigmoid_derivative(z)
losses = {"cross-entropy": (z, -np.log(p)), "squared error": (z, (1 - p) ** 2)}
slopes = {
    "cross-entropy": (z, slope / p),
    "squared error": (z, 2 * (1 - p) * slope),
}
at_edge = {name: values[0] for name, (_, values) in slopes.items()}
for name, value in at_edge.items():
    print(f"gradient of a sure mistake, {name}: {value:.6f}")
assert at_edge["cross-entropy"] > 0.99 and at_edge["squared error"] < 1e-3
plot_curves(
    {"loss": losses, "size of the gradient": slopes},
    xlabel="logit z (class 1 is true)",
    yscale=["linear", "log"],
)

# %% [markdown] lang="en"
# ### The edge: log 0
#
# $\log 0$ is $-\infty$. Keras, and we after it, move probabilities into
# $[10^{-7}, 1 - 10^{-7}]$ first. So the loss of one sure mistake stops at
# $-\log 10^{-7} \approx 16$, and there its gradient is 0: a clipped number no longer
# depends on the weights. The remedy is to compute the loss from the logit, where nothing
# needs clipping.
#
# Keras does that behind your back. A sigmoid of its own remembers its logit, and
# `binary_crossentropy` uses it. The last two rows are the same formula, with TensorFlow's
# sigmoid and with Keras'.

# %% [markdown] lang="zh"
# ### 边界情形：log 0
#
# $\log 0 = -\infty$。Keras 的做法是先把概率截断到 $[10^{-7}, 1 - 10^{-7}]$，我们也照办。
# 于是单个样本的损失最多到 $-\log 10^{-7} \approx 16$ 为止，而且在那里梯度为 0：被截断的数不再随权重变化。
# 解决办法是直接从 logit 计算损失，那样不需要截断。
#
# Keras 其实悄悄替你做了这件事：它自己的 sigmoid 会记住 logit，`binary_crossentropy` 便改用 logit 来算。
# 下面最后两行是同一个公式，区别只在于用的是 TensorFlow 的 sigmoid 还是 Keras 的 sigmoid。

# %%
print("ours at p = 0:", mathematics.binary_cross_entropy([1.0], [0.0]))
found = {}
for owner, sigmoid in {
    "TensorFlow": tf.sigmoid,
    "Keras": keras.activations.sigmoid,
}.items():
    z = tf.constant([-40.0])
    with tf.GradientTape() as tape:
        tape.watch(z)
        value = keras.losses.binary_crossentropy(tf.ones(1), sigmoid(z))
    found[owner] = float(tape.gradient(value, z)[0])
    print(f"sigmoid by {owner}: loss {float(value):.3f}, gradient {found[owner]:.3f}")
assert found["TensorFlow"] == 0 and abs(found["Keras"] + 1) < 1e-6

# %% [markdown] lang="en" tags=["short"] minutes=8
# ## Gradients, three ways
#
# Each optimizer of §4.2 needs $\nabla_w J(w)$. Where does it come from? We take a problem
# small enough to draw and yet real: the reviews of chapter 1, turned into vectors by the
# frozen encoder, and on top the smallest head, **two weights** and a sigmoid. Its two
# inputs are
#
# - how far the review's vector lies along the line from the mean negative review to the
#   mean positive one;
# - the number of its words.
#
# Both are centred. They come in different units, as real features do: the cell prints how
# much wider the second spreads. Remember that when the optimizers come. {{cell_time}}

# %% [markdown] lang="zh" tags=["short"] minutes=8
# ## 梯度的三种算法
#
# §4.2 的每个优化器都要用到 $\nabla_w J(w)$。它从哪里来？我们取一个小到能画出来、但又真实的问题：
# 第 1 章的评论，先由冻结的编码器转成向量，上面再接一个最小的分类头，只有**两个权重**和一个 sigmoid。
# 它的两个输入是
#
# - 评论的向量在“负面均值指向正面均值”这条直线上的位置；
# - 评论的字数。
#
# 两个特征都减去了均值。它们单位不同，真实数据往往如此；下面会打印出后者的波动比前者大多少。
# 讲优化器时会用到这一点。{{cell_time}}

# %% tags=["short"]
train = sft.load_texts("data/reviews/train_data.txt")
encoder = sft.load_pretrained_model("minilm", num_classes=2)
vectors = sft.embed(encoder, train.texts)  # (N, 384)
y = train.labels.astype(float)

# %% lang="en" tags=["short"]
lengths = np.array([len(text.split()) for text in train.texts])  # words

# %% lang="zh" tags=["short"]
lengths = np.array([len(text) for text in train.texts])  # characters

# %% tags=["short"]
line = vectors[y == 1].mean(axis=0) - vectors[y == 0].mean(axis=0)
along = vectors @ line / np.linalg.norm(line)
along = along / along.std()
x = np.stack([along, lengths], axis=1)  # (N, 2)
x -= x.mean(axis=0)
print(f"{len(x)} reviews; spread of the two features:", x.std(axis=0).round(2))
assert x[:, 1].std() > 5 * x[:, 0].std()

# %% [markdown] lang="en" tags=["short"]
# The loss $J(w)$ is the mean binary cross-entropy, computed from the logits $z = x w$ and
# so without clipping: $\log(1 + e^z) - y z$ is the same number.
#
# **By hand.** The chain rule multiplies the loss's derivative by the sigmoid's, which is
# $p(1-p)$, and the denominator cancels:
#
# $$\frac{\partial L}{\partial z} = \frac{p - y}{p(1-p)} \cdot p(1-p) = p - y,
# \qquad \nabla_w J = \frac{1}{N}\, x^\top (p - y).$$
#
# **By finite differences.** Move one weight a little to both sides:
# $\bigl(J(w + h) - J(w - h)\bigr) / 2h$. It needs no derivation, but two evaluations of
# $J$ for each weight: the cell prints how many passes over the data one step of the whole
# encoder would take.
#
# **By `tf.GradientTape`.** TensorFlow writes down each operation and applies the chain
# rule backwards, for all weights at once: {{term:backpropagation}}. This is what `fit`
# does.

# %% [markdown] lang="zh" tags=["short"]
# 损失 $J(w)$ 是二元交叉熵的平均值，从 logit $z = xw$ 直接算，不需要截断：
# $\log(1 + e^z) - y z$ 与前面的公式是同一个数。
#
# **手工推导**：链式法则把损失的导数与 sigmoid 的导数 $p(1-p)$ 相乘，分母正好约掉：
#
# $$\frac{\partial L}{\partial z} = \frac{p - y}{p(1-p)} \cdot p(1-p) = p - y,
# \qquad \nabla_w J = \frac{1}{N}\, x^\top (p - y).$$
#
# **有限差分**：把一个权重向两边各挪一点：$\bigl(J(w + h) - J(w - h)\bigr) / 2h$。
# 不用推导，但每个权重都要算两次 $J$。如果用它来训练整个编码器，走一步要把数据过多少遍，下面会打印出来。
#
# **`tf.GradientTape`**：TensorFlow 把每个运算记录下来，再从后往前用链式法则，
# 一次得到所有权重的梯度，这就是{{term:反向传播}}。`fit` 用的正是这种办法。


# %% tags=["short"]
def loss(w, x=x, y=y):
    z = x @ w
    return float(np.mean(np.logaddexp(0, z) - y * z))


def gradient(w, x=x, y=y):
    return x.T @ (mathematics.sigmoid(x @ w) - y) / len(y)


w = np.array([0.5, -0.05])
with tf.GradientTape() as tape:
    weights = tf.Variable(w)
    p = tf.sigmoid(tf.linalg.matvec(x, weights))
    value = keras.losses.binary_crossentropy(y, p)
assert abs(loss(w) - float(value)) < 1e-6  # the same loss, from p

# %% tags=["short"]
count = encoder.count_params()
print(f"the encoder: {count:,} weights, so {2 * count:,} passes for one step")
three = pd.DataFrame(
    {
        "by hand": gradient(w),
        "finite differences": mathematics.finite_difference_gradient(loss, w),
        "GradientTape": tape.gradient(value, weights).numpy(),
    },
    index=["along the line", "length"],
)
assert np.allclose(three["by hand"], three["GradientTape"], atol=1e-6)
assert np.allclose(three["by hand"], three["finite differences"], atol=1e-6)
three.map("{:.10f}".format)

# %% [markdown] lang="en"
# Hand and tape agree to the last digits; finite differences to fewer. How small should
# $h$ be? The figure measures the error for many. From the right it falls: a smaller $h$
# sees less of the curve. Then it rises again: the two losses become so alike that their
# difference is rounding error, and that is divided by a tiny number. In float32, in which
# networks compute, the best $h$ is large and the best result poor. So finite differences
# serve to check a derivation, in float64, on a few weights.

# %% [markdown] lang="zh"
# 手工推导与 GradientTape 几乎每一位都相同，有限差分差一些。那么 $h$ 取多小合适？
# 下图对许多 $h$ 测了误差。从右往左看，误差先下降：$h$ 越小，受曲线弯曲的影响越小；
# 然后又上升：两个损失太接近，相减只剩舍入误差，再除以一个极小的数。
# 神经网络平时用的是 float32，在那里最好的 $h$ 很大，最好的结果也很差。
# 所以有限差分只适合在 float64 下、对少数几个权重核对推导。

# %%
x32, y32 = x.astype("float32"), y.astype("float32")


def loss32(w):
    z = x32 @ w.astype("float32")
    return np.mean(np.logaddexp(np.float32(0), z) - y32 * z)


steps = 10.0 ** np.arange(-13, 0.5, 0.5)
errors = {"float64": [], "float32": []}
for h in steps:
    for kind, function in [("float64", loss), ("float32", loss32)]:
        found = mathematics.finite_difference_gradient(function, w, h)
        errors[kind].append(max(1e-13, np.abs(found - gradient(w)).max()))

# %%
best = {kind: (steps[np.argmin(v)], min(v)) for kind, v in errors.items()}
for kind, (h, error) in best.items():
    print(f"{kind}: best h {h:.0e}, error {error:.0e}")
assert best["float64"][1] < best["float32"][1] / 100
assert best["float64"][0] < best["float32"][0]
panel = {kind: (steps, values) for kind, values in errors.items()}
plot_curves(
    {"finite differences": panel},
    xlabel="step h",
    ylabel="largest error of the gradient",
    xscale="log",
    yscale="log",
    marker="o",
)

# %% [markdown] lang="en" tags=["short", "slide"] minutes=4
# ## 4.2 Optimizers
#
# Two weights make a surface that can be drawn. In the figures below, a line joins weights
# of equal loss; the star is the minimum, found by Newton's method. That needs the
# {{term:Hessian}}, the matrix $H$ of second derivatives: it says how strongly the surface
# bends in each direction. Mind the scales of the two axes: drawn alike, the ellipses
# would be a narrow valley. That comes from the units: a small change of the length's
# weight costs as much as a large one of the other. All optimizers start at the same
# place, far from the minimum.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=4
# ## 4.2 优化器
#
# 两个权重，损失就是一个能画出来的曲面。下面的图里，每条线上的点损失相同，星号是用牛顿法求得的最小值。
# 牛顿法要用到{{term:海森矩阵}}$H$，即二阶导数组成的矩阵，它说明曲面在各个方向上弯曲得多厉害。
# 注意两个坐标轴的刻度：若按同一比例画，这些椭圆会是一条狭长的山谷。
# 原因就在单位上：字数的权重动一点点，损失的变化就抵得上另一个权重动一大截。
# 所有优化器都从同一个远离最小值的地方出发。

# %% tags=["short"]
best = np.zeros(2)
for _ in range(20):  # Newton: exact, but it needs the Hessian
    p = mathematics.sigmoid(x @ best)
    hessian = (x * (p * (1 - p))[:, None]).T @ x / len(x)  # (2, 2)
    best = best - np.linalg.solve(hessian, gradient(best))
narrow, wide = np.linalg.eigvalsh(hessian)
print(f"minimum at {best.round(4)}, loss {loss(best):.4f}")
print(f"curvature along the valley {narrow:.3f}, across it {wide:.1f}")
assert np.abs(gradient(best)).max() < 1e-9 and wide > 50 * narrow

# %% tags=["short"]
LIMIT = 2 / wide  # of the learning rate, see below
FAST = 0.6 * LIMIT
START = best + np.array([-2.6, np.sqrt(0.72 / wide)])
BOX = tuple((c - r, c + r) for c, r in zip(best, 1.35 * np.abs(START - best)))
AXES = "weight of the line", "weight of the length"


def walk(step, steps=200):
    path = [START]
    for t in range(1, steps + 1):
        path.append(step(path[-1], t))
    return np.array(path)  # (steps + 1, 2)


def above(path):
    """How far above the minimum the loss is, at each place of the path."""
    return np.array([loss(w) for w in path]) - loss(best)


# %% [markdown] lang="en" tags=["short", "slide"] minutes=4
# ### Gradient descent (§4.2.1)
#
# $$w_{t+1} = w_t - \alpha \nabla_w J(w_t)$$
#
# One step reads all rows. The learning rate $\alpha$ has a limit: on a bowl of curvature
# $\lambda$ it is $2/\lambda$, where $\lambda$ is the largest eigenvalue of the Hessian.
# Left, well below the limit: the path falls into the valley and then creeps along its
# floor. Middle, near it: the same, with longer steps. Right, beyond it: the path jumps
# from wall to wall and ends higher than the middle one. All directions share one learning
# rate, and the steepest one sets it.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=4
# ### 梯度下降（§4.2.1）
#
# $$w_{t+1} = w_t - \alpha \nabla_w J(w_t)$$
#
# 每走一步都要用到全部样本。学习率 $\alpha$ 有上限：对曲率为 $\lambda$ 的二次曲面，上限是 $2/\lambda$，
# 其中 $\lambda$ 是海森矩阵的最大特征值。左图远低于上限：先落进山谷，再沿谷底慢慢挪。
# 中图接近上限：走法一样，步长大些。右图超过了上限：在两侧谷壁之间来回跳，最后停的地方比中图还高。
# 所有方向只能共用一个学习率，由最陡的方向决定。

# %% tags=["short"]
show(mathematics.gradient_descent_step)


def descend(rate):
    return lambda w, t: mathematics.gradient_descent_step(w, gradient(w), rate)


# %% tags=["short", "slide"]
panels, end = {}, {}
for share in (0.1, 0.6, 1.5):
    path = walk(descend(share * LIMIT))
    end[share] = above(path)[-1]
    panels[f"α = {share} · 2/λ: {end[share]:.3f} above the minimum"] = path
assert end[0.6] < end[0.1] and end[0.6] < end[1.5]
plot_paths(loss, panels, BOX, best, names=AXES)

# %% [markdown] lang="en"
# ### Stochastic gradient descent (§4.2.2)
#
# $$w_{t+1} = w_t - \alpha \nabla_w J(w_t; x_t, y_t)$$
#
# As the article writes {{term:stochastic gradient descent}}, each step reads **one** row,
# drawn at random. In practice (in §5 too: `batch_size=32`) it reads a
# {{term:minibatch}}. (`fit` draws nothing: it shuffles the rows once an epoch and walks
# through, so that each has its turn.) The gradient of a few rows is that of all rows plus
# noise. How much noise? We draw many batches of each size at the starting point and
# measure the standard deviation: it falls with $1/\sqrt{B}$. Four times the rows, half
# the noise.

# %% [markdown] lang="zh"
# ### 随机梯度下降（§4.2.2）
#
# $$w_{t+1} = w_t - \alpha \nabla_w J(w_t; x_t, y_t)$$
#
# 照原文的写法，{{term:随机梯度下降}}每一步只用**一个**随机抽取的样本。实践中（包括 §5 的 `batch_size=32`）
# 用的是{{term:小批量}}。（`fit` 并不抽样：它每个轮次把样本打乱一次，然后依次取用，每个样本都轮得到。）
# 少数样本的梯度等于全体样本的梯度加上噪声。噪声有多大？在出发点上，每种批量各抽很多次，测出标准差：
# 它按 $1/\sqrt{B}$ 下降，样本数变成四倍，噪声减半。

# %%
rng = np.random.default_rng(0)
noise = {}
for size in (1, 4, 16, 64):
    drawn = [rng.choice(len(x), size, replace=False) for _ in range(2000)]
    noise[size] = np.std([gradient(START, x[rows], y[rows])[1] for rows in drawn])
table = pd.DataFrame({"noise": noise})
table["predicted"] = noise[1] / np.sqrt(table.index)
assert np.allclose(table["noise"], table["predicted"], rtol=0.15)
table.rename_axis("rows a step").round(3)


# %%
def stochastic(rate, batch_size, seed=0):
    rng = np.random.default_rng(seed)
    options = {"rng": rng, "learning_rate": rate, "batch_size": batch_size}
    return lambda w, t: mathematics.sgd_step(w, gradient, x, y, **options)


show(mathematics.sgd_step)

# %% [markdown] lang="en" tags=["short", "slide"] minutes=3
# ### Adam (§4.2.3)
#
# What Kingma and Ba published in 2014, Algorithm 1, with $g_t = \nabla_w J(w_t)$:
#
# $$m_t = \beta_1 m_{t-1} + (1 - \beta_1)\, g_t, \qquad v_t = \beta_2 v_{t-1} + (1 - \beta_2)\, g_t^2$$
#
# $$\hat{m}_t = \frac{m_t}{1 - \beta_1^t}, \qquad \hat{v}_t = \frac{v_t}{1 - \beta_2^t}, \qquad
# w_{t+1} = w_t - \alpha\, \frac{\hat{m}_t}{\sqrt{\hat{v}_t} + \varepsilon}$$
#
# $m$ is a running mean of the gradients ({{term:momentum}}), $v$ of their squares, each
# weight for itself. Both begin at 0 and would be too small at first; the division by
# $1 - \beta^t$ mends that. Dividing by $\sqrt{\hat{v}}$ takes the units out: in the first
# step each weight moves by $\alpha$, whatever its gradient. That is the answer to our
# narrow valley.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=3
# ### Adam（§4.2.3）
#
# 先看 Kingma 和 Ba 2014 年论文中的算法 1，记 $g_t = \nabla_w J(w_t)$：
#
# $$m_t = \beta_1 m_{t-1} + (1 - \beta_1)\, g_t, \qquad v_t = \beta_2 v_{t-1} + (1 - \beta_2)\, g_t^2$$
#
# $$\hat{m}_t = \frac{m_t}{1 - \beta_1^t}, \qquad \hat{v}_t = \frac{v_t}{1 - \beta_2^t}, \qquad
# w_{t+1} = w_t - \alpha\, \frac{\hat{m}_t}{\sqrt{\hat{v}_t} + \varepsilon}$$
#
# $m$ 是梯度的滑动平均，叫做{{term:动量}}；$v$ 是梯度平方的滑动平均，每个权重各算各的。
# 两者都从 0 开始，起初会偏小，除以 $1 - \beta^t$ 正好补回来。除以 $\sqrt{\hat{v}}$ 则消去了单位：
# 第一步里不论梯度大小，每个权重都恰好移动 $\alpha$。狭长山谷的问题就这样解决了。


# %% tags=["short"]
def adam(rate, beta_1=0.9, beta_2=0.999, gradient=gradient):
    state = None

    def step(w, t):
        nonlocal state
        options = {"learning_rate": rate, "beta_1": beta_1, "beta_2": beta_2}
        w, state = mathematics.adam_step(w, gradient(w), state, **options)
        return w

    return step


show(mathematics.adam_step)
print("\ngradient at the start:", gradient(START).round(3))
first = walk(adam(0.1), 1)[1] - START
print("the first step:       ", first.round(6))
assert np.allclose(np.abs(first), 0.1)

# %% [markdown] lang="en"
# **Against Keras.** Its optimizers walk on the same surface, in float64: give them the
# gradient at the current weights, `apply` it, read the weights. (SGD gets the gradients
# of the same rows.) Adam agrees, but not to the last digit: Keras' $\varepsilon$ stands
# beside $\sqrt{v}$, not $\sqrt{\hat{v}}$, and is `1e-7`, not the paper's `1e-8`; and the
# powers of $\beta$ come out of float32.

# %% [markdown] lang="zh"
# **与 Keras 对照。** Keras 的优化器也在同一个曲面上、用 float64 走一遍：
# 把当前权重处的梯度交给它，调用 `apply`，再读出新的权重。（SGD 用同样几个样本的梯度。）
# Adam 的结果一致，但不会每一位都相同：Keras 的 $\varepsilon$ 加在 $\sqrt{v}$ 旁边而不是 $\sqrt{\hat{v}}$ 旁边，
# 取 `1e-7` 而不是论文的 `1e-8`，$\beta$ 的幂又是用 float32 算的。


# %%
def keras_walk(optimizer, gradient=gradient, steps=50):
    weights = keras.Variable(START, dtype="float64")
    path = [START]
    for _ in range(steps):
        optimizer.apply([tf.constant(gradient(weights.numpy()))], [weights])
        path.append(weights.numpy())
    return np.array(path)


def of_batches(size, seed):
    rng = np.random.default_rng(seed)

    def of_the_next(w):
        rows = rng.choice(len(x), size, replace=False)
        return gradient(w, x[rows], y[rows])

    return of_the_next


# %%
optimizers = keras.optimizers
walks = {
    "gradient descent": (descend(FAST), optimizers.SGD(FAST), gradient),
    "SGD": (stochastic(FAST, 32), optimizers.SGD(FAST), of_batches(32, 0)),
    "Adam": (adam(0.1), optimizers.Adam(0.1), gradient),
}
for name, (step, optimizer, slope) in walks.items():
    gap = np.abs(walk(step, 50) - keras_walk(optimizer, slope)).max()
    print(f"{name}, 50 steps: ours and Keras' differ by at most {gap:.0e}")
    assert gap < 1e-4

# %% [markdown] lang="en" tags=["short", "slide"] minutes=2
# ### The paths, drawn
#
# Two hundred steps of each. Gradient descent drops into the valley and creeps along it.
# One row a step staggers up and down the walls, even with the smaller $\alpha$ that we
# gave it. Thirty-two rows a step still sway, and get about as far as all rows do. Adam
# strides along the valley, swinging from side to side as its momentum carries it, and
# comes to rest at the minimum.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=2
# ### 把路径画出来
#
# 每种方法各走两百步。梯度下降先掉进山谷，再沿谷底慢慢挪。每步一个样本的 SGD 在两侧谷壁之间来回摇摆，
# 尽管我们已经给了它更小的学习率。每步 32 个样本仍有些摇晃，但走得和用全部样本差不多远。
# Adam 沿着山谷大步前进，动量带着它左右摆动，最后停在最小值上。

# %% tags=["short", "slide"]
methods = {
    "gradient descent": descend(FAST),
    "SGD, 1 row a step": stochastic(0.3 * FAST, 1),
    "SGD, 32 rows a step": stochastic(FAST, 32),
    "Adam": adam(0.1),
}
panels, ends = {}, []
for name, step in methods.items():
    path = walk(step)
    ends.append(above(path)[-1])
    panels[f"{name}: {ends[-1]:.1e} above the minimum"] = path
assert ends[3] < 1e-4 < 1e-3 < min(ends[:3])
plot_paths(loss, panels, BOX, best, columns=2, names=AXES)

# %% [markdown] lang="en"
# Is SGD then worse than gradient descent? Count what a step costs. Left, by steps,
# gradient descent and the minibatches go side by side. Right, the same curves by rows
# read: gradient descent has read all rows before its first step, and the minibatches get
# as far with a small part of the reading. (Means over ten draws; the bands go from the
# lowest to the highest.) Adam on minibatches is what the article's `fit` does: at first as
# good as Adam on all rows, in the end held up by the noise. `fine_tune` therefore lets the
# learning rate fall to 0.

# %% [markdown] lang="zh"
# 那么 SGD 不如梯度下降吗？要看每一步的代价。左图按步数画，梯度下降和小批量几乎并肩而行；
# 右图把同样的曲线按用过的样本数来画：梯度下降走第一步之前就已经用了全部样本，
# 而小批量只用了一小部分就走到了同样的地方。（曲线是十次抽样的平均，色带是最低到最高的范围。）
# 原文的 `fit` 用的是“小批量加 Adam”：开头和用全部样本的 Adam 一样快，最后被噪声挡住，降不下去。
# 所以 `fine_tune` 让学习率逐渐降到 0。

# %%
runs = {
    "gradient descent": (len(x), lambda seed: descend(FAST)),
    "SGD, 1 row": (1, lambda seed: stochastic(0.3 * FAST, 1, seed)),
    "SGD, 32 rows": (32, lambda seed: stochastic(FAST, 32, seed)),
    "Adam, all rows": (len(x), lambda seed: adam(0.1)),
    "Adam, 32 rows": (32, lambda seed: adam(0.1, gradient=of_batches(32, seed))),
}
bands = {}  # name -> (seeds, steps + 1)
for name, (_, start) in runs.items():
    bands[name] = np.array([above(walk(start(seed))) for seed in range(10)])
means = {name: band.mean(axis=0) for name, band in bands.items()}
assert means["SGD, 32 rows"][22] < means["gradient descent"][1]  # 704 rows against 720
assert means["Adam, all rows"][200] < means["Adam, 32 rows"][200]

# %%
steps = np.arange(1, 201)
drawn = {name: np.maximum(band[:, 1:], 1e-9) for name, band in bands.items()}
plot_curves(
    {
        "by step": {name: (steps, drawn[name]) for name in runs},
        "by rows read": {name: (steps * runs[name][0], drawn[name]) for name in runs},
    },
    xlabel=["step", "rows read"],
    ylabel=["loss above the minimum", ""],
    xscale=["linear", "log"],
    yscale="log",
    ylim=(1e-6, 10),
)

# %% [markdown] lang="en"
# ### Turn the knobs
#
# First as a picture: Adam with a small and a large learning rate, then with little and
# much momentum. A small $\alpha$ is slow; a large one leaves the map and must come back.
# Without momentum ($\beta_1 = 0$) the path follows the floor of the valley and begins to
# tremble across it; with much of it the path swings like a heavy ball and runs past the
# minimum.

# %% [markdown] lang="zh"
# ### 动手调一调
#
# 先看静态图：上排是一小一大两个学习率的 Adam，下排是没有动量和动量很大的 Adam。$\alpha$ 太小走得慢，太大就冲出去很远再回来；
# 没有动量（$\beta_1 = 0$）时路径贴着谷底走，后来在谷底两侧抖动；动量很大时像一个沉重的球，
# 大幅摆动，还会冲过最小值。

# %%
panels, after = {}, []
for name, options in {
    "α = 0.01, β₁ = 0.9": {"rate": 0.01},
    "α = 1, β₁ = 0.9": {"rate": 1.0},
    "α = 0.1, β₁ = 0": {"rate": 0.1, "beta_1": 0.0},
    "α = 0.1, β₁ = 0.99": {"rate": 0.1, "beta_1": 0.99},
}.items():
    path = walk(adam(**options))
    after.append(above(path)[-1])
    panels[f"{name}: {after[-1]:.0e} above the minimum"] = path
assert ends[3] < after[0] and ends[3] < after[3]  # α = 0.1, β₁ = 0.9 arrived
plot_paths(loss, panels, BOX, best, columns=2, names=AXES)

# %% [markdown] lang="en"
# Then by hand. Run the cell and move the sliders. (Without a running kernel there is only
# a line of text in their place.) Each method has a learning rate of its own. Find one at
# which gradient descent reaches the minimum as fast as Adam does. Is there any?

# %% [markdown] lang="zh"
# 再自己动手：运行下面这一格，拖动滑块。（没有运行内核时，这里只显示一行文字。）
# 两种方法各有自己的学习率。试着找一个学习率，让梯度下降和 Adam 一样快地到达最小值。找得到吗？


# %%
def redraw(adam_rate=0.1, descent_rate=FAST, beta_1=0.9, beta_2=0.999, steps=100):
    walks = {
        "Adam": walk(adam(adam_rate, beta_1, beta_2), steps),
        "gradient descent": walk(descend(descent_rate), steps),
    }
    drawn = {f"{name}: {above(path)[-1]:.1e}": path for name, path in walks.items()}
    display(plot_paths(loss, {"above the minimum": drawn}, BOX, best, names=AXES))


rates = [FloatLogSlider(v, min=-3, max=0.5, step=0.1, readout_format=".4f")
         for v in (0.1, FAST)]  # fmt: skip
betas = [FloatSlider(v, min=0, max=0.9999, step=0.001, readout_format=".3f")
         for v in (0.9, 0.999)]  # fmt: skip
knobs = {"adam_rate": rates[0], "descent_rate": rates[1], "beta_1": betas[0]}
_ = interact(redraw, **knobs, beta_2=betas[1], steps=IntSlider(100, 1, 300))

# %% [markdown] lang="en" tags=["short", "slide"] minutes=6
# ### The article's Adam, taken at its word
#
# §4.2.3 prints these three lines under the name of Adam:
#
# $$\alpha_t = \frac{\alpha}{1 - \beta_1^t}, \qquad \alpha_t = \frac{\alpha}{1 - \beta_2^t}, \qquad
# w_{t+1} = w_t - \alpha_t \nabla_w J(w_t)$$
#
# $\alpha_t$ is defined twice. $m_t$ and $v_t$ are named in the text and never used. There
# is no square root. Read as a program, the second line replaces the first, and what
# remains is gradient descent with a strange learning rate: the first step is a thousand
# times too long, because $1 - \beta_2 = 0.001$ stands below it. (In the real Adam that
# same small number stands below $v$, which is itself that small.)
#
# Left, the map that we know is the small box (the axes are logarithmic beyond $\pm 1$):
# the first step leaves it, and the shrinking $\alpha_t$ cannot bring the path back; Adam
# stays inside. Right: where 200 steps end, for many learning rates. Adam arrives for a
# wide range of $\alpha$; the formula as printed, with either line, hardly anywhere, much
# like plain gradient descent.

# %% [markdown] lang="zh" tags=["short", "slide"] minutes=6
# ### 照字面执行原文的 Adam
#
# §4.2.3 以 Adam 的名义印了这三个式子：
#
# $$\alpha_t = \frac{\alpha}{1 - \beta_1^t}, \qquad \alpha_t = \frac{\alpha}{1 - \beta_2^t}, \qquad
# w_{t+1} = w_t - \alpha_t \nabla_w J(w_t)$$
#
# $\alpha_t$ 定义了两遍；$m_t$、$v_t$ 只在文字里提到，式子里根本没用；开方也不见了。
# 当成程序逐行执行，第二行覆盖第一行，剩下的就是学习率很古怪的梯度下降：
# 第一步长了一千倍，因为分母是 $1 - \beta_2 = 0.001$。（在真正的 Adam 里，这个小数除的是 $v$，
# 而 $v$ 本身也同样小，恰好抵消。）
#
# 左图的小方框就是前面那张地图（$\pm 1$ 以外是对数坐标）：第一步就飞出方框，
# 之后 $\alpha_t$ 又越来越小，再也走不回来；Adam 始终在方框里。
# 右图对许多学习率画出 200 步之后的结果：Adam 在很宽的范围内都能到达最小值；
# 照原文的公式，无论取哪一行都几乎到不了，和普通的梯度下降差不多。

# %% tags=["short"]
show(mathematics.article_adam_step)


def as_printed(rate, beta_2=0.999, gradient=gradient):
    options = {"learning_rate": rate, "beta_2": beta_2}
    return lambda w, t: mathematics.article_adam_step(w, gradient(w), t, **options)


first = np.abs(walk(as_printed(0.1), 1)[1] - START) / np.abs(0.1 * gradient(START))
print("\nthe first step is so many times α · gradient:", first.round(1))
assert np.allclose(first, 1000)

# %% tags=["short"]
starts = {
    "Adam": adam,
    "article, second line": as_printed,
    "article, first line": lambda rate: as_printed(rate, beta_2=0.9),
    "gradient descent": descend,
}
rates = 10.0 ** np.arange(-5, 1.25, 0.25)
ends = {}
for name, start in starts.items():
    ends[name] = np.array([above(walk(start(rate)))[-1] for rate in rates])
arrived = {name: int((values < 1e-3).sum()) for name, values in ends.items()}
print(f"of {len(rates)} learning rates, so many end within 0.001 of the minimum:")
print(arrived)
assert arrived["Adam"] >= 4
assert max(arrived[name] for name in arrived if name != "Adam") <= 1

# %% tags=["short", "slide"]
corners = np.array([(a, b) for a, b in zip((0, 1, 1, 0, 0), (0, 0, 1, 1, 0))])
box = {"the map above": np.array(BOX)[[0, 1], corners].T}
flights = {name: walk(starts[name](0.1)).T for name in list(starts)[:2]}
plot_curves(
    {
        "α = 0.1": flights | box,
        "after 200 steps": {
            name: (rates, np.maximum(v, 1e-10)) for name, v in ends.items()
        },
    },
    xlabel=[AXES[0], "α"],
    ylabel=[AXES[1], "above the minimum"],
    xscale=["symlog", "log"],
    yscale=["symlog", "log"],
    marker=".",
    legend="all",
)

# %% [markdown] lang="en"
# The deeper trouble is units. Let the loss be the **sum** over the rows instead of the
# mean: the same minimum, each gradient as many times as large as there are rows. Adam
# divides that out and takes the same path. The printed formula, like gradient descent,
# now needs another $\alpha$.

# %% [markdown] lang="zh"
# 更深一层的问题是单位。把损失从样本的平均改成**求和**：最小值在原处，每个梯度却都乘上了样本数。
# Adam 把这个倍数除掉，路径不变；原文的公式和梯度下降一样，又得重新找 $\alpha$。


# %%
def of_the_sum(w):
    return len(x) * gradient(w)


same = np.abs(walk(adam(0.1)) - walk(adam(0.1, gradient=of_the_sum))).max()
other = walk(as_printed(1e-4)) - walk(as_printed(1e-4, gradient=of_the_sum))
print(f"Adam: the two paths differ by at most {same:.0e}")
print(f"as printed: by at most {np.abs(other).max():.0e}")
assert same < 1e-3 and np.abs(other).max() > 1

# %% [markdown] lang="en" tags=["short"] minutes=11
# ## 4.3 Activations
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}}, \qquad \text{ReLU}(x) = \max(0, x), \qquad
# \tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}$$
#
# with the derivatives $\sigma(x)(1 - \sigma(x))$, $[x > 0]$ and $1 - \tanh^2(x)$. Values
# and derivatives against Keras, from $-1000$ to $1000$. Typed in as they are printed, two
# of the three overflow there: $e^{1000}$ is more than a float64 holds. The sigmoid gets
# away with it, because $1/\infty$ is 0; tanh becomes $\infty/\infty$, which is no number.
# The code computes the same values another way.

# %% [markdown] lang="zh" tags=["short"] minutes=11
# ## 4.3 激活函数
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}}, \qquad \text{ReLU}(x) = \max(0, x), \qquad
# \tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}$$
#
# 导数分别是 $\sigma(x)(1 - \sigma(x))$、$[x > 0]$ 和 $1 - \tanh^2(x)$。下面在 $-1000$ 到 $1000$ 之间
# 把函数值和导数与 Keras 对照。若照印出来的式子直接写，三个里有两个会溢出：$e^{1000}$ 超出了 float64 的范围。
# sigmoid 侥幸没事，因为 $1/\infty$ 等于 0；tanh 则成了 $\infty/\infty$，不是一个数。代码换了写法来算同样的值。

# %% tags=["short"]
far = np.array([-1000.0, -30.0, -2.0, 0.0, 0.5, 30.0, 1000.0])
for name in ("sigmoid", "relu", "tanh"):
    points = tf.Variable(far)
    with tf.GradientTape() as tape:
        theirs = getattr(keras.activations, name)(points)
    slopes = tape.gradient(theirs, points)
    derivative = getattr(mathematics, f"{name}_derivative")
    assert np.allclose(getattr(mathematics, name)(far), theirs, atol=1e-6)
    assert np.allclose(derivative(far), slopes, atol=1e-6)
with np.errstate(all="ignore"):  # the formula as it is printed
    printed = (np.exp(far) - np.exp(-far)) / (np.exp(far) + np.exp(-far))
print("tanh as printed:", printed.round(4))
print("ours:           ", mathematics.tanh(far).round(4))
assert np.isnan(printed[-1]) and mathematics.tanh(far)[-1] == 1

# %% tags=["short", "slide"]
grid = np.linspace(-5, 5, 401)
values, slopes = {}, {}
for name in ("sigmoid", "relu", "tanh"):
    values[name] = grid, getattr(mathematics, name)(grid)
    slopes[name] = grid, getattr(mathematics, f"{name}_derivative")(grid)
    print(f"{name}: derivative at most {slopes[name][1].max():.2f}")
panels = {"activation": values, "derivative": slopes}
plot_curves(panels, xlabel="x", ylim=[(-1.2, 3), (-0.1, 1.1)])

# %% [markdown] lang="en" tags=["short", "slide"]
# The derivatives are what matters for learning. On its way back through a layer the
# gradient is multiplied by the activation's derivative and by the weights. The sigmoid's
# derivative is a quarter at best, so that after $n$ layers the derivatives alone make
# $4^{-n}$ at best, and hardly any gradient reaches the lower layers: the
# {{term:vanishing gradient}}. The article says that tanh and ReLU suffer less from it.
#
# We measure it in real Keras networks: the reviews' vectors go in, 2 to 16 hidden layers
# of 64 units follow, then a sigmoid. For one batch we take the norm of
# $\partial L / \partial h_k$, the gradient with respect to the output of each hidden layer.
# Three seeds each.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 对学习来说，要紧的是导数。梯度往回传，每过一层都要乘上激活函数的导数，再乘上权重。
# sigmoid 的导数最大才四分之一，单是导数，过 $n$ 层最多就只剩 $4^{-n}$，传到下面各层的梯度几乎为零，这就是{{term:梯度消失}}。
# 原文说，tanh 和 ReLU 在这方面的问题较小。
#
# 我们在真实的 Keras 网络里量一量：输入是评论的向量，中间 2 到 16 个隐藏层，每层 64 个神经元，最后是 sigmoid。
# 取一批数据，求损失对每个隐藏层输出的梯度 $\partial L / \partial h_k$，记下它的范数。每种设置用三个随机种子。

# %% tags=["short"]
scaled = (vectors - vectors.mean(axis=0)) / vectors.std()
scaled, targets = scaled.astype("float32"), y.astype("float32")[:, None]


def deep(activation, depth, seed, init):
    keras.utils.set_random_seed(seed)
    inputs = outputs = keras.Input((384,))
    for _ in range(depth):
        layer = keras.layers.Dense(64, activation, kernel_initializer=init)
        outputs = layer(outputs)
    return keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(outputs))


# %% tags=["short"]
def signals(model):
    part = keras.Model(model.input, [layer.output for layer in model.layers[1:]])
    with tf.GradientTape() as tape:
        *hidden, p = part(scaled[:128])
        value = tf.reduce_mean(keras.losses.binary_crossentropy(targets[:128], p))
    return np.array([float(tf.norm(g)) for g in tape.gradient(value, hidden)])


# %% [markdown] lang="en" tags=["short"]
# Four kinds of network, four depths. {{cell_time}}

# %% [markdown] lang="zh" tags=["short"]
# 四种网络，四种深度。{{cell_time}}

# %% tags=["short"]
kinds = {
    "sigmoid": ("sigmoid", "glorot_uniform"),  # Keras' default initializer
    "tanh": ("tanh", "glorot_uniform"),
    "ReLU": ("relu", "glorot_uniform"),
    "ReLU, He's initializer": ("relu", "he_uniform"),
}
kept = {}  # (kind, depth) -> (seeds, depth)
for name, (activation, init) in kinds.items():
    for depth in (2, 4, 8, 16):
        models = [deep(activation, depth, seed, init) for seed in range(3)]
        norms = np.array([signals(model) for model in models])
        kept[name, depth] = norms / norms[:, -1:]  # relative to the last layer
    share = np.exp(np.log(kept[name, 16][:, 0]).mean())
    print(f"{name}: {share:.1e} of the gradient reaches the first of 16 layers")

# %% tags=["short", "slide"]
first = {}  # what reaches the first layer, by depth
for name in kinds:
    first[name] = np.stack([kept[name, d][:, 0] for d in (2, 4, 8, 16)], axis=1)
reached = {name: np.exp(np.log(shares[:, -1]).mean()) for name, shares in first.items()}
assert reached["sigmoid"] < 1e-6
assert reached["ReLU"] < reached["tanh"] / 3
assert reached["ReLU, He's initializer"] > 0.2
quarter = {"¼ a layer": ((2, 16), (4.0**-1, 4.0**-15))}
plot_curves(
    {
        "a network of 16 layers": {n: (range(1, 17), kept[n, 16]) for n in kinds},
        "by depth": {n: ((2, 4, 8, 16), first[n]) for n in kinds} | quarter,
    },
    xlabel=["hidden layer", "number of hidden layers"],
    ylabel=["gradient, relative to the last", "first layer's gradient / last's"],
    yscale="log",
    legend=1,
)

# %% [markdown] lang="en" tags=["short"]
# Left, one network of 16 layers, from its first layer to its last; right, what reaches
# the first layer, by depth. The vertical axes are logarithmic: a straight line is a
# constant factor a layer. The sigmoid's line runs close below that of a quarter a layer.
# The article is right about tanh. About ReLU it is right *only* with the
# {{term:weight initialization}} made for it (He et al. 2015): about half of the units
# give 0, and Keras' default (Glorot's) does not take that into account. With that default
# ReLU loses a constant factor a layer, and more than tanh does.

# %% [markdown] lang="zh" tags=["short"]
# 左图是一个 16 层网络从第一层到最后一层的情况，右图是不同深度时第一层还剩多少。
# 纵轴是对数坐标，直线意味着每层乘一个固定的倍数。sigmoid 的线紧贴着“每层四分之一”那条线。
# 原文关于 tanh 的说法是对的；关于 ReLU 的说法，只有配上为它设计的{{term:权重初始化}}才成立（He 等，2015）：
# 约一半神经元输出为 0，而 Keras 默认的 Glorot 初始化没有考虑这一点，于是每层按固定比例衰减，比 tanh 还快。

# %% [markdown] lang="en"
# Does it matter for learning? Networks with eight hidden layers, trained alike on the
# reviews. The sigmoid networks do not get off the ground. ReLU with the default
# initializer learns nevertheless: Adam divides by the size of the gradient, and so makes
# up for a moderate loss. {{cell_time}}

# %% [markdown] lang="zh"
# 这对学习有影响吗？把有八个隐藏层的网络用同样的方式在评论上训练。sigmoid 网络根本学不起来。
# 默认初始化的 ReLU 仍然能学会：Adam 会除以梯度的大小，不太严重的衰减它补得回来。
# {{cell_time}}

# %%
learned = {}
for name in ("sigmoid", "ReLU"):
    activation, init = kinds[name]
    learned[name] = []
    for seed in range(3):
        model = deep(activation, 8, seed, init)
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        history = model.fit(scaled, targets, epochs=4, batch_size=32, verbose=0)
        learned[name].append(history.history["accuracy"][-1])
        shown = f"{learned[name][-1]:.3f}"
        print(f"{name}, seed {seed}: training accuracy {shown}", flush=True)
assert np.mean(learned["sigmoid"]) < 0.6 < 0.7 < np.mean(learned["ReLU"])

# %% [markdown] lang="en"
# How then can one fine-tune a transformer, in which every block holds a dozen operations?
# Each block adds its result to what came in (a {{term:residual connection}}), so that the
# gradient has a way past it. We measure the pretrained encoder itself: from the loss of a
# new head back to each of its blocks.

# %% [markdown] lang="zh"
# 那么，每个块都有十几步运算的 Transformer 为什么还能微调？因为每个块都把结果加到自己的输入上，这叫{{term:残差连接}}，
# 梯度就有了一条可以绕过去的路。直接量一量这个预训练编码器：从新分类头的损失往回，看每个块各收到多少梯度。

# %%
from sftkeras.inputs.rows import make_rows

names = sft.blocks(encoder)
parts = [encoder.get_layer(name).output for name in names]
part = keras.Model(encoder.input, [*parts, encoder.output])
batch = make_rows(encoder, train.texts[:32]).take(np.arange(32))
batch = keras.tree.map_structure(tf.constant, batch)
with tf.GradientTape() as tape:
    *hidden, p = part(batch)
    value = tf.reduce_mean(keras.losses.binary_crossentropy(targets[:32], p))
norms = [float(tf.norm(g)) for g in tape.gradient(value, hidden)]
for name, norm in zip(names, norms):
    print(f"{name}: {norm:.4f}")
assert norms[0] > norms[-1] / 5

# %% [markdown] lang="en" tags=["short"] minutes=10
# ## 4.4 The example: 100 rows of 10 features
#
# §4.4 trains a small network on `load_data('x_train.csv')`. Neither the function nor the
# file exists, so we make the data by a small rule: ten random numbers a row, and the label
# is 1 if the first two together exceed the third. The other seven are noise. The model is
# the article's: 64 ReLU units, one sigmoid, Adam, cross-entropy, 10 epochs, batches of 32.
# (`input_dim=10` became `keras.Input`. And although the text says fine-tuning, nothing
# here was pretrained.)
#
# The article looks at the accuracy on the training rows. We also make 1,000 rows by the
# same rule that the model never sees.

# %% [markdown] lang="zh" tags=["short"] minutes=10
# ## 4.4 例子：100 个样本，10 个特征
#
# §4.4 用 `load_data('x_train.csv')` 的数据训练一个小网络，但这个函数和这个文件都不存在。
# 我们用一条简单的规则造数据：每个样本是十个随机数，前两个之和大于第三个则标签为 1，其余七个都是干扰。
# 模型照原文：64 个 ReLU 神经元、一个 sigmoid、Adam、交叉熵、10 个轮次、批量 32。
# （`input_dim=10` 换成了 `keras.Input`。另外，正文说的是微调，其实这里没有任何预训练。）
#
# 原文只看训练样本上的准确率。我们再用同一条规则造 1000 个模型从未见过的样本。


# %% tags=["short"]
def make_data(rows, seed):
    x = np.random.default_rng(seed).normal(size=(rows, 10)).astype("float32")
    return x, (x[:, 0] + x[:, 1] > x[:, 2]).astype("float32")


def article_model(seed, rate=0.001, penalty=None):
    keras.utils.set_random_seed(seed)
    hidden = keras.layers.Dense(64, "relu", kernel_regularizer=penalty)
    head = keras.layers.Dense(1, "sigmoid", kernel_regularizer=penalty)
    model = keras.Sequential([keras.Input((10,)), hidden, head])
    adam = keras.optimizers.Adam(rate)
    model.compile(adam, "binary_crossentropy", metrics=["accuracy"])
    return model


# %% tags=["short"]
x_train, y_train = make_data(100, seed=0)
x_new, y_new = make_data(1000, seed=1)
model = article_model(seed=0)
history = model.fit(x_train, y_train, epochs=10, batch_size=32, verbose=0)
print(f"training accuracy {history.history['accuracy'][-1]:.2f}")
print(f"on new rows {model.evaluate(x_new, y_new, verbose=0)[1]:.2f}")

# %% [markdown] lang="en" tags=["short", "slide"]
# Ten epochs are forty steps; the model has hardly begun. Train on, and three times: with
# the true labels; with **labels drawn by a coin**, which have nothing to do with the rows;
# and with the coin's labels once more, but with a penalty on large weights added to the
# loss (`L2`), which is one kind of {{term:regularization}}. Three seeds each. (To save
# time the learning rate is ten times the article's, and `fit` reads the 100 rows five
# times over before it reports.)

# %% [markdown] lang="zh" tags=["short", "slide"]
# 十个轮次只有四十步，模型才刚起步。那就接着训练，而且做三遍：一遍用真实的标签；
# 一遍用**抛硬币得来的标签**，它们与数据毫无关系；最后一遍还是抛硬币的标签，但在损失里加上对大权重的惩罚（`L2`），
# 这是{{term:正则化}}的一种。每种用三个随机种子。（为了省时间，学习率取原文的十倍，
# 并且把 100 个样本过五遍才报告一次。）


# %% tags=["short"]
def learn(seed, drawn_by_a_coin, penalty):
    (x, y), (x_new, y_new) = make_data(100, seed), make_data(1000, seed=99 - seed)
    if drawn_by_a_coin:
        rng = np.random.default_rng(seed)
        y, y_new = rng.integers(2, size=100), rng.integers(2, size=1000)
    options = {"validation_data": (x_new, y_new), "validation_batch_size": 1000}
    options |= {"batch_size": 32, "epochs": 12, "verbose": 0}
    model = article_model(seed, 0.01, penalty)
    return model.fit(np.tile(x, (5, 1)), np.tile(y, 5), **options).history


# %% [markdown] lang="en" tags=["short"]
# What do you expect on new rows, each time? {{cell_time}}

# %% [markdown] lang="zh" tags=["short"]
# 先猜一猜：这三遍在新样本上各能答对多少？{{cell_time}}

# %% tags=["short"]
three = {
    "true labels": (False, None),
    "labels by a coin": (True, None),
    "by a coin, with L2": (True, keras.regularizers.L2(0.03)),
}
curves, passes = {}, np.arange(1, 13) * 5
for name, options in three.items():
    runs = [learn(seed, *options) for seed in range(3)]
    curves[name] = {k: np.array([run[k] for run in runs]) for k in runs[0]}
    seen, new = (curves[name][k][:, -1].mean() for k in ("accuracy", "val_accuracy"))
    print(f"{name}: training accuracy {seen:.2f}, on new rows {new:.2f}", flush=True)

# %% tags=["short", "slide"]
final = {name: {k: v[:, -1].mean() for k, v in c.items()} for name, c in curves.items()}
true, coin, held = final.values()
assert true["accuracy"] > 0.95 and true["val_accuracy"] > 0.8
assert coin["accuracy"] > 0.9 and abs(coin["val_accuracy"] - 0.5) < 0.05
assert held["accuracy"] < coin["accuracy"] - 0.15
panels = {}
for name, found in curves.items():
    panels[name] = {
        "the 100 training rows": (passes, found["accuracy"]),
        "1,000 new rows": (passes, found["val_accuracy"]),
        "guessing": (passes, np.full(12, 0.5)),
    }
right = ["share that is right", "", ""]
plot_curves(panels, xlabel="epoch", ylabel=right, ylim=(0.4, 1.02))

# %% [markdown] lang="en" tags=["short", "slide"]
# Left: with true labels the accuracy on new rows rises, too. That is
# generalization. Middle: the training accuracy climbs as high, but nothing was
# there to be learned: 64 units are enough to learn a hundred coin tosses by heart, which
# is {{term:overfitting}} in its pure form. The training accuracy cannot tell the two
# apart; the new rows can. Right: held back by the penalty, the network does not learn the
# tosses by heart any more. Hence validation and test data in every other chapter, and hence
# §3.5's «使用未参与训练的数据对模型进行评估» (“evaluate on data that took no part in
# training”).
#
# The other remedy is to stop in time. With the true labels the *loss* on new rows falls
# and then turns upward, long before the training is over; the cell below says where.
# Whoever watches it and keeps the best epoch's weights uses {{term:early stopping}}, which
# `fine_tune` does when it is given validation data.

# %% [markdown] lang="zh" tags=["short", "slide"]
# 左图：用真实标签训练，新样本上的准确率也跟着上升，这就是泛化。中图：训练准确率升得一样高，
# 其实没有规律可学，是 64 个神经元把一百次抛硬币的结果背了下来，这就是最纯粹的{{term:过拟合}}。
# 单看训练准确率，两者分不出来；看新样本就分得出。右图：加上惩罚之后，网络背不下这些结果了。
# 所以其他各章都有验证集和测试集，原文 §3.5 也说要“使用未参与训练的数据对模型进行评估”。
#
# 另一个办法是及时停下。用真实标签训练时，新样本上的*损失*先降后升，远在训练结束之前就开始回升，
# 下面的代码会指出在哪里。盯住验证损失（或验证准确率），保留最好那一轮的权重，这就是{{term:早停}}；
# 给了验证数据，`fine_tune` 就会这样做。

# %% tags=["short"]
by_epoch = curves["true labels"]["val_loss"].mean(axis=0)
lowest = int(by_epoch.argmin())
print(f"loss on new rows, lowest after {passes[lowest]} epochs: {by_epoch.min():.3f}")
print(f"after {passes[-1]}: {by_epoch[-1]:.3f}")
assert lowest < 8 and by_epoch[-1] > by_epoch.min() + 0.02

# %% [markdown] lang="en" tags=["short", "summary"] minutes=2
# ## Summary
#
# - Each formula of §4 fits in a few lines, and Keras agrees with each but the article's
#   Adam.
# - Cross-entropy gives the largest gradient where the model is sure and wrong; squared
#   error behind a sigmoid hardly any. Computed from logits it needs no clipping.
# - A gradient can be had by hand, by finite differences (slow, inexact, a good check) and
#   by backpropagation (what training uses).
# - Features in different units make a narrow valley. The steepest direction limits the
#   learning rate. Minibatches buy the same progress with a small part of the reading; Adam
#   divides the units out.
# - The article's Adam lacks both moments and the square root. Taken at its word its first
#   step is a thousand times too long.
# - A sigmoid's derivative is a quarter at most, and after sixteen layers almost nothing of
#   the gradient is left. tanh, ReLU with He's initializer, and residual connections keep
#   it alive.
# - A training accuracy rises on random labels, too. Only rows that were held out tell;
#   regularization and early stopping hold overfitting back.

# %% [markdown] lang="zh" tags=["short", "summary"] minutes=2
# ## 小结
#
# - §4 的每个公式都只要几行代码，而且除了原文的 Adam，都与 Keras 一致。
# - 模型很有把握地判错时，交叉熵的梯度最大；sigmoid 之后接均方误差，梯度几乎为零。从 logit 直接计算就不必截断。
# - 梯度可以手工推导，可以用有限差分（慢，不精确，适合核对），也可以用反向传播（训练用的就是它）。
# - 特征单位不同，曲面上就有狭长的山谷，学习率受最陡的方向限制。小批量只用一小部分数据就能走同样远；Adam 把单位除掉。
# - 原文的 Adam 少了两个滑动平均和开方，照字面执行，第一步就长了一千倍。
# - sigmoid 的导数最大才四分之一，过十六层梯度几乎不剩。tanh、配上 He 初始化的 ReLU、残差连接都能让梯度保留下来。
# - 用随机标签训练，训练准确率照样上升。只有留出的数据才说明问题；正则化和早停可以抑制过拟合。

# %% [markdown] lang="en"
# ## Questions
#
# 1. The true class got the probability $0.1$ from model A and $0.001$ from model B. By how
#    much is B's cross-entropy larger?
#    (a) by a factor of 100 · (b) by about 4.6 · (c) by $0.099$
#    <details><summary>Answer</summary>
#
#    **(b)**: $-\log 0.001 + \log 0.1 = \log 100 \approx 4.6$. (a) is the factor between the
#    probabilities; the logarithm turns it into a sum. (c) is the difference of the
#    probabilities, which the loss does not look at.
#    </details>
#
# 2. Why does one not train a classifier with squared error behind a sigmoid?
#    (a) it cannot be computed · (b) where the model is sure and wrong, the gradient is
#    nearly 0 · (c) its minimum lies at wrong probabilities
#    <details><summary>Answer</summary>
#
#    **(b)**: the factor $\sigma'(z)$ is nearly 0 there. (a) It can be computed as easily.
#    (c) Its minimum is right (it is a proper score); only the way there is slow.
#    </details>
#
# 3. The largest curvature of a loss is 50. From which learning rate on does gradient
#    descent diverge near the minimum?
#    (a) $0.02$ · (b) $0.04$ · (c) $0.5$
#    <details><summary>Answer</summary>
#
#    **(b)**: $2/\lambda = 2/50$. (a) is $1/\lambda$, at which one step lands at the bottom in
#    that direction: the fastest rate along it, not the limit. (c) is far beyond the limit.
#    </details>
#
# 4. You take batches of 64 instead of 16. The noise of the gradient becomes
#    (a) half · (b) a quarter · (c) as it was, the epochs are shorter
#    <details><summary>Answer</summary>
#
#    **(a)**: it falls with $1/\sqrt{B}$, and $\sqrt{4} = 2$. (b) forgets the root. (c) The
#    number of steps an epoch does change, but so does the noise.
#    </details>
#
# 5. A loss is multiplied by 1,000, and so all its gradients by 1,000. What does the first
#    step of Adam do?
#    (a) it is 1,000 times as long · (b) it is a thousandth as long · (c) it is as long as
#    before
#    <details><summary>Answer</summary>
#
#    **(c)**: $\hat{m} / \sqrt{\hat{v}}$ divides the factor out, and each weight moves by
#    $\alpha$. (a) is what gradient descent does. (b) would divide twice.
#    </details>
#
# 6. A network has a training accuracy of 1.0. What does that say about new data?
#    (a) it will be right on them · (b) it has overfitted · (c) nothing yet
#    <details><summary>Answer</summary>
#
#    **(c)**: in this chapter it was 1.0 with true labels and with coin tosses. (a) fits the
#    first case only, (b) the second: only held-out data tell which of the two it is.
#    </details>
#
# To discuss, without an answer:
#
# 7. A colleague says: “Adam needs no learning rate, it adapts.” What in this chapter speaks
#    for that, what against it?
# 8. The article's formulas have a mistake in one place. How would you find such a mistake
#    in a paper whose code is not published?
# 9. Why may a network with more weights than rows generalize at all, though it could learn
#    all rows by heart?

# %% [markdown] lang="zh"
# ## 思考题
#
# 1. 对真实类别，模型 A 给了 $0.1$ 的概率，模型 B 只给了 $0.001$。B 的交叉熵比 A 大多少？
#    (a) 是 A 的 100 倍 · (b) 大约多 4.6 · (c) 多 $0.099$
#    <details><summary>答案</summary>
#
#    **(b)**：$-\log 0.001 + \log 0.1 = \log 100 \approx 4.6$。(a) 是两个概率之比，取对数后倍数变成了差。
#    (c) 是两个概率之差，损失并不看它。
#    </details>
#
# 2. 为什么 sigmoid 之后不用均方误差训练分类器？
#    (a) 算不出来 · (b) 模型很有把握地判错时，梯度几乎为 0 · (c) 它的最小值对应的概率是错的
#    <details><summary>答案</summary>
#
#    **(b)**：那里的因子 $\sigma'(z)$ 接近 0。(a) 计算起来同样容易。
#    (c) 最小值的位置没有错（均方误差也是恰当的评分规则），只是走过去太慢。
#    </details>
#
# 3. 某个损失的最大曲率是 50。学习率从多大开始，梯度下降会在最小值附近发散？
#    (a) $0.02$ · (b) $0.04$ · (c) $0.5$
#    <details><summary>答案</summary>
#
#    **(b)**：$2/\lambda = 2/50$。(a) 是 $1/\lambda$，用它在该方向上一步就到谷底，这是最快的学习率，不是上限。
#    (c) 远远超过上限。
#    </details>
#
# 4. 批量从 16 改成 64，梯度的噪声
#    (a) 减半 · (b) 变成四分之一 · (c) 不变，只是每个轮次的步数少了
#    <details><summary>答案</summary>
#
#    **(a)**：噪声按 $1/\sqrt{B}$ 下降，而 $\sqrt{4} = 2$。(b) 忘了开方。(c) 步数确实变少，但噪声也变了。
#    </details>
#
# 5. 把损失乘以 1000，所有梯度也随之变成 1000 倍。Adam 的第一步会怎样？
#    (a) 长 1000 倍 · (b) 只有千分之一长 · (c) 和原来一样长
#    <details><summary>答案</summary>
#
#    **(c)**：$\hat{m} / \sqrt{\hat{v}}$ 把这个倍数约掉了，每个权重移动 $\alpha$。(a) 是普通梯度下降的情形。
#    (b) 等于多除了一次。
#    </details>
#
# 6. 一个网络的训练准确率是 1.0。这说明它在新数据上会怎样？
#    (a) 也会全对 · (b) 已经过拟合 · (c) 还什么都说明不了
#    <details><summary>答案</summary>
#
#    **(c)**：本章里，用真实标签和用抛硬币的标签都能到 1.0。(a) 只符合前者，(b) 只符合后者；
#    究竟是哪一种，要看留出的数据。
#    </details>
#
# 下面三个问题供讨论，没有标准答案：
#
# 7. 有同学说：“Adam 会自适应，不用管学习率。”本章里哪些结果支持这句话，哪些反对？
# 8. 原文的公式有一处错误。如果一篇论文没有公开代码，你会怎样发现这类错误？
# 9. 网络的权重比样本还多，本可以把所有样本背下来，为什么它仍有可能泛化？

# %% [markdown] lang="en"
# ## Exercises
#
# In [exercises/04_mathematics.ipynb](exercises/04_mathematics.ipynb):
#
# 1. derive the gradient behind a softmax;
# 2. predict the learning rate at which gradient descent breaks;
# 3. mend the article's Adam;
# 4. keep the gradient alive through sixteen sigmoid layers;
# 5. work out how good guessing can look;
# 6. find: the penalty that generalizes best (open);
# 7. with your own 100 labels: learn them by heart (open).

# %% [markdown] lang="zh"
# ## 练习
#
# 见 [exercises/04_mathematics.ipynb](exercises/04_mathematics.ipynb)：
#
# 1. 推导 softmax 背后的梯度；
# 2. 预测梯度下降会在哪个学习率上发散；
# 3. 修好原文的 Adam；
# 4. 让梯度穿过十六个 sigmoid 层；
# 5. 算一算随机猜测能显得多好；
# 6. 找一找：多大的惩罚泛化得最好（开放题）；
# 7. 用你自己标注的 100 条：把它们背下来（开放题）。

# %% [raw] words
# "data/reviews/train_data.txt" = "data/reviews_zh/train_data.txt"
# "minilm" = "e5-small"
# "each row:" = "每个样本："
# f"the mean: {by_hand.mean():.9f} by hand, {ours:.9f} ours, {theirs:.9f} Keras'\n" = f"平均：手算 {by_hand.mean():.9f}，本项目 {ours:.9f}，Keras {theirs:.9f}\n"
# f"{ours:.9f} ours, {theirs:.9f} Keras', {two_classes:.9f} as two classes\n" = f"本项目 {ours:.9f}，Keras {theirs:.9f}，当作两个类别 {two_classes:.9f}\n"
# f"{ours:.9f} ours, {theirs:.9f} Keras'\n" = f"本项目 {ours:.9f}，Keras {theirs:.9f}\n"
# "cross-entropy" = "交叉熵"
# "squared error" = "均方误差"
# f"gradient of a sure mistake, {name}: {value:.6f}" = f"很有把握地判错时的梯度，{name}：{value:.6f}"
# "loss" = "损失"
# "size of the gradient" = "梯度的大小"
# "logit z (class 1 is true)" = "logit z（真实类别为 1）"
# "ours at p = 0:" = "p = 0 时本项目的函数给出："
# f"sigmoid by {owner}: loss {float(value):.3f}, gradient {found[owner]:.3f}" = f"{owner} 的 sigmoid：损失 {float(value):.3f}，梯度 {found[owner]:.3f}"
# f"{len(x)} reviews; spread of the two features:" = f"{len(x)} 条评论，两个特征的标准差："
# f"the encoder: {count:,} weights, so {2 * count:,} passes for one step" = f"编码器有 {count:,} 个权重，走一步要把数据过 {2 * count:,} 遍"
# "by hand" = "手工推导"
# "finite differences" = "有限差分"
# "along the line" = "直线上的位置"
# "length" = "字数"
# "step h" = "步长 h"
# "largest error of the gradient" = "梯度的最大误差"
# f"{kind}: best h {h:.0e}, error {error:.0e}" = f"{kind}：最好的 h 是 {h:.0e}，误差 {error:.0e}"
# f"minimum at {best.round(4)}, loss {loss(best):.4f}" = f"最小值在 {best.round(4)}，损失 {loss(best):.4f}"
# f"curvature along the valley {narrow:.3f}, across it {wide:.1f}" = f"沿山谷方向的曲率 {narrow:.3f}，横跨山谷的曲率 {wide:.1f}"
# "weight of the line" = "直线位置的权重"
# "weight of the length" = "字数的权重"
# f"α = {share} · 2/λ: {end[share]:.3f} above the minimum" = f"α = {share} · 2/λ：比最小值高 {end[share]:.3f}"
# "noise" = "噪声"
# "predicted" = "按公式"
# "rows a step" = "每步样本数"
# "\ngradient at the start:" = "\n出发点的梯度："
# "the first step:       " = "第一步：      "
# "gradient descent" = "梯度下降"
# f"{name}, 50 steps: ours and Keras' differ by at most {gap:.0e}" = f"{name}，50 步：本项目与 Keras 最多相差 {gap:.0e}"
# "SGD, 1 row a step" = "SGD，每步 1 个样本"
# "SGD, 32 rows a step" = "SGD，每步 32 个样本"
# f"{name}: {ends[-1]:.1e} above the minimum" = f"{name}：比最小值高 {ends[-1]:.1e}"
# "SGD, 1 row" = "SGD，1 个样本"
# "SGD, 32 rows" = "SGD，32 个样本"
# "Adam, all rows" = "Adam，全部样本"
# "Adam, 32 rows" = "Adam，32 个样本"
# "by step" = "按步数"
# "by rows read" = "按用过的样本数"
# "step" = "步数"
# "rows read" = "用过的样本数"
# "loss above the minimum" = "比最小值高多少"
# f"{name}: {after[-1]:.0e} above the minimum" = f"{name}：比最小值高 {after[-1]:.0e}"
# "above the minimum" = "比最小值高多少"
# "\nthe first step is so many times α · gradient:" = "\n第一步是 α × 梯度的多少倍："
# "article, second line" = "原文第二行"
# "article, first line" = "原文第一行"
# f"of {len(rates)} learning rates, so many end within 0.001 of the minimum:" = f"{len(rates)} 个学习率中，最后离最小值不到 0.001 的有："
# "the map above" = "前面那张地图"
# "after 200 steps" = "200 步之后"
# f"Adam: the two paths differ by at most {same:.0e}" = f"Adam：两条路径最多相差 {same:.0e}"
# f"as printed: by at most {np.abs(other).max():.0e}" = f"照原文的式子：最多相差 {np.abs(other).max():.0e}"
# "tanh as printed:" = "照式子直接写的 tanh："
# "ours:           " = "本项目：            "
# f"{name}: derivative at most {slopes[name][1].max():.2f}" = f"{name}：导数最大为 {slopes[name][1].max():.2f}"
# "activation" = "激活函数"
# "derivative" = "导数"
# "ReLU, He's initializer" = "ReLU，He 初始化"
# f"{name}: {share:.1e} of the gradient reaches the first of 16 layers" = f"{name}：传到 16 层中第一层的梯度是最后一层的 {share:.1e}"
# "¼ a layer" = "每层 ¼"
# "a network of 16 layers" = "一个 16 层的网络"
# "by depth" = "按深度"
# "hidden layer" = "第几个隐藏层"
# "number of hidden layers" = "隐藏层数"
# "gradient, relative to the last" = "梯度（以最后一层为 1）"
# "first layer's gradient / last's" = "第一层的梯度 ÷ 最后一层的"
# f"{name}, seed {seed}: training accuracy {shown}" = f"{name}，种子 {seed}：训练准确率 {shown}"
# f"training accuracy {history.history['accuracy'][-1]:.2f}" = f"训练准确率 {history.history['accuracy'][-1]:.2f}"
# f"on new rows {model.evaluate(x_new, y_new, verbose=0)[1]:.2f}" = f"新样本上 {model.evaluate(x_new, y_new, verbose=0)[1]:.2f}"
# "true labels" = "真实标签"
# "labels by a coin" = "抛硬币的标签"
# "by a coin, with L2" = "抛硬币的标签，加 L2"
# f"{name}: training accuracy {seen:.2f}, on new rows {new:.2f}" = f"{name}：训练准确率 {seen:.2f}，新样本上 {new:.2f}"
# "the 100 training rows" = "100 个训练样本"
# "1,000 new rows" = "1000 个新样本"
# "guessing" = "随机猜测"
# "epoch" = "轮次"
# "share that is right" = "准确率"
# f"loss on new rows, lowest after {passes[lowest]} epochs: {by_epoch.min():.3f}" = f"新样本上的损失，第 {passes[lowest]} 轮后最低：{by_epoch.min():.3f}"
# f"after {passes[-1]}: {by_epoch[-1]:.3f}" = f"第 {passes[-1]} 轮后：{by_epoch[-1]:.3f}"
