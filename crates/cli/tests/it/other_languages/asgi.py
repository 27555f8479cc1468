"""An ASGI application, for uvicorn."""

import os

STATUS = {"/healthz": "HEALTH"}


async def application(scope, receive, send):
    body = f"VERSION {os.getpid()}".encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    status = int(STATUS.get(scope["path"], "200 OK").split()[0])
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
