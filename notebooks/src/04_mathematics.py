# %% [markdown] lang="en"
# # 4. The mathematics
#
# This chapter is the article's §4: the formulas behind a training step. You will learn
#
# - to compute each formula by hand and by Keras, and see that the two agree;
# - to check a gradient three ways: by hand, by finite differences, by `tf.GradientTape`;
# - what gradient descent, SGD and Adam do on the same real surface, and what happens if
#   the article's Adam is taken at its word;
# - why gradients vanish in deep networks, with which activation, and what helps;
# - what a training accuracy does not tell.
#
# Running time: {{run_time}} on two CPU cores.

# %% [markdown] lang="zh"
# # 4. 数学
#
# 本章对应原文 §4，讲的是一步训练背后的公式。读完你将能够：
#
# - 把每个公式自己算一遍，再交给 Keras 算一遍，确认两边一致；
# - 用三种办法核对同一个梯度：手工推导、有限差分、`tf.GradientTape`；
# - 看清梯度下降、SGD 和 Adam 在同一个真实曲面上各自怎么走，以及照字面执行原文的 Adam 会出什么事；
# - 说明深层网络的梯度为什么会消失、换哪种激活函数会好些、还有什么办法；
# - 知道训练准确率没有告诉你什么。
#
# 运行时间：在两个 CPU 核上{{run_time}}。

# %%
import inspect

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from IPython.display import display
from ipywidgets import FloatLogSlider, FloatSlider, IntSlider, interact

import sftkeras as sft
from sftkeras import mathematics
from sftkeras.plots import COLORS, new_figure


def show(function):
    """Print a function's code without its docstring."""
    head, _, body = inspect.getsource(function).split('"""')
    print(head.rstrip() + body.rstrip())


# %% [markdown] lang="en"
# ## 4.1 Losses
#
# ### Cross-entropy (§4.1.1)
#
# $$L = -\sum_i y_i \log(p_i)$$
#
# $y$ is a one-hot row: 1 at the true class, 0 elsewhere. So one term of the sum is left,
# $-\log$ of the probability that the model gave to the truth. For several rows one takes
# the mean, which the article does not write.
#
# Below, the formula typed in, then the function in `sftkeras.mathematics`, then Keras'. The
# third row gave only $0.2$ to the true class; see what it costs beside the others. Last comes the
# function's code: `_pair` refuses shapes that do not match, and of `_clip` more
# is said below, under “log 0”.

# %% [markdown] lang="zh"
# ## 4.1 损失函数
#
# ### 交叉熵（§4.1.1）
#
# $$L = -\sum_i y_i \log(p_i)$$
#
# $y$ 是独热向量：真实类别处为 1，其余为 0。因此求和式里只剩一项，即模型给真实类别的概率取 $-\log$。
# 有多个样本时再对样本取平均，这一步原文没有写出来。
#
# 下面依次是：照公式直接写的一行、`sftkeras.mathematics` 里的函数、Keras 的函数。
# 第三个样本只给了真实类别 $0.2$ 的概率，看看它的损失比另外两个大多少。
# 最后是函数的代码：`_pair` 检查两边的形状是否一致，`_clip` 留到下面“log 0”一节再说。

# %%
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
# The sum then has two terms. This is the `binary_crossentropy` that the article compiles in
# §4.4 and §5.2, without writing it down:
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
# Three ratings in stars and what a model predicted. The errors are squared, so that the one
# prediction that is two stars off makes nearly the whole loss.

# %% [markdown] lang="zh"
# ### 均方误差（§4.1.2）
#
# $$L = \frac{1}{n} \sum_i (y_i - \hat{y}_i)^2$$
#
# 三个星级评分和模型的预测。误差要平方，所以差了两颗星的那一个预测几乎占了全部损失。

# %%
y, y_hat = np.array([3.0, 5.0, 4.0]), np.array([2.5, 5.0, 6.0])  # stars

ours = mathematics.mean_squared_error(y, y_hat)
theirs = float(keras.losses.mean_squared_error(y, y_hat))
print(f"{ours:.9f} ours, {theirs:.9f} Keras'\n")
assert abs(ours - theirs) < 1e-6
show(mathematics.mean_squared_error)

# %% [markdown] lang="en"
# ### Which loss for which task, and why
#
# The article gives cross-entropy to classification and squared error to regression. Why not
# squared error everywhere? Take one row of class 1 whose probability comes out of a sigmoid,
# $p = \sigma(z)$, and move $z$, the **logit**. By the chain rule
#
# $$\frac{\partial L}{\partial z} = \frac{\partial L}{\partial p}\,\sigma'(z).$$
#
# The left figure shows the loss, the right one the size of this gradient, which is how hard
# the row pulls at the weights. At the left edge the model is sure and wrong. Cross-entropy
# pulls with full force there. Squared error hardly pulls: the factor $\sigma'(z)$ is nearly 0,
# and the worst mistake is the one from which the model learns least.

# %% [markdown] lang="zh"
# ### 什么任务用什么损失，为什么
#
# 原文说分类用交叉熵，回归用均方误差。为什么不一律用均方误差？取一个类别为 1 的样本，
# 它的概率由 sigmoid 给出：$p = \sigma(z)$，其中 $z$ 叫做 **logit**（对数几率）。
# 让 $z$ 变化，由链式法则
#
# $$\frac{\partial L}{\partial z} = \frac{\partial L}{\partial p}\,\sigma'(z).$$
#
# 左图是损失，右图是梯度的大小，也就是这个样本“拉动”权重的力气。最左端表示模型很有把握地判错了：
# 交叉熵在这里用足了力气，均方误差却几乎不动，因为因子 $\sigma'(z)$ 接近 0。
# 也就是说，用均方误差时，错得最离谱的样本反而最教不会模型。

# %%
z = np.linspace(-10, 10, 201)
p, slope = mathematics.sigmoid(z), mathematics.sigmoid_derivative(z)
losses = {"cross-entropy": -np.log(p), "squared error": (1 - p) ** 2}
pulls = {"cross-entropy": slope / p, "squared error": 2 * (1 - p) * slope}

figure, axes = new_figure(1, 2, width=9.5)
for name, color in zip(losses, COLORS):
    axes[0].plot(z, losses[name], color=color, label=name)
    axes[1].semilogy(z, pulls[name], color=color, label=name)
axes[0].set(xlabel="logit z (class 1 is true)", ylabel="loss")
axes[1].set(xlabel="logit z (class 1 is true)", ylabel="|gradient| by the logit")
axes[0].legend(frameon=False)
at_edge = {name: pulls[name][0] for name in pulls}
print(
    "pull of a sure mistake:", {name: f"{pull:.6f}" for name, pull in at_edge.items()}
)
assert at_edge["cross-entropy"] > 0.99 and at_edge["squared error"] < 1e-3
figure

# %% [markdown] lang="en"
# ### The edge: log 0
#
# $\log 0$ is $-\infty$. Keras, and we after it, move probabilities into
# $[10^{-7}, 1 - 10^{-7}]$ first. So the loss of one sure mistake stops at
# $-\log 10^{-7} \approx 16$, and there its gradient is 0: a clipped number no longer depends on
# the weights. The remedy is to compute the loss from the logit, where nothing needs clipping.
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
pulls = {}
for owner, sigmoid in [
    ("TensorFlow", tf.sigmoid),
    ("Keras", keras.activations.sigmoid),
]:
    z = tf.constant([-40.0])
    with tf.GradientTape() as tape:
        tape.watch(z)
        value = keras.losses.binary_crossentropy(tf.ones(1), sigmoid(z))
    pulls[owner] = float(tape.gradient(value, z)[0])
    print(
        f"sigmoid by {owner:<11} loss {float(value):.3f}, gradient {pulls[owner]:.3f}"
    )
