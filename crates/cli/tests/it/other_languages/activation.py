"""A server as Go programs have it: sockets as of coreos/go-systemd's `activation`, a thread for each
connection as Go's net/http has goroutines, `Server.Shutdown` at SIGTERM, and no READY=1."""

import http.server
import os
import signal
import socket
import socketserver
import sys
import threading

STATUS = {"/healthz": "HEALTH"}


def listeners():
    if os.environ.pop("LISTEN_PID") != str(os.getpid()):
        sys.exit("these sockets are not for us")
    count = int(os.environ.pop("LISTEN_FDS"))
    del os.environ["LISTEN_FDNAMES"]
    for fd in range(3, 3 + count):
        os.set_inheritable(fd, False)
        yield socket.socket(fileno=fd)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"VERSION {os.getpid()}".encode()
        self.send_response(int(STATUS.get(self.path, "200 OK").split()[0]))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Its `server_close` waits for the threads."""


def main():
    [listener] = listeners()
    # Another process may accept the connection that this one was woken for.
    listener.setblocking(False)
    server = Server(None, Handler, bind_and_activate=False)
    server.socket = listener
    stop = threading.Thread(target=server.shutdown)
    signal.signal(signal.SIGTERM, lambda *_: stop.start())
    server.serve_forever(poll_interval=0.05)
    server.server_close()


main()
