#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""page.py -- pages that rdblens wrote, in a real browser.

usage: page.py RDBLENS FIXTURES AXE_FOLDER

Writes a snapshot with hostile names, has rdblens make pages of it and of fixtures, and looks at them
in headless Chromium, with and without JavaScript: nothing on the console, no request, names are
text, nothing wider than the page, and what the script adds works.  axe-core comes from npm in the
version that package-lock.json pins; without npm or network its test is skipped.  Leaves with 77
(skipped) when Chromium or Selenium is not installed.
"""
import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.wait import WebDriverWait
except ImportError:
    print("skipped: python3-selenium is not installed")
    sys.exit(77)

# What a key is called, and how the page has to show it: other bytes and what is not plainly visible
# as \xNN, a backslash doubled.
HOSTILE = [
    (b"</script><script>alert(1)</script>", "</script><script>alert(1)</script>"),
    (b"\"'><img src=http://x.invalid/a.png onerror=alert(2)>",
     "\"'><img src=http://x.invalid/a.png onerror=alert(2)>"),
    (b"--><SVG onload=alert(3)>", "--><SVG onload=alert(3)>"),
    (b"{{share_pct}}{{#tiles}}", "{{share_pct}}{{#tiles}}"),
    (b"javascript:alert(4)&amp;&lt;", "javascript:alert(4)&amp;&lt;"),
    ("\u202eright to left".encode(), "\\xe2\\x80\\xaeright to left"),
    (b"bad \xff\xfe byte", "bad \\xff\\xfe byte"),
    (b"line\nbreak\x1b[31m\x00", "line\\x0abreak\\x1b[31m\\x00"),
    ("gr\u00fc\u00dfe".encode(), "gr\u00fc\u00dfe"),
]
ORDINARY = 30
FIXTURES = ("sidekiq_v11.rdb", "damaged_v11.rdb", "nothing_v9.rdb", "slot_info_v12.rdb", "lru_v9.rdb")


def rdb_string(text):
    size = len(text)
    if size < 64:
        return bytes([size]) + text
    return b"\x80" + size.to_bytes(4, "big") + text


def write_snapshot(path):
    """Strings.  The first 12 come by size: a step of 0.7 is more than from one size class to the next."""
    names = [name for name, _ in HOSTILE] + [b"plain:%d:x" % i for i in range(ORDINARY)]
    body = b"REDIS0009\xfe\x00"
    for i, name in enumerate(names):
        body += b"\x00" + rdb_string(name) + rdb_string(b"v" * (int(400000 * 0.7 ** i) if i < 12 else 900))
    path.write_bytes(body + b"\xff" + 8 * b"\0")
    return len(names)


def start(javascript=True, width=1280):
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage",
                     "--disable-background-networking", "--window-size=%d,900" % width):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    if not javascript:
        options.add_experimental_option(
            "prefs", {"profile.managed_default_content_settings.javascript": 2})
    return webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)


class Pages(unittest.TestCase):
    javascript = True

    @classmethod
    def setUpClass(cls):
        cls.browser = start(cls.javascript)

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()

    def open(self, name="hostile"):
        self.browser.get((FOLDER / (name + ".html")).as_uri())

    def emulate(self, width, media="", scheme="light"):
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})

    def find(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        return self.browser.execute_script(
            "return Array.from(document.querySelectorAll(arguments[0]), e => e.textContent)", selector)

    def check_names(self):
        # the report's table has 20 rows, the chart the 12 largest keys
        cells = self.texts("table[data-report=bigkeys][data-section=largest] tbody td:first-child")
        self.assertEqual(cells[:len(HOSTILE)], [shown for _, shown in HOSTILE])
        names = self.texts("#panel-bigkeys .bars:not(.pairs) .name bdi")
        self.assertEqual(names[:len(HOSTILE)], [shown for _, shown in HOSTILE])
        self.assertEqual(self.find("img, iframe, object, embed, link, form, a:not([href^='#'])"), [])
        self.assertEqual(len(self.find("script")), 1)


class WithScript(Pages):
    def test_names_are_text(self):
        self.open()
        self.check_names()

    def test_quiet(self):
        for name in PAGES:
            with self.subTest(page=name):
                self.browser.get_log("performance")
                self.open(name)
                asked = [json.loads(entry["message"])["message"]
                         for entry in self.browser.get_log("performance")]
                urls = [event["params"]["request"]["url"] for event in asked
                        if event["method"] == "Network.requestWillBeSent"]
                self.assertEqual(urls, [(FOLDER / (name + ".html")).as_uri()])
                self.assertEqual(self.browser.get_log("browser"), [])

    def test_policy(self):
        for name in PAGES:
            text = (FOLDER / (name + ".html")).read_text(encoding="utf-8")
            with self.subTest(page=name):
                policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1)
                policy = policy.replace("&#39;", "'")
                self.assertTrue(policy.startswith("default-src 'none'; "))
                self.assertNotIn("unsafe", policy)
                for tag in ("style", "script"):
                    body = re.search("<%s>(.*?)</%s>" % (tag, tag), text, re.S).group(1)
                    digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
                    self.assertIn("%s-src 'sha256-%s'" % (tag, digest), policy)
                self.open(name)
                self.assertEqual(self.find("[style]"), [])
                self.assertLess(len(text.encode()), 1000000)

    def test_width(self):
        for name in PAGES:
            for width, media in ((400, ""), (1280, ""), (1030, "print")):
                with self.subTest(page=name, width=width, media=media):
                    self.emulate(width, media)
                    self.open(name)
                    self.assertLessEqual(self.browser.execute_script(
                        "return document.documentElement.scrollWidth"), width)
        self.emulate(1280)

    def test_sort(self):
        self.open()
        table = "table[data-report=bigkeys][data-section=largest] "
        header = self.find(table + "th[data-column=bytes]")[0]
        place = header.get_property("cellIndex") + 1
        sizes = lambda: [int(cell.get_attribute("data-raw")) for cell in
                         self.find(table + "tbody td:nth-child(%d)" % place)]
        before = sizes()
        self.assertEqual(before, sorted(before, reverse=True))
        self.assertGreater(len(set(before)), 10)
        button = header.find_element(By.TAG_NAME, "button")
        button.send_keys(Keys.ENTER)
        self.assertEqual(header.get_attribute("aria-sort"), "descending")
        button.click()
        self.assertEqual(sizes(), sorted(before))
        self.assertEqual(header.get_attribute("aria-sort"), "ascending")

    def test_filter(self):
        self.open()
        table = self.find("table[data-report=bigkeys][data-section=largest]")[0]
        tools = table.find_element(By.XPATH, "./ancestor::div[@class='scroll']/preceding-sibling::div[@class='tools'][1]")
        tools.find_element(By.TAG_NAME, "input").send_keys("sVg")
        shown = [row for row in table.find_elements(By.CSS_SELECTOR, "tbody tr") if row.is_displayed()]
        self.assertEqual(len(shown), sum("SVG" in name for _, name in HOSTILE))
        self.assertIn(" of 20 rows", tools.text)

    def widths(self):
        return self.browser.execute_script(
            "return Array.from(document.querySelectorAll('.icicle g'), g => "
            "[g.dataset.name, g.getAttribute('display'), Number(g.querySelector('rect').getAttribute('width'))])")

    def test_zoom(self):
        self.open()
        before = self.widths()
        self.assertEqual(before[0][0], "all keys")
        target = max(range(1, len(before)), key=lambda i: before[i][2])
        self.find(".icicle g")[target].send_keys(Keys.ENTER)
        after = self.widths()
        self.assertAlmostEqual(after[target][2], before[0][2], delta=0.5)
        self.assertIn("none", [entry[1] for entry in after])
        self.find(".icicle g")[0].send_keys(" ")
        self.assertEqual(self.widths(), before)
        self.find(".icicle g")[target].click()
        [b for b in self.find("#panel-patterns .tools button") if b.text == "Show all"][0].click()
        self.assertEqual(self.widths(), before)

    def test_icicle_adds_up(self):
        self.open("sidekiq_v11")
        rows = self.browser.execute_script(
            "return Array.from(document.querySelectorAll('.icicle g'), g => "
            "[Number(g.dataset.depth), Number(g.dataset.x), Number(g.dataset.w)])")
        self.assertEqual(rows[0], [0, 0, 1000])
        for depth, x, width in rows[1:]:
            inside = [r for r in rows if r[0] == depth - 1 and r[1] - 0.01 <= x and
                      x + width <= r[1] + r[2] + 0.01]
            self.assertTrue(inside, (depth, x, width))
        self.assertAlmostEqual(sum(r[2] for r in rows if r[0] == 1), 1000, delta=0.1)

    def test_search(self):
        self.open()
        box = [label for label in self.find("#panel-patterns .tools label")
               if label.text.strip() == "Search patterns"][0].find_element(By.TAG_NAME, "input")
        box.send_keys("PLAIN")
        hits = [g.get_attribute("data-name") for g in self.find(".icicle g.hit")]
        self.assertTrue(hits)
        self.assertTrue(all("plain" in name for name in hits), hits)

    def test_copy(self):
        self.open()
        self.find("#panel-ttl summary, #panel-expiry summary")[0].click()
        buttons = self.find("#panel-expiry button.copy")
        self.assertGreater(len(buttons), 1)
        buttons[1].click()
        WebDriverWait(self.browser, 5).until(lambda _: buttons[1].text in ("Copied", "Selected"))

    def test_keyboard(self):
        """Everything that can be clicked is reached with Tab, and shows that it has the focus."""
        self.open("sidekiq_v11")
        seen = set()
        body = self.find("body")[0]
        body.send_keys(Keys.TAB)
        for _ in range(60):
            seen.add(self.browser.execute_script(
                "const e = document.activeElement, s = getComputedStyle(e), r = e.querySelector(':scope > rect');"
                "return [e.localName, s.outlineStyle !== 'none' || (r && getComputedStyle(r).strokeWidth === '3px')].join()"))
            self.browser.switch_to.active_element.send_keys(Keys.TAB)
        self.assertIn("a,true", seen)
        self.assertIn("button,true", seen)
        self.assertIn("summary,true", seen)
        self.assertEqual([entry for entry in seen if not entry.endswith(",true")], [])

    def test_axe(self):
        axe = fetch_axe()
        if axe is None:
            self.skipTest("axe-core: npm is not there, or cannot fetch it")
        for name in ("hostile", "sidekiq_v11"):
            for width, media, scheme in ((1280, "", "light"), (400, "", "dark")):
                with self.subTest(page=name, width=width, scheme=scheme):
                    self.emulate(width, media, scheme)
                    self.open(name)
                    self.browser.execute_script(axe)
                    self.browser.set_script_timeout(120)
                    found = self.browser.execute_async_script(
                        "const done = arguments[arguments.length - 1];"
                        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})"
                        ".then(r => done(r.violations), e => done([{id: String(e), impact: 'critical', nodes: []}]));")
                    bad = [(v["id"], [n["html"][:150] for n in v["nodes"][:3]]) for v in found
                           if v["impact"] in ("serious", "critical")]
                    self.assertEqual(bad, [])
        self.emulate(1280)


class WithoutScript(Pages):
    javascript = False

    def test_all_is_there(self):
        self.open()
        self.assertEqual(self.find(".tools"), [])
        self.assertEqual([b for b in self.find("button") if b.is_displayed()], [])
        text = (FOLDER / "hostile.html").read_text(encoding="utf-8")
        self.assertEqual(len(self.find("tbody tr")), text.count("<tr>") - text.count("<thead><tr>"))
        self.assertTrue(all(row.is_displayed() for row in self.find("tbody tr")[:40]))
        labels = [t.text for t in self.find(".icicle text")]
        self.assertIn("all keys", labels)

    def test_names_are_text(self):
        self.open()
        cells = [e.get_attribute("textContent") for e in self.find(
            "table[data-report=bigkeys][data-section=largest] tbody td:first-child")]
        self.assertEqual(cells[:len(HOSTILE)], [shown for _, shown in HOSTILE])


def fetch_axe():
    here = pathlib.Path(__file__).parent
    folder = pathlib.Path(AXE_FOLDER)
    source = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not shutil.which("npm"):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(here / name, folder / name)
    if not source.exists():
        try:
            subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0"],
                           cwd=folder, capture_output=True, timeout=60, check=False)
        except subprocess.TimeoutExpired:
            return None
    return source.read_text(encoding="utf-8") if source.exists() else None


def make_pages():
    keys = write_snapshot(FOLDER / "hostile.rdb")
    sources = {"hostile": FOLDER / "hostile.rdb"}
    sources.update((pathlib.Path(name).stem, pathlib.Path(FIXTURES_FOLDER, name)) for name in FIXTURES)
    for name, source in sources.items():
        done = subprocess.run([RDBLENS, "report", source, "-o", FOLDER / (name + ".html")],
                              env=dict(os.environ, LC_ALL="C"), capture_output=True, text=True, check=False)
        if done.returncode not in (0, 3):
            sys.exit("%s: rdblens left with %d: %s" % (name, done.returncode, done.stderr))
    assert keys == len(HOSTILE) + ORDINARY
    return list(sources)


if __name__ == "__main__":
    RDBLENS, FIXTURES_FOLDER, AXE_FOLDER = sys.argv[1:4]
    del sys.argv[1:4]
    if not shutil.which("chromedriver") or not shutil.which("chromium"):
        print("skipped: chromium and chromium-driver are not installed")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        FOLDER = pathlib.Path(folder)
        PAGES = make_pages()
        unittest.main()
