"""Chat templates: what they put around messages, which they never see."""

import pytest

from sftkeras.errors import InputError
from sftkeras.inputs.chat_template import TEMPLATES, ChatTemplate, template_for


def test_chatml_marks_each_turn():
    template = ChatTemplate("chatml")
    assert template.around(("system", "user")) == [
        "<|im_start|>system\n",
        "<|im_end|>\n<|im_start|>user\n",
        "<|im_end|>\n<|im_start|>assistant\n",
    ]
    assert template.around(("user", "assistant"), prompt=False)[-1] == "<|im_end|>\n"


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_conversation_begins_as_its_prompt_does(name):
    template = ChatTemplate(name, "<s>", "</s>")
    asked = template.around(("user",))
    whole = template.around(("user", "assistant"), prompt=False)
    assert whole[:2] == asked
    assert "</s>" in whole[-1] or "<" in whole[-1]


def test_gemma_has_no_place_for_a_system_message():
    with pytest.raises(InputError, match="no place for a system message"):
        ChatTemplate("gemma").around(("system", "user"))


@pytest.mark.parametrize(
    "source, said",
    [
        ("chatty", "`template` must be"),
        (7, "`template` must be"),
        ("{% for m in messages %}", "is no Jinja"),
        ("messages" + "x" * 200_000, "characters"),
        ("{{ messages }}{{ 'a' * 999999999 }}", "multiplies"),
        ("{{ messages }}{% for i in range(99999) %}{% endfor %}", "calls range"),
        ("{{ messages }}" + "{% for a in 'ab' %}" * 4 + "{% endfor %}" * 4, "loops in"),
    ],
)
def test_what_is_no_template_is_refused(source, said):
    with pytest.raises(InputError, match=said):
        ChatTemplate(source)


def test_a_template_that_drops_a_message_is_refused():
    source = "{% for m in messages[1:] %}{{ m.content }}{% endfor %}"
    with pytest.raises(InputError, match="leaves out"):
        ChatTemplate(source).around(("system", "user"))


def test_a_template_cannot_reach_into_python():
    source = "{{ messages.__class__.__mro__ }}"
    with pytest.raises(InputError, match="does not take user"):
        ChatTemplate(source).around(("user",))


def test_the_template_follows_the_control_tokens():
    assert template_for(lambda token: token == "<|im_end|>") == "chatml"
    assert template_for(lambda token: token == "<end_of_turn>") == "gemma"
    assert template_for(lambda token: False) == "plain"
