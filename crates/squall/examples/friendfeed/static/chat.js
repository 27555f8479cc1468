// The chat's client: it connects again by itself, and sends what was not acknowledged once more.
"use strict";
const { room, name, online, offline } = document.currentScript.dataset;
const messages = document.getElementById("messages");
const state = document.getElementById("state");
const text = document.getElementById("text");
const waiting = new Map();
const seen = new Set();
let socket;
let pause = 250;

function connect() {
  // Relative to the page, which may be below a prefix.
  const url = new URL("chat/socket", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.search = "";
  url.searchParams.set("room", room);
  socket = new WebSocket(url);
  socket.onopen = () => {
    pause = 250;
    state.textContent = online;
    for (const entry of waiting.values()) socket.send(JSON.stringify(entry));
  };
  socket.onmessage = (event) => show(JSON.parse(event.data));
  socket.onclose = () => {
    state.textContent = offline;
    setTimeout(connect, pause * (0.5 + Math.random()));
    pause = Math.min(pause * 2, 10000);
  };
}

function show(entry) {
  waiting.delete(entry.id);
  // The history of a room, or a message that was sent twice.
  if (seen.has(entry.id)) return;
  seen.add(entry.id);
  const item = document.createElement("li");
  const author = document.createElement("b");
  author.textContent = entry.name;
  item.append(author, " ", entry.text);
  messages.append(item);
  item.scrollIntoView({ block: "nearest" });
}

document.getElementById("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const entry = { id: `${Date.now()}-${Math.random()}`, name, text: text.value };
  waiting.set(entry.id, entry);
  text.value = "";
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(entry));
});

connect();
