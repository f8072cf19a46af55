# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws what takes the time, and what takes the processor."""
import html
import re

WIDTH, LEFT, BAR, GAP = 960, 170, 26, 12
COLOURS = ("#4e79a7", "#f28e2b", "#76b7b2", "#e15759", "#59a14f", "#edc948", "#b07aa1", "#9c755f",
           "#bab0ac", "#ff9da7")
# What a library is for; the first that fits.
PARTS = (("loading", r"/ld-linux"), ("TLS library", r"/lib(gnutls|ssl)"),
         ("cryptography", r"/lib(nettle|hogweed|gmp|crypto)"), ("C library", r"/libc\.so"),
         ("the program", r"/s?bin/"), ("other libraries", r""))


def instructions(file, found):
    """Adds to {part: instructions} what callgrind has written about one process."""
    names, place, skip = {}, "", False
    for line in open(file, encoding="utf-8", errors="replace"):
        key, _, value = line.strip().partition("=")
        if key in ("ob", "cob"):
            number, _, name = value.partition(" ")
            name = names.setdefault(number, name)
            place = name if key == "ob" else place
        elif key == "calls":
            # The line behind it has what the called function has cost.
            skip = True
        elif line[:1] in "0123456789+-*" and not skip:
            part = next(part for part, words in PARTS if re.search(words, place))
            found[part] = found.get(part, 0) + int(line.split()[1])
        else:
            skip = False


def steps(taken, delay):
    """[(what, ms it took)] of a session as its server has seen it, and what it cannot have seen."""
    found, before = [("connect", 3 * delay)], 0
    for one in taken.steps.split(","):
        what, _, when = one.partition("@")
        if what != "end":
            found.append((what, int(when) / 1000 - before))
            before = int(when) / 1000
    return [*found, ("last reply", delay)]


def bars(title, unit, rows, top):
    """The lines of one chart: a bar for each of the rows, {name: [(what, how much)]}."""
    most = max(sum(size for _, size in row) for row in rows.values()) or 1
    scale = (WIDTH - LEFT - 90) / most
    kinds = list(dict.fromkeys(what for row in rows.values() for what, _ in row))
    colour = {what: COLOURS[i % len(COLOURS)] for i, what in enumerate(kinds)}
    out = [f'<text x="10" y="{top + 20}" class="t">{html.escape(title)}</text>']
    x = LEFT
    for what in kinds:
        out += [f'<rect x="{x}" y="{top + 32}" width="10" height="10" fill="{colour[what]}"/>',
                f'<text x="{x + 14}" y="{top + 41}">{html.escape(what)}</text>']
        x += 26 + 7 * len(what)
    y = top + 54
    for name, row in rows.items():
        x = LEFT
        out.append(f'<text x="{LEFT - 8}" y="{y + 17}" text-anchor="end">{html.escape(name)}</text>')
        for what, size in row:
            out.append(f'<rect x="{x:.1f}" y="{y}" width="{max(size * scale, 0.1):.1f}" '
                       f'height="{BAR}" fill="{colour[what]}" stroke="white">'
                       f'<title>{html.escape(what)}: {size:.1f} {unit}</title></rect>')
            x += size * scale
        total = sum(size for _, size in row)
        out.append(f'<text x="{x + 6:.1f}" y="{y + 17}">{total:.0f} {unit}</text>')
        y += BAR + GAP
    return out, y + 20


def draw(path, charts):
    """Write the charts, (title, unit, rows), below each other."""
    lines, top = [], 0
    for title, unit, rows in charts:
        more, top = bars(title, unit, rows, top)
        lines += more
    with open(path, "w", encoding="utf-8") as out:
        out.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" '
                  'font-family="sans-serif" font-size="12">\n<style>.t{font-size:15px;'
                  'font-weight:bold}</style>\n<rect width="100%" height="100%" fill="white"/>\n'
                  + "\n".join(lines) + "\n</svg>\n")
