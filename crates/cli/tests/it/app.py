"""A program without squall, with systemd's protocol only: sd_listen_fds(3), sd_notify(3)."""

import os
import signal
import socket
import sys


def sockets():
    if int(os.environ["LISTEN_PID"]) != os.getpid():
        sys.exit("these sockets are not for us")
    count = int(os.environ["LISTEN_FDS"])
    return [socket.socket(fileno=fd) for fd in range(3, 3 + count)]


def ready():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.connect(os.environ["NOTIFY_SOCKET"])
        manager.send(b"READY=1\nSTATUS=from Python")
        # The last counter is that of open WebSockets.
        counters = " ".join(["0"] * 22 + ["40"])
        manager.send(f"X_SQUALL_COUNTERS={counters}".encode())


def serve(listener):
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            body = f"BUILD {os.environ['SQUALL_TASK_ID']} {os.getpid()}"
            head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(body)}"
            connection.sendall(f"{head}\r\n\r\n{body}".encode())


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    [listener] = sockets()
    ready()
    serve(listener)


main()