assert pulls["TensorFlow"] == 0 and abs(pulls["Keras"] + 1) < 1e-6

# %% [markdown] lang="en"
# ## Gradients, three ways
#
# Each optimizer of §4.2 needs $\nabla_w J(w)$. Where does it come from? We take a problem
# small enough to draw and yet real: the reviews of chapter 1, read by the frozen encoder,
# and on top the smallest head, **two weights** and a sigmoid. Its two inputs are
#
# - how far the review's vector lies along the line from the mean negative review to the mean
#   positive one;
# - the number of its words.
#
# Both are centred. They come in different units, as real features do: the cell prints how
# much wider the second spreads. Remember that when the optimizers come.

# %% [markdown] lang="zh"
# ## 梯度的三种算法
#
# §4.2 的每个优化器都要用到 $\nabla_w J(w)$。它从哪里来？我们取一个小到能画出来、但又真实的问题：
# 第 1 章的评论，先由冻结的编码器读成向量，上面再接一个最小的分类头，只有**两个权重**和一个 sigmoid。
# 它的两个输入是
#
# - 评论的向量在“负面均值指向正面均值”这条直线上的位置；
# - 评论的词数。
#
# 两个特征都减去了均值。它们单位不同，真实数据往往如此；下面会打印出后者的波动比前者大多少。
# 讲优化器时会用到这一点。

# %%
train = sft.load_texts("data/reviews/train_data.txt")
encoder = sft.load_pretrained_model("minilm", num_classes=2)
vectors = sft.embed(encoder, train.texts)  # (N, 384)
y = train.labels.astype(float)

line = vectors[y == 1].mean(axis=0) - vectors[y == 0].mean(axis=0)
along = vectors @ line / np.linalg.norm(line)
words = np.array([len(text.split()) for text in train.texts])
x = np.stack([along, words], axis=1)  # (N, 2)
x -= x.mean(axis=0)
print(f"{len(x)} reviews; spread of the two features:", x.std(axis=0).round(2))
assert x[:, 1].std() > 5 * x[:, 0].std()

# %% [markdown] lang="en"
# The loss $J(w)$ is the mean binary cross-entropy, computed from the logits $z = x w$ and so
# without clipping: $\log(1 + e^z) - y z$ is the same number.
#
# **By hand.** The chain rule multiplies the loss's derivative by the sigmoid's, which is
# $p(1-p)$, and the denominator cancels:
#
# $$\frac{\partial L}{\partial z} = \frac{p - y}{p(1-p)} \cdot p(1-p) = p - y,
# \qquad \nabla_w J = \frac{1}{N}\, x^\top (p - y).$$
#
# **By finite differences.** Move one weight a little to both sides:
# $\bigl(J(w + h) - J(w - h)\bigr) / 2h$. It needs no derivation, but two evaluations of $J$ for
# each weight: with the encoder's 22.7 million weights, 45 million passes over the data for one step.
#
# **By `tf.GradientTape`.** TensorFlow writes down each operation and applies the chain rule
# backwards, for all weights at once. This is what `fit` does.

# %% [markdown] lang="zh"
# 损失 $J(w)$ 是二元交叉熵的平均值，从 logit $z = xw$ 直接算，不需要截断：
# $\log(1 + e^z) - y z$ 与前面的公式是同一个数。
#
# **手工推导。** 链式法则把损失的导数与 sigmoid 的导数 $p(1-p)$ 相乘，分母正好约掉：
#
# $$\frac{\partial L}{\partial z} = \frac{p - y}{p(1-p)} \cdot p(1-p) = p - y,
# \qquad \nabla_w J = \frac{1}{N}\, x^\top (p - y).$$
#
# **有限差分。** 把一个权重向两边各挪一点：$\bigl(J(w + h) - J(w - h)\bigr) / 2h$。
# 不用推导，但每个权重都要算两次 $J$。编码器有 2270 万个权重，走一步就得把数据过 4500 多万遍。
#
# **`tf.GradientTape`。** TensorFlow 把每个运算记录下来，再倒着用链式法则，一次得到所有权重的梯度。
# `fit` 用的就是这种办法。


# %%
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
assert abs(loss(w) - float(value)) < 1e-9  # the same loss, from p

# %%
three = pd.DataFrame(
    {
        "by hand": gradient(w),
        "finite differences": mathematics.finite_difference_gradient(loss, w),
        "GradientTape": tape.gradient(value, weights).numpy(),
    },
    index=["along the line", "words"],
)
assert np.allclose(three["by hand"], three["GradientTape"], atol=1e-9)
assert np.allclose(three["by hand"], three["finite differences"], atol=1e-7)
three.map("{:.10f}".format)

# %% [markdown] lang="en"
# Hand and tape agree to the last digits; finite differences to fewer. How small should $h$
# be? The figure measures the error for many. From the right it falls: a smaller $h$ sees
# less of the curve. Then it rises again: the two losses become so alike that their difference
# is rounding error, and that is divided by a tiny number. In float32, in which networks
# compute, the best $h$ is large and the best result poor. So finite differences serve to
# check a derivation, in float64, on a few weights.

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
        errors[kind].append(np.abs(found - gradient(w)).max())

# %%
figure, axis = new_figure(1, 1, width=6.5)
for (kind, values), color in zip(errors.items(), COLORS):
    axis.loglog(steps, np.maximum(values, 1e-13), "o-", ms=3, color=color, label=kind)
axis.set(xlabel="step h", ylabel="largest error of the gradient")
axis.legend(frameon=False)
best = {kind: (steps[np.argmin(v)], min(v)) for kind, v in errors.items()}
for kind, (h, error) in best.items():
    print(f"{kind}: best h {h:.0e}, error {error:.0e}")
assert best["float64"][1] < 1e-8 < 1e-6 < best["float32"][1]
assert best["float64"][0] < best["float32"][0]
figure

# %% [markdown] lang="en"
# ## 4.2 Optimizers
#
# Two weights make a surface that can be drawn. Each line below joins weights of equal loss;
# the star is the minimum, found by Newton's method. Mind the scales of the two axes: drawn
# alike, the ellipses would be a narrow valley. That comes from the units: a small change of
# the words' weight costs as much as a large one of the other. All optimizers start at the
# same place, far from the minimum.

# %% [markdown] lang="zh"
# ## 4.2 优化器
#
# 两个权重，损失就是一个能画出来的曲面。下面每条线上的点损失相同，星号是用牛顿法求得的最小值。
# 注意两个坐标轴的刻度：若按同一比例画，这些椭圆会是一条狭长的山谷。
# 原因就在单位上：词数的权重动一点点，损失的变化就抵得上另一个权重动一大截。
# 所有优化器都从同一个远离最小值的地方出发。

# %%
best = np.zeros(2)
for _ in range(20):  # Newton: exact, but it needs the matrix of second derivatives
    p = mathematics.sigmoid(x @ best)
    curvature = (x * (p * (1 - p))[:, None]).T @ x / len(x)  # (2, 2)
    best = best - np.linalg.solve(curvature, gradient(best))
