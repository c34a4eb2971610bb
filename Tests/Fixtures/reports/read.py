#!/usr/bin/env python3
"""Reads reports as those who get them do, with parsers that know nothing of mongodrill, and prints as JSON what
they see: {FILE: {"shape": […], "texts": […]}}. `shape` is the structure without any text that comes from data;
`texts` are the texts. Where a parser finds a mistake it is {"mistake": "…"}.

usage: read.py FOLDER…, each with files that are named as their formats are
"""

import csv
import io
import json
import os
import re
import sys
import xml.etree.ElementTree


def tree(root):
    """Names of elements and attributes of an HTML tree, and its texts."""
    shape, texts = [], []
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        shape.append(" ".join([element.tag] + sorted(element.attrib)))
        texts += [text for text in [element.text, element.tail] if text]
        texts += element.attrib.values()
        names = {name.lower() for name in element.attrib}
        if element.tag in {"script", "iframe", "object", "embed", "form", "img", "a", "base"}:
            raise ValueError(f"an element {element.tag}")
        if any(name.startswith("on") or name in {"src", "srcdoc", "action", "xlink:href"} for name in names):
            raise ValueError(f"attributes {sorted(names)}")
        if element.attrib.get("href", "data:,") != "data:,":
            raise ValueError(f"a link to {element.attrib['href']}")
        if element.tag != "style" and "url(" in element.attrib.get("style", ""):
            raise ValueError("a style that fetches something")
    return {"shape": shape, "texts": texts}


def html(text):
    import html5lib

    # The whole of the standard's parse errors, each of which ends it.
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    root = parser.parse(text)
    sheet = "".join(element.text for element in root.iter("style"))
    if "url(" in sheet or "@import" in sheet:
        raise ValueError("the style sheet fetches something")
    return tree(root)


def markdown(text):
    import html5lib
    import markdown_it

    # What GitHub and GitLab understand: CommonMark with HTML, tables, and links that nobody asked for.
    page = markdown_it.MarkdownIt("gfm-like", {"html": True}).render(text)
    return tree(html5lib.HTMLParser(namespaceHTMLElements=False).parse(page))


def junit(text):
    root = xml.etree.ElementTree.fromstring(text)
    shape = [" ".join([element.tag] + sorted(element.attrib)) for element in root.iter()]
    texts = [text for element in root.iter() for text in [element.text or "", *element.attrib.values()]]
    return {"shape": shape, "texts": texts}


def metrics(families):
    samples = [sample for family in families for sample in family.samples]
    shape = [" ".join([sample.name] + sorted(sample.labels) + [str(sample.value)]) for sample in samples]
    series = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in samples]
    if len(series) != len(set(series)):
        raise ValueError("a series twice")
    return {"shape": shape, "texts": [value for sample in samples for value in sample.labels.values()]}


def prometheus(text):
    from prometheus_client.parser import text_string_to_metric_families

    return metrics(text_string_to_metric_families(text))


def openmetrics(text):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    return metrics(text_string_to_metric_families(text))


def table(text):
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    if len({len(row) for row in rows}) > 1:
        raise ValueError("rows of different lengths")
    for cell in (cell for row in rows for cell in row):
        # What a spreadsheet program would take for a formula; a negative number is none.
        if re.match(r"[\s\u00a0\u3000]*[=+\-@＝＋－＠]", cell) and not re.fullmatch(r"-?[0-9.]+", cell):
            raise ValueError(f"a formula: {cell}")
    return {"shape": [str(len(row)) for row in rows], "texts": [cell for row in rows for cell in row]}


READERS = {
    "html": html, "markdown": markdown, "github": markdown, "junit": junit, "prometheus": prometheus,
    "openmetrics": openmetrics, "csv": table, "csv-phases": table,
}

seen = {}
for folder in sys.argv[1:]:
    for name, reader in READERS.items():
        path = os.path.join(folder, name)
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
        try:
            seen[path] = reader(text)
        except Exception as error:
            seen[path] = {"mistake": f"{name}: {type(error).__name__}: {error}"}
json.dump(seen, sys.stdout)
