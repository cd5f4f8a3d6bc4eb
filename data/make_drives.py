"""Record the drives that ship: data/driving/ROAD.npz.

    python data/make_drives.py            # a minute and a half

The teacher of `sftkeras.data.roads` (IDM and MOBIL) drives on three roads of the
simulator highway-env. One action in ten is drawn by lot, so that he gets into places
where his own driving would not bring him; what is recorded is what he would have done.
Seeds 0, 1, 2, …; the drives that the scenario is tested on have seeds from 10,000.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sftkeras.data.drives import write_drives  # noqa: E402
from sftkeras.data.driving import demonstrations, drive, slipping  # noqa: E402

DRIVES = {"highway": 250, "dense": 80, "merge": 40}


def make(road, count, seed=0):
    """Return `Examples` of so many drives on a road."""
    driver = slipping(0.1, seed)
    return demonstrations(drive(road, range(count), driver, ask_teacher=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", default=ROOT / "data" / "driving")
    folder = Path(parser.parse_args().folder)
    folder.mkdir(parents=True, exist_ok=True)
    for road, count in DRIVES.items():
        examples = make(road, count)
        write_drives(folder / f"{road}.npz", examples)
        print(f"{road}: {examples}")
