"""html_page.py -- reads the HTML page of reports, as strictly as a browser is lenient."""
# SPDX-License-Identifier: MIT
import base64
import hashlib
import html.parser
import re

VOID = {"meta", "br", "hr", "img", "input", "link", "wbr"}
# Beside these nothing may stand in an attribute's name: no event handler, no style, no address but of this page.
ATTRIBUTES = re.compile(r"(aria|data)-[a-z]+|[a-z]+[0-9]?|viewBox|http-equiv|preserveaspectratio|viewbox")


class Table:
    def __init__(self, report, section, is_text):
        self.report, self.section, self.is_text = report, section, is_text
        self.columns, self.kinds, self.rows = [], [], []  # rows: (shown text, attributes) of each cell
        self.terms = []  # of lines: their text
        self.more = 0  # rows that are left out


class Page(html.parser.HTMLParser):
    """Elements that pair, no attribute twice, no id twice, nothing that could run or load; tables, SQL and panels."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.problems, self.open, self.ids, self.links = [], [], set(), []
        self.tables, self.sql, self.panels, self.empty = [], [], {}, {}
        self.raw = {}  # of style and script
        self.policy = None
        self.text = []
        self.panel = self.table = self.capture = None
        if re.search("&(?!(amp|lt|gt|quot|#39);)", re.sub("<(style|script)>.*?</\\1>", "", text, flags=re.S)):
            self.problems.append("an & that is no reference")
        self.feed(text)
        self.close()
        if self.open:
            self.problems.append(f"not closed: {self.open}")
        self.problems += [f"no element has the id {link!r}" for link in self.links if link not in self.ids]
        self.check_policy()

    def check_policy(self):
        parts = [p.split() for p in (self.policy or "").split(";")]
        wanted = {"default-src": ["'none'"], "base-uri": ["'none'"], "form-action": ["'none'"]}
        for word in ("style", "script"):
            digest = hashlib.sha256(self.raw.get(word, "").encode()).digest()
            wanted[f"{word}-src"] = [f"'sha256-{base64.b64encode(digest).decode()}'"]
        if {p[0]: p[1:] for p in parts if p} != wanted:
            self.problems.append(f"content security policy {self.policy!r}, expected {wanted}")

    def check_attributes(self, tag, attributes):
        names = [name for name, _ in attributes]
        if len(set(names)) < len(names):
            self.problems.append(f"<{tag}> has an attribute twice: {names}")
        for name, value in attributes:
            if name.startswith("on") or name in ("style", "src", "srcset", "action", "srcdoc"):
                self.problems.append(f"<{tag} {name}={value!r}>")
            elif not ATTRIBUTES.fullmatch(name):
                self.problems.append(f"<{tag}> has an attribute {name!r}")
            elif name in ("href", "xlink:href"):
                if value.startswith("#"):
                    self.links.append(value[1:])
                else:
                    self.problems.append(f"<{tag} {name}={value!r}>")
            elif name == "id":
                if value in self.ids:
                    self.problems.append(f"two elements have the id {value!r}")
                self.ids.add(value)
            elif name in ("aria-labelledby", "aria-describedby"):
                self.links.append(value)

    def handle_starttag(self, tag, attributes):
        self.check_attributes(tag, attributes)
        given = dict(attributes)
        classes = (given.get("class") or "").split()
        if tag in ("iframe", "object", "embed", "link", "base", "form", "img", "a") and not (
                tag == "a" and (given.get("href") or "").startswith("#")):
            self.problems.append(f"<{tag}>")
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "section" and "panel" in classes:
            self.panel = given["id"]
            self.panels[self.panel] = ""
        if "data-section" in given:
            self.table = Table(given["data-report"], given["data-section"], tag != "table")
            self.tables.append(self.table)
        elif self.table and tag == "th":
            self.table.columns.append(given["data-column"])
            self.table.kinds.append(given["data-kind"])
        elif self.table and tag == "tr" and self.table.columns:
            self.table.rows.append([])
        elif self.table and tag == "td":
            self.table.rows[-1].append(["", given])
        if tag in ("style", "script", "pre", "td", "p", "dt", "dd", "h4") and self.capture is None:
            self.capture = [tag, classes, ""]

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.problems.append(f"line {self.getpos()[0]}: </{tag}> inside {self.open[-3:]}")
            return
        self.open.pop()
        if self.table and tag == ("div" if self.table.is_text else "table"):
            self.table = None
        if tag == "section":
            self.panel = None
        if self.capture and self.capture[0] == tag:
            self.take(*self.capture)
            self.capture = None

    def take(self, tag, classes, text):
        if tag in ("style", "script"):
            if tag in self.raw:
                self.problems.append(f"two <{tag}>")
            self.raw[tag] = text
        elif tag == "h4":
            self.sql.append([tuple(text.split(", ")), None])
        elif tag == "pre":
            self.sql[-1][1] = text
        elif tag == "td" and self.table:
            self.table.rows[-1][-1][0] = text
        elif self.table and self.table.is_text:
            self.table.terms.append((tag, text))
        if "empty" in classes:
            self.empty[self.panel] = text
        found = re.match(r"([0-9,]+) more rows?: rdblens report ", text) if "note" in classes else None
        if found:
            self.tables[-1].more = int(found.group(1).replace(",", ""))

    def handle_data(self, data):
        if self.panel:
            self.panels[self.panel] += data
        if self.capture:
            self.capture[2] += data
        if not self.open or self.open[-1] not in ("style", "script"):
            self.text.append(data)
