"""The formulas of the article's §4 in NumPy, one small function each.

Losses (§4.1), optimizers (§4.2) and activations (§4.3), with their derivatives, in
float64. To be read beside the formula; training itself uses Keras', with which the
tests compare each of them.

Each loss has a `…_gradient` with respect to the prediction, each activation a
`…_derivative`. Each optimizer is one pure step: old weights in, new weights out.
"""

import numpy as np

from sftkeras.errors import InputError

# Keras' own (`keras.config.epsilon()`). Probabilities are clipped to [1e-7, 1 - 1e-7]
# before the logarithm, as in Keras: log 0 would make the loss infinite.
EPSILON = 1e-7


def cross_entropy(y, p):
    """Return the mean cross-entropy of one-hot rows (§4.1.1): L = -Σᵢ yᵢ log pᵢ.

    The sum runs over the classes; the mean, which the article leaves out, over the
    rows. `p` is clipped (see `EPSILON`): being surely wrong costs 16.1, not infinity,
    and being surely right 1e-7, not 0.

    Example:

    >>> round(cross_entropy([[0, 1, 0]], [[0.1, 0.7, 0.2]]), 4)  # -log 0.7
    0.3567

    Args:
        y: `(N, C)` or `(C,)`: one-hot rows, or any that sum to 1.
        p: the same shape: probabilities, rows that sum to 1.

    Returns:
        A float.
    """
    y, p = _pair(y, p, "one-hot rows, and a probability for each class")
    return float(-(y * np.log(_clip(p))).sum(axis=-1).mean())


def cross_entropy_gradient(y, p):
    """Return ∂L/∂p of `cross_entropy`, in its shape: -yᵢ / pᵢ, over N for the mean.

    Where `p` was clipped the loss does not depend on it, and the gradient is 0, as in
    Keras. Keras also divides each row by its sum, which adds 1 / N to each number
    here; behind a softmax the two give the same gradient of the logits, (p - y) / N.

    Example:

    >>> cross_entropy_gradient([[0, 1]], [[0.5, 0.5]]).tolist()
    [[-0.0, -2.0]]
    """
    y, p = _pair(y, p, "one-hot rows, and a probability for each class")
    return _unclipped(p, -y / _clip(p)) * p.shape[-1] / p.size


def binary_cross_entropy(y, p):
    """Return the mean of -(y log p + (1 - y) log(1 - p)): §4.1.1 with two classes.

    The article's sum, when one output gives the probability p of class 1 and 1 - p
    is left for class 0 (§4.4, §5.2). `p` is clipped as in `cross_entropy`.

    Example:

    >>> round(binary_cross_entropy([1, 0], [0.9, 0.1]), 4)
    0.1054

    Args:
        y: any shape: 0 or 1, or between.
        p: the same shape: the probability of 1.

    Returns:
        A float.
    """
    y, p = _pair(y, p, "a label and a probability for each row")
    p = _clip(p)
    return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean())


def binary_cross_entropy_gradient(y, p):
    """Return ∂L/∂p of `binary_cross_entropy`: (p - y) / (p (1 - p)), over N.

    0 where `p` was clipped, as in Keras.

    Example:

    >>> binary_cross_entropy_gradient([1, 0], [0.5, 0.5]).tolist()
    [-1.0, 1.0]
    """
    y, p = _pair(y, p, "a label and a probability for each row")
    clipped = _clip(p)
    return _unclipped(p, (clipped - y) / (clipped * (1 - clipped))) / p.size


def mean_squared_error(y, y_hat):
    """Return L = 1/n Σᵢ (yᵢ - ŷᵢ)² (§4.1.2).

    Example:

    >>> mean_squared_error([1.0, 2.0], [1.0, 5.0])
    4.5

    Args:
        y: any shape: the true values.
        y_hat: the same shape: the predictions.

    Returns:
        A float.
    """
    y, y_hat = _pair(y, y_hat, "a value and a prediction for each row")
    return float(((y - y_hat) ** 2).mean())


def mean_squared_error_gradient(y, y_hat):
    """Return ∂L/∂ŷ of `mean_squared_error`, in its shape: 2 (ŷᵢ - yᵢ) / n.

    Example:

    >>> mean_squared_error_gradient([1.0, 2.0], [1.0, 5.0]).tolist()
    [0.0, 3.0]
    """
    y, y_hat = _pair(y, y_hat, "a value and a prediction for each row")
    return 2 * (y_hat - y) / y.size


def gradient_descent_step(w, gradient, learning_rate=0.01):
    """Return w - α ∇J(w) (§4.2.1).

    Example:

    >>> gradient_descent_step(3.0, gradient=2.0, learning_rate=0.5)
    2.0

    Args:
        w: a number or array: the weights.
        gradient: the same shape: of the loss over all data, at `w`.
        learning_rate: float, α. Defaults to `0.01`, as in Keras' SGD.

    Returns:
        The new weights; `w` is not changed.
    """
    return w - learning_rate * gradient


