"""Cold start, memory and CPU per send of the component in each host, beside the original connector.

    CONNECTOR_WASM=… SIMULATOR_BIN=… SEND_MANY_BIN=… WASMTIME_BIN=… python3 measure.py

Each line is a process that sends so many messages one after another, over plain HTTP on loopback, to the simulator
in a process of its own. Measured from outside, the same way for all:

- cold start: from starting the process to its end with one message sent, wall time
- memory: the most that was resident at any time, with 500 more messages sent
- CPU per send: user and system time of 600 sends less that of 100, by 500

The command line makes a process for each message and has one figure for both. Medians of five.
"""

from __future__ import annotations

import datetime
import hashlib
import itertools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
WORK_DIR = pathlib.Path(os.environ.get("HOSTS_WORK_DIR", ROOT / "target" / "hosts"))
REPEATS = 5
FEW, MANY = 100, 600

# The service has limits for each number, and the simulator has them too.
_next_number = itertools.count(13_800_000_000)


def take_numbers(count: int) -> int:
    first = next(_next_number)
    for _ in range(count - 1):
        next(_next_number)
    return first


def run(command: list[str], environment: dict[str, str]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak resident megabytes of a process that must succeed."""
    started = time.monotonic()
    process = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}:\n{output.decode()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def median(values) -> float:
    return statistics.median(values)


def main():
    with tempfile.TemporaryDirectory() as folder:
        simulator = subprocess.Popen(
            [os.environ["SIMULATOR_BIN"], "--listen", "127.0.0.1:0", "--quiet", "--stop-on-stdin-close"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        url = json.loads(simulator.stdout.readline())["url"]
        config = json.dumps({
            "accessKeyId": "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
            "accessKeySecret": "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
            "signName": "腾讯云", "sdkAppId": "1400006666", "region": "ap-guangzhou", "endpoint": url,
            "templates": [{"usageType": usage, "templateCode": "1110000"} for usage in ("SignIn", "Register", "ForgotPassword", "Generic")],
        })
        path = pathlib.Path(folder, "config.json")
        path.write_text(config)
        environment = {"BENCH_CONFIG": config, "BENCH_URL": url}
        wasm = os.environ["CONNECTOR_WASM"]
        python = str(WORK_DIR / "python-venv" / "bin" / "python")

        many = {
            "Original connector": ["node", "--import", str(HERE / "plain.mjs"), str(HERE / "original.mjs")],
            "Logto package": ["node", str(HERE / "logto.mjs")],
            "Node": ["node", str(HERE / "node.mjs")],
            "Python": [python, str(HERE / "python.py")],
            "Host library": [os.environ["SEND_MANY_BIN"], wasm, str(path), url],
        }

        def wasmtime(number):
            message = f'{{to: "+86{number}", usage: "SignIn", variables: [("code", "123456")]}}'
            return [os.environ["WASMTIME_BIN"], "run", "-S", "http", "--invoke", f"send-message({json.dumps(config)}, {message})", wasm]

        rows = {}
        for name, command in many.items():
            def sends(count):
                return run([*command, str(take_numbers(count)), str(count)], environment)
            sends(1)
            cold = median([sends(1)[0] for _ in range(REPEATS)])
            few = [sends(FEW) for _ in range(REPEATS)]
            more = [sends(MANY) for _ in range(REPEATS)]
            cpu = (median([cpu for _, cpu, _ in more]) - median([cpu for _, cpu, _ in few])) / (MANY - FEW)
            rows[name] = {"cold_ms": cold * 1e3, "peak_mb": median([mb for *_, mb in more]), "cpu_ms": cpu * 1e3}
        for name, command in {"wasmtime CLI": wasmtime}.items():
            run(command(take_numbers(1)), environment)
            runs = [run(command(take_numbers(1)), environment) for _ in range(REPEATS)]
            wall, cpu, mb = (median(column) for column in zip(*runs))
            rows[name] = {"cold_ms": wall * 1e3, "peak_mb": mb, "cpu_ms": cpu * 1e3, "process": True}
        simulator.stdin.close()
        simulator.wait(timeout=10)
    for name, row in rows.items():
        print(f"{name:20} {row['cold_ms']:8.0f} ms {row['peak_mb']:8.0f} MB {row['cpu_ms']:8.2f} ms")
    digest = hashlib.sha256(pathlib.Path(wasm).read_bytes()).hexdigest()
    costs = {"measured": datetime.date.today().isoformat(), "sha256": digest, "rows": rows}
    (WORK_DIR / "costs.json").write_text(json.dumps(costs, indent=2) + "\n")


if __name__ == "__main__":
    main()
