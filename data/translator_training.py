"""The training of the decoder that ships: see `make_translator.py`."""

import base64
import functools
import json
import time

import keras

import sftkeras as sft
from sftkeras.data.interface_strings import base_strings
from sftkeras.data.placeholders import learn_names, mask_pair
from sftkeras.graph import task_of
from sftkeras.inputs.translation import LONGEST_SOURCE, make_units
from sftkeras.models.translator import decoder_weights, new_translator, set_scale
from sftkeras.tasks.translation import Translation

UNITS = 4256  # 4,000 of text, 256 bytes
DROPOUT, RATE, BATCH = 0.2, 1.5e-3, 96
TRAINED = ["source_projection", "source_norm", "decoder_*", "target_*"]


def train(out, epochs=10, seed=0):
    """Train the decoder on the strings of the programs, and write it.

    Args:
        out: path of the file.
        epochs: int. Defaults to `10`.
        seed: int. Defaults to `0`.
    """
    from make_translator import LICENCES, mark
    from safetensors.numpy import save_file
    from translator_characters import add_characters, everyday_characters

    keras.utils.set_random_seed(seed)
    examples, dev, test = (base_strings(part) for part in ("train", "dev", "test"))
    pairs = list(zip(examples.inputs, examples.labels.tolist(), strict=True))
    names = learn_names(pairs)
    masked = [mask_pair(source, target, names) for source, target in pairs]
    units = make_units([pair[1] for pair in masked if pair], UNITS)
    model = new_translator(units, names, Translation(), DROPOUT, seed)
    front = model.preprocessor
    lengths = front.encode(examples.inputs)["token_ids"].lengths
    kept = [
        row
        for row, pair in enumerate(masked)
        if pair
        and lengths[row] <= LONGEST_SOURCE
        and len(front.cutter.encode(pair[1])) < front.max_target
    ]
    examples = examples.take(kept)
    print(f"{len(pairs)} pairs, {len(kept)} of them with placeholders that agree")
    started = time.process_time()
    task = task_of(model)
    set_scale(model, task.encode(model, examples.inputs, examples.labels))
    model = sft.fine_tune(
        model,
        examples.inputs,
        examples.labels,
        TRAINED,
        validation_data=(dev.inputs, dev.labels),
        epochs=epochs,
        batch_size=BATCH,
        learning_rate=RATE,
        optimizer=functools.partial(
            keras.optimizers.AdamW, beta_2=0.98, clipnorm=1.0, weight_decay=0.01
        ),
        patience=None,
        seed=seed,
        verbose=2,
    )
    seconds = time.process_time() - started
    report = sft.evaluate_model(model, test.inputs, test.labels)
    held = {"test": test, "dev": dev}
    told = {
        "about": "decoder of texts of programs, English to Simplified Chinese, on a "
        "frozen multilingual-e5-small; by data/make_translator.py",
        "trained_on": json.dumps(LICENCES),
        "pairs": str(len(kept)),
        "measured": json.dumps({n: report[n] for n in ("bleu", "chrf", "exact")}),
        "names": json.dumps(
            {"names": sorted(names.names), "words": sorted(names.words)}
        ),
        "units": base64.b64encode(units).decode(),
        "held": json.dumps({n: [mark(s) for s in e.inputs] for n, e in held.items()}),
    }
    save_file(decoder_weights(model), out, told)
    add_characters(out, everyday_characters())
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB; {seconds:.0f} processor seconds")


if __name__ == "__main__":
    raise SystemExit("Run: python data/make_translator.py train")
