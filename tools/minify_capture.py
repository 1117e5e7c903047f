"""Make leadrelay/web/capture.min.js of capture.js: `python tools/minify_capture.py`. Needs node; terser comes through npx."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "leadrelay" / "web"
TERSER = "terser@5"


def main() -> int:
    """Write the served form; its first line says which source it was made of, and a test compares the two."""
    npx = shutil.which("npx")
    if npx is None:
        sys.stderr.write("npx is missing: install node, then run this again\n")
        return 1
    source = FOLDER / "capture.js"
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    options = ["--ecma", "5", "-c", "passes=3,hoist_vars=true", "-m"]
    made = subprocess.run([npx, "--yes", TERSER, str(source), *options], check=True, capture_output=True, text=True).stdout  # noqa: S603
    (FOLDER / "capture.min.js").write_text(f"/* leadrelay {digest} */\n{made.strip()}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
