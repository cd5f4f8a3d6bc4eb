"""`Answers`: what a task says of some rows (article §3.5)."""


class Answers(list):
    """N answers of the kind of the labels, and what they were decided from.

    Attributes:
        outputs: float array, the model's outputs or probabilities, a row an answer.
    """

    def __init__(self, answers, outputs):
        super().__init__(answers)
        self.outputs = outputs
