// The page is readable without this script.
const id = (name) => document.getElementById(name);
document.querySelector(".tools").hidden = false;

id("copy").addEventListener("click", async () => {
  const field = id("markdown");
  let copied = true;
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // The Clipboard API is not available or denied: select the text and copy it.
    field.closest("details").open = true;
    field.select();
    copied = document.execCommand("copy");
  }
  id("said").textContent = copied ? "Copied" : "Press Ctrl+C to copy";
});

// Fold the frames that were folded initially.
const folded = [...document.querySelectorAll("main section details:not([open])")];
id("unfold").hidden = folded.length === 0;
id("unfold").addEventListener("click", ({ currentTarget: button }) => {
  const open = button.getAttribute("aria-pressed") !== "true";
  folded.forEach((details) => (details.open = open));
  button.setAttribute("aria-pressed", String(open));
  button.textContent = open ? "Fold libraries" : "Unfold all";
});
