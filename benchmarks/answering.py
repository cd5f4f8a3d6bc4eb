"""How long does one wait for a chat model's first word, and how fast do more come.

    python benchmarks/answering.py
    python benchmarks/answering.py --model runs/chat --rounds 5

Three prompts, of a few words, of a paragraph and of a long conversation, are answered
one after the other as `python -m sftkeras chat` answers them: greedily, one prompt at a
time, each piece handed on as it is written. The first answer of a process traces the
model, and is told apart; of `--rounds` more the medians are printed: seconds to the
first piece, tokens a second after it, and processor seconds a token, which other work
on the machine changes less.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from instructions_score import read_pairs  # noqa: E402

ASKED = "Why do leaves turn red in autumn? Explain it in some sentences."
TURNS = 9  # of the long conversation, before its last question


def prompts():
    """Return the prompts by name; none that a model answers in a word."""
    paragraph = " ".join(read_pairs("questions", "train", 1)[0])
    talk = []
    for asked, answered in zip(*read_pairs("questions", "train", TURNS), strict=True):
        talk.append({"role": "user", "content": asked})
        talk.append({"role": "assistant", "content": answered})
    return {
        "a sentence": ASKED,
        "a paragraph": f"{paragraph} What may have happened before? Tell a story.",
        "a conversation": [*talk, {"role": "user", "content": ASKED}],
    }


def answered(model, prompt, room):
    """Return (tokens read, tokens written, and seconds: first piece, rest, used)."""
    import sftkeras as sft
    from sftkeras.graph import task_of

    chat, came = task_of(model).preprocessor, []
    begun = time.perf_counter(), time.process_time()
    text = sft.answer(
        model, prompt, room, stream=lambda _: came.append(time.perf_counter())
    )
    used = time.process_time() - begun[1]
    ((ids, _),) = chat.encode([prompt])
    return len(ids), len(chat.read([text])[0]), came[0] - begun[0], came, used


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="smollm2", help="or a directory")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument("--tokens", type=int, default=64, help="of an answer at most")
    parser.add_argument("--threads", type=int, default=2, help="default: 2")
    arguments = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        os.environ[name] = str(arguments.threads)
    begun = time.perf_counter()
    from sftkeras.commands.conversations import talker

    model = talker(arguments.model, True)
    print(f"loaded in {time.perf_counter() - begun:.1f} s")
    asked = prompts()
    first = answered(model, asked["a sentence"], arguments.tokens)
    print(f"first answer of the process: first piece after {first[2]:.1f} s")
    print("prompt           tokens  first piece s  tokens/s  processor s a token")
    for name, prompt in asked.items():
        runs = [
            answered(model, prompt, arguments.tokens) for _ in range(arguments.rounds)
        ]
        read, written = runs[0][:2]
        waited = statistics.median(run[2] for run in runs)
        rest = statistics.median(run[3][-1] - run[3][0] for run in runs)
        used = statistics.median(run[4] for run in runs)
        print(
            f"{name:16} {read:6}  {waited:13.2f}  {(written - 1) / rest:8.1f}"
            f"  {used / written:19.3f}   ({written} tokens written)"
        )


if __name__ == "__main__":
    main()