narrow, wide = np.linalg.eigvalsh(curvature)
print(f"minimum at {best.round(4)}, loss {loss(best):.4f}")
print(f"curvature along the valley {narrow:.3f}, across it {wide:.1f}")
assert np.abs(gradient(best)).max() < 1e-12 and wide > 50 * narrow

START = np.array([-1.0, 0.25])
a, b = np.meshgrid(np.linspace(-1.6, 4.6, 90), np.linspace(-0.34, 0.34, 90))
heights = np.array([loss(w) for w in zip(a.flat, b.flat)]).reshape(a.shape)


# %%
def contours(axis):
    levels = loss(best) + np.geomspace(0.003, 2.5, 10)
    axis.contour(a, b, heights, levels, colors="0.75", linewidths=0.8)
    axis.plot(*best, "*", ms=12, color="black")
    axis.set(xlabel="weight of the line", ylabel="weight of the words")
    axis.set(xlim=(-1.6, 4.6), ylim=(-0.34, 0.34))


def follow(axis, path, color, label=None):
    axis.plot(*path.T, ".-", ms=4, lw=0.8, color=color, label=label)


# %%
def walk(step, steps=200):
    path = [START]
    for t in range(1, steps + 1):
        path.append(step(path[-1], t))
    return np.array(path)  # (steps + 1, 2)


def above(path):
    """How far above the minimum the loss is, at each place of the path."""
    return np.array([loss(w) for w in path]) - loss(best)


# %% [markdown] lang="en"
# Keras' optimizers walk on the same surface, in float64, so that we can compare step by
# step: give them the gradient at the current weights, `apply` it, read the weights.

# %% [markdown] lang="zh"
# Keras 的优化器也在同一个曲面上、用 float64 走一遍，好逐步对照：
# 把当前权重处的梯度交给它，调用 `apply`，再读出新的权重。


# %%
def keras_walk(optimizer, gradient=gradient, steps=50):
    weights = keras.Variable(START, dtype="float64")
    path = [START]
    for _ in range(steps):
        slope = tf.constant(gradient(weights.numpy()))
        optimizer.apply([slope], [weights])
        path.append(weights.numpy())
    return np.array(path)


# %% [markdown] lang="en"
# ### Gradient descent (§4.2.1)
#
# $$w_{t+1} = w_t - \alpha \nabla_w J(w_t)$$
#
# One step reads all rows. The learning rate $\alpha$ has a limit. Left, well below it: the
# path falls into the valley and then creeps along its floor. Middle, near it: the same, with
# longer steps. Right, beyond it: the path jumps from wall to wall and ends higher than
# the middle one. On a bowl of curvature $\lambda$ the limit is $2/\lambda$, and the steepest
# direction sets it for all the others.

# %% [markdown] lang="zh"
# ### 梯度下降（§4.2.1）
#
# $$w_{t+1} = w_t - \alpha \nabla_w J(w_t)$$
#
# 每走一步都要读完全部样本。学习率 $\alpha$ 有上限。左图远低于上限：先落进山谷，再沿谷底慢慢爬。
# 中图接近上限：走法一样，步子大些。右图超过了上限：在两壁之间来回跳，最后的位置比中图还高。
# 对曲率为 $\lambda$ 的碗，上限是 $2/\lambda$；所有方向只能共用一个学习率，由最陡的方向说了算。

# %%
show(mathematics.gradient_descent_step)


def descend(rate):
    return lambda w, t: mathematics.gradient_descent_step(w, gradient(w), rate)


gap = np.abs(walk(descend(0.1), 50) - keras_walk(keras.optimizers.SGD(0.1))).max()
print(f"\n50 steps, ours and Keras': the largest difference is {gap:.0e}")
assert gap < 1e-6

# %%
figure, axes = new_figure(1, 3, width=12)
end = {}
for axis, rate in zip(axes, (0.02, 0.1, 0.25)):
    path = walk(descend(rate))
    end[rate] = above(path)[-1]
    contours(axis)
    follow(axis, path, COLORS[0])
    axis.set_title(f"α = {rate}: {end[rate]:.3f} above the minimum", fontsize=10)
assert end[0.1] < end[0.02] and end[0.1] < end[0.25]
figure

# %% [markdown] lang="en"
# ### Stochastic gradient descent (§4.2.2)
#
# $$w_{t+1} = w_t - \alpha \nabla_w J(w_t; x_t, y_t)$$
#
# As the article writes it, each step reads **one** row, drawn at random. In practice (in
# §5 too: `batch_size=32`) it reads a **minibatch**. The gradient of a few rows is that of all
# rows plus noise. How much noise? We draw many batches of each size at the starting point and
# measure the standard deviation: it falls with $1/\sqrt{B}$. Four times the rows, half the noise.

# %% [markdown] lang="zh"
# ### 随机梯度下降（§4.2.2）
#
# $$w_{t+1} = w_t - \alpha \nabla_w J(w_t; x_t, y_t)$$
#
# 照原文的写法，每一步只读**一个**随机抽取的样本。实践中（包括 §5 的 `batch_size=32`）读的是**一小批**。
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

# %% [markdown] lang="en"
# Against Keras: we give its `SGD` the gradients of the same rows. (Left to itself Keras draws
# no rows: `fit` shuffles them each epoch and walks through, so that each has its turn.)

# %% [markdown] lang="zh"
# 与 Keras 对照时，把同样几行的梯度交给它的 `SGD`。（`fit` 本身并不抽样：
# 它每个轮次把样本打乱一次，然后依次取用，每个样本都轮得到。）


# %%
def stochastic(rate, batch_size, seed=0):
    rng = np.random.default_rng(seed)
    options = {"rng": rng, "learning_rate": rate, "batch_size": batch_size}
    return lambda w, t: mathematics.sgd_step(w, gradient, x, y, **options)


show(mathematics.sgd_step)

# %%
rng = np.random.default_rng(0)  # for the same draws once more


def on_the_next_batch(w):
    rows = rng.choice(len(x), 32, replace=False)
    return gradient(w, x[rows], y[rows])


theirs = keras_walk(keras.optimizers.SGD(0.1), on_the_next_batch)
gap = np.abs(walk(stochastic(0.1, 32), 50) - theirs).max()
print(f"50 steps, ours and Keras': the largest difference is {gap:.0e}")
assert gap < 1e-6

# %% [markdown] lang="en"
# ### Adam (§4.2.3)
#
# What Kingma and Ba published in 2014, Algorithm 1, with $g_t = \nabla_w J(w_t)$:
#
# $$m_t = \beta_1 m_{t-1} + (1 - \beta_1)\, g_t, \qquad v_t = \beta_2 v_{t-1} + (1 - \beta_2)\, g_t^2$$
#
# $$\hat{m}_t = \frac{m_t}{1 - \beta_1^t}, \qquad \hat{v}_t = \frac{v_t}{1 - \beta_2^t}, \qquad
# w_{t+1} = w_t - \alpha\, \frac{\hat{m}_t}{\sqrt{\hat{v}_t} + \varepsilon}$$
#
# $m$ is a running mean of the gradients (momentum), $v$ of their squares, each weight for
# itself. Both begin at 0 and would be too small at first; the division by $1 - \beta^t$ mends
# that. Dividing by $\sqrt{\hat{v}}$ takes the units out: in the first step each weight moves by
# $\alpha$, whatever its gradient. That is the answer to our narrow valley.
#
# Keras 3 computes the same in another order: its $\varepsilon$ stands beside $\sqrt{v}$, not
# $\sqrt{\hat{v}}$, and is `1e-7`, not the paper's `1e-8`; and the powers of $\beta$ come out of
# float32. So the two agree, but not to the last digit.

