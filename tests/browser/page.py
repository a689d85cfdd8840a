#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""page.py -- reports/html/style.css and script.js in a real browser.

usage: page.py REPORTS_HTML_DIR

Builds a page of a table, an icicle and SQL with hostile names, under the strict CSP of a report, and
looks at it in headless Chromium: with and without JavaScript.  Leaves with 77 (skipped) when Chromium
or Selenium is not installed.
"""
import base64
import hashlib
import html
import pathlib
import shutil
import sys
import tempfile
import unittest

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    print("skipped: python3-selenium is not installed")
    sys.exit(77)

HOSTILE = ["</script><script>alert(1)</script>", "\"'><img src=http://x.invalid/>",
           "\u202eright to left", "bad \ufffd byte", "a" * 300]
NAMES = HOSTILE + ["session:%d" % i for i in range(20)]
SIZES = [(i * 7919) % 1009 for i in range(len(NAMES))]
WIDTH = 1000


def csp_hash(text):
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def table():
    rows = "".join('<tr><td data-raw="%s">%s</td><td class="num" data-raw="%d">%d B</td></tr>'
                   % (html.escape(name), html.escape(name), size, size)
                   for name, size in zip(NAMES, SIZES))
    return ('<div class="scroll"><table class="rows"><thead><tr>'
            '<th scope="col" data-kind="plain">Pattern</th>'
            '<th scope="col" data-kind="bytes" class="num">Memory</th></tr></thead>'
            "<tbody>%s</tbody></table></div>" % rows)


def box(name, x, width, depth):
    return ('<g data-x="%d" data-w="%d" data-depth="%d" data-name="%s"><title>%s: 1 B</title>'
            '<rect x="%d" y="%d" width="%d" height="20"></rect><text x="%d" y="%d"></text></g>'
            % (x, width, depth, html.escape(name), html.escape(name), x, depth * 22, width, x + 4,
               depth * 22 + 15))


def icicle():
    return ('<svg class="icicle" role="img" viewBox="0 0 %d 44"><title>Patterns</title>%s</svg>'
            % (WIDTH, box("all keys", 0, 1000, 0) + box("session:*", 0, 700, 1)
               + box(HOSTILE[0], 700, 300, 1)))


def build(folder):
    style = (folder / "style.css").read_text()
    script = (folder / "script.js").read_text()
    return ('<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
            "style-src 'sha256-%s'; script-src 'sha256-%s'\">"
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<title>t</title><style>%s</style></head>'
            "<body><main><h1>Page</h1>%s%s<details class=\"sql\" open><summary>How</summary>"
            '<button type="button" class="copy" hidden>Copy</button><pre>select 1;</pre></details>'
            "</main><script>%s</script></body></html>"
            % (csp_hash(style), csp_hash(script), style, icicle(), table(), script))



def start(javascript=True):
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage",
                     "--disable-background-networking"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if not javascript:
        options.add_experimental_option(
            "prefs", {"profile.managed_default_content_settings.javascript": 2})
    return webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)


class Page:
    javascript = True

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name, "page.html")
        cls.path.write_text(build(pathlib.Path(REPORTS_HTML)), encoding="utf-8")
        cls.browser = start(cls.javascript)

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()
        cls.folder.cleanup()

    def setUp(self):
        self.browser.get(self.path.as_uri())

    def find(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def tool(self, words):
        labels = [label for label in self.find(".tools label") if label.text.strip() == words]
        return labels[0].find_element(By.TAG_NAME, "input")

    def column(self, number):
        return [cell.get_attribute("data-raw")
                for cell in self.find("tbody tr td:nth-child(%d)" % number)]

    def test_names_are_text(self):
        self.assertEqual(self.column(1), NAMES)
        self.assertEqual(self.find("img"), [])
        self.assertEqual(len(self.find("script")), 1)


class WithScript(Page, unittest.TestCase):
    def test_quiet(self):
        self.assertEqual(self.browser.get_log("browser"), [])
        self.assertEqual(self.browser.execute_script(
            "return performance.getEntriesByType('resource').map(e => e.name)"), [])

    def test_narrow(self):
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": False})
        wide = self.browser.execute_script("return document.documentElement.scrollWidth")
        self.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.assertLessEqual(wide, 400)

    def test_sort(self):
        header = self.find("thead th")[1]
        button = header.find_element(By.TAG_NAME, "button")
        button.send_keys(Keys.ENTER)
        self.assertEqual([int(v) for v in self.column(2)], sorted(SIZES, reverse=True))
        self.assertEqual(header.get_attribute("aria-sort"), "descending")
        button.click()
        self.assertEqual([int(v) for v in self.column(2)], sorted(SIZES))

    def test_filter(self):
        self.tool("Filter rows").send_keys("SCRIPT")
        shown = [row for row in self.find("tbody tr") if row.is_displayed()]
        self.assertEqual(len(shown), sum("script" in name for name in NAMES))

    def test_zoom(self):
        boxes = self.find(".icicle g")
        boxes[1].send_keys(Keys.ENTER)
        whole = boxes[0].find_element(By.TAG_NAME, "rect").get_attribute("width")
        self.assertEqual(boxes[1].find_element(By.TAG_NAME, "rect").get_attribute("width"), whole)
        self.assertEqual(boxes[2].get_attribute("display"), "none")
        [b for b in self.find(".tools button") if b.text == "Show all"][0].click()
        self.assertIsNone(boxes[2].get_attribute("display"))

    def test_search(self):
        self.tool("Search patterns").send_keys("session")
        self.assertEqual(len(self.find(".icicle g.hit")), 1)

    def test_copy(self):
        button = self.find("button.copy")[0]
        button.click()
        self.assertIn(button.text, ("Copied", "Selected"))


class WithoutScript(Page, unittest.TestCase):
    javascript = False

    def test_all_is_there(self):
        self.assertTrue(all(row.is_displayed() for row in self.find("tbody tr")))
        self.assertEqual(len(self.find(".icicle rect")), 3)
        self.assertEqual(self.find(".tools"), [])


if __name__ == "__main__":
    REPORTS_HTML = sys.argv.pop(1)
    if not shutil.which("chromedriver") or not shutil.which("chromium"):
        print("skipped: chromium and chromium-driver are not installed")
        sys.exit(77)
    unittest.main()
