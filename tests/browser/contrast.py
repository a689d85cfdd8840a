#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""contrast.py -- the colours of the HTML page against WCAG 2.1 AA: light, dark and print.

usage: contrast.py STYLE_CSS

Text needs 4.5:1 with every ground it stands on, what a chart draws 3:1 with the ground beside it.
"""
import pathlib
import re
import sys
import unittest

TEXT_ON = {"ground": ("text", "soft", "accent", "alarm"),
           "raised": ("text", "soft", "accent", "alarm"),
           "mark": ("text",), "i0": ("text",), "i1": ("text",), "i2": ("text",)}
DRAWN_ON = {"ground": ("c1", "c3", "c4"), "raised": ("c1", "c3", "c4")}


def channel(value):
    value /= 255
    return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4


def luminance(colour):
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    red, green, blue = (channel(int(digits[i:i + 2], 16)) for i in (0, 2, 4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def schemes(css):
    """The variables of each :root block, in the order light, dark, print."""
    blocks = re.findall(r":root \{(.*?)\}", css, re.S)
    found = [dict(re.findall(r"--([a-z0-9]+): (#[0-9a-f]+);", block)) for block in blocks]
    return dict(zip(("light", "dark", "print"), found))


class Contrast(unittest.TestCase):
    def check(self, pairs, least):
        for scheme, colours in schemes(CSS).items():
            for ground, fronts in pairs.items():
                for front in fronts:
                    with self.subTest(scheme=scheme, front=front, ground=ground):
                        self.assertGreaterEqual(contrast(colours[front], colours[ground]), least)

    def test_known(self):
        self.assertAlmostEqual(contrast("#fff", "#000000"), 21)
        self.assertAlmostEqual(contrast("#767676", "#fff"), 4.54, places=2)
        self.assertEqual(list(schemes(CSS)), ["light", "dark", "print"])

    def test_text(self):
        self.check(TEXT_ON, 4.5)

    def test_charts(self):
        self.check(DRAWN_ON, 3)


if __name__ == "__main__":
    CSS = pathlib.Path(sys.argv.pop(1)).read_text(encoding="utf-8")
    unittest.main()
