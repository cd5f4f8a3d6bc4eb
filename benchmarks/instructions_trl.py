"""The same job with TRL's SFTTrainer and peft; run by `instructions.py --jobs peer`.

The same weights, pairs, template, rank, kernels, batches, rate, epochs and threads as
ours; the loss on the answer's tokens only. Gradient checkpointing, TRL's default, is
off: it saves memory for time. `TRL` computes in bfloat16, which is PyTorch's autocast,
`TRL, float32` does not; both then answer in float32, as ours do.
"""

import json
import os
import sys
import tempfile

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

import torch
from datasets import Dataset
from instructions_score import (
    ROOM,
    ROOT,
    Steps,
    knows,
    read_general,
    read_pairs,
    report,
    score,
)
from peft import LoraConfig
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    TrainerCallback,
)
from trl import SFTConfig, SFTTrainer

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
MODEL = ROOT / "data" / "pretrained" / "smollm2"
# What `fine_tune` does by itself.
EPOCHS, BATCH, RATE, RANK = 10, 8, 2e-3, 8
KERNELS = "all-linear"
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class Clock(TrainerCallback):
    """Tells a clock of each step."""

    def __init__(self):
        self.steps = Steps()

    def on_step_begin(self, *_, **__):
        """Start it."""
        self.steps.begin()

    def on_step_end(self, *_, **__):
        """Stop it."""
        self.steps.end()
        wall, used = self.steps.found[-1]
        print(
            f"step: {wall:.2f} s, processor {used:.2f} s", file=sys.stderr, flush=True
        )


def answer(model, tokenizer, prompts):
    """Return the greedy answers to prompts, and whether each was ended."""
    model.eval()
    texts, ended = [], []
    for start in range(0, len(prompts), 32):
        asked = [
            tokenizer.apply_chat_template(
                [{"role": "user", "content": prompt}],
                add_generation_prompt=True,
                tokenize=False,
            )
            for prompt in prompts[start : start + 32]
        ]
        rows = tokenizer(asked, return_tensors="pt", padding=True, padding_side="left")
        with torch.inference_mode():
            found = model.generate(**rows, max_new_tokens=ROOM, do_sample=False)
        found = found[:, rows["input_ids"].shape[1] :]
        texts += tokenizer.batch_decode(found, skip_special_tokens=True)
        end = tokenizer.convert_tokens_to_ids("<|im_end|>")
        ended += [bool((row == end).any()) for row in found]
    return texts, ended


def measure(task, method, pairs, seed):
    """Train, answer, and print the figures, in this process."""
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    tokenizer.chat_template, tokenizer.pad_token = CHATML, "<|endoftext|>"
    model = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32)
    rows = [
        {
            "prompt": [{"role": "user", "content": prompt}],
            "completion": [{"role": "assistant", "content": answer}],
        }
        for prompt, answer in zip(*read_pairs(task, "train", pairs), strict=True)
    ]
    clock = Clock()
    steps = EPOCHS * -(-pairs // BATCH)
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(
            output_dir=tempfile.mkdtemp(),
            num_train_epochs=EPOCHS,
            per_device_train_batch_size=BATCH,
            learning_rate=RATE,
            lr_scheduler_type="cosine",
            warmup_steps=steps // 10,
            bf16=not method.endswith("float32"),
            use_cpu=True,
            gradient_checkpointing=False,
            dataloader_pin_memory=False,
            eos_token="<|im_end|>",
            seed=seed,
            save_strategy="no",
            logging_strategy="no",
            report_to=[],
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=LoraConfig(
            r=RANK, lora_alpha=RANK, lora_dropout=0.0, target_modules=KERNELS
        ),
        callbacks=[clock],
    )
    trainer.train()
    prompts, wanted = read_pairs(task, "test")
    merged = trainer.model.merge_and_unload()
    figures = score(task, wanted, *answer(merged, tokenizer, prompts))
    asked, right = read_general()
    figures["general"] = knows(right, answer(merged, tokenizer, asked)[0])
    report(figures, clock.steps)


if __name__ == "__main__":
    measure(*json.loads(sys.argv[2]))
