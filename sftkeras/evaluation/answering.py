"""`answer`: what a language model says to a prompt (article §2.2)."""

from sftkeras.errors import InputError
from sftkeras.models.forms import as_functional
from sftkeras.tasks.generation import Generation
from sftkeras.tasks.infer import infer_task


def answer(
    model,
    prompt,
    max_new_tokens=None,
    top_k=None,
    temperature=1.0,
    seed=0,
    stream=None,
):
    """Return a language model's answer to a prompt, or to each of several.

    Example:

    >>> answer(model, "Two soups and a beer, please.")  # doctest: +SKIP
    'soup=2; beer=1'
    >>> talk = [{"role": "user", "content": "Hello!"}]
    >>> text = answer(model, talk, stream=print)  # doctest: +SKIP

    Args:
        model: a `keras.Model` with the task `Generation`.
        prompt: str; a conversation, a list of `{"role": …, "content": …}` that ends
            with the user's words; or a list of N prompts of either kind.
        max_new_tokens: int, of an answer. Defaults to `None`: by the answers that were
            trained on, else 128.
        top_k: int; each token is drawn from so many likeliest ones. Defaults to `None`:
            the likeliest is taken.
        temperature: float above 0: with `top_k`, below 1 the likelier ones are drawn
            more often, above 1 less. Defaults to `1.0`.
        seed: int, of the draws. Defaults to `0`.
        stream: function of a text, called with each piece as it is written, for one
            prompt. Defaults to `None`.

    Returns:
        A string, or a list of N strings.

    Raises:
        InputError: a prompt that is none, or too long for the window; a model of
            another kind; a number out of range.
    """
    model = as_functional(model)
    task = infer_task(model)
    if not isinstance(task, Generation):
        raise InputError(
            f"`answer` is for language models; this one's task is {task.kind}. "
            "See predict."
        )
    conversation = isinstance(prompt, (list, tuple)) and all(
        isinstance(each, dict) for each in prompt
    )
    one = isinstance(prompt, str) or (conversation and len(prompt) > 0)
    if stream is not None and not one:
        raise InputError("`stream` is for one prompt.")
    found = task.answer(
        model,
        [prompt] if one else prompt,
        max_new_tokens=max_new_tokens,
        top_k=top_k,
        temperature=temperature,
        seed=seed,
        stream=stream and (lambda _, text: stream(text)),
    )
    return found[0] if one else list(found)
