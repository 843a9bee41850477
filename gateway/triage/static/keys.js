// Comfort for whoever has a keyboard or much to do: several rows are selected at once, and what has a `data-key` is
// reached by it. Brought by `triage.js` after the page.
// Several cases at once
const boxes = [...document.querySelectorAll(".queue [name=case]")];
const picked = document.querySelector(".picked");
if (picked && boxes.length) {
  const all = document.createElement("button");
  all.type = "button";
  all.className = "quiet";
  const chosen = () => boxes.filter((box) => box.checked).length;
  const tell = () => {
    picked.textContent = `(${chosen()})`;
    all.textContent = chosen() === boxes.length ? "Select none" : "Select all";
  };
  all.addEventListener("click", () => {
    const on = chosen() < boxes.length;
    for (const box of boxes) box.checked = on;
    tell();
  });
  for (const box of boxes) box.addEventListener("change", tell);
  addEventListener("pageshow", tell); // the browser may have kept the ticks
  document.querySelector(".pick").append(" ", all);
  tell();
}

// Keys: what a page offers stands in its own `data-key`, and only these two are not one thing on it.
const MOVES = { j: [1, "The next case"], k: [-1, "The case before"] };
const OFF = "sikiza-keys-off";
const first = (one) => one?.querySelector("h2 a") ?? one?.querySelector("button, input:not([type=hidden])");
const rows = [...document.querySelectorAll(".queue > .row")].filter(first);
const row = () => document.activeElement?.closest(".queue > .row");
const typing = (field) => field.closest("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");
const isOff = () => {
  try {
    return localStorage.getItem(OFF) === "yes";
  } catch {
    return false; // a browser that keeps nothing
  }
};
let begun = "";

// In a list a key means the row that has the focus; without one only what stands outside the rows has a key.
function keyed(key) {
  const here = row();
  const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)];
  const others = found.filter((one) => !one.closest(".queue > .row"));
  const at = others.findIndex((one) => one.contains(document.activeElement)); // pressed again: the next of its kind
  return found.find((one) => here?.contains(one)) ?? others[(at + 1) % others.length];
}

function press(found) {
  const form = found.matches("summary") ? found.parentElement : found;
  if (form.matches("details, form")) {
    for (let fold = form.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    const fields = ["select, textarea, input:not([type=hidden])", "button", "summary"];
    fields.map((kind) => form.querySelector(kind)).find(Boolean).focus();
  } else if (typing(found)) {
    found.focus();
  } else {
    found.click();
  }
}

function move(step) {
  const at = rows.indexOf(row());
  const came = rows.findIndex((one) => one.querySelector(":target")); // the row to which the last form led back
  const begin = came < 0 && step < 0 ? rows.length - 1 : Math.max(0, came);
  const to = rows[at < 0 ? begin : Math.min(rows.length - 1, Math.max(0, at + step))];
  first(to)?.focus();
}

function named(found) {
  const said = found.matches("details, form") ? found.querySelector("summary, button") : found;
  const label = found.dataset.does ?? said.ariaLabel ?? said.labels?.[0]?.firstChild.textContent ?? said.textContent;
  return label.trim().replace(/\s+/g, " ");
}

function show() {
  const known = new Map(rows.length ? Object.entries(MOVES).map(([key, [, does]]) => [key, does]) : []);
  for (const found of document.querySelectorAll("[data-key]")) {
    if (!known.has(found.dataset.key)) known.set(found.dataset.key, named(found));
  }
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "keys-title");
  dialog.innerHTML = '<h2 id="keys-title">Keys of this page</h2><dl class="keys"></dl><p class="do"></p>';
  for (const [key, does] of known) {
    const line = dialog.querySelector("dl").appendChild(document.createElement("div"));
    line.append(document.createElement("dt"), document.createElement("dd"));
    line.firstChild.appendChild(document.createElement("kbd")).textContent = key;
    line.lastChild.textContent = does;
  }
  const close = dialog.querySelector(".do").appendChild(document.createElement("button"));
  close.textContent = "Close";
  close.addEventListener("click", () => dialog.close());
  dialog.querySelector(".do").append(document.querySelector(".foot a")?.cloneNode(true) ?? "");
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || event.isComposing) return;
  if (isOff() || typing(event.target) || document.querySelector("dialog[open]")) return;
  const { key } = event;
  const sequence = begun ? `${begun} ${key}` : key;
  begun = "";
  const found = keyed(sequence);
  if (key === "?") show();
  else if (rows.length && Object.hasOwn(MOVES, sequence)) move(MOVES[key][0]);
  else if (found && !event.repeat) press(found);
  else if (sequence === key && document.querySelector(`[data-key^="${CSS.escape(key)} "]`)) begun = key;
  else return;
  event.preventDefault();
});

// Whoever speaks to the browser, or has a keyboard that sends by itself, turns them off.
const off = document.getElementById("keys-off");
if (off) {
  const button = off.querySelector("button");
  const tell = () => {
    button.textContent = isOff() ? "Turn the keys on in this browser" : "Turn the keys off in this browser";
  };
  button.addEventListener("click", () => {
    localStorage.setItem(OFF, isOff() ? "no" : "yes");
    tell();
  });
  tell();
  off.hidden = false;
}
document.documentElement.dataset.keys = "on";
