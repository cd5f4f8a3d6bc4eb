"""`python -m sftkeras fit`: labelled texts or photographs to a classifier, a report."""

import contextlib
import sys
import warnings
from pathlib import Path

from sftkeras import files, machine
from sftkeras.commands.conversations import talker, techniques_of, writes
from sftkeras.commands.images import draw_mistakes, image_size_of
from sftkeras.commands.parts import load_parts
from sftkeras.commands.paths import a_path
from sftkeras.commands.shared import (
    add_columns,
    add_settings,
    add_verify,
    bundle_directory,
    check_trainable,
    given_settings,
    load_model,
    one_line,
    seed_of,
)
from sftkeras.commands.speech import hears, lines_named, recogniser
from sftkeras.commands.unfinished import (
    backup_kept,
    begun,
    description,
    is_finished,
    tell_of_backup,
)
from sftkeras.errors import InputError
from sftkeras.training.checks import check_batch
from sftkeras.training.recipe import Recipe

TEXT = "train or fine-tune on a labelled file, or a folder of photographs or recordings"
_LSTM_PATIENCE = 5  # `train_model` alone has none, as in the article


def add_arguments(parser):
    """Add the options of `fit`; those of training are the settings of `Recipe`."""
    parser.add_argument(
        "--train",
        type=a_path,
        required=True,
        metavar="FILE",
        help="text and label; of photographs a folder with one folder a class; of "
        "recordings a folder with transcripts.csv (file,text); of a language model "
        "prompts and answers, .jsonl or .tsv",
    )
    parser.add_argument(
        "--val",
        type=a_path,
        metavar="FILE",
        help="to stop by and keep the best epoch",
    )
    parser.add_argument(
        "--test", type=a_path, metavar="FILE", help="to measure the result on"
    )
    parser.add_argument(
        "--model",
        type=a_path,
        help="minilm, e5-small, lstm, a KerasHub preset, or a directory: a pretrained "
        "model or a classifier saved by fit; for photographs efficientnet-lite0, for "
        "speech speech-embedding, for answers smollm2, or gemma3-270m (`make gemma`). "
        "Default: by the data, minilm, for Chinese e5-small, for photographs "
        "efficientnet-lite0, for recordings speech-embedding",
    )
    parser.add_argument(
        "--image-size",
        type=int,
        metavar="PIXELS",
        help="photographs are scaled to so many either way. Default: 160",
    )
    parser.add_argument(
        "--layers-to-fine-tune",
        nargs="+",
        metavar="NAME",
        help="layer names or globs, 'all' or 'none' (the head only). Default: all; of "
        "speech-embedding 'top_*', of photographs none",
    )
    parser.add_argument(
        "--lora",
        type=int,
        metavar="RANK",
        help="train adapters in the layers instead; default: 0, language models 8",
    )
    parser.add_argument(
        "--add-words",
        action="store_true",
        help="a recogniser learns the words of --train that are new to it",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on where an interrupted fit with the same --out was",
    )
    add_columns(parser)
    parser.add_argument("--out", type=a_path, required=True, metavar="DIR")
    parser.add_argument(
        "--sign",
        type=a_path,
        metavar="KEY",
        help="a private key, to sign the classifier with",
    )
    add_verify(parser)
    add_settings(parser)


def run(arguments):
    """Train, measure, and write the classifier, the report and the logs."""
    parts = load_parts(arguments)
    if arguments.layers_to_fine_tune is None:
        layers = "top_*" if hears(arguments.model) else "all"
        if image_size_of(arguments.model) is not None:
            layers = "none"
        arguments.layers_to_fine_tune = [layers]
    settings = given_settings(arguments)
    _check(arguments, settings)
    out, job = Path(arguments.out), description(parts, arguments, settings)
    if arguments.resume and is_finished(out, job):
        print(f"{one_line(out)}: this fit is finished; there is nothing to resume.")
        return
    backup = out / "backup"
    with files.output_directory(out):
        machine.import_keras()
        from sftkeras.graph import carried
        from sftkeras.saving.bundle import check_bundle_path

        check_bundle_path(out / "classifier")
        tell_of_backup(backup, arguments.resume)
        with begun(backup):
            with backup_kept(backup, KeyboardInterrupt, OSError):
                model = _train(parts, arguments, settings, out)
            with backup_kept(backup, KeyboardInterrupt, OSError, InputError):
                drawn = _write(model, parts, arguments, job, out)
    figures = ", confusion_matrix.png, mistakes.png" if drawn else ""
    if carried(model).adapters:
        figures += ", adapters.safetensors"
    print(f"Written to {one_line(out)}: classifier/, report.json, logs/{figures}")


def _write(model, parts, arguments, job, out):
    """Measure the model, write it and the report; return whether figures were drawn."""
    import sftkeras as sft
    from sftkeras.graph import carried

    report = _report(model, parts) | job
    sft.save_classifier(
        model, out / "classifier", report.get("test"), sign=arguments.sign
    )
    files.write_report(out, report)
    if carried(model).adapters:
        sft.save_adapters(model, out / "adapters.safetensors")
    drawn = hasattr(parts.get("test"), "files")  # of images
    if drawn:
        draw_mistakes(model, parts["test"], report["test"], out)
    return drawn