# %% [markdown] lang="zh"
# ### Adam（§4.2.3）
#
# 先看 Kingma 和 Ba 2014 年论文中的算法 1，记 $g_t = \nabla_w J(w_t)$：
#
# $$m_t = \beta_1 m_{t-1} + (1 - \beta_1)\, g_t, \qquad v_t = \beta_2 v_{t-1} + (1 - \beta_2)\, g_t^2$$
#
# $$\hat{m}_t = \frac{m_t}{1 - \beta_1^t}, \qquad \hat{v}_t = \frac{v_t}{1 - \beta_2^t}, \qquad
# w_{t+1} = w_t - \alpha\, \frac{\hat{m}_t}{\sqrt{\hat{v}_t} + \varepsilon}$$
#
# $m$ 是梯度的滑动平均（动量），$v$ 是梯度平方的滑动平均，每个权重各算各的。
# 两者都从 0 开始，起初会偏小，除以 $1 - \beta^t$ 正好补回来。除以 $\sqrt{\hat{v}}$ 则消去了单位：
# 第一步里不论梯度大小，每个权重都恰好移动 $\alpha$。狭长山谷的问题就这样解决了。
#
# Keras 3 换了计算顺序：它的 $\varepsilon$ 加在 $\sqrt{v}$ 旁边而不是 $\sqrt{\hat{v}}$ 旁边，
# 取 `1e-7` 而不是论文的 `1e-8`，$\beta$ 的幂又是用 float32 算的。所以两边一致，但不会每一位都相同。


# %%
def adam(rate, beta_1=0.9, beta_2=0.999, gradient=gradient):
    state = None

    def step(w, t):
        nonlocal state
        options = {"learning_rate": rate, "beta_1": beta_1, "beta_2": beta_2}
        w, state = mathematics.adam_step(w, gradient(w), state, **options)
        return w

    return step


# %%
show(mathematics.adam_step)
path = walk(adam(0.1), 50)
gap = np.abs(path - keras_walk(keras.optimizers.Adam(0.1))).max()
print(f"\n50 steps, ours and Keras': the largest difference is {gap:.0e}")
print("gradient at the start:", gradient(START).round(3))
print("the first step:       ", (path[1] - path[0]).round(6))
assert gap < 1e-4 and np.allclose(np.abs(path[1] - path[0]), 0.1)

# %% [markdown] lang="en"
# ### The paths, drawn
#
# Two hundred steps of each. Gradient descent drops into the valley and creeps along it. One
# row a step staggers up and down the walls, even with the smaller $\alpha$ that we gave it.
# Thirty-two rows a step still sway, and get about as far as all rows do. Adam strides
# along the valley, swinging from side to side as its momentum carries it, and comes to rest at the
# minimum.

# %% [markdown] lang="zh"
# ### 把路径画出来
#
# 每种方法各走两百步。梯度下降先掉进山谷，再沿谷底慢慢爬。每步一个样本的 SGD 在两壁之间跌跌撞撞，
# 尽管我们已经给了它更小的学习率。每步 32 个样本仍有些摇晃，但走得和用全部样本差不多远。
# Adam 沿着山谷大步前进，动量带着它左右摆动，最后停在最小值上。

# %%
methods = {
    "gradient descent, α = 0.1": descend(0.1),
    "SGD, 1 row a step, α = 0.03": stochastic(0.03, 1),
    "SGD, 32 rows a step, α = 0.1": stochastic(0.1, 32),
    "Adam, α = 0.1": adam(0.1),
}
figure, axes = new_figure(2, 2, width=10.5, height=6.4)
ends = []
for axis, (name, step), color in zip(axes.flat, methods.items(), COLORS):
    path = walk(step)
    ends.append(above(path)[-1])
    contours(axis)
    follow(axis, path, color)
    axis.set_title(f"{name}: {ends[-1]:.1e} above the minimum", fontsize=10)
assert ends[3] < 1e-6 < 1e-3 < min(ends[:3])
figure

# %% [markdown] lang="en"
# Is SGD then worse than gradient descent? Count what a step costs. Left, by steps, gradient
# descent and the minibatches go side by side. Right, the same curves by rows read: gradient
# descent has read all 720 rows before its first step, and the minibatches get as far with a
# small part of the reading. (Means over ten draws; the bands go from the lowest to the
# highest.) Adam on minibatches is what the article's `fit` does: at first as good as Adam on all
# rows, in the end held up by the noise. `fine_tune` therefore lets the learning rate fall to 0.

# %% [markdown] lang="zh"
# 那么 SGD 不如梯度下降吗？要看每一步的代价。左图按步数画，梯度下降和小批量几乎并肩而行；
# 右图把同样的曲线按读过的样本数来画：梯度下降走第一步之前就已经读了全部 720 个样本，
# 而小批量只读了一小部分就走到了同样的地方。（曲线是十次抽样的平均，色带是最低到最高的范围。）
# 原文的 `fit` 用的是“小批量加 Adam”：开头和读全部样本的 Adam 一样快，最后被噪声挡住，降不下去。
# 所以 `fine_tune` 让学习率逐渐降到 0。


# %%
def adam_on_batches(rate, size, seed):
    rng = np.random.default_rng(seed)

    def of_a_batch(w):
        rows = rng.choice(len(x), size, replace=False)
        return gradient(w, x[rows], y[rows])

    return adam(rate, gradient=of_a_batch)


# %%
runs = {
    "gradient descent": (720, lambda seed: descend(0.1)),
    "SGD, 1 row": (1, lambda seed: stochastic(0.03, 1, seed)),
    "SGD, 32 rows": (32, lambda seed: stochastic(0.1, 32, seed)),
    "Adam, all rows": (720, lambda seed: adam(0.1)),
    "Adam, 32 rows": (32, lambda seed: adam_on_batches(0.1, 32, seed)),
}
bands = {}  # name -> (seeds, steps + 1)
for name, (_, start) in runs.items():
    bands[name] = np.array([above(walk(start(seed))) for seed in range(10)])
means = {name: band.mean(axis=0) for name, band in bands.items()}
assert means["SGD, 32 rows"][22] < means["gradient descent"][1]  # 704 rows against 720
assert means["Adam, all rows"][200] < means["Adam, 32 rows"][200]

# %%
figure, axes = new_figure(1, 2, width=11, height=4)
for name, color in zip(runs, COLORS):
    low, high = bands[name].min(axis=0)[1:], bands[name].max(axis=0)[1:]
    for axis, unit in zip(axes, (1, runs[name][0])):
        reads = np.arange(1, 201) * unit
        axis.fill_between(reads, low, high, color=color, alpha=0.15, lw=0)
        axis.plot(reads, means[name][1:], color=color, label=name)
        axis.set(yscale="log", ylim=(1e-6, 3))
axes[0].set(xlabel="step", ylabel="loss above the minimum")
axes[1].set(xlabel="rows read", xscale="log")
axes[0].legend(frameon=False, fontsize=8)
figure

