"""Write the lock files: hashes of every package, and no address of any registry."""

import subprocess
from pathlib import Path

from dev.browser import node
from dev.services import BASE_DIR

REQUIREMENTS = BASE_DIR / "requirements"


def main() -> None:
    for name in ("base", "dev"):
        subprocess.run(
            [
                str(BASE_DIR / ".venv" / "bin" / "uv"), "pip", "compile", "--quiet", "--universal",
                "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links",
                "--python-version", "3.11", "--custom-compile-command", "make lock",
                f"requirements/{name}.in", "--output-file", f"requirements/{name}.txt",
            ],
            cwd=BASE_DIR, check=True,
        )  # fmt: skip
    npm = Path(node()).parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    subprocess.run(
        [node(), str(npm), "install", "--package-lock-only", "--ignore-scripts"],
        cwd=BASE_DIR,
        check=True,
    )
    print("Written: requirements/base.txt, requirements/dev.txt, package-lock.json")


if __name__ == "__main__":
    main()
