"""The page: its commands, run in order in one shell, and its tables."""

import os
import re
import subprocess
from pathlib import Path

from processes import ROOT, Failed, free_port

PAGE = ROOT / "docs/engines.md"
# What is built and installed before: the same files are linked where these commands put them.
PREPARED = ("cargo install ", "cargo xtask dist", "cargo build ", "sudo ", "python3 -m venv ", "target/engines/bin/pip ")
PORT = re.compile(r"\b(82\d\d|8100|4222|5000)\b")
COPIED = ["deploy/haproxy.cfg", "deploy/wasmcloud/registry.yml"]


def commands():
    """The lines of the page's `sh` blocks, without what is prepared."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", "").splitlines()
    kept = [line for line in lines if not line.startswith(PREPARED)]
    if len(lines) - len(kept) != 6:
        raise Failed(f"the page has {len(lines) - len(kept)} commands that prepare, instead of 6.")
    # The program that the command runs, without looking whether it has to be built.
    return "\n".join(kept).replace("cargo xtask publish ", '"$PUBLISH_BIN" ')


def run(folder):
    """Runs them on other ports, and looks for one code in the inbox from each engine."""
    ports = {}
    moved = lambda text: PORT.sub(lambda found: str(ports.setdefault(found[0], free_port())), text)
    prepare(folder, moved)
    # Ends what the page leaves running, and what that started.
    script = "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n" + moved(commands())
    path = f"{folder}/target/engines/bin:{os.environ['PATH']}"
    environment = os.environ | {"HOME": str(folder), "PATH": path}
    log = folder / "page.log"
    # A file and no pipe: servers that outlive a failed script would hold the pipe open.
    with log.open("wb") as output:
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            timeout=120,
        )
    text = log.read_text(errors="replace")
    for wanted in ('"correlation_id":"order-1"', '"correlation_id":"order-2"', '"otp":"918273"', '"otp":"273918"'):
        if done.returncode != 0 or wanted not in text:
            raise Failed(f"the page's commands ended with {done.returncode}; looked for {wanted} in:\n{text[-4000:]}")
    if text.count('"state":"accepted"') != 2:
        raise Failed(f"not both messages were accepted:\n{text[-4000:]}")


def prepare(folder, moved):
    """What the page's reader has by then: a clone, built, and the programs in the path."""
    for place in [*COPIED, "deploy/wasmcloud/workload.json", "deploy/wasmcloud/workload.py", "simulator/config.json"]:
        text = (ROOT / place).read_text()
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(moved(text) if place in COPIED else text)
    for place, built in [
        ("target/dist", os.environ["DIST_DIR"]),
        ("target/debug/tencent-sms-simulator", os.environ["SIMULATOR_BIN"]),
        ("target/engines/bin/wasmtime", os.environ["WASMTIME_BIN"]),
    ]:
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).symlink_to(Path(built).resolve())


def write_tables(rows, cost):
    """Puts the run's tables into the page."""
    head = ["engine", "balancer", "replicas are", "requests", "accepted", "unknown: delivered / not"]
    head += ["*not sent* but delivered", "doubled"]
    kills = ["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]]
    text = PAGE.read_text()
    for name, lines in [("kill table", kills), ("cost table", cost)]:
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text, count = pattern.subn(lambda found: found[1] + "\n".join(lines) + "\n" + found[2], text)
        if count != 1:
            raise Failed(f"docs/engines.md has {count} places for the {name}.")
    PAGE.write_text(text)