# %% [markdown] lang="en"
# ### Turn the knobs
#
# First as a picture: Adam with three learning rates, then with three values of $\beta_1$. A
# small $\alpha$ is slow; a large one leaves the map and must come back. Without momentum
# ($\beta_1 = 0$) the path follows the floor of the valley and begins to tremble across it; with much
# of it the path swings like a heavy ball and runs past the minimum.

# %% [markdown] lang="zh"
# ### 动手调一调
#
# 先看静态图：上排是三个学习率的 Adam，下排是三个 $\beta_1$。$\alpha$ 太小走得慢，太大就冲出去很远再回来；
# 没有动量（$\beta_1 = 0$）时路径贴着谷底走，后来在谷底两侧抖动；动量很大时像一个沉重的球，
# 大幅摆动，还会冲过最小值。

# %%
settings = [("α", {"rate": r}) for r in (0.01, 0.1, 1.0)]
settings += [("β₁", {"rate": 0.1, "beta_1": b}) for b in (0.0, 0.9, 0.99)]
figure, axes = new_figure(2, 3, width=12, height=6.2)
after = []
for axis, (name, options) in zip(axes.flat, settings):
    path = walk(adam(**options))
    after.append(above(path)[-1])
    contours(axis)
    follow(axis, path, COLORS[0])
    value = list(options.values())[-1]
    axis.set_title(f"{name} = {value}: {after[-1]:.0e} above the minimum", fontsize=10)
assert after[1] < after[0] and after[4] < after[5]
figure

# %% [markdown] lang="en"
# Then by hand. Run the cell and move the sliders (a reader without a running kernel
# sees them at rest). Find a learning rate at which gradient descent reaches the minimum as
# fast as Adam does. Is there one?

# %% [markdown] lang="zh"
# 再自己动手：运行下面的单元格，拖动滑块（没有运行内核时，滑块是静止的）。
# 试着找一个学习率，让梯度下降和 Adam 一样快地到达最小值。找得到吗？


# %%
def redraw(rate=0.1, beta_1=0.9, beta_2=0.999, steps=100):
    figure, axis = new_figure(1, 1, width=6.5, height=4)
    contours(axis)
    walks = {"Adam": adam(rate, beta_1, beta_2), "gradient descent": descend(rate)}
    for (name, step), color in zip(walks.items(), (COLORS[0], COLORS[3])):
        path = walk(step, steps)
        follow(axis, path, color, f"{name}: {above(path)[-1]:.1e}")
    axis.legend(frameon=False, fontsize=8, title="above the minimum")
    display(figure)


rates = FloatLogSlider(0.1, min=-3, max=0.5, step=0.1, description="α")
betas = [FloatSlider(v, min=0, max=0.9999, step=0.001, readout_format=".3f")
         for v in (0.9, 0.999)]  # fmt: skip
counts = IntSlider(100, 1, 300)
_ = interact(redraw, rate=rates, beta_1=betas[0], beta_2=betas[1], steps=counts)

# %% [markdown] lang="en"
# ### The article's Adam, taken at its word
#
# §4.2.3 prints these three lines under the name of Adam:
#
# $$\alpha_t = \frac{\alpha}{1 - \beta_1^t}, \qquad \alpha_t = \frac{\alpha}{1 - \beta_2^t}, \qquad
# w_{t+1} = w_t - \alpha_t \nabla_w J(w_t)$$
#
# $\alpha_t$ is defined twice. $m_t$ and $v_t$ are named in the text and never used. There is no
# square root. Read as a program, the second line replaces the first, and what remains is
# gradient descent with a strange learning rate. The table shows it for $\alpha = 0.1$: the
# first step is a thousand times too long, because $1 - \beta_2 = 0.001$ stands below it. In the
# real Adam that same small number stands below $v$, which is itself that small.

# %% [markdown] lang="zh"
# ### 照字面执行原文的 Adam
#
# §4.2.3 以 Adam 的名义印了这三个式子：
#
# $$\alpha_t = \frac{\alpha}{1 - \beta_1^t}, \qquad \alpha_t = \frac{\alpha}{1 - \beta_2^t}, \qquad
# w_{t+1} = w_t - \alpha_t \nabla_w J(w_t)$$
#
# $\alpha_t$ 定义了两遍；$m_t$、$v_t$ 只在文字里提到，式子里根本没用；开方也不见了。
# 当成程序逐行执行，第二行覆盖第一行，剩下的就是学习率很古怪的梯度下降。
# 下表取 $\alpha = 0.1$：第一步长了一千倍，因为分母是 $1 - \beta_2 = 0.001$。
# 在真正的 Adam 里，这个小数除的是 $v$，而 $v$ 本身也同样小，恰好抵消。

# %%
show(mathematics.article_adam_step)
print()
times, table = [1, 2, 10, 100, 1000, 10_000], {}
for name, beta in [("first line, β₁ = 0.9", 0.9), ("second line, β₂ = 0.999", 0.999)]:
    table[name] = [
        -mathematics.article_adam_step(0.0, 1.0, t, 0.1, beta_2=beta) for t in times
    ]
assert table["second line, β₂ = 0.999"][0] > 99
pd.DataFrame(table, index=times).rename_axis("αₜ at t =").round(3)

# %% [markdown] lang="en"
# On our surface, from the same start. Left, the map that we know is the small box (the axes
# are logarithmic beyond $\pm 1$). With $\alpha = 0.1$ the first step leaves it and lands hundreds of
# units away, and the shrinking $\alpha_t$ cannot bring the path back; Adam stays inside. Middle:
# the height above the minimum, for three learning rates. Right: where 200 steps end, for
# many. Adam arrives for a wide range of $\alpha$, and the formula as printed, with either line,
# does not. (The first line alone is soon the same as gradient descent.) At its luckiest $\alpha$ the second line comes near, after a detour on which the loss
# is many times what it was at the start; the cell prints it.

# %% [markdown] lang="zh"
# 放到我们的曲面上，从同一点出发。左图的小方框就是前面那张地图（$\pm 1$ 以外是对数坐标）。
# $\alpha = 0.1$ 时，第一步就飞出方框，落到几百个单位以外，之后 $\alpha_t$ 又越来越小，再也走不回来；
# Adam 始终在方框里。中图是三个学习率下离最小值的高度。右图对许多学习率画出 200 步之后的结果：
# Adam 在很宽的范围内都能到达最小值，照原文的公式无论取哪一行都不行（只用第一行，很快就和梯度下降没有区别）。
# 碰上最走运的 $\alpha$，第二行能走到附近，但途中损失一度涨到起点的许多倍，下面会打印出来。


# %%
def as_printed(rate, beta_2=0.999, gradient=gradient):
    return lambda w, t: mathematics.article_adam_step(
        w, gradient(w), t, rate, beta_2=beta_2
    )


starts = {
    "Adam": adam,
    "article, second line": as_printed,
    "article, first line": lambda rate: as_printed(rate, beta_2=0.9),
    "gradient descent": descend,
}
# %%
rates = 10.0 ** np.arange(-5, 1.25, 0.25)
ends = {name: np.array([above(walk(start(rate)))[-1] for rate in rates])
        for name, start in starts.items()}  # fmt: skip