def sgd_step(w, gradient, x, y, rng, learning_rate=0.01, batch_size=1):
    """Return w - α ∇J(w; xₜ, yₜ), for rows drawn at random (§4.2.2).

    With `batch_size=1` as the article writes it: one sample a step. §5 trains on
    minibatches of 32, which differ in the number of rows only. (Keras draws no rows:
    it shuffles them each epoch and walks through, so that each has its turn.)

    Example:

    >>> def gradient(w, x, y):  # of the mean of (w x - y)²
    ...     return (2 * (w * x - y) * x).mean()
    >>> x = np.array([1.0, 2.0, 3.0])
    >>> rng = np.random.default_rng(0)
    >>> w = 0.0
    >>> for _ in range(50):
    ...     w = sgd_step(w, gradient, x, 2 * x, rng, learning_rate=0.05)
    >>> round(float(w), 4)
    2.0

    Args:
        w: a number or array: the weights.
        gradient: function `(w, x, y)` → the gradient at `w` of the loss on those rows.
        x, y: arrays `(N, …)`: the data.
        rng: `np.random.Generator`.
        learning_rate: float, α. Defaults to `0.01`.
        batch_size: int, at most N. Defaults to `1`.

    Returns:
        The new weights; `w` is not changed.
    """
    if not 1 <= batch_size <= len(x):
        raise InputError(
            f"`batch_size` must be from 1 to the number of rows, {len(x)}. "
            f"Received: batch_size={batch_size}"
        )
    rows = rng.choice(len(x), batch_size, replace=False)
    return w - learning_rate * gradient(w, x[rows], y[rows])


def adam_step(
    w,
    gradient,
    state=None,
    learning_rate=0.001,
    beta_1=0.9,
    beta_2=0.999,
    epsilon=1e-8,
):
    """Return one step of Adam and its state (Kingma & Ba 2014, Algorithm 1).

        m ← β₁ m + (1 - β₁) g          the mean of the gradients
        v ← β₂ v + (1 - β₂) g²         the mean of their squares
        m̂ = m / (1 - β₁ᵗ)              both began at 0: without this they are
        v̂ = v / (1 - β₂ᵗ)              too small in the first steps
        w ← w - α m̂ / (√v̂ + ε)

    The article's version of it (§4.2.3) is `article_adam_step`.

    Keras 3.15 computes α √(1 - β₂ᵗ) / (1 - β₁ᵗ) · m / (√v + ε), the paper's "more
    efficient" order (end of its §2). There ε stands beside √v, not √v̂: it weighs
    1 / √(1 - β₂ᵗ) times as much, 32 times in step 1. And Keras' default is 1e-7. It
    matters for gradients as small as ε only. And Keras takes the powers of β from
    its float32: a step differs by up to 1e-5 of its length, even in float64.

    Example:

    >>> w, state = adam_step(3.0, gradient=250.0, learning_rate=0.1)
    >>> round(float(w), 6)  # the first step has length α, whatever the gradient
    2.9
    >>> w, state = adam_step(w, 250.0, state, learning_rate=0.1)

    Args:
        w: a number or array: the weights.
        gradient: the same shape, at `w`.
        state: `(m, v, t)`, as returned by the step before. Defaults to `None`: the
            first step.
        learning_rate: float, α. Defaults to `0.001`, the paper's.
        beta_1: float in [0, 1). Defaults to `0.9`.
        beta_2: float in [0, 1). Defaults to `0.999`.
        epsilon: float, ε. Defaults to `1e-8`, the paper's.

    Returns:
        The new weights, and the state `(m, v, t)` for the next step.
    """
    m, v, t = (0.0, 0.0, 0) if state is None else state
    gradient = np.asarray(gradient, dtype=np.float64)
    t = t + 1
    m = beta_1 * m + (1 - beta_1) * gradient
    v = beta_2 * v + (1 - beta_2) * gradient**2
    m_hat = m / (1 - beta_1**t)
    v_hat = v / (1 - beta_2**t)
    return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), (m, v, t)


