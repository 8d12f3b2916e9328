# SPDX-License-Identifier: GPL-2.0-only
"""What make review finds in files that were written: status 0 means that it finds nothing."""

import json
import os
import re
import subprocess
import tempfile
from typing import Dict, List, Optional

from migrate.findings import REVIEW, Finding
from migrate.tree import TOP

PROGRAM = os.path.join(TOP, "tools", "review", "review")
UNABLE = 2


def review(texts: Dict[str, str], tree: Optional[str]) -> List[Finding]:
    """Findings in the new contents of files, by the rules for the kernel in a tree, or for the newest."""
    if not any("vfio_pci_core" in text for text in texts.values()):
        return []
    with tempfile.TemporaryDirectory(prefix="migrate.") as tmp:
        names: Dict[str, str] = {}
        for number, (name, text) in enumerate(texts.items()):
            inside = os.path.normpath(name)
            inside = inside if not os.path.isabs(inside) and not inside.startswith("..") else \
                os.path.join(str(number), os.path.basename(name))
            path = os.path.join(tmp, inside)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8", errors="surrogateescape") as f:
                f.write(text)
            names[inside] = name
        command = [PROGRAM, "--format", "sarif", *(n for n in names if n.endswith(".c"))]
        if tree and os.path.isfile(os.path.join(tree, "include/linux/vfio.h")):
            os.makedirs(os.path.join(tmp, "include"), exist_ok=True)
            if not os.path.exists(os.path.join(tmp, "include/linux")):
                os.symlink(os.path.abspath(os.path.join(tree, "include/linux")), os.path.join(tmp, "include/linux"))
            command += ["--kdir", tmp]
        done = subprocess.run(command, cwd=tmp, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode == UNABLE:
        said = done.stderr.decode(errors="replace").strip()
        if "there is nothing to review" in said:
            return []
        return [Finding(REVIEW, next(iter(texts)), 0, "rule", "could not be reviewed: %s" % said.splitlines()[-1])]
    return [finding for result in json.loads(done.stdout)["runs"][0]["results"] if result.get("level") == "error"
            for finding in of_result(result, names)]


def of_result(result: "Dict[str, object]", names: Dict[str, str]) -> List[Finding]:
    text = json.dumps(result)
    uri = re.search(r'"uri": "([^"]*)"', text)
    line = re.search(r'"startLine": (\d+)', text)
    message = result["message"]
    assert isinstance(message, dict)
    if result.get("suppressions") or not uri:
        return []
    return [Finding(REVIEW, names.get(uri.group(1), uri.group(1)), int(line.group(1)) if line else 0, "rule",
                    "%s: %s" % (result["ruleId"], message["text"]))]
