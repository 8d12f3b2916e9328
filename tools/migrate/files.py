# SPDX-License-Identifier: GPL-2.0-only
"""Files that are replaced whole or not at all."""

import os
import shutil
import tempfile


class Replacement:
    """The new contents of a file beside it, under a name that nothing else has, until put() or drop().

    A link stays one: what it leads to is replaced. Raises OSError."""

    def __init__(self, path: str, text: str) -> None:
        self.path = os.path.realpath(path)
        if not os.access(self.path, os.W_OK):
            raise PermissionError(13, "Permission denied", path)
        fd, self.new = tempfile.mkstemp(prefix="." + os.path.basename(self.path) + ".", dir=os.path.dirname(self.path))
        try:
            with open(fd, "w", encoding="utf-8", errors="surrogateescape") as f:
                f.write(text)
            shutil.copymode(self.path, self.new)
        except OSError:
            self.drop()
            raise

    def put(self) -> None:
        os.replace(self.new, self.path)

    def drop(self) -> None:
        if os.path.exists(self.new):
            os.unlink(self.new)
