# %% [markdown] lang="en"
# # Exercises: image classification
#
# To chapter 6, image classification. Fill in each `...  # your code`, then run the cell after
# it: it says whether your answer is right. Nothing here trains a network, so every answer
# comes at once.

# %% [markdown] lang="zh"
# # 练习：图像分类
#
# 对应第 6 章的图像分类。把每个 `...  # your code` 补上，再运行后面的检查格，它会告诉你对不对。
# 这里不训练神经网络，运行一下就有结果。

# %%
import keras
import numpy as np

from sftkeras.scenarios import image_classification as pictures

x, y = pictures.digits(5, 9)
page = pictures.put_on_pages(x)[0]

# %% [markdown] lang="en"
# ## 1. Move a page
#
# Augmentation moves an image about. Write `moved(page, down, right)` for a page of shape
# `(height, width, channels)`: everything goes down by `down` pixels and right by `right` (both
# may be negative); what leaves the page is lost, and what comes in is 0. `np.roll` alone is
# wrong: what leaves on one side comes in on the other. The page itself must stay as it is.

# %% [markdown] lang="zh"
# ## 1. 平移一张纸
#
# 数据增强会随机平移图像。给定形状为 `(height, width, channels)` 的一张纸，写出
# `moved(page, down, right)`：所有内容向下移 `down` 个像素、向右移 `right` 个像素（可以为负）；
# 移出去的就没了，移进来的地方填 0。只用 `np.roll` 不对：从一边移出去的，会从另一边冒出来。
# 原来的 `page` 不能改动。


# %%
def moved(page, down, right):
    # solution
    result = np.roll(page, (down, right), axis=(0, 1))
    result[: max(down, 0)] = 0
    result[len(page) + min(down, 0) :] = 0
    result[:, : max(right, 0)] = 0
    result[:, page.shape[1] + min(right, 0) :] = 0
    return result
    # end solution


# %%
before = page.copy()
answer = moved(page, 3, -2)
assert answer is not None and answer is not ..., "the function returns nothing yet"
assert answer.shape == page.shape and answer.dtype == page.dtype
assert np.array_equal(answer[3:, :-2], page[:-3, 2:]), "down 3, left 2"
assert not answer[:3].any() and not answer[:, -2:].any(), "what comes in is 0"
assert np.array_equal(moved(page, 0, 0), page), "moved by nothing it stays the same"
assert not moved(page, 16, 0).any(), "moved by its height, the page is empty"
assert not moved(page, 0, -16).any()
assert np.array_equal(page, before), "page itself was changed: work on a copy"
lost = [1 - moved(page, d, 0).sum() / page.sum() for d in (2, 4, 6, 8)]
print("Right. Share of the ink lost by 2, 4, 6, 8 pixels down:", np.round(lost, 2))

# %% [markdown] lang="en"
# ## 2. A filter that finds a stroke anywhere
#
# A convolution lays a small filter on every place of the image, multiplies, and adds up. Write
# `convolve(page, kernel)` for a page `(height, width)` and a square kernel: without padding,
# so that a $3 \times 3$ kernel on a $16 \times 16$ page gives $14 \times 14$. Keras's `Conv2D`
# is the check. (It does not flip the kernel, and neither should you.)
#
# `np.lib.stride_tricks.sliding_window_view(page, kernel.shape)` gives all windows at once, as
# an array of four axes.

# %% [markdown] lang="zh"
# ## 2. 无论笔画在哪里都找得到的滤波器
#
# 卷积就是把一个小滤波器放到图像的每个位置上，逐个相乘再求和。给定 `(height, width)` 的一张纸
# 和一个方形卷积核，写出 `convolve(page, kernel)`：不填充，所以 $3 \times 3$ 的核在 $16 \times 16$
# 的纸上得到 $14 \times 14$。用 Keras 的 `Conv2D` 检查。（它不翻转卷积核，你也不要翻转。）
#
# `np.lib.stride_tricks.sliding_window_view(page, kernel.shape)` 一次给出所有窗口，是一个四维数组。


# %%
def convolve(page, kernel):
    # solution
    windows = np.lib.stride_tricks.sliding_window_view(page, kernel.shape)
    return (windows * kernel).sum(axis=(2, 3))
    # end solution


