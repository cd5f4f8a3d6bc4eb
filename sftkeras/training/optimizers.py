"""Adam as Kingma & Ba give it (article §4.2.3), one TensorFlow operation a weight."""

import keras

from sftkeras.graph import moments


@keras.saving.register_keras_serializable("sftkeras")
class FusedAdam(keras.optimizers.Adam):
    """Keras' Adam, with TensorFlow's fused kernel for the update.

    The same formula and state as `keras.optimizers.Adam`; but where Keras writes it
    as a dozen operations a weight, each a pass over memory and a node of the graph,
    TensorFlow has one. On other backends, and with `amsgrad`, it is Keras' own.

    They differ on an embedding whose id occurs twice in a batch: here, as in the
    paper, the two gradients are added before they are squared; Keras 3.15 squares
    them one by one.
    """

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable and its two moments, in place."""
        if keras.backend.backend() != "tensorflow" or self.amsgrad:
            super().update_step(gradient, variable, learning_rate)
            return
        import tensorflow as tf

        m, v = (moment.value for moment in moments(self, variable))
        if isinstance(variable, keras.Variable):
            variable = variable.value
        dtype = variable.dtype
        step = tf.cast(self.iterations.value + 1, dtype)
        beta_1, beta_2 = tf.cast(self.beta_1, dtype), tf.cast(self.beta_2, dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=m.handle,
            v=v.handle,
            beta1_power=tf.pow(beta_1, step),
            beta2_power=tf.pow(beta_2, step),
            lr=tf.cast(learning_rate, dtype),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.cast(self.epsilon, dtype),
            grad=tf.cast(tf.convert_to_tensor(gradient), dtype),
        )
