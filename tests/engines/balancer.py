"""Balancers: Debian's HAProxy and nginx with the files of `deploy/`, on other ports."""

import re
import shutil
import signal
import socket
import time

from processes import ROOT, Failed, Process, call, free_port, wait_for


class Balancer:
    """A balancer in front of an engine's three replicas."""

    program = None
    file = None
    binary = None

    def __init__(self, folder, engine):
        self.folder = folder / f"{self.program}-{free_port()}"
        self.folder.mkdir()
        self.engine = engine
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.configured = self.placed((ROOT / self.file).read_text())
        self.path = self.folder / "balancer.conf"
        self.path.write_text(self.configured)
        self.process = Process(self.program, self.arguments(), self.folder)
        wait_for(f"{self.program}'s start", self.is_healthy, self.process)

    @classmethod
    def lacks(cls):
        return None if shutil.which(cls.binary) else f"{cls.binary} (Debian: apt-get install {cls.binary})"

    def placed(self, text):
        """The file of `deploy/` with this run's ports."""
        for nth, place in enumerate(["127.0.0.1:8201", "127.0.0.1:8202", "127.0.0.1:8203"]):
            assert place in text, place
            text = text.replace(place, self.engine.address(nth))
        assert "127.0.0.1:8200" in text
        return text.replace("127.0.0.1:8200", self.address)

    def is_healthy(self):
        return call(f"http://{self.address}/healthz")[0] == 200

    def stop(self):
        self.process.end(signal.SIGKILL)


class HAProxy(Balancer):
    program = "HAProxy"
    file = "deploy/haproxy.cfg"
    binary = "haproxy"

    def arguments(self):
        # Without a master process: what is killed here is all of it.
        return ["haproxy", "-db", "-f", self.path]

    def command(self, line):
        with socket.socket(socket.AF_UNIX) as admin:
            admin.settimeout(5)
            # Relative to the balancer's folder: the path of a socket has at most 108 bytes.
            admin.connect(str(self.folder / "haproxy.sock"))
            admin.sendall(f"{line}\n".encode())
            answer = b""
            while part := admin.recv(65536):
                answer += part
        return answer.decode()

    def server(self, nth):
        return "gateways/" + ["one", "two", "three"][nth]

    def drain(self, nth):
        """Gives the replica nothing more, and waits until it has nothing."""
        self.command(f"set server {self.server(nth)} state drain")
        wait_for(f"the drain of replica {nth}", lambda: self.sessions(nth) == 0)

    def sessions(self, nth):
        rows = [line.split(",") for line in self.command("show stat").splitlines()]
        columns = {name: place for place, name in enumerate(rows[0])}
        for row in rows:
            if row[:2] == self.server(nth).split("/"):
                return int(row[columns["scur"]])
        raise Failed(f"HAProxy has no server {self.server(nth)}.")

    def undrain(self, nth):
        self.command(f"set server {self.server(nth)} state ready")
        wait_for(f"replica {nth} in HAProxy", lambda: self.is_up(nth))

    def is_up(self, nth):
        rows = [line.split(",") for line in self.command("show stat").splitlines()]
        status = rows[0].index("status")
        return any(row[:2] == self.server(nth).split("/") and row[status] == "UP" for row in rows)


class CarelessHAProxy(HAProxy):
    """The wrong configuration, to show what it does: it replays requests that left."""

    program = "HAProxy with all-retryable-errors"

    def placed(self, text):
        right = "retry-on conn-failure\n"
        assert text.count(right) == 1
        return super().placed(text.replace(right, "retry-on all-retryable-errors\n"))


class Nginx(Balancer):
    program = "nginx"
    file = "deploy/nginx.conf"
    binary = "nginx"

    def arguments(self):
        return ["nginx", "-p", self.folder, "-c", self.path, "-g", "daemon off;"]

    def drain(self, nth):
        """Marks the replica as down; old workers end what they have."""
        place = f"server {self.engine.address(nth)} "
        self.path.write_text(self.configured.replace(place, f"{place}down "))
        self.reload()

    def undrain(self, _):
        self.path.write_text(self.configured)
        self.reload()

    def reload(self):
        self.process.child.send_signal(signal.SIGHUP)
        # New workers serve at once; the old ones are gone when their last request is answered.
        time.sleep(0.2)
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        wait_for("nginx's reload", lambda: len(open(children).read().split()) == 1)

    def stop(self):
        self.process.end(signal.SIGTERM)


def check_rules():
    """The files keep the rule, also where nobody runs them."""
    haproxy = (ROOT / "deploy/haproxy.cfg").read_text()
    nginx = (ROOT / "deploy/nginx.conf").read_text()
    retries = re.findall(r"^ *retry-on (.+)$", haproxy, re.MULTILINE)
    passes = re.findall(r"^ *proxy_next_upstream (.+);$", nginx, re.MULTILINE)
    if (retries, passes) != (["conn-failure"], ["error timeout"]):
        raise Failed(f"deploy/ replays more than what never left: {retries}, {passes}.")
