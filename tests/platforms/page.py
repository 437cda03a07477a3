"""Runs the commands of docs/platforms.md, as they stand, in a folder of their own."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

page = Path(sys.argv[1]).read_text()
blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
assert len(blocks) >= 15, len(blocks)

script = ["set -euo pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT", "mkdir bin", "export PATH=$PWD/bin:$PATH"]
for name, variable in [("auth-host", "AUTH_HOST_BIN"), ("tencent-sms-simulator", "SIMULATOR_BIN")]:
    script.append(f"ln -s '{os.environ[variable]}' bin/{name}")
for line in "".join(blocks).splitlines():
    # What is built already, and where it is.
    if line.startswith(("cargo ", "alias ")):
        continue
    if line.startswith("connector="):
        line = f"connector='{os.environ['CONNECTOR_WASM']}'"
    script.append(line)
    # The simulator needs a moment before it is asked.
    if line.startswith("tencent-sms-simulator "):
        script.append("sleep 1")

with tempfile.TemporaryDirectory() as folder:
    with open(Path(folder) / "log", "w+") as log:
        status = subprocess.run(["bash", "-c", "\n".join(script)], cwd=folder, stdout=log, stderr=log).returncode
        log.seek(0)
        said = log.read()

arrived = len(re.findall(r'"otp":"\d{6}"', said))
sent = page.count("\ncode +")
assert status == 0, f"{status}\n{said}"
assert arrived == sent, f"{arrived} of {sent} codes arrived\n{said}"
print(f"{len(blocks)} blocks of commands ran, {arrived} codes arrived")
