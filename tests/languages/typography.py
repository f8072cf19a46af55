# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of typography that stand at the head of catalogues."""

import re

import catalog

# What is to be typed, and words of the configuration, are as the program knows them.
TYPED = re.compile(r'"[^"]*"|`[^`]*`|\'<>\'|https?://\S*')

HAN = "[\u4e00-\u9fff]"
LATIN = r"[A-Za-z0-9{}<>-]"

RULES = {
    "de": {
        r"[”«»]": "quotes are „…“",
        r"„[^“]*(?:„|$)|^[^„]*“": "a quote is not closed, or not opened",
    },
    "es": {
        r"[„“”]": "quotes are «...»",
        r"«\s|\s»": "no blank inside of « »",
        r"«[^»]*(?:«|$)|^[^«]*»": "a quote is not closed, or not opened",
        r"¿[^?]*(?:¿|$)|^[^¿]*\?": "a question is between ¿ and ?",
        r"¡[^!]*(?:¡|$)|^[^¡]*!": "an exclamation is between ¡ and !",
        r"\s[:;?!]": "no blank before : ; ? !",
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
    "zh_CN": {
        r"[„«»「」]": "quotes are “...”",
        r"“[^”]*(?:“|$)|^[^“]*”": "a quote is not closed, or not opened",
        rf"{HAN}{LATIN}|{LATIN}{HAN}": "a blank between Chinese and Latin text",
        rf"{HAN} +{HAN}": "no blank between Chinese characters",
        r"[，。：；？（）“”、] | [，。：；？（）“”、]": "no blank beside full-width punctuation",
        rf"{HAN}[,.:;?!()]|[,;?!()]{HAN}": "full-width punctuation",
    },
}


def problems(language, messages):
    """Where the translations are not set as the language wants it."""
    return [f"{text!r}: {why}" for m in messages if m.id for text in m.texts
            for rule, why in RULES[language].items()
            if re.search(rule, TYPED.sub("X", catalog.DIRECTIVE.sub("1", text)))]
