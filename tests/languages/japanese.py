# SPDX-License-Identifier: GPL-3.0-or-later
"""The mechanical rules of po/GLOSSARY.ja, for messages and for manual pages."""

import re

import catalog
import pages

JAPANESE = "\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff"
WORDS = {
    r"に失敗": "say what could not be done",
    r"不正な|致命的": "正しくありません",
    r"下さい": "ください",
    r"出来": "できる",
    r"全て": "すべて",
    r"許可がありません": "say which permission",
    r"(?:サーバ|ユーザ|フォルダ|ヘッダ|プロバイダ|ブラウザ)(?!ー)": "long vowel",
    r"(?:コンピュータ|パラメータ|メモリ|リゾルバ)(?!ー)": "long vowel",
    r"[\uff01-\uff5e\u3000]": "half width",
    r"[…○●→←─│■]": "a width that is not sure",
    r"  ": "two blanks",
}
POLITE = re.compile(r"(?:です|ます|ません|でした|ました|ください)(?: ?\([^()]*\))?$")


def _bare(text):
    """With a letter for each argument, as a reader would see it."""
    return catalog.DIRECTIVE.sub("X", text)


def spelling(text):
    """What is wrong with the spelling of a Japanese text."""
    found = [f"{m[0]!r} ({why})" for word, why in WORDS.items()
             for m in [re.search(word, text)] if m]
    for pattern in (rf"[{JAPANESE}][A-Za-z0-9(]", rf"[A-Za-z0-9)][{JAPANESE}]",
                    r"」\(", rf"」 [{JAPANESE}]", r"[「、。(]\s", r"\s[」、。)]"):
        match = re.search(pattern, text)
        if match:
            found.append(f"the blank in {match[0]!r}")
    return found


def _stop(message, text, goes_on, is_summary):
    """Where full stops stand."""
    text = text.rstrip("\n")
    if "。" in text.rstrip("。") and not re.search(r"(?:。|\?|:|: X|。X)$", text):
        return ["it has sentences, but no 。 at its end"]
    if message.id in goes_on and text.endswith("。"):
        return ["a reason follows behind its 。"]
    rude = [s for s in text.split("。")[:-1] if re.search(rf"[{JAPANESE}]", s) and not POLITE.search(s)]
    return [f"is that polite: {s!r}" for s in rude] if not is_summary else []


def fail_errno_messages(sources):
    """The messages behind which a reason is put."""
    found = set()
    string = r'(?:"(?:\\.|[^"\\])*"\s*)+'
    for code in sources:
        for call in re.finditer(r"\b(?:fail_errno|spool_fail|store_can_read)\s*\("
                                r'((?:[^;"]|"(?:\\.|[^"\\])*")*);', code):
            found |= {catalog.unquote(m[1]) for m in re.finditer(rf"_\(\s*({string})\)", call[1])}
    return found


def problems(messages):
    sources = [p.read_text(encoding="utf-8") for p in (catalog.ROOT / "src").rglob("*.c")]
    goes_on = fail_errno_messages(sources)
    found = []
    for message in messages:
        # The summaries of --help have no full stop, and their own style.
        is_summary = set(message.files) <= {"src/conf/flags.c", "src/conf/settings.c"}
        for text in message.texts:
            bare = _bare(text)
            # Lines that stand below each other may be indented.
            wrong = [w for line in bare.split("\n") for w in spelling(line.strip(" "))]
            wrong += _stop(message, bare, goes_on, is_summary)
            found += [f"{text!r}: {w}" for w in wrong]
    return found


def page_problems(text):
    """What is wrong with the running text of a manual page."""
    found, last = [], (0, "")
    for number, line in pages.text_lines(text):
        found += [f"line {number}: {w}" for w in spelling(line)]
        # A line end becomes a blank.
        if last[0] == number - 1 and re.match(rf"[{JAPANESE}」、][{JAPANESE}「]", last[1][-1] + line[0]):
            found.append(f"line {number}: a blank will stand before {line[:10]!r}")
        last = (number, line)
    return found