arrived = {name: int((values < 1e-4).sum()) for name, values in ends.items()}
print(f"of {len(rates)} learning rates, so many end within 0.0001 of the minimum:")
print(arrived)
lucky = rates[ends["article, second line"].argmin()]
height = above(walk(as_printed(lucky)))
print(
    f"the printed formula's best α is {lucky:.4f}: {height[0]:.2f} above the minimum at"
)
print(f"the start, {height.max():.0f} on the way, {height[-1]:.4f} at the end")
assert arrived["Adam"] >= 4 and height.max() > 10 * height[0]
assert max(arrived[name] for name in arrived if name != "Adam") <= 1

# %%
figure, axes = new_figure(1, 3, width=13, height=4)
for name, style, color in [
    ("Adam", "-", "black"),
    ("article, second line", ":", "0.6"),
]:
    follow(axes[0], walk(starts[name](0.1)), color, f"{name}, α = 0.1")
    for rate, color in zip((0.001, 0.01, 0.1), COLORS):
        path = walk(starts[name](rate))
        axes[1].semilogy(above(path), style, color=color, label=f"{name}, α = {rate}")
for (name, values), color in zip(ends.items(), COLORS):
    axes[2].loglog(
        rates, np.maximum(values, 1e-10), "o-", ms=3, color=color, label=name
    )

# %%
box = np.array([(-1.6, -0.34), (4.6, -0.34), (4.6, 0.34), (-1.6, 0.34), (-1.6, -0.34)])
axes[0].plot(*box.T, color=COLORS[3], lw=1.5, label="the map above")
axes[0].set(xscale="symlog", yscale="symlog", yticks=[-100, -10, -1, 1, 10])
axes[0].set(xlabel="weight of the line", ylabel="weight of the words")
axes[1].set(xlabel="step", ylabel="loss above the minimum", ylim=(1e-7, 1e6))
axes[2].set(xlabel="α", ylabel="above the minimum after 200 steps")
for axis, place in zip(axes, ("upper left", "upper right", "lower left")):
    axis.legend(frameon=False, fontsize=7, loc=place)
figure

# %% [markdown] lang="en"
# The deeper trouble is units. Let the loss be the **sum** over the rows instead of the mean: the
# same minimum, each gradient 720 times as large. Adam divides that out and takes the same
# path. The printed formula, like gradient descent, now needs another $\alpha$.

# %% [markdown] lang="zh"
# 更深一层的问题是单位。把损失从样本的平均改成**求和**：最小值在原处，梯度却都变成 720 倍。
# Adam 把这个倍数除掉，路径不变；原文的公式和梯度下降一样，又得重新找 $\alpha$。


# %%
def of_the_sum(w):
    return len(x) * gradient(w)


same = np.abs(walk(adam(0.1)) - walk(adam(0.1, gradient=of_the_sum))).max()
other = np.abs(
    walk(as_printed(1e-4)) - walk(as_printed(1e-4, gradient=of_the_sum))
).max()
print(f"largest difference between the two paths: Adam {same:.0e}, article {other:.0e}")
assert same < 1e-4 and other > 1

# %% [markdown] lang="en"
# ## 4.3 Activations
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}}, \qquad \text{ReLU}(x) = \max(0, x), \qquad
# \tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}$$
#
# with the derivatives $\sigma(x)(1 - \sigma(x))$, $[x > 0]$ and $1 - \tanh^2(x)$. Values and
# derivatives against Keras, from $-1000$ to $1000$. Typed in as they are printed, two of the
# three overflow there: $e^{1000}$ is more than a float64 holds. The sigmoid gets away with it,
# because $1/\infty$ is 0; tanh becomes $\infty/\infty$, which is no number. The code computes the
# same values another way.

# %% [markdown] lang="zh"
# ## 4.3 激活函数
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}}, \qquad \text{ReLU}(x) = \max(0, x), \qquad
# \tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}$$
#
# 导数分别是 $\sigma(x)(1 - \sigma(x))$、$[x > 0]$ 和 $1 - \tanh^2(x)$。下面在 $-1000$ 到 $1000$ 之间
# 把函数值和导数与 Keras 对照。若照印出来的式子直接写，三个里有两个会溢出：$e^{1000}$ 超出了 float64 的范围。
# sigmoid 侥幸过关，因为 $1/\infty$ 等于 0；tanh 则成了 $\infty/\infty$，不是一个数。代码换了写法来算同样的值。

# %%
far = np.array([-1000.0, -30.0, -2.0, 0.0, 0.5, 30.0, 1000.0])
for name in ("sigmoid", "relu", "tanh"):
    points = tf.Variable(far)
    with tf.GradientTape() as tape:
        theirs = getattr(keras.activations, name)(points)
    slopes = tape.gradient(theirs, points)
    ours = getattr(mathematics, name)
    derivative = getattr(mathematics, f"{name}_derivative")
    assert np.allclose(ours(far), theirs, atol=1e-6)
    assert np.allclose(derivative(far), slopes, atol=1e-6)
    show(ours)
    print()

# %%
with np.errstate(all="ignore"):  # the formula as it is printed
    printed = (np.exp(far) - np.exp(-far)) / (np.exp(far) + np.exp(-far))
print("tanh as printed:", printed.round(4))
print("ours:           ", mathematics.tanh(far).round(4))
assert np.isnan(printed[-1]) and mathematics.tanh(far)[-1] == 1

# %%
grid = np.linspace(-5, 5, 401)
figure, axes = new_figure(1, 2, width=9.5)
for name, color in zip(("sigmoid", "relu", "tanh"), COLORS):
    axes[0].plot(grid, getattr(mathematics, name)(grid), color=color, label=name)
    slopes = getattr(mathematics, f"{name}_derivative")(grid)
    axes[1].plot(grid, slopes, color=color, label=f"{name}: at most {slopes.max():.2f}")
axes[0].set(xlabel="x", title="activation", ylim=(-1.2, 3))
axes[1].set(xlabel="x", title="derivative")
axes[0].legend(frameon=False, loc="upper left")
axes[1].legend(frameon=False, loc="center right", fontsize=8)
figure

# %% [markdown] lang="en"
# The derivatives are what matters for learning. On its way back through a layer the gradient
# is multiplied by the activation's derivative and by the weights. The sigmoid's derivative is
# a quarter at best, so that after $n$ layers the derivatives alone make $4^{-n}$ at best. That is the
# **vanishing gradient**. The article says that tanh and ReLU suffer less from it.
#
# We measure it in real Keras networks: the reviews' vectors go in, 2 to 16 hidden layers of 64
# units follow, then a sigmoid. For one batch we take the norm of $\partial L / \partial h_k$, the gradient
# with respect to the output of each hidden layer. Five seeds each.

# %% [markdown] lang="zh"
# 对学习来说，要紧的是导数。梯度往回传，每过一层都要乘上激活函数的导数，再乘上权重。
# sigmoid 的导数最大才四分之一，单是导数，过 $n$ 层最多就只剩 $4^{-n}$。这就是**梯度消失**。
# 原文说，tanh 和 ReLU 在这方面的问题较小。
#
# 我们在真实的 Keras 网络里量一量：输入是评论的向量，中间 2 到 16 个隐藏层，每层 64 个单元，最后是 sigmoid。
# 取一批数据，求损失对每个隐藏层输出的梯度 $\partial L / \partial h_k$，记下它的范数。每种设置用五个随机种子。

# %%
scaled = ((vectors - vectors.mean(axis=0)) / vectors.std()).astype(
    "float32"
)  # (N, 384)
targets = y.astype("float32")[:, None]  # (N, 1)