def article_adam_step(w, gradient, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999):
    """Return one step of what the article prints as Adam (§4.2.3), at its word.

        αₜ = α / (1 - β₁ᵗ)
        αₜ = α / (1 - β₂ᵗ)
        w ← w - αₜ ∇J(w)

    Read as a program, line by line: the second αₜ replaces the first, so that β₁ does
    nothing. No mean of gradients, no mean of squares, no square root: this is
    gradient descent, with 1 / (1 - β₂) = 1,000 times the learning rate in step 1,
    about 1,000 / t times in step t, and α itself in the end. For the first line's αₜ,
    pass its β as `beta_2`. Use `adam_step`.

    Example:

    >>> round(article_adam_step(3.0, gradient=2.0, t=1, learning_rate=0.1), 6)
    -197.0

    Args:
        w: a number or array: the weights.
        gradient: the same shape, at `w`.
        t: int from 1: the number of the step. (At 0, the formula divides by 0.)
        learning_rate: float, α. Defaults to `0.001`.
        beta_1: float in [0, 1). Defaults to `0.9`.
        beta_2: float in [0, 1). Defaults to `0.999`.

    Returns:
        The new weights.
    """
    if t < 1:
        raise InputError(f"`t` counts the steps from 1. Received: t={t}")
    alpha_t = learning_rate / (1 - beta_1**t)
    alpha_t = learning_rate / (1 - beta_2**t)
    return w - alpha_t * gradient


def sigmoid(x):
    """Return 1 / (1 + e⁻ˣ), of any shape (§4.3.1).

    For negative x as eˣ / (1 + eˣ), the same number: e⁻ˣ would overflow at x = -710.

    Example:

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    x = np.asarray(x, dtype=np.float64)
    small = np.exp(-np.abs(x))  # in [0, 1]: it cannot overflow
    return np.where(x >= 0, 1.0, small) / (1 + small)


def sigmoid_derivative(x):
    """Return σ'(x) = σ(x) (1 - σ(x)): at most 1/4, at 0.

    Example:

    >>> float(sigmoid_derivative(0.0))
    0.25
    """
    # 1 - σ(x) = σ(-x), which keeps its digits where σ(x) is near 1.
    return sigmoid(x) * sigmoid(np.negative(x))


def relu(x):
    """Return max(0, x), of any shape (§4.3.2).

    Example:

    >>> relu([-2.0, 0.0, 3.0]).tolist()
    [0.0, 0.0, 3.0]
    """
    return np.maximum(np.asarray(x, dtype=np.float64), 0.0)


def relu_derivative(x):
    """Return 1 where x > 0, else 0. At 0 there is none; Keras takes 0, and so do we.

    Example:

    >>> relu_derivative([-2.0, 0.0, 3.0]).tolist()
    [0.0, 0.0, 1.0]
    """
    return (np.asarray(x) > 0).astype(np.float64)


def tanh(x):
    """Return (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ), of any shape (§4.3.3).

    By NumPy's own: the fraction as it is written is ∞ / ∞ beyond |x| = 710.

    Example:

    >>> tanh([-1000.0, 0.0, 1000.0]).tolist()
    [-1.0, 0.0, 1.0]
    """
    return np.tanh(np.asarray(x, dtype=np.float64))


def tanh_derivative(x):
    """Return 1 - tanh²(x): at most 1, at 0.

    Example:

    >>> float(tanh_derivative(0.0))
    1.0
    """
    return 1 - tanh(x) ** 2


def finite_difference_gradient(function, w, step=1e-5):
    """Return the gradient of `function` at `w`, by (f(w + h) - f(w - h)) / 2h.

    The slow way that cannot be derived wrongly: two calls for each weight. The error
    is of the order of h², and of the rounding error of f divided by h: a smaller h is
    not a better one.

    Example:

    >>> gradient = finite_difference_gradient(lambda w: (w**2).sum(), [1.0, -3.0])
    >>> gradient.round(6).tolist()
    [2.0, -6.0]

    Args:
        function: from an array of the shape of `w` to a number.
        w: a number or array.
        step: float, h, for weights of size about 1. Defaults to `1e-5`.

    Returns:
        A float64 array of the shape of `w`.
    """
    w = np.array(w, dtype=np.float64)  # a copy: it is moved about below
    gradient = np.empty_like(w)
    for place in np.ndindex(w.shape):
        value = w[place]
        w[place] = value + step
        above = function(w)
        w[place] = value - step
        gradient[place] = (above - function(w)) / (2 * step)
        w[place] = value
    return gradient


def _pair(y, prediction, expected):
    """Return both as float64 arrays; refuse shapes that NumPy would broadcast."""
    y, prediction = (np.asarray(a, dtype=np.float64) for a in (y, prediction))
    if y.shape != prediction.shape or y.size == 0:
        raise InputError(
            f"Labels and predictions must have the same shape, not empty: {expected}. "
            f"Received: shapes {y.shape} and {prediction.shape}"
        )
    return y, prediction


def _clip(p):
    return np.clip(p, EPSILON, 1 - EPSILON)


def _unclipped(p, gradient):
    return np.where((p < EPSILON) | (p > 1 - EPSILON), 0.0, gradient)
