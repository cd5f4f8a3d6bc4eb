"""`ChatPreprocessor`: conversations to token ids, and which of them count (§2.2)."""

import inspect
import json
import re
import warnings
from pathlib import Path

import keras
import numpy as np

from sftkeras.data.messages import as_answer, as_messages
from sftkeras.errors import InputError
from sftkeras.inputs.chat_template import ChatTemplate

_LIKE_CONTROL = re.compile(r"<[^<>\s]{1,40}>|\[/?[A-Z_]{1,20}\]")


class ChatPreprocessor:
    """From conversations to token ids, by a chat template.

    What the template writes is read with its control tokens (`<|im_end|>`), what people
    wrote without: a user who types one has typed letters, which a warning tells.

    Args:
        tokenizer: a tokenizer of KerasHub.
        template: str, as in `ChatTemplate`.
        max_length: int, the window: so many tokens are a conversation at most.

    Attributes:
        control: {control token: its id}.
        ends: the ids that end an answer.

    Raises:
        InputError: the template ends an answer with no token of the vocabulary: a model
            would never learn to stop.
    """

    def __init__(self, tokenizer, template, max_length):
        self.tokenizer, self.max_length = tokenizer, max_length
        begin, end = (getattr(tokenizer, f"{n}_token", "") for n in ("start", "end"))
        self.template = ChatTemplate(template, begin or "", end or "")
        if not isinstance(max_length, int) or not 16 <= max_length <= 2**20:
            raise InputError(
                f"`max_length` must be from 16 to 1048576. Received: {max_length!r}"
            )
        around = [
            *self.template.around(("user",)),
            *self.template.around(("user", "assistant"), prompt=False),
        ]
        names = {*(getattr(tokenizer, "unsplittable_tokens", None) or ())}
        names |= {*(tokenizer.special_tokens or ())}
        names |= {n for text in around for n in _LIKE_CONTROL.findall(text)}
        self.control = {n: i for n in names if (i := self._id_of(n)) is not None}
        longest = sorted(map(re.escape, self.control), key=len, reverse=True)
        self.any_control = re.compile("|".join(longest) or r"(?!)")
        self.ids = {}  # {text of the template: its ids}
        after = self._template_ids(around[-1])
        stop = next((i for i in after if i in self.control.values()), None)
        if stop is None:
            raise InputError(
                "The chat template puts no end token after an answer "
                f"({around[-1]!r:.40}), so that the model would never learn to stop. "
                "Give a template with one, such as template='chatml'."
            )
        self.end = after[: after.index(stop) + 1]
        self.ends = frozenset({stop, self._id_of(end)} - {None})

    def encode(self, prompts, answers=None, name="row"):
        """Return N pairs of int arrays: token ids, and 1 where the loss counts.

        Counted are the assistant's words and the token that ends them, in each of its
        turns; of a prompt without an answer nothing is.

        Args:
            prompts: list of N strings or lists of messages, as in `as_messages`.
            answers: list of N strings. Defaults to `None`.
            name: str, what a row is called in an error. Defaults to `"row"`.

        Raises:
            InputError: a prompt or an answer that is none, or rows that are longer than
                the window: they are counted, and the first are named.
        """
        talks = [as_messages(p, f"{name} {n}") for n, p in enumerate(prompts)]
        if answers is not None:
            for row, answer in enumerate(answers):
                answer = as_answer(answer, f"{name} {row}")
                talks[row].append(("assistant", answer))
        texts = [text for talk in talks for _, text in talk]
        self._warn_of_control(texts)
        contents = iter(self.read(texts))
        rows = [self._row(talk, contents, answers is not None) for talk in talks]
        self._check_lengths([len(ids) for ids, _ in rows], name)
        return rows

    def _row(self, talk, contents, answered):
        roles = tuple(role for role, _ in talk)
        asked = roles[:-1] if answered else roles
        ids, counted, after_answer = [], [], False
        for place, text in enumerate(self.template.around(asked)):
            found = self._template_ids(text)
            ends = len(self.end) if after_answer else 0
            ids += found
            counted += [1] * ends + [0] * (len(found) - ends)
            if place < len(asked):
                words = next(contents)
                after_answer = roles[place] == "assistant"
                ids += words
                counted += [int(after_answer)] * len(words)
        if answered:
            words = [*next(contents), *self.end]
            ids += words
            counted += [1] * len(words)
        return np.array(ids, "int32"), np.array(counted, "int32")

    def read(self, texts):
        """Return one list of ids for each text, none of them a control token's."""
        pieces, owners = [], []
        for number, text in enumerate(texts):
            for piece in self._broken(text):
                pieces.append(piece)
                owners.append(number)
        found = [[] for _ in texts]
        for number, ids in zip(owners, self._tokenize(pieces), strict=True):
            found[number] += ids
        forbidden = {*self.control.values()}
        for number, ids in enumerate(found):
            if forbidden & {*ids}:
                raise InputError(
                    f"The tokenizer makes a control token of {texts[number]!r:.60}."
                )
        return found

    def write(self, ids):
        """Return token ids as a text; control tokens are left out."""
        words = [int(i) for i in ids if int(i) not in self.control.values()]
        if not words:
            return ""
        with keras.device("cpu"):
            text = self.tokenizer.detokenize(np.array(words, "int32"))
        text = text.numpy() if hasattr(text, "numpy") else text
        return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)

    def pieces(self, ids):
        """Return what each token stands for; a control token by its name."""
        names = {number: name for name, number in self.control.items()}
        return [names.get(int(i)) or self.write([i]) for i in ids]

    def save(self, directory):
        """Write the settings and the vocabulary into a directory."""
        directory = Path(directory)
        (directory / "assets").mkdir(parents=True, exist_ok=True)
        config = {
            "max_length": self.max_length,
            "chat_template": self.template.source,
            "tokenizer": type(self.tokenizer).__name__,
            "settings": _settings(self.tokenizer),
        }
        text = json.dumps(config, indent=1, ensure_ascii=False)
        (directory / "preprocessor.json").write_text(text, encoding="utf-8")
        self.tokenizer.save_assets(str(directory / "assets"))

    @classmethod
    def load(cls, directory):
        """Read what `save` wrote."""
        import keras_hub

        file = Path(directory, "preprocessor.json")
        config = json.loads(file.read_text(encoding="utf-8"))
        kind = getattr(keras_hub.models, str(config["tokenizer"]), None)
        known = isinstance(kind, type)
        if not known or not issubclass(kind, keras_hub.tokenizers.Tokenizer):
            raise InputError(f"{config['tokenizer']!r:.60} is no tokenizer")
        settings = dict(config["settings"])
        if "misc_special_tokens" in settings:  # Llama 3's, which must be a set
            settings["misc_special_tokens"] = {*settings["misc_special_tokens"]}
        if "proto" in inspect.signature(kind.__init__).parameters:  # SentencePiece's
            settings["proto"] = None  # read below
        tokenizer = kind(**settings)
        tokenizer.load_assets(str(Path(directory, "assets")))
        return cls(tokenizer, config["chat_template"], config["max_length"])

    def _id_of(self, token):
        """Return a token's id; `None` if the vocabulary has none."""
        if not token:
            return None
        try:
            found = self.tokenizer.token_to_id(token)
            same = self.tokenizer.id_to_token(found) == token
        except (ValueError, KeyError, IndexError, TypeError):
            return None
        return int(found) if same else None

    def _template_ids(self, text):
        """Return the ids of a text of the template, control tokens and all."""
        if text not in self.ids:
            found, at = [], 0
            for match in [*self.any_control.finditer(text), None]:
                end = len(text) if match is None else match.start()
                if words := text[at:end]:
                    found += self.read([words])[0]
                if match is not None:
                    found.append(self.control[match.group()])
                    at = match.end()
            self.ids[text] = found
        return self.ids[text]

    def _broken(self, text):
        """Return a text in pieces, with a cut in each control token that it spells."""
        cuts, at = [], 0
        while match := self.any_control.search(text, at):
            at = match.start() + 1  # one may begin within another
            cuts.append(at)
        ends = [*cuts, len(text)]
        return [text[a:b] for a, b in zip([0, *cuts], ends, strict=True) if a < b]

    def _tokenize(self, pieces):
        if not pieces:
            return []
        with keras.device("cpu"):
            found = self.tokenizer(pieces)
        found = found.to_list() if hasattr(found, "to_list") else found
        return [[int(i) for i in ids] for ids in found]

    def _warn_of_control(self, texts):
        told = [m.group() for t in texts for m in self.any_control.finditer(t)]
        if told:
            warnings.warn(
                "control tokens stand in what people wrote "
                f"({', '.join(dict.fromkeys(told))}; {len(told)} in all): "
                "they are read as letters.",
                stacklevel=4,
            )

    def _check_lengths(self, lengths, name):
        long = [row for row, n in enumerate(lengths) if n > self.max_length]
        if long:
            shown = ", ".join(map(str, long[:5])) + (", …" if len(long) > 5 else "")
            raise InputError(
                f"{len(long)} of {len(lengths)} are longer than the window of "
                f"{self.max_length} tokens ({name} {shown}; the longest has "
                f"{max(lengths)}). Shorten them or leave them out, or load the model "
                "with a larger max_length: nothing is cut."
            )


def _settings(tokenizer):
    """Return what a tokenizer is made of, but for its vocabulary.

    KerasHub's own `get_config` forgets the control tokens of Llama 3.
    """
    taken = inspect.signature(type(tokenizer).__init__).parameters
    config = tokenizer.get_config()
    unsplittable = sorted(getattr(tokenizer, "unsplittable_tokens", None) or ())
    known = {
        "bos_token": getattr(tokenizer, "start_token", None),
        "eos_token": getattr(tokenizer, "end_token", None),
        "misc_special_tokens": unsplittable,
    }
    found = {name: value for name, value in known.items() if name in taken}
    for name in ("add_prefix_space", "sequence_length", "has_vision_tokens"):
        if config.get(name) is not None:
            found[name] = config[name]
    apart = {*unsplittable} != {*(tokenizer.special_tokens or ())}
    if (
        apart
        and hasattr(tokenizer, "unsplittable_tokens")
        and "misc_special_tokens" not in taken
    ):
        found["unsplittable_tokens"] = unsplittable
    return found
