// Live reload of a page. layer.rs serves this script and its event stream.
(() => {
  "use strict";
  const { generation } = document.currentScript.dataset;
  const LOADED_FOR = "squall-loaded-for";
  const FIELDS = "squall-fields";
  const WAITS = [0, 500, 2000]; // In milliseconds, before each reload of a page for one generation.

  const style = new CSSStyleSheet(); // Unlike <style>, not subject to a content security policy.
  style.replaceSync(`
    :host { all: initial; }
    * { box-sizing: border-box; }
    section {
      position: fixed; inset: 0; z-index: 2147483647; overflow: auto; padding: 2rem 1rem;
      background: rgb(18 18 24 / 96%); color: #e8e8f0; font: 14px/1.5 system-ui, sans-serif;
    }
    main { max-width: 60rem; margin: 0 auto; }
    header, nav { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
    header { margin-bottom: 1rem; }
    h1 { flex: 1; margin: 0; font-size: 1.25rem; color: #ff8f8f; }
    nav { margin-bottom: .5rem; }
    a { flex: 1; min-width: 12rem; color: #9ecbff; overflow-wrap: anywhere; }
    pre {
      margin: 0 0 1rem; padding: 1rem; overflow-x: auto; tab-size: 4;
      background: #0c0c12; border-left: 4px solid #ff5f5f; border-radius: 4px;
      font: 13px/1.5 ui-monospace, monospace;
    }
    pre.warning { border-color: #d0a800; }
    p { margin: 0; color: #a8a8b8; }
    button:focus-visible, a:focus-visible, pre:focus-visible { outline: 2px solid #9ecbff; }
    button:disabled { opacity: .5; cursor: default; }
    button {
      font: inherit; color: inherit; cursor: pointer; padding: .25rem .75rem;
      background: #2c2c3a; border: 1px solid #54546a; border-radius: 4px;
    }
    .badge {
      position: fixed; right: 1rem; bottom: 1rem; z-index: 2147483646; color: #fff;
      background: #5a4a00; border-color: #d0a800; font: 13px/1.5 system-ui, sans-serif;
    }
    .badge.stale { background: #6a1515; border-color: #ff5f5f; }
    [hidden] { display: none; }
    .bold { font-weight: bold; } .red { color: #ff6b6b; } .green { color: #7fd97f; }
    .yellow { color: #ffd166; } .blue { color: #82aaff; } .magenta { color: #e29bff; }
    .cyan { color: #6fd7e0; }
  `);

  const make = (name, attributes = {}, ...children) => {
    const element = Object.assign(document.createElement(name), attributes);
    element.append(...children);
    return element;
  };

  // Converts ANSI colours to elements. The text is never parsed as HTML.
  const COLOURS = ["", "red", "green", "yellow", "blue", "magenta", "cyan", ""];
  const coloured = (text) => {
    const parts = text.split(/\x1b\[([\d;]*)m/);
    let [bold, colour] = [false, ""];
    return parts.flatMap((part, index) => {
      if (index % 2 === 0) {
        // Removes all other escape sequences.
        const plain = part.replace(/\x1b\[[\d;?]*[a-zA-Z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g, "");
        return plain && [make("span", { className: `${bold ? "bold" : ""} ${colour}`, textContent: plain })];
      }
      const codes = part.split(";").map(Number);
      if (codes[0] === 38 && codes[1] === 5) {
        colour = COLOURS[codes[2] % 8] ?? "";
      } else {
        for (const code of codes) {
          if (code === 0) [bold, colour] = [false, ""];
          if (code === 1) bold = true;
          if ((code >= 30 && code < 38) || (code >= 90 && code < 98)) colour = COLOURS[code % 10];
        }
      }
      return [];
    });
  };

  const button = (textContent, onclick, more) => make("button", { textContent, onclick, ...more });
  const link = make("a");
  const counter = make("span");
  const diagnosticsElement = make("pre", { tabIndex: 0 });
  const previous = button("‹", () => step(-1), { ariaLabel: "Previous problem", title: "Previous (←)" });
  const next = button("›", () => step(1), { ariaLabel: "Next problem", title: "Next (→)" });
  const warnings = button("", () => {
    withWarnings = !withWarnings;
    at = 0;
    step(0);
  });
  const close = button("Close (Esc)", () => { overlay.hidden = true; });
  const overlay = make(
    "section",
    { hidden: true, role: "alertdialog", ariaLabel: "Build failed" },
    make(
      "main",
      {},
      make("header", {}, make("h1", { textContent: "Build failed" }), warnings, close),
      make("nav", {}, link, counter, previous, next),
      diagnosticsElement,
      make("p", { textContent: "The previous build still serves requests. This message closes after the next successful build." }),
    ),
  );
  const badge = make("button", { className: "badge", hidden: true });
  const host = make("squall-live");
  host.attachShadow({ mode: "open" }).append(badge, overlay);
  host.shadowRoot.adoptedStyleSheets = [style];
  badge.onclick = () => { overlay.hidden = !diagnosticsElement.hasChildNodes(); };
  addEventListener("keydown", (event) => {
    if (overlay.hidden) return;
    if (event.key === "Escape") overlay.hidden = true;
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });

  // The problems of the failed build, those that are stepped through, and the place among these.
  let [problems, shown, at, withWarnings] = [[], [], 0, false];
  let editor = ""; // A URL with placeholders.

  const step = (by) => {
    shown = problems.filter(({ level }) => withWarnings || level === "error");
    at = Math.min(Math.max(at + by, 0), shown.length - 1);
    const { level, text, file, line, column } = shown[at];
    diagnosticsElement.replaceChildren(...coloured(text));
    diagnosticsElement.className = level;
    const path = file?.split("/").map(encodeURIComponent).join("/");
    link.textContent = file ? `${file}:${line}:${column}` : "";
    if (file) link.href = editor.replace("{file}", path).replace("{line}", line).replace("{column}", column);
    else link.removeAttribute("href");
    link.title = "Open in editor";
    counter.textContent = shown.length > 1 ? `${at + 1} of ${shown.length}` : "";
    previous.hidden = next.hidden = shown.length < 2;
    previous.disabled = at === 0;
    next.disabled = at === shown.length - 1;
    const count = problems.filter(({ level }) => level === "warning").length;
    warnings.hidden = count === 0;
    warnings.textContent = withWarnings ? "Hide warnings" : `Show ${count} warning${count === 1 ? "" : "s"}`;
  };

  const show = (text, stale) => {
    badge.textContent = text;
    badge.classList.toggle("stale", stale);
    badge.hidden = !text;
    if (!host.isConnected) document.documentElement.append(host);
  };

  // The browser restores the scroll position.
  const reload = () => location.reload();

  // A page that is not cached loses what was typed into it. Passwords and files are not kept.
  const fields = () =>
    [...document.querySelectorAll("input, textarea, select")].filter(
      ({ type }) => !["password", "file", "hidden", "submit", "button", "image", "reset"].includes(type),
    );
  const isChoice = ({ type }) => type === "checkbox" || type === "radio";
  const value = (field) =>
    field.multiple && field.options ? [...field.options].map((option) => option.selected)
    : isChoice(field) ? field.checked : field.value;
  const key = (field, index) => `${index} ${field.tagName} ${field.type} ${field.name} ${field.id}`;

  const reloadWithFields = () => {
    const values = fields().map((field, index) => [key(field, index), value(field)]);
    sessionStorage.setItem(FIELDS, JSON.stringify({ url: location.href, values }));
    reload();
  };

  const restoreFields = () => {
    const { url, values } = JSON.parse(sessionStorage.getItem(FIELDS) ?? "{}");
    sessionStorage.removeItem(FIELDS);
    if (url !== location.href) return;
    const saved = new Map(values);
    fields().forEach((field, index) => {
      const before = saved.get(key(field, index));
      if (before === undefined || JSON.stringify(before) === JSON.stringify(value(field))) return;
      if (Array.isArray(before)) before.forEach((selected, at) => { if (field.options[at]) field.options[at].selected = selected; });
      else if (isChoice(field)) field.checked = before;
      else field.value = before;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  };

  const swap = (path) => {
    const links = [...document.querySelectorAll('link[rel~="stylesheet"][href]')].filter(
      (link) => new URL(link.href).origin === location.origin,
    );
    const named = links.filter((link) => new URL(link.href).pathname.endsWith(`/${path}`));
    // A style sheet without a link may be imported by a linked one.
    for (const link of named.length ? named : links) {
      const url = new URL(link.href);
      url.searchParams.set("_live", Date.now());
      const next = link.cloneNode();
      next.href = url;
      next.removeAttribute("integrity");
      // The old link stays until the new one has loaded, to avoid a flash of unstyled content.
      next.onload = next.onerror = () => link.remove();
      link.after(next);
    }
  };

  const on = {
    ready({ generation: now, editor: url }) {
      editor = url;
      if (now === generation) return;
      // A kept-alive connection may lead to the old process once more, so a second reload can be
      // needed. The limit stops a cached page from reloading for ever.
      const before = JSON.parse(sessionStorage.getItem(LOADED_FOR) ?? "{}");
      const times = before.now === now ? before.times : 0;
      if (times === WAITS.length) return;
      sessionStorage.setItem(LOADED_FOR, JSON.stringify({ now, times: times + 1 }));
      setTimeout(reload, WAITS[times]);
    },
    building() {
      show("building…", diagnosticsElement.hasChildNodes());
    },
    failed({ diagnostics, problems: found }) {
      problems = found.some(({ level }) => level === "error") ? found : [{ level: "error", text: diagnostics }];
      [at, withWarnings] = [0, false];
      step(0);
      show("stale", true);
      overlay.hidden = false;
    },
    fixed() {
      diagnosticsElement.replaceChildren();
      overlay.hidden = true;
      show("", false);
    },
    css({ path }) {
      swap(path);
    },
    reload: reloadWithFields,
  };

  const connect = () => {
    const source = new EventSource("/_squall/live");
    for (const [name, react] of Object.entries(on)) {
      source.addEventListener(name, (event) => react(JSON.parse(event.data)));
    }
    source.onerror = () => {
      // EventSource reconnects after a broken connection, but not after a response of another type.
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 500);
    };
    addEventListener("pagehide", () => source.close(), { once: true });
  };
  // A page from the back/forward cache has lost its stream.
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  restoreFields();
  connect();
})();