# %%
ink = page[..., 0] / 255
rising = np.array([[-1, -1, 2], [-1, 2, -1], [2, -1, -1]]) / 6  # a stroke like /
answer = convolve(ink, rising)
assert answer is not None and answer is not ..., "the function returns nothing yet"
assert np.shape(answer) == (14, 14), "no padding: 16 - 3 + 1 places each way"
layer = keras.layers.Conv2D(1, 3, use_bias=False)
layer.build((None, 16, 16, 1))
layer.set_weights([rising.reshape(3, 3, 1, 1).astype("float32")])
expected = np.array(layer(ink[None, :, :, None]))[0, :, :, 0]
assert np.allclose(answer, expected, atol=1e-5), "another result than Keras's"
assert np.shape(convolve(ink, np.ones((5, 5)))) == (12, 12), "any size of kernel"
print("Right. The same weights on every place: what is learned here is known there.")

# %% [markdown] lang="en"
# ## 3. A rule that forgets the place
#
# Where the filter answers still depends on where the digit stands. Write
# `features(page, kernels)`: for each kernel *one* number, the strongest answer anywhere on the
# page. It must be the same wherever the digit stands, as long as nothing is cut off. Use your
# `convolve`.
#
# The check moves a digit to all the places and compares: pixels change, your features do not.

# %% [markdown] lang="zh"
# ## 3. 忘掉位置的规则
#
# 滤波器在哪里有反应，仍取决于数字在哪里。写出 `features(page, kernels)`：每个卷积核只给**一个**数，
# 即它在整张纸上最强的反应。只要数字没有被切掉，无论放在哪里，结果都应当一样。请用上面的 `convolve`。
#
# 检查格会把一个数字挪遍所有位置来比较：像素变了，你的特征不变。


# %%
def features(page, kernels):
    # solution
    return np.array([convolve(page, kernel).max() for kernel in kernels])
    # end solution


# %%
kernels = [rising, rising[:, ::-1], np.array([[-1, 2, -1]] * 3) / 6]
kernels.append(kernels[-1].T)  # strokes: / \ | and a level one
answer = features(ink, kernels)
assert answer is not None and answer is not ..., "the function returns nothing yet"
assert np.shape(answer) == (4,), "one number a kernel"
places = [(down, right) for down in range(-3, 4) for right in range(-3, 4)]
pages = [np.roll(ink, place, axis=(0, 1)) for place in places]  # nothing is cut off
found = np.array([features(moved_page, kernels) for moved_page in pages])
assert np.allclose(found, answer), "the features change with the place"
five, six = ([features(i[..., 0] / 255, kernels) for i in x[y == k]] for k in (5, 6))
assert not np.allclose(np.mean(five, axis=0), np.mean(six, axis=0), atol=0.02)
changed = np.mean([np.mean(p != ink) for p in pages])
print(f"Right. {changed:.0%} of the pixels differ on average; the features do not.")
print("a 5:", np.mean(five, axis=0).round(2), " a 6:", np.mean(six, axis=0).round(2))

# %% [markdown] lang="en"
# ## 4. Read a confusion matrix
#
# `evaluate_model` returns one under `"confusion_matrix"`: row `i`, column `j` counts the rows of
# class `i` that were taken for `j`. Write `worst(matrix, names)`: it returns `(true, predicted,
# share)` of the most frequent mistake, where frequent means the share of the *true class*, not
# the count. The classes may be of very different size.

# %% [markdown] lang="zh"
# ## 4. 读懂混淆矩阵
#
# `evaluate_model` 的结果里有一项 `"confusion_matrix"`：第 `i` 行第 `j` 列，是第 `i` 类被当成第 `j` 类的个数。
# 写出 `worst(matrix, names)`，返回最常见的那种错误 `(true, predicted, share)`，
# 所谓常见，看的是占**真实类别**的比例，而不是个数。各类的大小可能相差很多。


# %%
def worst(matrix, names):
    # solution
    shares = np.array(matrix) / np.sum(matrix, axis=1, keepdims=True)
    np.fill_diagonal(shares, 0)
    true, predicted = np.unravel_index(shares.argmax(), shares.shape)
    return names[true], names[predicted], shares[true, predicted]
    # end solution


# %%
matrix = np.array([[70, 2, 0], [30, 300, 0], [4, 1, 5]])
before = matrix.copy()
answer = worst(matrix, ["cat", "dog", "owl"])
assert answer is not None and answer is not ..., "the function returns nothing yet"
true, predicted, share = answer
assert (true, predicted) != ("dog", "cat"), "30 dogs, but of 330: take the share"
assert true != predicted, "what is right is no mistake"
assert (true, predicted) == ("owl", "cat")
assert abs(share - 0.4) < 1e-9
assert np.array_equal(matrix, before), "matrix itself was changed: work on a copy"
print(f"Right. {share:.0%} of the owls are taken for cats. There were ten of them.")
