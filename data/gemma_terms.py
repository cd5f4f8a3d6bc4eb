"""What Gemma's terms ask, shown before anything is installed: `make gemma` begins here.

    python data/gemma_terms.py       # shows them
    python data/gemma_terms.py yes   # a person accepts them: nothing is shown

The standard library alone is needed. The exit status is 1 in a build (where CI is set),
which can accept nothing, and for a word that is no yes.
"""

import os
import sys

ASKED = """\
Gemma 3 270M is no free software: who uses it is bound by Google's Gemma Terms of Use.
Read them first: https://ai.google.dev/gemma/terms
            and: https://ai.google.dev/gemma/prohibited_use_policy
In short, and in our words, which do not take their place:
- You may use it, change it and pass it on, for money too, but not for what the policy
  of prohibited uses lists, and not against the law.
- Whoever passes it on, or a model or adapters tuned from it, or offers it as a service,
  hands on these restrictions and a copy of the terms, says what was changed, and puts
  the file NOTICE beside it, which is written here.
- Google claims no rights in what it writes; you answer for that, and for its use.
- There is no warranty. Who breaks the terms may lose the right to use it, and must then
  delete all copies, tuned ones too.
"""
HOW = "If you accept the terms, run: make gemma ACCEPT_GEMMA_TERMS=yes"


def in_a_build():
    """Return whether no person is there who could accept the terms."""
    return bool(os.environ.get("CI"))


def main(word=""):
    """Show the terms unless they were accepted; return the exit status."""
    if in_a_build():
        print("error: a build (CI is set) cannot accept Gemma's terms: people can.")
        return 1
    if word == "yes":
        return 0
    if word:
        print(f"error: ACCEPT_GEMMA_TERMS is yes, or left out. Received: {word}")
        return 1
    print(f"{ASKED}Nothing was installed or fetched. {HOW}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