def deep(activation, depth, seed, init):
    keras.utils.set_random_seed(seed)
    inputs = outputs = keras.Input((384,))
    for _ in range(depth):
        layer = keras.layers.Dense(64, activation, kernel_initializer=init)
        outputs = layer(outputs)
    return keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(outputs))


# %%
def signals(model):
    part = keras.Model(model.input, [layer.output for layer in model.layers[1:]])
    with tf.GradientTape() as tape:
        *hidden, p = part(scaled[:128])
        value = tf.reduce_mean(keras.losses.binary_crossentropy(targets[:128], p))
    return np.array([float(tf.norm(g)) for g in tape.gradient(value, hidden)])


# %%
kinds = {
    "sigmoid": ("sigmoid", "glorot_uniform"),  # Keras' default initializer
    "tanh": ("tanh", "glorot_uniform"),
    "ReLU": ("relu", "glorot_uniform"),
    "ReLU, He's initializer": ("relu", "he_uniform"),
}
kept = {}  # (kind, depth) -> (seeds, depth)
for name, (activation, init) in kinds.items():
    for depth in (2, 4, 8, 16):
        models = [deep(activation, depth, seed, init) for seed in range(5)]
        norms = np.array([signals(model) for model in models])
        kept[name, depth] = norms / norms[:, -1:]  # relative to the last layer


# %%
def mean_and_band(axis, places, norms, color, label=None):
    """Norms (seeds, places): the geometric mean, and from the lowest to the highest."""
    axis.fill_between(places, norms.min(0), norms.max(0), color=color, alpha=0.2, lw=0)
    middle = np.exp(np.log(norms).mean(axis=0))
    axis.semilogy(places, middle, "o-", ms=3, color=color, label=label)


# %%
figure, axes = new_figure(1, 2, width=11, height=4.2)
for name, color in zip(kinds, COLORS):
    firsts = np.stack([kept[name, depth][:, 0] for depth in (2, 4, 8, 16)], axis=1)
    mean_and_band(axes[0], np.arange(1, 17), kept[name, 16], color)
    mean_and_band(axes[1], (2, 4, 8, 16), firsts, color, label=name)
axes[1].semilogy((2, 16), (4.0**-1, 4.0**-15), "k:", label="¼ a layer")
axes[0].set(xlabel="hidden layer (16 in all)", ylabel="gradient, relative to the last")
axes[1].set(xlabel="number of hidden layers", ylabel="first layer's gradient / last's")
axes[1].legend(frameon=False, fontsize=8)
figure

# %%
reached = {name: np.exp(np.log(kept[name, 16][:, 0]).mean()) for name in kinds}
for name, share in reached.items():
    print(f"{name:<24}{share:10.1e} of the gradient reaches the first of 16 layers")
assert reached["sigmoid"] < 1e-6
assert reached["ReLU"] < reached["tanh"] / 3
assert reached["ReLU, He's initializer"] > 0.2

# %% [markdown] lang="en"
# Left, one network of 16 layers, from its first layer to its last; right, what reaches the
# first layer, by depth. The vertical axes are logarithmic: a straight line is a constant factor
# a layer. The sigmoid's line runs along the dotted one, a quarter a layer. The article is right about
# tanh. About ReLU it is right **only with the initializer made for it** (He et al. 2015): half
# of the units are silent, and Keras' default weights do not make up for it. With those ReLU loses
# a constant factor a layer, and more than tanh does.

# %% [markdown] lang="zh"
# 左图是一个 16 层网络从第一层到最后一层的情况，右图是不同深度时第一层还剩多少。
# 纵轴是对数坐标，直线意味着每层乘一个固定的倍数。sigmoid 的线紧贴着“每层四分之一”的虚线。
# 原文关于 tanh 的说法是对的；关于 ReLU 的说法**只有配上为它设计的初始化才成立**（He 等，2015）：
# 一半单元不响应，Keras 默认的初始权重没有补偿这一点，于是每层按固定比例衰减，比 tanh 还快。

# %% [markdown] lang="en"
# Does it matter for learning? Networks with eight hidden layers, trained alike on the
# reviews. The sigmoid networks do not get off the ground. ReLU with the default initializer
# learns nevertheless: Adam divides by the size of the gradient, and so makes up for a moderate loss.

# %% [markdown] lang="zh"
# 这对学习有影响吗？把有八个隐藏层的网络用同样的方式在评论上训练。sigmoid 网络根本学不起来。
# 默认初始化的 ReLU 仍然能学会：Adam 会除以梯度的大小，不太严重的衰减它补得回来。

# %%
learned = {}
for name, (activation, init) in kinds.items():
    learned[name] = []
    for seed in (0, 1):
        model = deep(activation, 8, seed, init)
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        history = model.fit(scaled, targets, epochs=4, batch_size=32, verbose=0)
        learned[name].append(history.history["accuracy"][-1])
    print(f"{name:<24} training accuracy", np.round(learned[name], 3))
assert np.mean(learned["sigmoid"]) < 0.6
assert min(np.mean(learned[name]) for name in learned if name != "sigmoid") > 0.8

# %% [markdown] lang="en"
# How then can one fine-tune a transformer, in which every block holds a dozen operations?
# Each block adds its result to what came in (a **residual connection**), so that the gradient has a way
# past it. We measure the pretrained encoder itself: from the loss of a new head back to each
# of its six blocks.

# %% [markdown] lang="zh"
# 那么，每个块都有十几步运算的 Transformer 为什么还能微调？因为每个块都把结果加到自己的输入上（**残差连接**），
# 梯度有一条路可以绕过去。直接量一量这个预训练编码器：从新分类头的损失往回，看六个块各收到多少梯度。

# %%
from sftkeras.inputs.rows import make_rows

blocks = [layer for layer in encoder.layers if "transformer_layer" in layer.name]
part = keras.Model(encoder.input, [*(block.output for block in blocks), encoder.output])
batch = make_rows(encoder, train.texts[:32]).take(np.arange(32))
batch = keras.tree.map_structure(tf.constant, batch)
with tf.GradientTape() as tape:
    *hidden, p = part(batch)
    value = tf.reduce_mean(keras.losses.binary_crossentropy(targets[:32], p))
norms = [float(tf.norm(g)) for g in tape.gradient(value, hidden)]
for block, norm in zip(blocks, norms):
    print(f"{block.name}: {norm:.4f}")
assert norms[0] > norms[-1] / 5

# %% [markdown] lang="en"
# ## 4.4 The example: 100 rows of 10 features
#
# §4.4 trains a small network on `load_data('x_train.csv')`. Neither the function nor the
# file exists, so we make the data by a small rule: ten random numbers a row, and the label is
# 1 if the first two together exceed the third. The other seven are noise. The model is the article's:
# 64 ReLU units, one sigmoid, Adam, cross-entropy, 10 epochs, batches of 32. (`input_dim=10`
# became `keras.Input`. And although the text says fine-tuning, nothing here was
# pretrained.)
#
# The article looks at the accuracy on the training rows. We also make 1,000 rows by
# the same rule that the model never sees.

# %% [markdown] lang="zh"
# ## 4.4 例子：100 个样本，10 个特征
#
# §4.4 用 `load_data('x_train.csv')` 的数据训练一个小网络，但这个函数和这个文件都不存在。
# 我们用一条简单的规则造数据：每行十个随机数，前两个之和大于第三个则标签为 1，其余七个都是干扰。
# 模型照原文：64 个 ReLU 单元、一个 sigmoid、Adam、交叉熵、10 个轮次、批量 32。
# （`input_dim=10` 换成了 `keras.Input`。另外，正文说的是微调，其实这里没有任何预训练。）
#
# 原文只看训练样本上的准确率。我们再用同一条规则造 1000 行模型从未见过的数据。


