"""Each formula of §4 against Keras and TensorFlow, and against finite differences."""

import doctest

import keras
import numpy as np
import pytest
import tensorflow as tf

from sftkeras import InputError, mathematics
from sftkeras.mathematics import finite_difference_gradient

CLOSE = {"rtol": 1e-6, "atol": 1e-6}
STEPS = 50


def tensor(values):
    return tf.constant(np.asarray(values, dtype=np.float64))


def by_tape(function, *values):
    """The value of a TensorFlow function and its gradient in the last argument."""
    *first, last = (tensor(value) for value in values)
    with tf.GradientTape() as tape:
        tape.watch(last)
        result = tf.reduce_mean(function(*first, last))
    return result.numpy(), tape.gradient(result, last).numpy()


@pytest.fixture(autouse=True)
def float64():
    """Keras keeps the learning rate in float32 otherwise, whatever the weights are."""
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)


def test_the_examples_are_true():
    result = doctest.testmod(mathematics)
    assert result.attempted >= 20 and not result.failed


# --- losses ---------------------------------------------------------------------------


@pytest.fixture
def random():
    return np.random.default_rng(7)


@pytest.fixture
def rows(random):
    """Eight one-hot rows of four classes, and probabilities."""
    y = np.eye(4)[random.integers(4, size=8)]
    scores = np.exp(random.normal(size=(8, 4)))
    return y, scores / scores.sum(axis=1, keepdims=True)


def test_cross_entropy_is_keras(rows):
    y, p = rows
    loss, gradient = by_tape(keras.losses.categorical_crossentropy, y, p)
    np.testing.assert_allclose(mathematics.cross_entropy(y, p), loss, **CLOSE)
    ours = mathematics.cross_entropy_gradient(y, p)
    # Keras first divides each row by its sum, and differentiates that as well.
    np.testing.assert_allclose(ours + 1 / len(y), gradient, **CLOSE)

    def as_printed(y, p):
        return -tf.reduce_sum(y * tf.math.log(p), axis=-1)

    np.testing.assert_allclose(ours, by_tape(as_printed, y, p)[1], **CLOSE)
    # With soft labels, too.
    soft = p[::-1]
    loss, gradient = by_tape(as_printed, soft, p)
    np.testing.assert_allclose(mathematics.cross_entropy(soft, p), loss, **CLOSE)
    ours = mathematics.cross_entropy_gradient(soft, p)
    np.testing.assert_allclose(ours, gradient, **CLOSE)


def test_behind_a_softmax_the_gradient_is_p_minus_y(rows, random):
    y = rows[0]
    logits = random.normal(size=y.shape)

    def loss(y, logits):
        p = keras.ops.softmax(logits)
        return keras.losses.categorical_crossentropy(y, p)

    _, gradient = by_tape(loss, y, logits)
    p = keras.ops.softmax(logits).numpy()
    np.testing.assert_allclose(gradient, (p - y) / len(y), **CLOSE)
    # The chain rule, with our ∂L/∂p: the constant that Keras adds drops out.
    ours = mathematics.cross_entropy_gradient(y, p)
    ours = p * (ours - (ours * p).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(ours, gradient, **CLOSE)


@pytest.mark.parametrize("shape", [(9,), (9, 1), (3, 3)])
def test_binary_cross_entropy_is_keras(random, shape):
    y = random.integers(2, size=shape).astype(float)
    p = random.uniform(0.01, 0.99, size=shape)
    loss, gradient = by_tape(keras.losses.binary_crossentropy, y, p)
    np.testing.assert_allclose(mathematics.binary_cross_entropy(y, p), loss, **CLOSE)
    ours = mathematics.binary_cross_entropy_gradient(y, p)
    np.testing.assert_allclose(ours, gradient, **CLOSE)


def test_two_classes_written_either_way_cost_the_same(random):
    y = random.integers(2, size=9)
    p = random.uniform(0.01, 0.99, size=9)
    both = np.stack([1 - p, p], axis=1)
    one = mathematics.binary_cross_entropy(y, p)
    assert one == pytest.approx(mathematics.cross_entropy(np.eye(2)[y], both))


@pytest.mark.parametrize("shape", [(9,), (3, 3)])
def test_mean_squared_error_is_keras(random, shape):
    y, y_hat = random.normal(size=(2, *shape))
    loss, gradient = by_tape(keras.losses.mean_squared_error, y, y_hat)
    np.testing.assert_allclose(mathematics.mean_squared_error(y, y_hat), loss, **CLOSE)
    ours = mathematics.mean_squared_error_gradient(y, y_hat)
    np.testing.assert_allclose(ours, gradient, **CLOSE)


LOSSES = ["cross_entropy", "binary_cross_entropy", "mean_squared_error"]


@pytest.mark.parametrize("name", LOSSES)
def test_the_gradient_of_a_loss_is_its_finite_difference(name, rows):
    y, p = rows
    loss = getattr(mathematics, name)
    gradient = getattr(mathematics, f"{name}_gradient")(y, p)
    expected = finite_difference_gradient(lambda p: loss(y, p), p)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    "name, theirs",
    [
        ("cross_entropy", keras.losses.categorical_crossentropy),
        ("binary_cross_entropy", keras.losses.binary_crossentropy),
    ],
)
def test_log_0_is_a_number_and_the_same_as_in_keras(name, theirs):
    y = np.array([[1.0, 0.0], [1.0, 0.0]])
    p = np.array([[0.0, 1.0], [1.0, 0.0]])  # surely wrong, surely right
    loss, gradient = by_tape(theirs, y, p)
    ours = getattr(mathematics, name)(y, p)
    assert np.isfinite(ours) and ours == pytest.approx(loss, abs=1e-6)
    right = getattr(mathematics, name)(y[1], p[1])
    assert right == pytest.approx(1e-7, rel=1e-4)
    # The clipped value is a constant: the worst mistake has no gradient at all.
    ours = getattr(mathematics, f"{name}_gradient")(y, p)
    np.testing.assert_array_equal(ours, 0.0)
    np.testing.assert_array_equal(gradient, 0.0)


