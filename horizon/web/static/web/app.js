// What the pages need beyond htmx: dialogs, the theme, ages that stay true, keys, and what to say when the server or the session is gone.
"use strict";

const dialog = document.getElementById("dialog");

// -- dialogs: htmx puts a sheet into the one dialog; links that open it work without this script as pages

document.addEventListener("htmx:afterSwap", (event) => {
  if (!dialog || event.detail.target !== dialog) return;
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("[autofocus]")?.focus();
});

document.addEventListener("click", (event) => {
  const closes = event.target.closest("[data-close]");
  if (closes && dialog?.open) {
    event.preventDefault();
    dialog.close();
  }
});

dialog?.addEventListener("close", () => {
  bringBack();
  if (dialog.querySelector("[data-reload]")) location.reload();
  dialog.replaceChildren();
});

// -- the session: a form that is older than the last sign-in is sent with the mark of the present one

const cookie = (name) => document.cookie.split("; ").find((item) => item.startsWith(name + "="))?.slice(name.length + 1);

document.addEventListener("htmx:configRequest", (event) => {
  const mark = cookie("csrftoken");
  if (event.detail.verb === "get" || !mark) return;
  event.detail.headers["X-CSRFToken"] = mark;
  event.detail.parameters.delete?.("csrfmiddlewaretoken");
});

const banners = ["signed-out", "unreachable", "faulty"].map((id) => document.getElementById(id)).filter(Boolean);

// A dialog lies above the page: what is said must be said within it.
const told = (name, hidden) => {
  const banner = banners.find((item) => item.id === name);
  if (!banner) return;
  const inside = dialog?.open && dialog.querySelector(".inside");
  if (!hidden) (inside || document.getElementById("main")).prepend(banner);
  banner.hidden = hidden;
};

const bringBack = () => document.getElementById("main").prepend(...banners);

// What is out of reach behind the server (503) is said by the server, with the reason: a dialog shows it.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status !== 503 || !event.detail.target.closest("dialog")) return;
  event.detail.shouldSwap = true;
  event.detail.isError = false;
});

document.addEventListener("htmx:beforeSwap", (event) => event.detail.shouldSwap && event.detail.target === dialog && bringBack());

document.addEventListener("signed-out", () => told("signed-out", false));
document.addEventListener("htmx:sendError", () => told("unreachable", false));
document.addEventListener("htmx:timeout", () => told("unreachable", false));
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status >= 500) told(event.detail.xhr.status === 500 ? "faulty" : "unreachable", false);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful) return;
  banners.forEach((item) => told(item.id, true));
});

// -- copying: where the browser has no clipboard (plain HTTP elsewhere than here) the text is selected, for the keys

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  if (!(await copied(source))) return;
  const words = button.textContent;
  button.textContent = button.dataset.copied;
  setTimeout(() => { button.textContent = words; }, 2000);
});

const copied = async (source) => {
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    return true;
  } catch {
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
};

// -- live: the server tells when a part of the page is no longer so, and the part asks for itself; who is told nothing polls

const PATIENCE = 5000;
const LATER = 30000;
let stream = null;
let heard = 0;

const live = () => document.querySelector("[data-stream]");
const hears = () => stream && Date.now() - heard < PATIENCE;
const ask = () => live() && htmx.trigger(live(), "news");

const listen = () => {
  const part = live();
  if (!part || stream || document.hidden) return;
  const opened = (stream = new EventSource(`${part.dataset.stream}?seen=${part.dataset.seen ?? ""}`));
  opened.addEventListener("beat", () => (heard = Date.now()));
  opened.addEventListener("changed", () => {
    heard = Date.now();
    ask();
  });
  opened.addEventListener("looked", (event) => {
    heard = Date.now();
    const time = document.querySelector("#observed time");
    if (time) time.dateTime = event.data;
  });
  opened.addEventListener("open", () => banners.some((banner) => !banner.hidden) && ask());
  opened.addEventListener("error", () => {
    heard = 0;
    ask();
    if (opened.readyState !== EventSource.CLOSED || opened !== stream) return;
    stream = null;
    setTimeout(listen, LATER);
  });
};

