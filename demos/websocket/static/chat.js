// Sends messages over a WebSocket, and shows those that come.

const form = document.getElementById("messageform");
const inbox = document.getElementById("inbox");
const socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/chatsocket`);

socket.addEventListener("message", (event) => {
  const message = JSON.parse(event.data);
  if (document.getElementById(`m${message.id}`)) return;
  inbox.insertAdjacentHTML("beforeend", message.html);
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  socket.send(JSON.stringify({ body: form.elements.body.value }));
  form.elements.body.value = "";
});
