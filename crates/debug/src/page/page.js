// Nothing here is needed to read the page.
const id = (name) => document.getElementById(name);
document.querySelector(".tools").hidden = false;

id("copy").addEventListener("click", async () => {
  const field = id("markdown");
  let copied = true;
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // Not a secure context, or not allowed: the old way selects it, so that a key can copy it.
    field.closest("details").open = true;
    field.select();
    copied = document.execCommand("copy");
  }
  id("said").textContent = copied ? "Copied" : "Press Ctrl+C to copy";
});

// The frames that were folded when the page came are folded again.
const folded = [...document.querySelectorAll("main section details:not([open])")];
id("unfold").addEventListener("click", ({ currentTarget: button }) => {
  const open = button.getAttribute("aria-pressed") !== "true";
  folded.forEach((details) => (details.open = open));
  button.setAttribute("aria-pressed", String(open));
  button.textContent = open ? "Fold libraries" : "Unfold all";
});
