"""A transformer block as few passes over memory, forward and backward (article §8.2).

On a CPU the matrix products of a block are quick; what lies between them is not. GELU
alone, written as Keras writes it, reads and writes its numbers a dozen times forward
and backward, and dropout draws four random bytes for each number. Here XLA makes one
pass of each piece between two products. The products stay TensorFlow's.

XLA compiles each pass for each shape of batch: some 0.4 s for all of them.
"""

import functools


@functools.cache
def passes(rate, approximate, epsilon, dtype):
    """Return the compiled passes of a block, {name: function}.

    Each computes in float32, and gives back the precision that it was given. Traced
    once, for any number of rows, tokens and columns.

    Args:
        rate: float, of dropout, in whole 256ths.
        approximate: bool, GELU by tanh as BERT's first code; else by erf.
        epsilon: float, of layer normalization.
        dtype: str, of what is given.
    """
    import tensorflow as tf

    float32, threshold, scale = tf.float32, round(rate * 256), 1 / (1 - rate)

    def kept(numbers, drawn):
        if not rate:
            return numbers
        return tf.where(drawn >= threshold, numbers * scale, tf.zeros_like(numbers))

    def erf_or_tanh(x):
        if approximate:
            return tf.tanh(x * (0.7978845608 + 0.0356774081 * x * x))
        return tf.math.erf(x * 0.7071067812)

    def slope(x, inner):
        if approximate:
            outer = 0.7978845608 + 0.1070322243 * x * x
            return 0.5 * (1 + inner) + 0.5 * x * (1 - inner * inner) * outer
        return 0.5 * (1 + inner) + x * 0.3989422804 * tf.exp(-0.5 * x * x)

    def gelu(x):
        whole = tf.cast(x, float32)
        return tf.cast(0.5 * whole * (1 + erf_or_tanh(whole)), x.dtype)

    def gelu_back(x, gradient):
        whole, gradient = tf.cast(x, float32), tf.cast(gradient, float32)
        return tf.cast(gradient * slope(whole, erf_or_tanh(whole)), x.dtype)

    def add_norm(x, bias, beside, gamma, beta, drawn):
        """Bias, dropout, residual, layer norm: its output, and what goes back."""
        x_, bias, beside = _to(float32, x, bias, beside)
        total = kept(x_ + bias, drawn) + beside
        centered = total - tf.reduce_mean(total, -1, keepdims=True)
        variance = tf.reduce_mean(centered * centered, -1, keepdims=True)
        inverse = tf.math.rsqrt(variance + epsilon)
        normal = centered * inverse
        made = normal * gamma + beta
        return tf.cast(made, x.dtype), tf.cast(normal, x.dtype), inverse

    def add_norm_back(normal, inverse, gamma, drawn, gradient, more):
        """Gradients of x, of what stood beside it, of gamma and beta before the sum."""
        whole, gradient, more = _to(float32, normal, gradient, more)
        gradient = gradient + more
        scaled = gradient * gamma
        back = inverse * (
            scaled
            - tf.reduce_mean(scaled, -1, keepdims=True)
            - whole * tf.reduce_mean(scaled * whole, -1, keepdims=True)
        )
        found = kept(back, drawn), back, gradient * whole, gradient
        return _to(normal.dtype, *found)

    def drop(shares, drawn):
        return tf.cast(kept(tf.cast(shares, float32), drawn), shares.dtype)

    def softmax_back(shares, gradient, drawn):
        whole, gradient = _to(float32, shares, gradient)
        gradient = kept(gradient, drawn)
        inner = tf.reduce_sum(whole * gradient, -1, keepdims=True)
        return tf.cast(whole * (gradient - inner), shares.dtype)

    def _to(dtype, *tensors):
        return [tf.cast(tensor, dtype) for tensor in tensors]

    def given(dtype, *shape):
        return tf.TensorSpec(shape, dtype)

    rows, column, shares = (given(dtype, *[None] * n) for n in (2, 1, 4))
    drawn, drawn_shares = (given(tf.uint8, *[None] * n) for n in (2, 4))
    inverse, norm = given(float32, None, 1), given(float32, None)
    signatures = {
        gelu: [rows],
        gelu_back: [rows, rows],
        add_norm: [rows, column, rows, norm, norm, drawn],
        add_norm_back: [rows, inverse, norm, drawn, rows, rows],
        drop: [shares, drawn_shares],
        softmax_back: [shares, shares, drawn_shares],
    }
    return {
        made.__name__: tf.function(
            made, jit_compile=True, autograph=False, input_signature=signature
        )
        for made, signature in signatures.items()
    }