def _check(arguments, settings):
    """Raise for what can be seen to be wrong before TensorFlow is waited for."""
    if arguments.model == "lstm" and arguments.pair_column:
        raise InputError("--pair-column is for pretrained models, not lstm.")
    if arguments.model == "lstm" and arguments.layers_to_fine_tune != ["all"]:
        raise InputError("--layers-to-fine-tune is for pretrained models, not lstm.")
    if arguments.model == "lstm" and arguments.lora:
        raise InputError("--lora is for pretrained models, not lstm.")
    if arguments.lora and arguments.layers_to_fine_tune == ["none"]:
        raise InputError(
            "--lora puts adapters into layers that are fine-tuned, and here only the "
            "head is. Add --layers-to-fine-tune all, or names of layers; or leave "
            "--lora out."
        )
    if arguments.add_words and not hears(arguments.model):
        raise InputError("--add-words is for recognisers of speech.")
    if arguments.sign:
        from sftkeras.saving.signing import read_private_key

        read_private_key(arguments.sign)
    check_trainable(arguments.model)
    is_ours = (bundle_directory(arguments.model) / "classifier.json").is_file()
    if arguments.verify and not is_ours:
        raise InputError("--verify is for a classifier that fit saved, as --model.")
    check_batch(Recipe(**settings))


def _train(parts, arguments, settings, out):
    """Return the trained model, with its `history`."""
    settings = settings | {
        "log_dir": str(out / "logs"),
        "backup_dir": str(out / "backup"),
        "resume": arguments.resume,
        "verbose": 1 if sys.stdout.isatty() else 2,  # bars, or a line an epoch
    }
    train = _train_lstm if arguments.model == "lstm" else _fine_tune
    return train(parts["train"], parts.get("val"), arguments, settings)


def _train_lstm(train, val, arguments, settings):
    import sftkeras as sft

    tokenizer = sft.Tokenizer().fit_on_texts(train.texts)
    classes, seed = len(train.label_names) or 1, seed_of(arguments)
    model = sft.create_model(tokenizer=tokenizer, num_classes=classes, seed=seed)
    if train.several:
        model = sft.replace_head(model, seed=seed, task=_task(train))
    sft.train_model(
        model,
        train.texts,
        train.labels,
        val and val.texts,
        val.labels if val else None,
        **{"patience": _LSTM_PATIENCE} | settings,
    )
    return model


def _fine_tune(train, val, arguments, settings):
    import sftkeras as sft

    settings |= techniques_of(arguments)
    if writes(arguments.model):
        model = talker(arguments.model, arguments.verify)
    elif hears(arguments.model):
        model = recogniser(train, val, arguments, seed_of(arguments))
    elif (bundle_directory(arguments.model) / "classifier.json").is_file():
        model = load_model(arguments.model, arguments.verify)
        model = _with_new_classes(model, train)
    else:
        classes = len(train.label_names) or 1
        model = sft.load_pretrained_model(
            arguments.model,
            classes,
            seed=seed_of(arguments),
            task=_task(train),
            image_size=arguments.image_size,
        )
    layers = arguments.layers_to_fine_tune
    with lines_named(arguments) if hears(arguments.model) else contextlib.nullcontext():
        return sft.fine_tune(
            model,
            train.inputs,
            train.labels,
            layers[0] if layers in (["all"], ["none"]) else layers,
            validation_data=(val.inputs, val.labels) if val else None,
            **settings,
        )


def _task(train):
    """Return the task of several labels a text; `None`: by the number of classes."""
    import sftkeras as sft

    return sft.MultiLabel(train.label_names) if train.several else None


def _with_new_classes(model, train):
    """Return a saved classifier with a head for classes that are new to it, too."""
    import sftkeras as sft

    old = model.label_names or ()
    new = [name for name in train.label_names if name not in old]
    if not old or not new or {*map(type, new)} != {*map(type, old)}:
        return model  # what does not fit is said when it is trained
    names = ", ".join(map(repr, new))
    warnings.warn(
        f"{train.path}: new to the classifier: {names}. It gets a class more for each, "
        "and keeps what it knows.",
        stacklevel=2,
    )
    task = sft.MultiLabel((*old, *new)) if train.several else None
    return sft.replace_head(model, label_names=(*old, *new), task=task)


def _report(model, parts):
    import sftkeras as sft

    history = model.history
    report = {
        name: sft.evaluate_model(
            model, parts[name].inputs, parts[name].labels, verbose=name == "test"
        )
        for name in ("val", "test")
        if name in parts
    }
    return report | {
        "train_seconds": history.train_seconds,
        "trainable_params": history.trainable_params,
        "epochs": len(history.epoch),
        "label_names": list(model.label_names or ()),
        "versions": machine.versions(),
    }