@pytest.mark.parametrize("name", LOSSES)
def test_what_numpy_would_broadcast_is_refused(name):
    for function in (name, f"{name}_gradient"):
        function = getattr(mathematics, function)
        with pytest.raises(InputError, match=r"shapes \(3,\) and \(3, 1\)"):
            function(np.ones(3), np.ones((3, 1)))  # would be a 3 × 3 table
        with pytest.raises(InputError, match="not empty"):
            function([], [])
        assert np.isnan(function([0.5, 1.0], [np.nan, 0.5])).any()  # not hidden
    with pytest.raises(InputError, match="one-hot rows"):
        mathematics.cross_entropy([2, 0], np.full((2, 3), 1 / 3))


# --- activations ----------------------------------------------------------------------

ACTIVATIONS = ["sigmoid", "relu", "tanh"]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_and_their_derivatives_are_keras(name):
    x = np.array([-1000, -40, -3, -0.5, 0, 0.5, 3, 40, 1000])
    value = getattr(mathematics, name)(x)
    derivative = getattr(mathematics, f"{name}_derivative")(x)
    function = getattr(keras.activations, name)
    inputs = tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = function(inputs)
    np.testing.assert_allclose(value, outputs.numpy(), **CLOSE)
    slopes = tape.gradient(outputs, inputs).numpy()
    np.testing.assert_allclose(derivative, slopes, **CLOSE)
    assert value.dtype == derivative.dtype == np.float64


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivatives_are_finite_differences(name):
    function = getattr(mathematics, name)
    for x in (-3.0, -0.5, 0.25, 2.0):  # not at relu's corner
        expected = finite_difference_gradient(lambda x: function(x), x)
        derivative = getattr(mathematics, f"{name}_derivative")(x)
        np.testing.assert_allclose(derivative, expected, rtol=1e-6, atol=1e-9)


def test_activations_where_the_printed_fractions_overflow():
    large = np.array([-1e6, -710, 710, 1e6])  # e^710 is beyond float64
    with np.errstate(all="ignore"):
        assert np.isnan((np.exp(large) - np.exp(-large)) / np.exp(np.abs(large))).any()
    np.testing.assert_allclose(mathematics.tanh(large), [-1, -1, 1, 1])
    np.testing.assert_allclose(mathematics.sigmoid(large), [0, 0, 1, 1], atol=1e-300)
    assert mathematics.sigmoid(-700.0) > 0
    # 1 - σ(x) would have lost this; the derivative is even.
    assert mathematics.sigmoid_derivative(40.0) == mathematics.sigmoid_derivative(-40.0)
    assert mathematics.sigmoid_derivative(40.0) > 0
    for name in ACTIVATIONS:
        assert np.isnan(getattr(mathematics, name)(np.nan))


# --- optimizers -----------------------------------------------------------------------


def surface(w):
    """A curved valley (Rosenbrock's, milder): not symmetric, not quadratic."""
    return (1 - w[0]) ** 2 + 5 * (w[1] - w[0] ** 2) ** 2


def slope(w):
    across = w[1] - w[0] ** 2
    return np.array([-2 * (1 - w[0]) - 20 * w[0] * across, 10 * across])


START = np.array([-1.0, 0.5])


