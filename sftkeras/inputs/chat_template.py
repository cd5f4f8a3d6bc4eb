"""Chat templates: what stands around the messages of a conversation (article §2.2).

A template is Jinja, as Hugging Face's `tokenizer_config.json` holds it. It is never
given what was written: each message is a mark in its place, by which the text around
the messages is found. So no message can be read as a part of the template.
"""

import functools
import re

from sftkeras.errors import InputError

TEMPLATES = {
    "chatml": (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n"
        "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    ),
    "llama3": (
        "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m.role }}"
        "<|end_header_id|>\n\n{{ m.content }}<|eot_id|>{% endfor %}"
        "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>"
        "\n\n{% endif %}"
    ),
    "gemma": (
        "{{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}"
        "{{ raise_exception('it has no place for a system message') }}{% endif %}"
        "<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
        "{{ m.content }}<end_of_turn>\n{% endfor %}"
        "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
    ),
    # Of a model that knows no turns: GPT-2.
    "plain": (
        "{% for m in messages %}{% if m.role == 'assistant' %}Answer:\n"
        "{{ m.content }}{{ eos_token }}\n{% elif m.role == 'user' %}Question:\n"
        "{{ m.content }}\n{% else %}{{ m.content }}\n{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}Answer:\n{% endif %}"
    ),
}
_NEEDED = {"chatml": "<|im_end|>", "llama3": "<|eot_id|>", "gemma": "<end_of_turn>"}
_MARK = re.compile("\ue000(\\d+)\ue001")
_LARGEST = 30_000  # characters; Llama 3.1's, with tools, has 4,000


class ChatTemplate:
    """A template, and the text that it puts before, between and after messages.

    Example:

    >>> ChatTemplate("chatml").around(("user",))
    ['<|im_start|>user\\n', '<|im_end|>\\n<|im_start|>assistant\\n']

    Args:
        source: str, Jinja; or the name of one of `TEMPLATES`.
        bos_token, eos_token: str, what the template may put at either end. Defaults to
            `""`.

    Raises:
        InputError: it is no template.
    """

    def __init__(self, source, bos_token="", eos_token=""):
        self.source, self.tokens = source, (bos_token, eos_token)
        text = TEMPLATES.get(source, source)
        if not isinstance(text, str) or "messages" not in text:
            raise InputError(
                "`template` must be 'own', 'chatml', 'llama3', 'gemma', 'plain', or "
                f"Jinja with `messages` in it. Received: {source!r:.80}"
            )
        if len(text) > _LARGEST:
            raise InputError(f"`template` has {len(text):,} characters.")
        import jinja2
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        room = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        room.globals["raise_exception"] = _refuse
        room.globals["strftime_now"] = lambda form: ""
        self.errors = (jinja2.TemplateError, TypeError, ValueError, ArithmeticError)
        try:
            _check_work(room.parse(text), jinja2.nodes)
            self.compiled = room.from_string(text)
        except self.errors as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"`template` is no Jinja: {error}") from None
        self.around = functools.lru_cache(maxsize=1000)(self._around)

    def _around(self, roles, prompt=True):
        """Return the texts around messages of these roles: one more than there are.

        Args:
            roles: tuple of str.
            prompt: bool. An answer is to follow. Defaults to `True`.

        Raises:
            InputError: a role, or an order of them, that the template does not take.
        """
        messages = [
            {"role": role, "content": f"\ue000{place}\ue001"}
            for place, role in enumerate(roles)
        ]
        begin, end = self.tokens
        try:
            text = self.compiled.render(
                messages=messages,
                add_generation_prompt=prompt,
                bos_token=begin,
                eos_token=end,
                tools=None,
            )
        except self.errors as error:
            raise InputError(
                f"The chat template does not take {', '.join(roles)}: {error}"
            ) from None
        parts = _MARK.split(text)
        if [*map(int, parts[1::2])] != [*range(len(roles))]:
            raise InputError(
                f"The chat template leaves out, or repeats, messages of {roles}."
            )
        return parts[::2]


def template_for(known):
    """Return the name of the template whose control tokens a vocabulary has.

    Args:
        known: function of a token that returns whether it is one.
    """
    fits = [name for name, token in _NEEDED.items() if known(token)]
    return fits[0] if fits else "plain"


def _check_work(tree, nodes):
    """Refuse what lets a stranger's template take any time or memory."""
    numbers = (nodes.Mul, nodes.Pow)
    if next(tree.find_all(numbers), None):
        raise InputError("`template` multiplies, which none needs to.")
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in ("range", "lipsum"):
            raise InputError(f"`template` calls {call.node.name}, which none needs to.")
    left = [(tree, 0)]
    while left:
        node, depth = left.pop()
        depth += isinstance(node, nodes.For)
        if depth > 3:
            raise InputError("`template` has loops in loops in loops in loops.")
        left += [(inner, depth) for inner in node.iter_child_nodes()]


def _refuse(why):
    import jinja2

    raise jinja2.TemplateError(why)
