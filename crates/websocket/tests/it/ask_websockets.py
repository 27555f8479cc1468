"""Opens a WebSocket for each question: sends a text, the same in binary and in fragments, a ping, and closes with 3000."""

import asyncio
import json
import sys

from websockets.asyncio.client import connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory


async def ask(question):
    deflate = question["deflate"]
    extensions = None if deflate is None else [ClientPerMessageDeflateFactory(**deflate)]
    text = question["text"] * question["count"]
    async with connect(
        question["url"],
        compression=None,
        extensions=extensions,
        subprotocols=["other", "chat"],
        max_size=None,
    ) as socket:
        is_same = True
        for _ in range(2):
            await socket.send(text)
            is_same &= await socket.recv() == text
            await socket.send(text.encode())
            is_same &= await socket.recv() == text.encode()
            await socket.send(iter([text, text]))
            is_same &= await socket.recv() == text + text
        await (await socket.ping())
        await socket.close(3000, "enough")
        return {
            "is_same": is_same,
            "extension": next((extension.name for extension in socket.protocol.extensions), "none"),
            "protocol": socket.subprotocol,
            "code": socket.close_code,
            "pong": True,
        }


for line in sys.stdin:
    print(json.dumps(asyncio.run(ask(json.loads(line)))), flush=True)