const hangUp = () => {
  stream?.close();
  stream = null;
};

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  if (elt.matches("[data-stream]") && !requestConfig.triggeringEvent && (document.hidden || hears())) event.preventDefault();
});

// A browser has few connections for all its tabs: one that nobody looks at holds none.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return hangUp();
  listen();
  ask();
});
addEventListener("pagehide", hangUp);
addEventListener("pageshow", listen);
document.addEventListener("htmx:afterSettle", () => live() || hangUp());

// -- menus: one is open at a time; what is in one is not taken away by news

const openMenu = () => document.querySelector("details.menu[open]");

const closeMenu = (focus) => {
  const menu = openMenu();
  if (!menu) return;
  menu.open = false;
  if (focus) menu.querySelector("summary").focus();
};

document.addEventListener("click", (event) => {
  const menu = openMenu();
  if (menu && !menu.contains(event.target)) closeMenu(false);
  // A dialog that is opened from a menu gives the focus back to what is still in sight.
  else if (menu && event.target.closest("details.menu a")) closeMenu(true);
});
document.addEventListener("keydown", (event) => event.key === "Escape" && !dialog?.open && closeMenu(true));
document.addEventListener("htmx:beforeSwap", (event) => {
  if (openMenu() && event.detail.target.contains(openMenu())) event.detail.shouldSwap = false;
});

// -- a link to a field of the form: `#/app/port`; the form is drawn after the page, and a field may be within a closed part

const fieldAt = (pointer) => {
  const steps = pointer.split("/").slice(1).map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"));
  for (let length = steps.length; length > 0; length--) {
    const found = document.getElementById(["root", ...steps.slice(0, length)].join("_"));
    if (found) return found;
  }
  return null;
};

const island = document.getElementById("form-island");
if (island && location.hash.startsWith("#/")) {
  const seek = () => {
    const field = fieldAt(location.hash);
    if (!field) return false;
    field.scrollIntoView({ block: "center" });
    field.focus({ preventScroll: true });
    return true;
  };
  const drawn = new MutationObserver(() => seek() && drawn.disconnect());
  drawn.observe(island, { childList: true, subtree: true });
}

// -- light and dark: the server reads the cookie, so that no page flashes

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-toggle]")) return;
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
});

// -- ages: the server writes the first one, in the reader's words; only its number is kept true

const units = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];

const age = (moment) => {
  const seconds = Math.max(0, Math.floor((Date.now() - moment) / 1000));
  const [size, unit] = units.find(([size]) => seconds >= size) ?? units[3];
  return document.body.dataset[unit].replace("{n}", Math.floor(seconds / size));
};

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const text = age(Date.parse(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
  }
}, 1000);

// -- wide tables: what is pushed sideways can be reached by keys, and only then is a stop on their way

const wide = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});

const watchWide = () => document.querySelectorAll(".scroll, .lanes").forEach((item) => wide.observe(item));
document.addEventListener("htmx:afterSettle", watchWide);
watchWide();

// -- the present one of a row of links that is wider than the window is in sight

const showCurrent = () => {
  for (const current of document.querySelectorAll(".tabs [aria-current], .side nav [aria-current]")) {
    const row = current.parentElement;
    row.scrollLeft = current.offsetLeft - row.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
  }
};
addEventListener("resize", showCurrent);
showCurrent();

// -- keys: / searches, arrows walk through the list

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || dialog?.open) return;
  const typing = event.target.matches("input, select, textarea");
  const search = document.querySelector("[data-search]");
  if (event.key === "/" && !typing && search) {
    event.preventDefault();
    search.focus();
    search.select();
  }
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (!typing || event.target === search)) walk(event);
});

const walk = (event) => {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement);
  const next = rows[event.key === "ArrowDown" ? at + 1 : at - 1];
  if (!next) return;
  event.preventDefault();
  next.focus();
};
