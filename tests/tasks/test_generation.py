"""Instruction tuning: the loss of answers alone, and answers that end."""

import chat_models
import keras
import numpy as np
import pytest
from chat_models import ASKED, TOLD

import sftkeras as sft
from sftkeras.errors import InputError
from sftkeras.graph import task_of
from sftkeras.inputs.batches import Batches
from sftkeras.tasks.decoding import Speaker, chooser, speaker_of
from sftkeras.tasks.generation import Generation
from sftkeras.tasks.task import Answers


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return chat_models.tiny_chat(tmp_path_factory.mktemp("chat"))


@pytest.fixture(scope="module")
def tuned(model):
    """All layers, until it answers what it was taught."""
    return sft.fine_tune(
        model, ASKED, TOLD, epochs=60, batch_size=8, learning_rate=0.02, verbose=0
    )


def by_numpy(model, rows, where):
    """Compute the cross entropy of the tokens that count, one row at a time."""
    losses = []
    for row in where:
        ids, after = rows.inputs["token_ids"][row], rows.targets[row]
        mask = np.ones((1, len(ids)), "int32")
        logits = model.predict_on_batch({"token_ids": ids[None], "padding_mask": mask})
        logits = logits[0].astype("float64")
        shares = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        picked = -shares[np.arange(len(ids)), after]
        losses += picked[rows.weights[row] == 1].tolist()
    return np.mean(losses)


@pytest.mark.parametrize("multiple", [1, 64])
def test_the_loss_is_numpys_whatever_the_padding(model, multiple):
    task = task_of(model)
    rows = task.encode(model, ASKED, TOLD)
    where = np.array([3, 0, 1])  # of three lengths
    inputs, targets, weights = rows.batch(where, multiple)
    assert inputs["token_ids"].shape[1] % multiple == 0
    outputs = model.predict_on_batch(inputs)
    found = float(task.loss(targets, outputs, sample_weight=weights))
    assert found == pytest.approx(by_numpy(model, rows, where), abs=1e-5)
    diluted = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert float(diluted(targets, outputs, sample_weight=weights)) < found / 2


def test_rows_are_shuffled_anew_in_each_epoch(model):
    batches = Batches(task_of(model).encode(model, ASKED, TOLD), 8, seed=0)
    first = np.concatenate(batches.batches)
    batches.set_epoch(1)
    assert sorted(first) == [*range(8)]
    assert first.tolist() != np.concatenate(batches.batches).tolist()


def test_it_learns_its_answers_and_to_end(model, tuned):
    before = sft.evaluate_model(model, ASKED, TOLD, verbose=False)
    after = sft.evaluate_model(tuned, ASKED, TOLD, verbose=False)
    assert before["exact_match"] == 0
    assert after == {"exact_match": 1.0, "f1": 1.0, "ended": 1.0, "rows": 8}
    assert sft.predict(tuned, ["a beer"]) == ["beer=1"]
    assert tuned.history.history["loss"][-1] < 0.1


def test_answers_are_the_same_one_by_one_as_together(tuned):
    alone = [sft.answer(tuned, prompt) for prompt in ASKED[:4]]
    assert alone == TOLD[:4] == sft.answer(tuned, ASKED[:4])


def test_batches_of_any_size_and_length_are_traced_once(model):
    for prompts in (ASKED[:1], ASKED, [ASKED[0] * 9]):
        sft.answer(model, prompts, max_new_tokens=2)
    task = task_of(model)
    speaker = speaker_of(model, task.decoder)
    counts = [f.experimental_get_tracing_count() for f in (speaker.begin, speaker.step)]
    assert counts == [1, 1]


def test_an_answer_comes_piece_by_piece(tuned):
    pieces = []
    found = sft.answer(tuned, "two teas please", stream=pieces.append)
    assert "".join(pieces) == found == "tea=2" and len(pieces) > 1
    talk = [{"role": "user", "content": "a beer"}]
    assert sft.answer(tuned, talk) == "beer=1"


def test_drawn_answers_hang_on_the_seed(model):
    def drawn(seed, **more):
        return sft.answer(model, "x", 20, top_k=50, seed=seed, **more)

    assert drawn(1) == drawn(1) != drawn(2)
    greedy = sft.answer(model, "x", 20)
    assert sft.answer(model, "x", 20, top_k=1) == greedy
    assert drawn(1, temperature=1e-3) == greedy


def test_an_answer_is_no_longer_than_was_asked(model):
    short, long = (sft.answer(model, "x", n) for n in (3, 9))
    assert long.startswith(short) and len(short) < len(long)


def test_a_prompt_without_room_for_an_answer_is_refused(model):
    with pytest.raises(InputError, match=r"Prompt 1 has .* the window of 256"):
        sft.predict(model, ["x", "x" * 150])
    with pytest.raises(InputError, match="longer than the window of 256"):
        sft.answer(model, "x" * 300)


@pytest.mark.parametrize(
    "options, said",
    [
        ({"max_new_tokens": 0.5}, "`max_new_tokens`"),
        ({"top_k": 0}, "`top_k`"),
        ({"top_k": 2, "temperature": 0}, "`temperature`"),
    ],
)
def test_numbers_out_of_range_are_refused(model, options, said):
    with pytest.raises(InputError, match=said):
        sft.answer(model, "x", **options)


def test_what_is_no_list_of_prompts_is_refused(model):
    with pytest.raises(InputError, match="one conversation: give a list"):
        sft.predict(model, [{"role": "user", "content": "x"}])
    with pytest.raises(InputError, match="no prompts"):
        sft.answer(model, [])
    with pytest.raises(InputError, match="`stream` is for one prompt"):
        sft.answer(model, ["x", "y"], stream=print)
    with pytest.raises(InputError, match="as many labels as rows"):
        sft.fine_tune(model, ASKED, TOLD[:3], verbose=0)
    with pytest.raises(InputError, match="row 0: the answer is empty"):
        sft.fine_tune(model, ASKED[:1], [" "], verbose=0)


def test_the_score_counts_what_agrees():
    answers = Answers(["tea=1 ", "tea=2", "a cola"], np.array([True, True, False]))
    found = Generation().score(["tea=1", "tea=3", "beer"], answers)
    assert found["exact_match"] == pytest.approx(1 / 3)
    assert found["ended"] == pytest.approx(2 / 3)
    assert found["f1"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert "exact match: 0.333" in Generation().describe(found)


def test_the_likeliest_are_drawn_by_their_probability():
    logits = np.log(np.array([0.6, 0.3, 0.1], "float32"))
    draw = chooser(top_k=2, seed=3)
    found = np.bincount([draw(logits, 0) for _ in range(3000)], minlength=3) / 3000
    np.testing.assert_allclose(found, [2 / 3, 1 / 3, 0], atol=0.03)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"kind": "Llama3Backbone"}, "no language model 'Llama3Backbone'"),
        ({"settings": {"num_layers": 2, "hidden_dim": 10**9}}, "hidden_dim of 10000"),
        ({"settings": {"num_layers": 3}}, "more layers than the model"),
    ],
)
def test_a_strangers_decoder_is_checked(model, change, said):
    with pytest.raises(InputError, match=said):
        Speaker(model, {**task_of(model).decoder, **change})


def test_about_eighty_steps_and_three_epochs_at_least():
    found = [sft.Generation().suggested("adapters", rows) for rows in (8, 64, 128, 999)]
    assert found == [(2e-3, 80, 8), (2e-3, 10, 8), (2e-3, 5, 8), (2e-3, 3, 8)]
