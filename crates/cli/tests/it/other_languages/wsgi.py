"""A WSGI application, for gunicorn."""

import os

STATUS = {"/healthz": "HEALTH"}


def application(environ, start_response):
    body = f"VERSION {os.getpid()}".encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    start_response(STATUS.get(environ["PATH_INFO"], "200 OK"), headers)
    return [body]
