"""The applications of article §6, each the same five steps on its own data.

A scenario is a module of this package with these names; `running` runs any of them.

- `TITLE`, `SECTION` (of the article), `METRIC` (the column of the measures that the
  comparison is about), `LABELS` (the numbers of labels to train on);
- `load_data(path=None)`: `(x, y)`, strings or an array, and an array of labels;
- `pretrained_model(x, seed, source=None)`: a `keras.Model` with a new head. `x` are
  the rows that may be used, without their labels; `source` names another backbone;
- `METHODS`: {name: function of (pretrained model, x, y, seed) that returns a model
  trained on those labels}, the fine-tuned one first, controls after it;
- `measure(model, x, y)`: {measure: number} on rows that were not trained on;
- `figures(trial)`: {file name: matplotlib figure} of a `running.Trial`;
- `split(y, seed)`, if the rows for the test are not to be drawn as in `running.split`.
"""

# What `python -m sftkeras scenario --help` shows, before TensorFlow is imported.
NAMES = {
    "image_classification": "handwritten digits 5-9 after 0-4; your image folder (6.3)",
    "spam_detection": "one spam message in seven, and the cost of a mistake (6.5)",
    "medical_diagnosis": "tumours from 30 measurements, self-supervised first (6.7)",
}
