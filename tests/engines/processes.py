"""Processes: servers on free ports of loopback that end with the suite."""

import atexit
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_running = []


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Process:
    """A server, its log and its end."""

    def __init__(self, name, arguments, folder, environment=None):
        self.name = name
        self.log = Path(folder) / f"{name}.log"
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                [str(argument) for argument in arguments],
                cwd=folder,
                env=os.environ | (environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        _running.append(self)

    @property
    def pid(self):
        return self.child.pid

    def said(self):
        return self.log.read_text(errors="replace")

    def ended(self):
        return self.child.poll() is not None

    def end(self, how=signal.SIGTERM, within=20):
        """Sends a signal and waits. Gives the code, which is negative after a signal that was not handled."""
        if not self.ended():
            self.child.send_signal(how)
        try:
            code = self.child.wait(within)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise Failed(f"{self.name} did not end within {within} s of {how.name}.") from None
        if self in _running:
            _running.remove(self)
        return code

    def cpu_seconds(self):
        """User and system time of all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mib(self):
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


class Failed(Exception):
    """What did not hold, for the terminal."""


@atexit.register
def end_all():
    for process in list(_running):
        process.child.kill()
        process.child.wait()


def call(url, method="GET", body=None, headers=None, trusted=None):
    """Status, headers and body of an answer. A connection that fails raises OSError."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=20, context=trusted) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers, refused.read()


def wait_for(what, condition, process=None, seconds=30):
    """Waits until the condition holds. A process that ends before that is an error with its last words."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if condition():
                return
        except OSError:
            pass
        if process is not None and process.ended():
            raise Failed(f"{what} failed: {process.name} ended.\n{process.said()[-2000:]}")
        time.sleep(0.02)
    words = process.said()[-2000:] if process else ""
    raise Failed(f"{what} did not happen within {seconds} s.\n{words}")