def keras_path(optimizer, gradient, steps=STEPS, start=START):
    """The weights after each step of a Keras optimizer, in float64."""
    weight = keras.Variable(start)
    path = []
    for _ in range(steps):
        optimizer.apply([tensor(gradient(weight.numpy()))], [weight])
        path.append(weight.numpy())
    return np.array(path)


def our_path(step, start=START, steps=STEPS):
    """The same for `step(w, t)`."""
    path = [start]
    for t in range(1, steps + 1):
        path.append(step(path[-1], t))
    return np.array(path[1:])


def adam_path(gradient, start=START, steps=STEPS, epsilon=None, **options):
    state = None

    def step(w, t):
        nonlocal state
        small = epsilon(t) if epsilon else 1e-8
        w, state = mathematics.adam_step(
            w, gradient(w), state, epsilon=small, **options
        )
        return w

    return our_path(step, start, steps)


def test_50_steps_of_gradient_descent_are_keras():
    np.testing.assert_allclose(slope(START), finite_difference_gradient(surface, START))
    path = our_path(lambda w, t: mathematics.gradient_descent_step(w, slope(w), 0.02))
    expected = keras_path(keras.optimizers.SGD(0.02), slope)
    np.testing.assert_allclose(path, expected, **CLOSE)
    assert surface(path[-1]) < surface(START) / 10  # and they went somewhere
    default = mathematics.gradient_descent_step(START, slope(START))
    expected = keras_path(keras.optimizers.SGD(), slope, steps=1)
    np.testing.assert_allclose(default, expected[0], **CLOSE)


@pytest.mark.parametrize("batch_size", [1, 4, 32])
def test_50_steps_of_sgd_are_keras_on_the_same_rows(random, batch_size):
    x = random.normal(size=(32, 2))
    y = x @ [2.0, -1.0] + random.normal(size=32) / 10

    def gradient(w, x, y):
        return x.T @ mathematics.mean_squared_error_gradient(y, x @ w)

    rng = np.random.default_rng(3)
    path = our_path(
        lambda w, t: mathematics.sgd_step(w, gradient, x, y, rng, 0.1, batch_size)
    )
    drawn = np.random.default_rng(3)
    batches = [drawn.choice(32, batch_size, replace=False) for _ in range(STEPS)]
    assert all(len(set(rows)) == batch_size for rows in batches)
    turn = iter(batches)

    def on_the_next_batch(w):
        rows = next(turn)
        return gradient(w, x[rows], y[rows])

    expected = keras_path(keras.optimizers.SGD(0.1), on_the_next_batch)
    np.testing.assert_allclose(path, expected, **CLOSE)
    np.testing.assert_allclose(path[-1], [2.0, -1.0], atol=0.15)
    # All rows at once are gradient descent, whatever the draw.
    if batch_size == 32:
        full = our_path(
            lambda w, t: mathematics.gradient_descent_step(w, gradient(w, x, y), 0.1)
        )
        np.testing.assert_allclose(path, full)
    for wrong in (0, 33):
        with pytest.raises(InputError, match=f"from 1 to .* 32. Received: .*={wrong}"):
            mathematics.sgd_step(START, gradient, x, y, rng, batch_size=wrong)


@pytest.mark.parametrize("rate, beta_1, beta_2", [(0.05, 0.9, 0.999), (0.1, 0.5, 0.9)])
def test_50_steps_of_adam_are_keras(rate, beta_1, beta_2):
    # Keras takes the powers of β from its float32, and everything else from β itself:
    # 1 - 0.999 is wrong by 1e-5 there. Given a β that float32 holds, it is exact.
    beta_1, beta_2 = (float(np.float32(beta)) for beta in (beta_1, beta_2))
    options = {"learning_rate": rate, "beta_1": beta_1, "beta_2": beta_2}
    path = adam_path(slope, **options)
    exact = keras_path(keras.optimizers.Adam(epsilon=1e-12, **options), slope)
    ours = adam_path(slope, **options, epsilon=lambda t: 1e-12)
    np.testing.assert_allclose(ours, exact, rtol=1e-9, atol=1e-9)
    # Their ε, in their place (32 times ours in the first step), changes little.
    usual = keras_path(keras.optimizers.Adam(**options), slope)
    np.testing.assert_allclose(path, usual, rtol=1e-5, atol=1e-5)
    assert surface(path[-1]) < surface(START) / 5


def test_adams_defaults_and_keras_agree_but_for_roundings():
    path, usual = adam_path(slope), keras_path(keras.optimizers.Adam(), slope)
    np.testing.assert_allclose(path, usual, **CLOSE)
    path = adam_path(slope, learning_rate=0.05)
    usual = keras_path(keras.optimizers.Adam(0.05), slope)
    np.testing.assert_allclose(path, usual, atol=1e-4)
    assert np.abs(path - usual).max() > 1e-6  # float32 powers of β, and ε


