"""Functions that take `Recipe`'s settings by name (article §3.3)."""

import dataclasses
import functools
import inspect

from sftkeras.errors import InputError
from sftkeras.training.checks import check_batch
from sftkeras.training.recipe import Recipe, document_settings


def takes_settings(**defaults):
    """Give a function of `recipe` and `**settings` the signature that it has in effect.

    The recipe that the function is called with is checked and holds the settings
    already; completion and `help` show each of them. Its docstring says where with
    `{settings}`.

    Args:
        defaults: settings that are not `Recipe`'s where this function is called.
    """

    def decorate(function):
        signature = inspect.signature(function)
        named = [p for p in signature.parameters.values() if p.kind != p.VAR_KEYWORD]
        named += [
            inspect.Parameter(
                setting.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=defaults.get(setting.name, setting.default),
            )
            for setting in dataclasses.fields(Recipe)
        ]

        @functools.wraps(function)
        def call(*args, **given):
            mine = {n: given.pop(n) for n in list(given) if n in signature.parameters}
            bound = signature.bind(*args, **mine)
            recipe = bound.arguments.pop("recipe", None) or Recipe()
            if not isinstance(recipe, Recipe):
                raise InputError(f"`recipe` must be a Recipe. Received: {recipe!r}")
            recipe = recipe.updated(**given)
            check_batch(recipe)  # before a default of `batch_size` joins it
            usual = Recipe()
            free = {
                name: value
                for name, value in defaults.items()
                if getattr(recipe, name) is getattr(usual, name) and name not in given
            }
            return function(*bound.args, **bound.kwargs, recipe=recipe.updated(**free))

        call.__signature__ = signature.replace(parameters=named)
        call.__doc__ = inspect.cleandoc(function.__doc__ or "").replace(
            "    {settings}", document_settings(defaults=defaults)
        )
        return call

    return decorate
