"""Conversations as people bring them: strings, or lists of messages (article §2.2)."""

from sftkeras.errors import InputError

ROLES = ("system", "user", "assistant")


def as_messages(given, where):
    """Return a prompt as a list of `(role, text)` that ends with the user's.

    Args:
        given: str, what the user says; or a list of `{"role": …, "content": …}`.
        where: str, for errors.

    Raises:
        InputError: an unknown role, an empty or missing message, no user's message, or
            turns out of order.
    """
    if isinstance(given, str):
        given = [{"role": "user", "content": given}]
    if not isinstance(given, (list, tuple)) or not given:
        raise InputError(
            f"{where}: a prompt is a text, or a list of messages "
            f'{{"role": "user", "content": "…"}}. Received: {given!r:.60}'
        )
    found = [_message(each, where) for each in given]
    roles = [role for role, _ in found]
    turns = roles[1:] if roles[0] == "system" else roles
    if not turns:
        raise InputError(
            f"{where}: there is only a system message. Add what the user says."
        )
    expected = [("user", "assistant")[place % 2] for place in range(len(turns))]
    if turns != expected:
        raise InputError(
            f"{where}: after a system message, if any, the user and the assistant take "
            f"turns, the user first. Received: {', '.join(roles)}"
        )
    if turns[-1] != "user":
        raise InputError(f"{where}: a prompt ends with what the user says.")
    return found


def as_answer(given, where):
    """Return an answer as a string; raise `InputError` for an empty one."""
    if not isinstance(given, str) or not given.strip():
        kind = "is empty" if isinstance(given, str) else "is no text"
        raise InputError(
            f"{where}: the answer {kind}. There would be nothing to learn but to end. "
            f"Received: {given!r:.60}"
        )
    return str(given)


def _message(given, where):
    if not isinstance(given, dict) or not {"role", "content"} <= {*given}:
        raise InputError(
            f'{where}: a message is {{"role": "user", "content": "…"}}. '
            f"Received: {given!r:.60}"
        )
    role, text = given["role"], given["content"]
    if role not in ROLES:
        raise InputError(
            f"{where}: the role of a message is system, user or assistant. "
            f"Received: {role!r:.40}"
        )
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{where}: a message of {role} has no text.")
    return role, text
