"""A tiny translator, untrained, and pairs of ours for it to learn."""

from sftkeras.data.placeholders import Names, mask_pair
from sftkeras.inputs.translation import make_units
from sftkeras.models.translator import new_translator

PAIRS = [
    ("good food", "好吃的"),
    ("cold food", "凉的"),
    ("kind staff", "热情的店员"),
    ("rude staff", "粗鲁的店员"),
    ("good room", "好房间"),
    ("dirty room", "脏房间"),
    ("good film with {name}", "有{name}的好电影"),
    ("sad film with {name}", "有{name}的悲伤电影"),
    ("dull story by %s", "%s写的无聊故事"),
    ("good story by %s", "%s写的好故事"),
]
NO_NAMES = Names()
ENGLISH, CHINESE = ([pair[side] for pair in PAIRS] for side in (0, 1))


def tiny_translator(encoder, task=None, dropout=0.0, seed=0, names=NO_NAMES):
    """Return a translator on a tiny BERT; `encoder` is the fixture `tiny_encoder`."""
    backbone = encoder(seed)
    masked = [mask_pair(*pair, Names())[1] for pair in PAIRS]
    units = make_units(masked * 3, 330)
    front = backbone.preprocessor
    return new_translator(units, names, task, dropout, seed, (backbone, front))
