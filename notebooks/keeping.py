"""A folder that we write to: what others put there, or changed, is left alone."""

import contextlib
import hashlib
import json

from build import write
from source import BuildError

KNOWN = ".written.json"  # {file: SHA-256} of what we wrote
FEW = 5


class Folder:
    """A folder in which only what we wrote ourselves is ever replaced.

    Args:
        path: `Path` of the folder; it may be missing.

    Raises:
        BuildError: it holds other files than ours, or is no folder.

    Attributes:
        changed: list of the files that were changed since we wrote them, and stay.
    """

    def __init__(self, path):
        self.path, self.changed = path, []
        if path.exists() and not path.is_dir():
            raise BuildError(f"{path} is a file: name a folder (TO=…, --to …).")
        self.known = {}
        with contextlib.suppress(OSError, ValueError):
            self.known = dict(json.loads((path / KNOWN).read_text("utf-8")))
        others = [p.name for p in path.iterdir()] if path.is_dir() else []
        if others and not self.known:
            some = ", ".join(sorted(others)[:FEW])
            raise BuildError(
                f"{path} holds other files ({some}): name a folder of its own "
                "(TO=…, --to …), or empty this one."
            )

    def write(self, name, text):
        """Write a file, but leave it as it is if somebody changed it.

        Args:
            name: str, its path from the folder.
            text: str.
        """
        file = self.path / name
        if file.exists() and _digest(file.read_bytes()) != self.known.get(name):
            self.changed.append(name)
            return
        write(file, text)
        self.known[name] = _digest(text.encode())
        write(self.path / KNOWN, json.dumps(self.known, indent=0))

    def tell(self):
        """Return a sentence about what was left alone, "" if there is nothing."""
        if not self.changed:
            return ""
        some = ", ".join(self.changed[:FEW]) + ("…" if self.changed[FEW:] else "")
        return (
            f"Left as they are, changed since they were written ({len(self.changed)}): "
            f"{some}. Delete them to have them anew."
        )


def _digest(content):
    return hashlib.sha256(content).hexdigest()
