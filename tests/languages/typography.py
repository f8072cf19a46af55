# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of typography that stand at the head of catalogues."""

import re

import catalog

# What is to be typed, and words of the configuration, are as the program knows them.
TYPED = re.compile(r'"[^"]*"|`[^`]*`|\'<>\'|https?://\S*')

RULES = {
    "de": {
        r"[”«»]": "quotes are „…“",
        r"„[^“]*(?:„|$)|^[^„]*“": "a quote is not closed, or not opened",
    },
    "fr": {
        r"[„“”]": "quotes are « … »",
        r"«(?!\u00a0)|(?<!\u00a0)»": "a no-break space inside of « »",
        r"«[^»]*(?:«|$)|^[^«]*»": "a quote is not closed, or not opened",
        r"(?<![\u00a0\s])[;!?]| [:;!?]": "a no-break space before : ; ! ?",
        # FILE:LINE: is the same in every language.
        r"(?<=[^\W\d]):": "a no-break space before :",
        r"'": "the apostrophe is ’",
    },
}


def problems(language, messages):
    """Where the translations are not set as the language wants it."""
    return [f"{text!r}: {why}" for m in messages if m.id for text in m.texts
            for rule, why in RULES[language].items()
            if re.search(rule, TYPED.sub("X", catalog.DIRECTIVE.sub("1", text)))]
