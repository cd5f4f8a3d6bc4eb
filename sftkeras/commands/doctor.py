"""`python -m sftkeras doctor`: what is here, what is missing, what will be slow."""

import os
import platform
import shutil
import sys

from sftkeras import machine

TEXT = "say what is installed, missing, and slow here"
_GIB = 2**30


def add_arguments(parser):
    """`doctor` has no options."""


def run(arguments):
    """Print the state of this machine; what is missing is no mistake of the user's."""
    examine()


def examine(write=print):
    """Print the state of this machine for the work of this project.

    Returns:
        True if nothing that is needed is missing.
    """
    write(f"Python {platform.python_version()} on {platform.platform()}")
    missing = [name for name, found in machine.versions().items() if found is None]
    for name, found in machine.versions().items():
        if name != "python":
            write(f"  {name:<16} {found or 'missing'}")
    problems = []
    if sys.platform == "win32" and "tensorflow-text" in missing:
        missing.remove("tensorflow-text")  # has no Windows wheel, and is not needed
        write("  (tensorflow-text has no Windows version; sftkeras works without it)")
    if missing:
        problems.append(f"Missing: {', '.join(missing)}. {machine.how_to_install()}")
    if "tensorflow" not in missing and "keras" not in missing:
        _examine_devices(write)
    problems += _examine_weights(write)
    free = shutil.disk_usage(".").free / _GIB
    write(f"Disk: {free:.0f} GiB free here")
    if free < 1:
        problems.append("Less than 1 GiB of disk is free; a bundle takes 90 MB.")
    for problem in problems:
        write(f"! {problem}")
    write("Nothing is missing." if not problems else f"{len(problems)} to mend.")
    return not problems


def _examine_devices(write):
    keras = machine.import_keras()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    write(f"Backend: {keras.backend.backend()}, {cores or os.cpu_count()} CPU cores")
    from sftkeras.machine import processor_features
    from sftkeras.training.techniques.half_precision import choose_policy

    if features := processor_features():
        write(f"  Processor: {' '.join(features)}")
    policy = choose_policy("auto").removeprefix("mixed_")
    write(f'  mixed_precision="auto" computes in {policy} here')
    gpus = machine.devices()
    for gpu in gpus:
        write(f"  GPU: {gpu}: used without further settings")
    if not gpus:
        write("  GPU: none that TensorFlow sees. Fine-tuning all layers of MiniLM on")
        write("  600 sentences takes about a minute on 2 cores; frozen, seconds.")
        if shutil.which("nvidia-smi"):
            write('  There is an NVIDIA card: pip install "tensorflow[and-cuda]"')


def _examine_weights(write):
    """Write which encoders are here; return a problem for each one that is damaged.

    MiniLM, the default, is missed; the others are not needed for every work.
    """
    from sftkeras.errors import InputError
    from sftkeras.models.encoders import ENCODERS, checked, directory_of

    problems = []
    for name, encoder in ENCODERS.items():
        directory = directory_of(name)
        if name != "minilm" and not directory.is_dir():
            terms = " (an option, under terms of its own)" if encoder.notice else ""
            command = f"python data/{encoder.script}"
            write(f"Encoder: {name} is not here: {command}{terms}")
            continue
        try:
            write(f"Encoder: {name} in {checked(name)}, SHA-256 as expected")
        except InputError as error:
            problems.append(str(error))
    return problems