def compile_passes(kernels, drops, dtype, shape, heads, inner, width):
    """Have XLA compile a block's passes for one shape of batch.

    As a graph of their own: called one by one they would be compiled for that alone.

    Args:
        kernels: what `passes` returned.
        drops: bool, whether there is dropout.
        dtype: str, of the block.
        shape: ints `(batch, time)`.
        heads: int.
        inner: int, the width of the feedforward layer.
        width: int, of the block.
    """
    import tensorflow as tf

    def of(*shape, kind=dtype):
        return tf.zeros(shape, kind)

    @tf.function(autograph=False)
    def compiled(batch, time):
        rows = batch * time
        wide, row = of(rows, inner), of(rows, width)
        one = of(1, 1)  # what stands beside the last gradient
        norm, inverse = of(width, kind="float32"), of(rows, 1, kind="float32")
        shares = of(batch, heads, time, time)
        drawn, bits = tf.zeros_like(row, "uint8"), tf.zeros_like(shares, "uint8")
        if not drops:
            drawn, bits = of(1, 1, kind="uint8"), of(1, 1, 1, 1, kind="uint8")
        back = kernels["add_norm_back"]
        made = [
            kernels["gelu"](wide),
            kernels["gelu_back"](wide, wide),
            kernels["add_norm"](row, of(width), row, norm, norm, drawn),
            back(row, inverse, norm, drawn, row, row),
            back(row, inverse, norm, drawn, row, one),
            kernels["drop"](shares, bits),
            kernels["softmax_back"](shares, shares, bits),
        ]
        return [tf.size(each) for each in tf.nest.flatten(made)]

    compiled(*(tf.constant(size) for size in shape))


