"""The command line: `python -m sftkeras …`. TensorFlow is imported late."""

import argparse
import contextlib
import json
import sys
import warnings
from pathlib import Path

from sftkeras.errors import InputError
from sftkeras.scenarios import NAMES

_DESCRIPTION = "Supervised fine-tuning of text classifiers with Keras, on a laptop."
_EXAMPLES = """examples:
  python -m sftkeras quickstart
  python -m sftkeras fit --train data/reviews/train_data.txt --model minilm \\
      --test data/reviews/test_data.txt --out runs/mine
  python -m sftkeras evaluate --model runs/mine --data data/reviews/test_data.txt
  python -m sftkeras predict --model runs/mine "Worth every cent."
  python -m sftkeras scenario spam_detection
  python -m sftkeras doctor

Exit status: 0, or 2 for a mistake in what was given, with one line that says which.
"""


def main(argv=None):
    """Run the command line; return the exit status."""
    try:
        arguments = _parser().parse_args(argv)
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            arguments.run(arguments)
    except (InputError, OSError) as error:
        print(f"error: {_one_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        """Instead of the usage and the message, the message as our one line."""
        raise InputError(f"{message}. See: {self.prog} --help")


def _parser():
    parser = _Parser(
        prog="python -m sftkeras",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, run, text):
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    sub = command("quickstart", _quickstart, "compare six classifiers on one data set")
    sub.add_argument("--data", metavar="DIR", help="default: data/reviews")
    sub.add_argument("--out", default="runs/quickstart", metavar="DIR")
    sub.add_argument("--seed", type=_seed, default=0)

    sub = command("fit", _fit, "train or fine-tune a classifier on a labelled file")
    sub.add_argument("--train", required=True, metavar="FILE", help="text and label")
    sub.add_argument("--val", metavar="FILE", help="to stop by and keep the best epoch")
    sub.add_argument("--test", metavar="FILE", help="to measure the result on")
    sub.add_argument(
        "--model",
        required=True,
        help="lstm, minilm, a KerasHub preset, or a directory: a pretrained model or "
        "a classifier saved by fit",
    )
    sub.add_argument(
        "--layers-to-fine-tune",
        nargs="+",
        default=["all"],
        metavar="NAME",
        help="layer names or globs, 'all' or 'none' (the head only). Default: all",
    )
    sub.add_argument(
        "--epochs",
        type=int,
        help="default: 10 for lstm; 4 for all layers, 3 for some, 20 for the head",
    )
    sub.add_argument("--batch-size", type=int, help="default: 32 for lstm and head, 16")
    sub.add_argument("--learning-rate", type=float, help="default: by what is trained")
    sub.add_argument(
        "--class-weight", choices=["balanced"], help="when classes differ in size"
    )
    sub.add_argument(
        "--mixed-precision",
        action="store_true",
        help="train in bfloat16 where the hardware computes in it (see doctor)",
    )
    sub.add_argument(
        "--jit-compile",
        action="store_true",
        help="compile the step with XLA; on a CPU slower, measured",
    )
    sub.add_argument("--seed", type=_seed, default=0)
    sub.add_argument(
        "--resume",
        action="store_true",
        help="go on after the last epoch of an interrupted fit with the same --out",
    )
    _add_columns(sub)
    sub.add_argument("--out", required=True, metavar="DIR")

    sub = command("evaluate", _evaluate, "measure a saved classifier on labelled data")
    sub.add_argument("--model", required=True, metavar="DIR")
    sub.add_argument("--data", required=True, metavar="FILE")
    sub.add_argument("--threshold", type=float, default=0.5)
    sub.add_argument("--json", action="store_true", help="print the report as JSON")
    _add_columns(sub)

    sub = command("predict", _predict, "label texts with a saved classifier")
    sub.add_argument("--model", required=True, metavar="DIR")
    sub.add_argument("text", nargs="*", metavar="TEXT")
    sub.add_argument(
        "--file", metavar="FILE", help="texts, one a line, or .csv, .jsonl"
    )
    sub.add_argument("--threshold", type=float, default=0.5)
    sub.add_argument(
        "--text-column", metavar="NAME", help="of a file with columns; default: text"
    )

    names = "\n".join(f"  {name:<22}{text}" for name, text in NAMES.items())
    sub = command(
        "scenario", _scenario, "run an application of the article's chapter 6"
    )
    sub.formatter_class = argparse.RawDescriptionHelpFormatter
    sub.epilog = f"scenarios (article section):\n{names}"
    sub.add_argument("name", metavar="NAME", help="see below")
    sub.add_argument("--data", metavar="PATH", help="other data than the project's own")
    sub.add_argument("--labels", nargs="+", type=int, metavar="N", help="to train on")
    sub.add_argument("--seeds", type=int, default=3, metavar="N", help="default: 3")
    sub.add_argument("--model", metavar="NAME", help="another pretrained model")
    sub.add_argument("--out", metavar="DIR", help="default: runs/NAME")

    command("doctor", _doctor, "say what is installed, missing, and slow here")
    return parser


def _add_columns(sub):
    sub.add_argument("--text-column", metavar="NAME", help="default: text")
    sub.add_argument("--label-column", metavar="NAME", help="default: label")


def _quickstart(arguments):
    from sftkeras import files
    from sftkeras.machine import import_keras

    import_keras()
    from sftkeras.scenarios import text_classification

    with files.output_directory(arguments.out):
        text_classification.run_quickstart(
            arguments.data, arguments.out, arguments.seed
        )


def _fit(arguments):
    from sftkeras import files, machine

    parts = _load_parts(arguments)
    out = Path(arguments.out)
    backup = out / "backup"
    with files.output_directory(out):
        import sftkeras as sft
        from sftkeras.training.resuming import discard_backup, fresh_backup

        with contextlib.nullcontext() if arguments.resume else fresh_backup(backup):
            model, seconds = _train(parts, arguments, out)

    report = {
        name: sft.evaluate_model(
            model, parts[name].texts, parts[name].labels, verbose=name == "test"
        )
        for name in ("val", "test")
        if name in parts
    }
    report |= {
        "train_seconds": seconds,
        "trainable_params": model.history.trainable_params,
        "epochs": len(model.history.epoch),
        "rows": {name: len(part) for name, part in parts.items()},
        "label_names": list(model.label_names),
        "model": arguments.model,
        "layers_to_fine_tune": arguments.layers_to_fine_tune,
        "seed": arguments.seed,
        "versions": machine.versions(),
    }
    sft.save_classifier(model, out / "classifier", report.get("test"))
    with files.write_file(out / "report.json") as temporary:
        text = json.dumps(report, indent=1, ensure_ascii=False)
        temporary.write_text(text, encoding="utf-8")
    discard_backup(backup)
    print(f"Written to {out}: classifier/, report.json, logs/")


def _load_parts(arguments):
    """Return {"train", and if given "val", "test": `TextData`}, checked together."""
    paths = {"train": arguments.train, "val": arguments.val, "test": arguments.test}
    parts = {name: _load(path, arguments) for name, path in paths.items() if path}
    train = parts["train"]
    if len(train.label_names) == 1:
        raise InputError(
            f"{train.path}: every label is {train.label_names[0]!r}, so there is "
            "nothing to tell apart. Add examples of another class."
        )
    for part in parts.values():
        _check_labels(part, train.label_names)
    _warn_of_leaks(parts)
    return parts


def _train(parts, arguments, out):
    """Return the trained model and the seconds of training."""
    import sftkeras as sft

    train, val = parts["train"], parts.get("val")
    layers = arguments.layers_to_fine_tune
    options = {
        "epochs": arguments.epochs,
        "batch_size": arguments.batch_size,
        "learning_rate": arguments.learning_rate,
        "class_weight": arguments.class_weight,
        "mixed_precision": "auto" if arguments.mixed_precision else False,
        "jit_compile": arguments.jit_compile or "auto",
        "seed": arguments.seed,
        "log_dir": str(out / "logs"),
        "backup_dir": str(out / "backup"),
        "verbose": 1 if sys.stdout.isatty() else 2,  # bars, or a line an epoch
    }
    classes = len(train.label_names) or 1
    if arguments.model == "lstm":
        if layers != ["all"]:
            raise InputError(
                "--layers-to-fine-tune is for pretrained models, not lstm."
            )
        options = {k: v for k, v in options.items() if v is not None}
        tokenizer = sft.Tokenizer().fit_on_texts(train.texts)
        model = sft.create_model(
            tokenizer=tokenizer, num_classes=classes, seed=arguments.seed
        )
        history = sft.train_model(
            model,
            train.texts,
            train.labels,
            val and val.texts,
            val.labels if val else None,
            patience=5,
            **options,
        )
        return model, history.train_seconds
    if (_bundle(arguments.model) / "classifier.json").is_file():
        model = _load_model(arguments.model)
    else:
        model = sft.load_pretrained_model(arguments.model, classes, seed=arguments.seed)
    model = sft.fine_tune(
        model,
        train.texts,
        train.labels,
        layers[0] if layers in (["all"], ["none"]) else layers,
        validation_data=(val.texts, val.labels) if val else None,
        **options,
    )
    return model, model.history.train_seconds


def _evaluate(arguments):
    data = _load(arguments.data, arguments)

    import sftkeras as sft

    model = _load_model(arguments.model)
    _check_labels(data, model.label_names)
    report = sft.evaluate_model(
        model,
        data.texts,
        data.labels,
        threshold=arguments.threshold,
        verbose=not arguments.json,
    )
    if arguments.json:
        print(json.dumps(report, indent=1, ensure_ascii=False))


def _predict(arguments):
    if bool(arguments.text) == bool(arguments.file):
        raise InputError("Give either TEXT arguments or --file FILE.")
    from sftkeras.data.decoding import check_unicode
    from sftkeras.data.texts import load_texts

    texts = arguments.text
    for number, text in enumerate(texts, 1):
        check_unicode(text, f"TEXT {number}")
    if arguments.file:
        texts = load_texts(arguments.file, arguments.text_column).texts

    import sftkeras as sft

    model = _load_model(arguments.model)
    if not model.label_names:
        for text, value in zip(texts, sft.predict(model, texts), strict=True):
            print(f"{value:.4f}\t{_one_line(text)}")
        return
    labels, probabilities = sft.predict(
        model, texts, threshold=arguments.threshold, return_probabilities=True
    )
    column = {name: number for number, name in enumerate(model.label_names)}
    for text, label, row in zip(texts, labels, probabilities, strict=True):
        print(f"{label}\t{row[column[label]]:.4f}\t{_one_line(text)}")


def _scenario(arguments):
    if arguments.name not in NAMES:
        raise InputError(
            f"There is no scenario {arguments.name!r}. There are: {', '.join(NAMES)}"
        )
    if arguments.seeds < 1 or any(count < 1 for count in arguments.labels or ()):
        raise InputError("--seeds and --labels must be above 0.")
    from sftkeras.machine import import_keras

    import_keras()
    from sftkeras.scenarios.running import run_scenario

    run_scenario(
        arguments.name,
        arguments.out,
        arguments.data,
        arguments.labels,
        arguments.seeds,
        arguments.model,
    )


def _doctor(arguments):
    from sftkeras.commands.doctor import examine

    examine()


def _load(path, arguments):
    from sftkeras.data.texts import load_texts

    return load_texts(
        path, arguments.text_column, arguments.label_column, require_labels=True
    )


def _check_labels(data, names):
    """Raise, with file and line, for a label that the model does not have."""
    if not names and data.label_names and isinstance(data.label_names[0], str):
        raise InputError(f"{data.path}: the labels are names; the model gives numbers.")
    if not names:
        return
    if isinstance(names[0], str):
        data.labels = data.labels.astype(str)  # 1 and 2, where another file has "n/a"
    for line, label in zip(data.lines, data.labels.tolist(), strict=True):
        if label not in names:
            raise InputError(
                f"{data.path}, line {line}: the label {label!r} is not one of the "
                f"model's: {', '.join(map(repr, names))}. Correct it, or train with it."
            )


def _bundle(path):
    """Return a bundle's path: the given one, or `classifier` in what `fit` wrote."""
    inner = Path(path, "classifier")
    found = not Path(path, "classifier.json").exists() and inner.is_dir()
    return inner if found else Path(path)


def _load_model(path):
    import sftkeras as sft

    return sft.load_classifier(_bundle(path))


def _warn_of_leaks(parts):
    from sftkeras.data.splits import find_leaks

    for name in ("val", "test"):
        if name in parts and (leaks := find_leaks(parts["train"], parts[name])):
            warnings.warn(
                f"{len(leaks)} texts of --{name} stand in --train too: the result "
                f"flatters. First: {leaks[0][2][:60]!r}",
                stacklevel=2,
            )


def _seed(text):
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"must be from 0 to 2**32 - 1, not {text}")
    return int(text)


def _one_line(error):
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split())


def _show_warning(message, category, filename, lineno, file=None, line=None):
    print(f"warning: {_one_line(message)}", file=sys.stderr)
