"""The provider: a simulator with an inbox, whose answers take as long as a real one's."""

import json
import os
import re
import ssl
import subprocess
from collections import Counter

from processes import ROOT, Process, call, free_port, wait_for

# Milliseconds from the acceptance of a message to its answer.
DELAY_MS = 40


def unlimited(folder):
    """The built-in catalogue without the account's requests a second, which an idle machine exceeds here: 3,000 sends
    and 20 look-ups."""
    printed = subprocess.run([os.environ["SIMULATOR_BIN"], "--print-catalogue"], check=True, capture_output=True, text=True)
    head, found, rest = printed.stdout.partition("requests_per_second:\n")
    assert found
    rates, end, rest = rest.partition("\n\n")
    file = folder / "catalogue.yaml"
    file.write_text(head + found + re.sub(r": \d+", ": null", rates) + end + rest)
    return str(file)


class Provider:
    def __init__(self, folder, has_tls=False):
        self.port = free_port()
        self.url = f"{'https' if has_tls else 'http'}://127.0.0.1:{self.port}"
        # The certificate of an authority that the simulator makes for its run.
        self.authority = folder / "authority.pem"
        self.has_tls = has_tls
        arguments = ["--listen", f"127.0.0.1:{self.port}", "--quiet", "--retention", "200000"]
        arguments += ["--catalogue", unlimited(folder)]
        if has_tls:
            arguments += ["--tls", "--ca-out", self.authority]
        self.process = Process("simulator", [os.environ["SIMULATOR_BIN"], *arguments], folder)
        wait_for("the simulator's start", lambda: self._get("/health"), self.process)

    def config(self):
        """A config that works, for this provider."""
        config = json.loads((ROOT / "simulator/config.json").read_text())
        return json.dumps(config | {"endpoint": self.url})

    def delay(self, milliseconds):
        """Lets every answer wait, after the message was accepted. 0: none."""
        if not milliseconds:
            return self._ask("DELETE", "/chaos")
        fault = {"kind": "delay", "ms": milliseconds}
        return self._ask("PUT", "/chaos", {"probability": 1, "seed": 7, "faults": [fault]})

    def fault(self, kind):
        """Lets the next send go wrong."""
        return self._ask("POST", "/faults", {"fault": {"kind": kind}, "times": 1, "action": "SendSms"})

    def empty(self):
        return self._ask("DELETE", "/messages")

    def inbox(self):
        """How many messages each number got."""
        return Counter(message["to"] for message in self._get("/messages")["messages"])

    def _get(self, path):
        status, _, body = self._call(path)
        assert status == 200, (path, status)
        return json.loads(body)

    def _ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        status, _, answer = self._call(path, method, data, {"content-type": "application/json"})
        assert status < 300, (path, status, answer)

    def _call(self, path, *more):
        trusted = ssl.create_default_context(cafile=self.authority) if self.has_tls else None
        return call(f"{self.url}/_sim{path}", *more, trusted=trusted)