def draw(seeds, shape):
    """Return random bytes of a shape: four from each number that is drawn.

    Args:
        seeds: int32 `(2,)`.
        shape: int32 tensor.
    """
    import tensorflow as tf

    count = tf.reduce_prod(shape)
    whole = tf.random.stateless_uniform(
        [(count + 3) // 4], seeds, minval=None, maxval=None, dtype=tf.int32
    )
    return tf.reshape(tf.reshape(tf.bitcast(whole, tf.uint8), [-1])[:count], shape)


def run_block(x, mask, seeds, weights, heads, kernels):
    """Return a block's output for training, with its gradient written out.

    Post-normalized, as BERT's (Devlin et al. 2018): attention, add, norm, feedforward,
    add, norm. N = B·T rows; `q·kᵀ` of each head is `(B, heads, T, T)`.

    Args:
        x: `(B, T, D)`.
        mask: `(B, 1, 1, T)`, what is added to scores: 0, or far below for padding.
        seeds: two int32 `(2,)`, of dropout on the shares of attention and elsewhere;
            or two `None`, without dropout.
        weights: kernels and biases in the order of their use: of query, key and value
            side by side `(D, 3D)`, `(3D,)`, queries scaled already; of attention's
            output `(D, D)`, `(D,)`; gamma, beta; feedforward's `(D, F)`, `(F,)`,
            `(F, D)`, `(D,)`; gamma, beta. Normalization's are float32.
        heads: int.
        kernels: what `passes` returned.
    """
    import tensorflow as tf

    product, (batch, time) = tf.linalg.matmul, tf.unstack(tf.shape(x)[:2])
    width, rows = x.shape[-1], batch * time
    drawn_shares = tf.zeros((1, 1, 1, 1), tf.uint8)
    drawn_rows = tf.zeros((2, 1, 1), tf.uint8)
    if seeds[0] is not None:
        drawn_shares = draw(seeds[0], [batch, heads, time, time])
        drawn_rows = draw(seeds[1], [2, rows, width])
    gelu, gelu_back, drop = kernels["gelu"], kernels["gelu_back"], kernels["drop"]
    add_norm, add_norm_back = kernels["add_norm"], kernels["add_norm_back"]

    def summed(numbers, dtype=x.dtype):  # over rows: a product is the quickest way
        one = tf.ones((1, tf.shape(numbers)[0]), numbers.dtype)
        return tf.cast(tf.reshape(product(one, numbers), [-1]), dtype)

    def by_head(numbers, parts):
        shape = [batch, time, parts, heads, width // heads]
        return tf.transpose(tf.reshape(numbers, shape), [2, 0, 3, 1, 4])

    def by_row(numbers, parts):
        numbers = tf.transpose(numbers, [1, 3, 0, 2, 4])
        return tf.reshape(numbers, [rows, parts * width])

    @tf.custom_gradient
    def block(x, w_qkv, b_qkv, w_o, b_o, gamma_1, beta_1, w_1, b_1, w_2, b_2, *norm_2):
        x = tf.reshape(x, [rows, width])
        qkv = by_head(tf.nn.bias_add(product(x, w_qkv), b_qkv), 3)
        q, k, v = qkv[0], qkv[1], qkv[2]
        shares = tf.nn.softmax(product(q, k, transpose_b=True) + mask)
        used = drop(shares, drawn_shares)
        context = by_row(product(used, v)[None], 1)
        attended, normal_1, inverse_1 = add_norm(
            product(context, w_o), b_o, x, gamma_1, beta_1, drawn_rows[0]
        )
        inner = tf.nn.bias_add(product(attended, w_1), b_1)
        active = gelu(inner)
        made, normal_2, inverse_2 = add_norm(
            product(active, w_2), b_2, attended, *norm_2, drawn_rows[1]
        )

        def backward(gradient):
            gradient = tf.reshape(gradient, [rows, width])
            d_2, beside, dgamma_2, dbeta_2 = add_norm_back(
                normal_2,
                inverse_2,
                norm_2[0],
                drawn_rows[1],
                gradient,
                tf.zeros((1, 1), gradient.dtype),
            )
            dw_2 = product(active, d_2, transpose_a=True)
            d_inner = gelu_back(inner, product(d_2, w_2, transpose_b=True))
            dw_1 = product(attended, d_inner, transpose_a=True)
            d_1, beside, dgamma_1, dbeta_1 = add_norm_back(
                normal_1,
                inverse_1,
                gamma_1,
                drawn_rows[0],
                product(d_inner, w_1, transpose_b=True),
                beside,
            )
            dw_o = product(context, d_1, transpose_a=True)
            d_context = by_head(product(d_1, w_o, transpose_b=True), 1)[0]
            d_scores = kernels["softmax_back"](
                shares, product(d_context, v, transpose_b=True), drawn_shares
            )
            d_qkv = by_row(
                tf.stack(
                    [
                        product(d_scores, k),
                        product(d_scores, q, transpose_a=True),
                        product(used, d_context, transpose_a=True),
                    ]
                ),
                3,
            )
            d_x = product(d_qkv, w_qkv, transpose_b=True) + beside
            return (
                tf.reshape(d_x, [batch, time, width]),
                product(x, d_qkv, transpose_a=True),
                summed(d_qkv),
                dw_o,
                summed(d_1),
                summed(dgamma_1, tf.float32),
                summed(dbeta_1, tf.float32),
                dw_1,
                summed(d_inner),
                dw_2,
                summed(d_2),
                summed(dgamma_2, tf.float32),
                summed(dbeta_2, tf.float32),
            )

        return tf.reshape(made, [batch, time, width]), backward

    return block(x, *weights)
