// Opens a WebSocket for each question with the `ws` of npm, whose file is the argument: sends a text, the same in binary and in
// fragments, a ping, and closes with 3000.
"use strict";
const { once } = require("node:events");
const { createInterface } = require("node:readline");
const { WebSocket } = require(process.argv[2]);

async function ask({ url, deflate, text, count }) {
  // Unlike other clients, it ends a socket without the subprotocol that it has offered.
  const protocols = url.endsWith("/chat") ? ["other", "chat"] : [];
  const socket = new WebSocket(url, protocols, {
    perMessageDeflate: deflate && {
      threshold: 0,
      clientMaxWindowBits: deflate.client_max_window_bits,
      serverMaxWindowBits: deflate.server_max_window_bits,
    },
  });
  await once(socket, "open");
  const whole = text.repeat(count);
  let isSame = true;
  const comesBack = async (message, isBinary) => {
    const [received, receivedBinary] = await once(socket, "message");
    isSame &&= received.toString() === message && receivedBinary === isBinary;
  };
  for (let round = 0; round < 2; round++) {
    socket.send(whole);
    await comesBack(whole, false);
    socket.send(Buffer.from(whole));
    await comesBack(whole, true);
    socket.send(whole, { fin: false });
    socket.send(whole, { fin: true });
    await comesBack(whole + whole, false);
  }
  socket.ping();
  await once(socket, "pong");
  socket.close(3000, "enough");
  const [code] = await once(socket, "close");
  return {
    is_same: isSame,
    extension: socket.extensions || "none",
    protocol: socket.protocol || null,
    code,
    pong: true,
  };
}

async function main() {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await ask(JSON.parse(line))));
  }
}

main();
