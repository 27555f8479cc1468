// A server of Node on the socket that is passed to it. It ends as the guide's page has it.

const http = require("http");
const net = require("net");

const status = { "/healthz": "HEALTH" };
let stopping = false;

const server = http.createServer((request, response) => {
  response.statusCode = Number((status[request.url] || "200 OK").split(" ")[0]);
  if (stopping) response.setHeader("Connection", "close");
  response.end(`VERSION ${process.pid}`);
});

server.listen({ fd: 3 });
process.on("SIGTERM", () => {
  stopping = true;
  net.Server.prototype.close.call(server);
  setTimeout(() => server.closeIdleConnections(), 200).unref();
});
