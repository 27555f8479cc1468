// Keeps a page up to date while its program is written. Its server is the layer beside this file.
(() => {
  "use strict";
  const { generation } = document.currentScript.dataset;
  const LOADED_FOR = "squall-loaded-for";
  const WAITS = [0, 500, 2000]; // In milliseconds, for each time that a page is loaded for one program.

  const style = new CSSStyleSheet(); // Unlike <style>, no content security policy forbids it.
  style.replaceSync(`
    :host { all: initial; }
    * { box-sizing: border-box; }
    section {
      position: fixed; inset: 0; z-index: 2147483647; overflow: auto; padding: 2rem;
      background: rgb(18 18 24 / 96%); color: #e8e8f0; font: 14px/1.5 system-ui, sans-serif;
    }
    header { display: flex; gap: 1rem; align-items: baseline; max-width: 110ch; margin: 0 auto; }
    h1 { flex: 1; margin: 0; font-size: 1.25rem; color: #ff8f8f; }
    pre {
      max-width: 110ch; margin: 1rem auto; padding: 1rem; overflow-x: auto; tab-size: 4;
      background: #0c0c12; border-left: 4px solid #ff5f5f; border-radius: 4px;
      font: 13px/1.5 ui-monospace, monospace;
    }
    p { max-width: 110ch; margin: 0 auto; color: #a8a8b8; }
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

  // Colours of a terminal, as elements. The text itself is never read as HTML.
  const COLOURS = ["", "red", "green", "yellow", "blue", "magenta", "cyan", ""];
  const coloured = (text) => {
    const pieces = text.split(/\x1b\[([\d;]*)m/);
    let [bold, colour] = [false, ""];
    return pieces.flatMap((piece, index) => {
      if (index % 2 === 0) {
        // Whatever else is meant for a terminal.
        const plain = piece.replace(/\x1b\[[\d;?]*[a-zA-Z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g, "");
        return plain && [make("span", { className: `${bold ? "bold" : ""} ${colour}`, textContent: plain })];
      }
      const codes = piece.split(";").map(Number);
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

  const words = make("pre", { tabIndex: 0 });
  const close = make("button", { textContent: "Close (Esc)" });
  const overlay = make(
    "section",
    { hidden: true, role: "alertdialog", ariaLabel: "The last change does not work" },
    make("header", {}, make("h1", { textContent: "The last change does not work" }), close),
    words,
    make("p", { textContent: "The program before it still answers. This goes away by itself once the mistake is mended." }),
  );
  const badge = make("button", { className: "badge", hidden: true });
  const host = make("squall-live");
  host.attachShadow({ mode: "open" }).append(badge, overlay);
  host.shadowRoot.adoptedStyleSheets = [style];
  close.onclick = () => { overlay.hidden = true; };
  badge.onclick = () => { overlay.hidden = !words.hasChildNodes(); };
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") overlay.hidden = true;
  });

  const show = (text, stale) => {
    badge.textContent = text;
    badge.classList.toggle("stale", stale);
    badge.hidden = !text;
    if (!host.isConnected) document.documentElement.append(host);
  };

  // The browser itself keeps the scroll position.
  const reload = () => location.reload();

  const swap = (path) => {
    const links = [...document.querySelectorAll('link[rel~="stylesheet"][href]')].filter(
      (link) => new URL(link.href).origin === location.origin,
    );
    const named = links.filter((link) => new URL(link.href).pathname.endsWith(`/${path}`));
    // A sheet that no page names may be imported by one that is named.
    for (const link of named.length ? named : links) {
      const url = new URL(link.href);
      url.searchParams.set("_live", Date.now());
      const next = link.cloneNode();
      next.href = url;
      next.removeAttribute("integrity");
      // The old one stays until the new one is there, or the page would flash.
      next.onload = next.onerror = () => link.remove();
      link.after(next);
    }
  };

  const on = {
    ready({ generation: now }) {
      if (now === generation) return;
      // A connection that was kept may lead to the program before once more, which closes it then. But a page that
      // is kept somewhere must not be loaded for ever.
      const before = JSON.parse(sessionStorage.getItem(LOADED_FOR) ?? "{}");
      const times = before.now === now ? before.times : 0;
      if (times === WAITS.length) return;
      sessionStorage.setItem(LOADED_FOR, JSON.stringify({ now, times: times + 1 }));
      setTimeout(reload, WAITS[times]);
    },
    building() {
      show("building…", words.hasChildNodes());
    },
    failed({ diagnostics }) {
      words.replaceChildren(...coloured(diagnostics));
      show("stale", true);
      overlay.hidden = false;
    },
    fixed() {
      words.replaceChildren();
      overlay.hidden = true;
      show("", false);
    },
    css({ path }) {
      swap(path);
    },
    reload,
  };

  const connect = () => {
    const source = new EventSource("/_squall/live");
    for (const [name, react] of Object.entries(on)) {
      source.addEventListener(name, (event) => react(JSON.parse(event.data)));
    }
    source.onerror = () => {
      // It comes back by itself after a broken connection, but not after an answer that is no stream.
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 500);
    };
    addEventListener("pagehide", () => source.close(), { once: true });
  };
  // A page that comes back from the browser's memory has lost its stream.
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  connect();
})();
