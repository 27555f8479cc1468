"""Opens a WebSocket for each question, and sends a text and the same in binary; or returns the status of a refusal."""

import asyncio
import json
import ssl
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus


async def ask(question):
    # The certificates of the tests are made by themselves.
    context = ssl._create_unverified_context() if question["url"].startswith("wss:") else None
    try:
        async with connect(
            question["url"],
            ssl=context,
            origin=question["origin"],
            additional_headers=question["headers"],
            compression=question["compression"],
            proxy=None,
        ) as socket:
            text = "é" * 40000
            await socket.send(text)
            is_same = await socket.recv() == text
            await socket.send(text.encode())
            is_same &= await socket.recv() == text.encode()
            extensions = [extension.name for extension in socket.protocol.extensions]
            return {"status": 101, "is_same": is_same, "extensions": extensions}
    except InvalidStatus as refused:
        return {"status": refused.response.status_code}


for line in sys.stdin:
    print(json.dumps(asyncio.run(ask(json.loads(line)))), flush=True)