def test_where_epsilon_stands_matters_for_tiny_gradients_only():
    """Keras adds ε to √v, the paper's Algorithm 1 to √v̂."""

    def tiny(w):
        return slope(w) * 1e-7

    options = {"learning_rate": 0.1, "beta_1": 0.875, "beta_2": 0.9990234375}
    theirs = keras_path(keras.optimizers.Adam(epsilon=1e-7, **options), tiny)
    paper = adam_path(tiny, epsilon=lambda t: 1e-7, **options)
    assert np.abs(theirs[0] - paper[0]).max() > 0.01
    # With the paper's ε made as heavy as Keras' is, they are the same again.
    heavy = adam_path(
        tiny, epsilon=lambda t: 1e-7 / np.sqrt(1 - options["beta_2"] ** t), **options
    )
    np.testing.assert_allclose(heavy, theirs, rtol=1e-9, atol=1e-9)


def test_adam_does_not_see_the_scale_of_the_loss_and_the_articles_does():
    adam = adam_path(slope, learning_rate=0.05)
    scaled = adam_path(lambda w: 1000 * slope(w), learning_rate=0.05)
    np.testing.assert_allclose(adam, scaled, atol=1e-6)
    # The first step has length α in each direction.
    np.testing.assert_allclose(np.abs(adam[0] - START), 0.05, rtol=1e-6)
    one = mathematics.article_adam_step(START, slope(START), t=1, learning_rate=0.05)
    np.testing.assert_allclose(one, START - 0.05 * 1000 * slope(START))
    ten = mathematics.article_adam_step(
        START, 10 * slope(START), t=1, learning_rate=0.05
    )
    np.testing.assert_allclose(ten - START, 10 * (one - START))


def test_the_articles_adam_is_gradient_descent_with_a_huge_first_rate():
    def step(w, t, beta_1=0.9, beta_2=0.999):
        return mathematics.article_adam_step(w, 1.0, t, 0.01, beta_1, beta_2)

    # The second definition of α_t replaces the first: β_1 does nothing.
    assert step(0.0, 5) == step(0.0, 5, beta_1=0.1) != step(0.0, 5, beta_2=0.9)
    rates = [-step(0.0, t) for t in (1, 2, 10, 100_000)]
    np.testing.assert_allclose(rates[:3], [10, 5, 1], rtol=0.01)
    assert rates[3] == pytest.approx(0.01)  # in the end: gradient descent
    # On a parabola of curvature 2 it overshoots; Adam, same α, walks to the minimum.
    path = our_path(
        lambda w, t: mathematics.article_adam_step(w, 2 * w, t, 0.1), start=3.0
    )
    assert np.abs(path).max() > 1e20
    adam = adam_path(lambda w: 2 * w, start=3.0, learning_rate=0.1)
    assert np.abs(adam).max() <= 3 and abs(adam[-1]) < 0.5
    with pytest.raises(InputError, match="the steps from 1"):
        mathematics.article_adam_step(3.0, 1.0, t=0)


def test_steps_leave_the_old_weights_and_state_alone():
    old, state = START.copy(), (np.ones(2), np.ones(2), 3)
    mathematics.gradient_descent_step(old, np.ones(2))
    mathematics.article_adam_step(old, np.ones(2), t=1)
    _, new = mathematics.adam_step(old, np.ones(2), state)
    np.testing.assert_array_equal(old, START)
    assert new[2] == 4 and state[2] == 3
    np.testing.assert_array_equal(state[0], [1, 1])
    # Where the gradient is always 0, nothing moves: 0 / (0 + ε).
    np.testing.assert_array_equal(adam_path(np.zeros_like), np.tile(START, (STEPS, 1)))


# --- finite differences ---------------------------------------------------------------


def test_finite_differences():
    w = np.array([[1, 2], [3, 4]])  # whole numbers, which must not round the steps
    gradient = finite_difference_gradient(lambda w: (w**3).sum(), w)
    np.testing.assert_allclose(gradient, 3.0 * w**2, rtol=1e-8)
    assert w.tolist() == [[1, 2], [3, 4]]
    assert finite_difference_gradient(np.exp, 0.0) == pytest.approx(1.0)
    # The error: too large a step sees the curve, too small a one the last digits.
    errors = [
        abs(finite_difference_gradient(np.exp, 1.0, step) - np.e)
        for step in (1e-1, 1e-5, 1e-13)
    ]
    assert errors[1] < 1e-9 < 1e-5 < min(errors[0], errors[2])
