# SPDX-License-Identifier: GPL-2.0-only
"""Sphinx's configuration for `make docs`.

The pages are Markdown that reads well without Sphinx, so what Sphinx wants to know besides is found here:
the order of the pages is that of the links in docs/index.md, and a line that is nothing but a link to a
Graphviz source becomes its picture, one to a table of figures the table.
"""

import os
import re

from docutils import nodes  # type: ignore[import]
from sphinx.ext.graphviz import graphviz
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)

project = "vfio-pci variant-driver SDK"
author = "The vfio-pci SDK authors"
copyright = author  # noqa: A001  Sphinx wants this name
extensions = ["myst_parser", "sphinx.ext.graphviz"]
root_doc = "docs/index"
include_patterns = ["docs/**.md", "docs/api-reference.rst", "*.md", "template/README.md", "samples/*/README.md"]
myst_heading_anchors = 4
graphviz_output_format = "svg"
primary_domain = "c"
highlight_language = "none"
html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["docs.css"]
html_copy_source = False
html_show_sphinx = False
c_id_attributes = ["__iomem", "__user"]


def contents(text):
    """A toctree for each **group** of the numbered links in a page."""
    caption = ""
    trees: list = []
    for line in text.splitlines():
        group, page = re.fullmatch(r"\*\*(.+)\*\*", line), re.match(r"- \[([^]]+)\]\(([^)#]+)\.md\)", line)
        if group:
            caption = group.group(1)
            trees.append((caption, []))
        elif page:
            trees[-1][1].append("%s </%s>" % (page.group(1), os.path.normpath(os.path.join("docs", page.group(2)))))
    return trees


def add_tree(app, docname, source):
    """The contents at the side: docs/index.md lists the pages, docs/api.md has what kernel-doc makes."""
    trees = {root_doc: contents, "docs/api": lambda text: [("", ["API reference </docs/api-reference>"])]}
    for caption, pages in trees.get(docname, lambda text: [])(source[0]):
        source[0] += "\n\n```{toctree}\n:hidden:\n%s\n%s\n```\n" % (
            ":caption: %s\n" % caption if caption else "", "\n".join(pages))


class Pictures(SphinxTransform):
    default_priority = 200

    def apply(self, **kwargs):
        for node in list(self.document.findall(nodes.paragraph)):
            inside = [n for n in node.children if not isinstance(n, nodes.Text) or n.strip()]
            if len(inside) != 1:
                continue
            target = isinstance(inside[0], nodes.Element) and (inside[0].get("reftarget") or inside[0].get("refuri"))
            if not target or not target.endswith((".dot", ".txt")):
                continue
            path = os.path.join(os.path.dirname(self.env.doc2path(self.env.docname)), target)
            if not os.path.exists(path):
                logger.warning("there is no picture %s", target, location=node)
                continue
            self.env.note_dependency(path)
            with open(path, encoding="utf-8") as f:
                text = f.read()
            if path.endswith(".txt"):
                node.replace_self(nodes.literal_block(text, text, language="none"))
                continue
            picture = graphviz(code=text, options={"docname": self.env.docname}, alt=node.astext())
            node.replace_self(nodes.figure("", picture, nodes.caption("", node.astext()), align="center"))


class Links(SphinxTransform):
    """Links to what is no page: files of the tree stay names."""
    default_priority = 210

    def apply(self, **kwargs):
        for node in list(self.document.findall(nodes.Element)):
            target = node.get("reftarget") or node.get("refuri") or ""
            if isinstance(node, nodes.Inline) and target and "://" not in target and not target.startswith("#") and \
                    not re.search(r"\.(md|rst)(#|$)", target) and node.get("reftype") in ("myst", None) or \
                    node.tagname == "download_reference":
                node.replace_self(nodes.literal("", node.astext()))


def setup(app):
    app.connect("source-read", add_tree)
    app.add_transform(Pictures)
    app.add_transform(Links)
