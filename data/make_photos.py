"""Make a folder of photographs to try things on: brick, grass and gravel.

    python data/make_photos.py [FOLDER]

FOLDER, by default runs/photos, gets train/ with 10 images a class and test/ with 40,
pieces of scikit-image's three photographs (CC0). Then:

    python -m sftkeras fit --train runs/photos/train --test runs/photos/test \\
        --model efficientnet-lite0 --layers-to-fine-tune none --out runs/surfaces
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sftkeras.data.surfaces import write_surfaces

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", default="runs/photos")
    folder = parser.parse_args().folder
    write_surfaces(folder)
    print(f"Written to {folder}: train/, test/ of brick, grass, gravel")
