"""What a stranger may send: bundles and presets that are damaged, or meant to harm.

`CASES` is {name: (base, change)}: a copy of an honest directory of the kind `base`, and
a function of its path that spoils it. Digests are made to match, as a stranger would.
"""

from hostile import archives, manifests, networks, presets

CASES = manifests.CASES | archives.CASES | networks.CASES | presets.CASES
