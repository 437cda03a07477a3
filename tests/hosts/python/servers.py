"""What the connector talks to in these tests: the simulator, a server that stays silent, a port without one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request


class Simulator:
    """Tencent Cloud SMS on loopback. It ends with this process, because its standard input closes."""

    def __init__(self, *arguments: str):
        self._process = subprocess.Popen(
            [os.environ["SIMULATOR_BIN"], "--listen", "127.0.0.1:0", "--quiet", "--stop-on-stdin-close", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self.url = json.loads(self._process.stdout.readline())["url"]

    def inbox(self, to: str) -> list[dict]:
        return self._get(f"messages?to={urllib.parse.quote(to)}")["messages"]

    def journal(self) -> list[dict]:
        return self._get("journal")["entries"]

    def _get(self, path: str) -> dict:
        with urllib.request.urlopen(f"{self.url}/_sim/{path}", timeout=5) as response:
            return json.load(response)

    def stop(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=10)


class DoubleAnswers:
    """A provider that answers every request twice. Serial numbers name the connection and the correlation id."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        connections = 0
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connections += 1
            threading.Thread(target=self._serve, args=(connection, connections), daemon=True).start()

    @staticmethod
    def _serve(connection: socket.socket, number: int):
        received = b""
        with connection:
            while chunk := connection.recv(65_536):
                received += chunk
                try:
                    body = json.loads(received.partition(b"\r\n\r\n")[2])
                except ValueError:
                    continue
                received = b""
                answer = json.dumps({"Response": {"RequestId": "r", "SendStatusSet": [{
                    "SerialNo": f"{number}:{body['SessionContext']}", "PhoneNumber": body["PhoneNumberSet"][0],
                    "SessionContext": body["SessionContext"], "Fee": 1, "Code": "Ok", "IsoCode": "CN",
                }]}}).encode()
                head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(answer)}\r\n\r\n".encode()
                try:
                    connection.sendall(head + answer)
                    time.sleep(0.02)
                    connection.sendall(head + answer)
                except OSError:
                    return

    def stop(self):
        self._listener.close()


class SilentServer:
    """Reads everything that arrives, and never answers."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._connections: list[tuple[socket.socket, bytearray]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            received = bytearray()
            self._connections.append((connection, received))
            threading.Thread(target=self._read, args=(connection, received), daemon=True).start()

    @staticmethod
    def _read(connection: socket.socket, received: bytearray):
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except OSError:
            pass

    def complete_requests(self) -> list[bytes]:
        """The bodies of requests that arrived to the last byte."""
        bodies = []
        for _, received in self._connections:
            head, separator, body = bytes(received).partition(b"\r\n\r\n")
            lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            if separator and lengths and len(body) >= int(lengths[0]):
                bodies.append(body)
        return bodies

    def stop(self):
        self._listener.close()
        for connection, _ in self._connections:
            connection.close()


class Refusal:
    """A port that is taken, so that nobody else gets it, and does not listen, so that connecting is refused."""

    def __init__(self):
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def stop(self):
        self._socket.close()
