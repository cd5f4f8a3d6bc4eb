"""The quickstart: the main job once, on one data set, shown as it runs (article §5)."""

import time
from pathlib import Path

from rich.console import Console

from sftkeras import plots
from sftkeras.data.texts import load_texts
from sftkeras.evaluation.predicting import predict
from sftkeras.files import output_directory, write_report
from sftkeras.machine import versions
from sftkeras.models.encoders import encoder_for
from sftkeras.saving.bundle import check_bundle_path, save_classifier
from sftkeras.scenarios import text_classification as texts
from sftkeras.scenarios.display import ProgressCallback, comparison_table, progress

# {the encoder for a language: sentences that are in none of our files}
EXAMPLES = {
    "minilm": (
        "Worth every cent.",
        "I wanted to like it, and for about ten minutes I did.",
        "Not a single complaint, and I complain for a living.",
    ),
    "e5-small": (
        "贵是贵了点，可一分钱都没白花。",
        "预告片看得我热血沸腾，正片看得我直心疼那桶爆米花。",
        "本想挑挑毛病再写评价，挑了半天，又下了一单。",
    ),
}
PARTS = ("train", "val", "test")
SLOW = "e5-small, all layers"  # over a minute; where MiniLM can read, it does it


def run_quickstart(data_dir=None, out="runs/quickstart", seed=0):
    """Train several classifiers on one data set, compare them, keep the best.

    A majority-class guess, TF-IDF + logistic regression, the article's LSTM (mended),
    and pretrained encoders: MiniLM with a frozen backbone, with its top two layers
    fine-tuned, and with all layers fine-tuned; e5-small with a frozen backbone and
    with its top four layers fine-tuned. On texts that MiniLM cannot read, Chinese
    ones, e5-small takes its place. All see the same training labels; the networks are
    also given the validation labels to stop by.

    Args:
        data_dir: directory with `train_data.txt`, `val_data.txt`, `test_data.txt`.
            Defaults to `data/reviews`.
        out: directory for `report.json`, figures, TensorBoard logs and the best
            classifier. Defaults to `runs/quickstart`.
        seed: int. Defaults to `0`.

    Returns:
        The report, as written to `report.json`.
    """
    with output_directory(out):
        check_bundle_path(Path(out) / "classifier")
        data_dir = Path(data_dir or texts.REVIEWS)
        texts.check_folder(data_dir, [f"{name}_data.txt" for name in PARTS])
        return _run_quickstart(data_dir, Path(out), seed)


def _run_quickstart(data_dir, out, seed):
    train, val, test = (
        load_texts(data_dir / f"{name}_data.txt", require_labels=True) for name in PARTS
    )
    console = Console(highlight=False)
    console.print(
        f"{data_dir.name}: {len(train)} labelled texts to train on, {len(val)} to stop "
        f"by, {len(test)} to test on."
    )
    language = encoder_for(train.texts)
    if language != "minilm":
        console.print(texts.NOTE.format(language))
    methods = texts.compared(train.texts)
    if language == "minilm":
        del methods[SLOW]
    sources = dict.fromkeys(source for source, _ in methods.values() if source)
    loaded = {source: texts.pretrained_model(train, seed, source) for source in sources}
    results, models = {}, {}
    with progress(console) as shown:
        bars = {
            name: shown.add_task(name, start=False, total=1, note="")
            for name in methods
        }
        for name, (source, method) in methods.items():
            shown.start_task(bars[name])
            log_dir = out / "logs" / name.replace(" ", "-").replace(",", "")
            started = time.perf_counter()
            model = method(
                loaded.get(source), train, seed, validation=val, log_dir=str(log_dir),
                callbacks=[ProgressCallback(shown, bars[name])],
            )  # fmt: skip
            seconds = time.perf_counter() - started
            results[name] = texts.report_on(model, test) | {"train_seconds": seconds}
            if history := getattr(model, "history", None):
                models[name] = model
                for key in ("train_seconds", "trainable_params"):
                    results[name][key] = getattr(history, key)
            note = f"accuracy {results[name]['accuracy']:.3f}"
            shown.update(bars[name], total=1, completed=1, note=note)
            shown.stop_task(bars[name])
    console.print(comparison_table(results))
    best = max(models, key=lambda name: results[name]["accuracy"])
    save_classifier(models[best], out / "classifier", results[best])
    report = {
        "data": data_dir.name,
        "rows": {"train": len(train), "val": len(val), "test": len(test)},
        "seed": seed,
        "results": results,
        "best": best,
        "versions": versions(),
    }
    write_report(out, report)
    guess = results["majority class"]["accuracy"]
    for name, figure in {
        "comparison": plots.plot_comparison(results, floor=guess),
        "confusion_matrix": plots.plot_confusion_matrix(results[best], best),
        "history": plots.plot_history({n: m.history for n, m in models.items()}),
    }.items():
        plots.save_figure(figure, out / f"{name}.png", keep_others=True)
    _say_goodbye(console, models[best], best, out, language)
    return report


def _say_goodbye(console, model, best, out, language):
    examples = EXAMPLES[language]
    labels, probabilities = predict(model, list(examples), return_probabilities=True)
    console.print(f"\nThe best, {best}, on three sentences it has not seen:")
    for text, label, row in zip(examples, labels, probabilities, strict=True):
        console.print(f"  {label} ({row.max():.0%})  {text}", markup=False)
    console.print(
        f"\nWritten to {out}: report.json, comparison.png, confusion_matrix.png, "
        "history.png, logs/, classifier/\n"
        "Next:\n"
        f'  python -m sftkeras predict --model {out}/classifier "Your sentence."\n'
        "  python -m sftkeras fit --train YOUR.csv "
        f"--model {language} --out runs/mine\n"
        "  make tensorboard   # the training curves",
        markup=False,
        soft_wrap=True,
    )
