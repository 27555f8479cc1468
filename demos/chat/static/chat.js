// Posts messages, and asks for those that are newer than the last one.

const form = document.getElementById("messageform");
const inbox = document.getElementById("inbox");
let cursor = null;

async function post(url, fields) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "X-XSRFToken": form.elements._xsrf.value },
    body: new URLSearchParams(fields),
  });
  if (!response.ok) throw new Error(response.statusText);
  return response.json();
}

function show(message) {
  if (document.getElementById(`m${message.id}`)) return;
  inbox.insertAdjacentHTML("beforeend", message.html);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = form.elements.body.value;
  form.elements.body.value = "";
  show(await post("/a/message/new", { body }));
});

async function poll() {
  for (let pause = 500; ; ) {
    try {
      const { messages } = await post("/a/message/updates", cursor ? { cursor } : {});
      messages.forEach(show);
      if (messages.length) cursor = messages.at(-1).id;
      pause = 500;
    } catch {
      await new Promise((resume) => setTimeout(resume, (pause *= 2)));
    }
  }
}

poll();