# %%
def make_data(rows, seed):
    x = np.random.default_rng(seed).normal(size=(rows, 10)).astype("float32")
    return x, (x[:, 0] + x[:, 1] > x[:, 2]).astype("float32")


def article_model(seed, optimizer="adam"):
    keras.utils.set_random_seed(seed)
    hidden, head = keras.layers.Dense(64, "relu"), keras.layers.Dense(1, "sigmoid")
    model = keras.Sequential([keras.Input((10,)), hidden, head])
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return model


# %%
x_train, y_train = make_data(100, seed=0)
x_new, y_new = make_data(1000, seed=1)
model = article_model(seed=0)
history = model.fit(x_train, y_train, epochs=10, batch_size=32, verbose=0)
print(f"training accuracy {history.history['accuracy'][-1]:.2f}")
print(f"on new rows       {model.evaluate(x_new, y_new, verbose=0)[1]:.2f}")

# %% [markdown] lang="en"
# Ten epochs are forty steps; the model has hardly begun. Train on, and twice: once with
# the true labels, once with **labels drawn by a coin**, which have nothing to do with the
# rows. (To save time the learning rate is ten times the article's, and `fit` reads the 100
# rows five times over before it reports.)

# %% [markdown] lang="zh"
# 十个轮次只有四十步，模型才刚起步。那就接着训练，而且做两遍：一遍用真实的标签，
# 一遍用**抛硬币得来的标签**，它们与数据毫无关系。
# （为了省时间，学习率取原文的十倍，并且每把 100 行读五遍才报告一次。）


# %%
def learn(seed, random_labels):
    (x, y), (x_new, y_new) = make_data(100, seed), make_data(1000, seed=99 - seed)
    if random_labels:
        rng = np.random.default_rng(seed)
        y, y_new = rng.integers(2, size=100), rng.integers(2, size=1000)
    options = {"validation_data": (x_new, y_new), "validation_batch_size": 1000}
    options |= {"batch_size": 32, "epochs": 12, "verbose": 0}
    model = article_model(seed, keras.optimizers.Adam(0.01))
    found = model.fit(np.tile(x, (5, 1)), np.tile(y, 5), **options).history
    return [found["accuracy"], found["val_accuracy"]]


curves = {}  # (seeds, 2, 12)
for name, random_labels in [("true labels", False), ("random labels", True)]:
    curves[name] = np.array([learn(seed, random_labels) for seed in (0, 1, 2)])

# %%
figure, axes = new_figure(1, 2, width=10, height=3.8)
passes = np.arange(1, 13) * 5
for axis, (kind, found) in zip(axes, curves.items()):
    for k, name in enumerate(("the 100 training rows", "1,000 new rows")):
        low, high = found[:, k].min(axis=0), found[:, k].max(axis=0)
        axis.fill_between(passes, low, high, color=COLORS[k], alpha=0.2, lw=0)
        axis.plot(passes, found[:, k].mean(axis=0), color=COLORS[k], label=name)
    axis.axhline(0.5, color="0.5", ls="--", lw=1)
    axis.set(title=kind, xlabel="epoch", ylabel="accuracy", ylim=(0.4, 1.02))
axes[0].legend(frameon=False, loc="center right")
figure

# %%
final = {kind: values[:, :, -1].mean(axis=0) for kind, values in curves.items()}
for kind, (seen, new) in final.items():
    print(f"{kind:<14} training accuracy {seen:.2f}, on new rows {new:.2f}")
assert final["random labels"][0] > 0.9 and final["true labels"][0] > 0.95
assert final["true labels"][1] > 0.8
assert abs(final["random labels"][1] - 0.5) < 0.05

# %% [markdown] lang="en"
# Left, true labels; right, random ones; the band spans three seeds. The training accuracy
# climbs in both: 64 units are enough to learn a hundred coin tosses by heart. It cannot tell a
# model that has found the rule from one that has found nothing. The new rows can. Hence validation and test
# data in every other chapter, and hence §3.5's «使用未参与训练的数据对模型进行评估».

# %% [markdown] lang="zh"
# 左图是真实标签，右图是随机标签，色带是三个随机种子的范围。两边的训练准确率都一路上升：
# 64 个单元足以把一百次抛硬币的结果背下来。单看训练准确率，分不出哪个模型找到了规律、哪个什么也没找到；
# 看新数据就分得出。所以其他各章都有验证集和测试集，原文 §3.5 也说要“使用未参与训练的数据对模型进行评估”。

# %% [markdown] lang="en"
# ## Summary
#
# - Each formula of §4 fits in a few lines, and Keras agrees with each but the article's Adam.
# - Cross-entropy pulls hardest where the model is sure and wrong; squared error behind a
#   sigmoid hardly at all. Computed from logits it needs no clipping.
# - A gradient can be had by hand, by finite differences (slow, inexact, a good check) and by tape
#   (what training uses).
# - Features in different units make a narrow valley. Gradient descent creeps in it; minibatches
#   buy the same progress with a small part of the reading; Adam divides the units out.
# - The article's Adam lacks both moments and the square root. Taken at its word its first
#   step is a thousand times too long.
# - A sigmoid's derivative is a quarter at most, and after sixteen layers almost nothing of the
#   gradient is left. tanh, ReLU with He's initializer, and residual connections keep it alive.
# - A training accuracy rises on random labels, too. Only rows that were held out tell.
#
# ## Exercises
#
# In [exercises/04_mathematics.ipynb](exercises/04_mathematics.ipynb):
#
# 1. derive the gradient behind a softmax;
# 2. predict the learning rate at which gradient descent breaks;
# 3. mend the article's Adam;
# 4. keep the gradient alive through sixteen sigmoid layers;
# 5. work out how good guessing can look.

# %% [markdown] lang="zh"
# ## 小结
#
# - §4 的每个公式都只要几行代码，而且除了原文的 Adam，都与 Keras 一致。
# - 模型很有把握地判错时，交叉熵的拉力最大；sigmoid 之后接均方误差，几乎没有拉力。从 logit 直接计算就不必截断。
# - 梯度可以手工推导，可以用有限差分（慢，不精确，适合核对），也可以用 GradientTape（训练用的就是它）。
# - 特征单位不同，曲面上就有狭长的山谷。梯度下降在谷里爬行；小批量只读一小部分数据就能走同样远；Adam 把单位除掉。
# - 原文的 Adam 少了两个矩和开方，照字面执行，第一步就长了一千倍。
# - sigmoid 的导数最大才四分之一，过十六层梯度几乎不剩。tanh、配上 He 初始化的 ReLU、残差连接都能让梯度保留下来。
# - 用随机标签训练，训练准确率照样上升。只有留出的数据才说明问题。
#
# ## 练习
#
# 见 [exercises/04_mathematics.ipynb](exercises/04_mathematics.ipynb)：
#
# 1. 推导 softmax 背后的梯度；
# 2. 预测梯度下降会在哪个学习率上崩溃；
# 3. 修好原文的 Adam；
# 4. 让梯度穿过十六个 sigmoid 层；
# 5. 算一算瞎猜能显得多好。
