// A basic phone in the browser: it speaks to the callbacks as Africa's Talking does, and shows the texts that arrive.

const IDLE_SECONDS = 30; // Safaricom drops a caller who has not answered a screen by then, typing or not
const CALL_SECONDS = 180; // and any session after this (help.africastalking.com 1284071)
const ANSWER_SECONDS = 10; // what Africa's Talking gives an application
const POLL_MS = 2000;
const TAP_MS = 1000; // pressing the same key again within this changes the letter, as on a real keypad
const LETTERS = [" ", ".,'?!", "abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz"];
const GSM_BASIC = "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM_EXTENDED = "^{}\\[~]|€";

const byId = (id) => document.getElementById(id);
const { callbacks, serviceCode, shortCode, inbox: inboxUrl } = byId("phone").dataset;
const screen = byId("screen"), line = byId("line"), caller = byId("caller"), network = byId("network");
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: "Africa/Nairobi", hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { timeZone: "Africa/Nairobi", day: "numeric", month: "short" });

let number = ""; // of the SIM in the phone, E.164; empty when what was typed is none
let call = null; // the open session: { id, fields, inputs, hops, labels, begun, shown, answer }
let language = "sw"; // of the last screen
let letterMode = false;
let lastTap = { key: "", at: 0 };

// ---- the wire ----

// As PHP's urlencode, which is what captured requests look like: %2B, %2A, %23, and + for a space.
function encoded(fields) {
  const part = (value) => encodeURIComponent(value.replace(/[\ud800-\udfff]/gu, "\ufffd"))
    .replace(/[!'()*~]/g, (letter) => "%" + letter.charCodeAt(0).toString(16).toUpperCase()).replace(/%20/g, "+");
  return Object.entries(fields).map(([name, value]) => `${name}=${part(String(value))}`).join("&");
}

async function post(name, fields, headers = {}) {
  const begun = performance.now();
  const answer = { status: 0, body: "", label: "" };
  try {
    const response = await fetch(`${callbacks}/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", ...headers },
      body: encoded(fields),
      credentials: "omit", // the provider holds no cookie of ours
      redirect: "manual",
      keepalive: true, // a page that is left hangs up
      signal: AbortSignal.timeout(ANSWER_SECONDS * 1000),
    });
    answer.body = await response.text();
    answer.status = response.status;
    answer.label = response.headers.get("at-ussd-hop-metadata") ?? "";
  } catch {
    // Status 0: no answer, or none in time.
  }
  return { ...answer, milliseconds: Math.round(performance.now() - begun) };
}

function randomHex(bytes) {
  const random = [...crypto.getRandomValues(new Uint8Array(bytes))];
  return random.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function randomUuid() {
  const hex = randomHex(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

// Septets of a text, or null when a basic phone cannot show it.
function septets(text) {
  const letters = [...text];
  if (!letters.every((letter) => GSM_BASIC.includes(letter) || GSM_EXTENDED.includes(letter))) return null;
  return letters.length + letters.filter((letter) => GSM_EXTENDED.includes(letter)).length;
}

function lengthOf(text) {
  const length = septets(text);
  return length === null ? "not GSM-7" : `${length} of 160 septets`;
}

function showWire(name, fields, answer) {
  byId("wire-short").textContent = name === "ussd" ? `text=${fields.text} · ${lengthOf(answer.body)}` : "";
  byId("wire-request").textContent = `POST ${callbacks}/${name}\n` +
    Object.entries(fields).map(([field, value]) => `${field}=${value}`).join("\n");
  byId("wire-answer").textContent = `HTTP ${answer.status || "none"}, ${answer.milliseconds} ms` +
    (answer.body ? `, ${lengthOf(answer.body)}\n${answer.body}` : "");
}

// ---- the screen and a session ----

function show(state, text, spoken) {
  screen.dataset.state = state;
  screen.dataset.hops = call ? call.hops : 0;
  screen.lang = spoken;
  screen.textContent = text;
  screen.scrollTop = 0;
  setLine(state);
  watchPatience();
}

function setLine(state) {
  const open = state === "open";
  setMode(false);
  line.value = open ? "" : serviceCode;
  line.readOnly = false;
  line.maxLength = open ? Number(network.selectedOptions[0].dataset.letters) : 40;
  byId("line-label").textContent = open ? "Your answer" : "Number to dial";
  byId("mode").hidden = !open;
  byId("send").textContent = open ? "Send" : "Call";
  const elsewhere = document.activeElement !== document.body && !byId("handset").contains(document.activeElement);
  // On a touch screen focus would raise the keyboard over the phone.
  if (open && !elsewhere && !matchMedia("(pointer: coarse)").matches) line.focus({ preventScroll: true });
}

function showIdle() {
  show("idle", "Press the green key to dial.", "en");
}

function dial(code) {
  const ours = serviceCode.slice(0, -1);
  if (!number) return show("ended", "Insert SIM: choose a number.", "en");
  // A longer code, as posters have it (*384*123*1014#), reaches us as it was dialled, with an empty first text.
  if (code !== serviceCode && !(code.startsWith(`${ours}*`) && code.endsWith("#"))) {
    return show("ended", "Connection problem or invalid MMI code.", "en");
  }
  const sessionId = `ATUid_${randomHex(16)}`;
  call = {
    identity: { sessionId, serviceCode: code, networkCode: network.value, phoneNumber: number },
    inputs: [], labels: [], hops: 0, begun: Date.now(), shown: Date.now(), answer: "",
  };
  return hop();
}

async function hop() {
  const mine = call;
  const { sessionId, serviceCode: dialled, networkCode, phoneNumber } = mine.identity;
  const fields = { phoneNumber, serviceCode: dialled, text: mine.inputs.join("*"), sessionId, networkCode };
  const label = mine.labels.at(-1);
  mine.hops += 1;
  screen.dataset.state = "waiting";
  line.readOnly = true;
  const answer = await post("ussd", fields, label ? { "at-ussd-hop-metadata": label } : {});
  showWire("ussd", fields, answer);
  mine.answer = answer.body;
  mine.shown = Date.now();
  if (answer.label) mine.labels.push(answer.label);
  if (call === mine) showAnswer(answer); // otherwise she hung up meanwhile
}

function showAnswer(answer) {
  const [, kind, text] = (answer.status === 200 && /^(CON|END) ([^]*)$/.exec(answer.body)) || [];
  // The home screen offers the other language: the one sign of the language that is spoken now.
  const offered = /^9 (English|Kiswahili)$/m.exec(text ?? "");
  if (offered) language = offered[1] === "English" ? "sw" : "en";
  if (kind === "CON") return show("open", text, language);
  if (kind === "END") return hangUp("Success", text, language);
  return hangUp("Failed", "Connection problem or invalid MMI code.", "en");
}

function hangUp(status, text, spoken) {
  const ended = call;
  call = null;
  show("ended", text, spoken);
  screen.dataset.hops = ended.hops;
  return postEnd(ended, status);
}

async function postEnd(ended, status) {
  const { sessionId, serviceCode: code, networkCode, phoneNumber } = ended.identity;
  const fields = {
    date: new Date().toISOString().slice(0, 19).replace("T", " "),
    sessionId, serviceCode: code, networkCode, phoneNumber, status,
    cost: "KES 0.00",
    durationInMillis: Date.now() - ended.begun,
    hopsCount: ended.hops,
    hopsMetadata: ended.labels.join("|"),
    input: ended.inputs.join("*"),
    lastAppResponse: ended.answer,
  };
  if (status === "Failed") fields.errorMessage = "The application's answer was not understood.";
  const answer = await post("ussd-end", fields);
  const outcome = `status=${status}: HTTP ${answer.status || "none"}`;
  byId("wire-answer").textContent += `\n\nthen POST ${callbacks}/ussd-end\n${outcome}`;
}

function pressEnd() {
  if (call) hangUp("Incomplete", "Session closed.", "en");
  else showIdle();
}

function pressSend() {
  if (screen.dataset.state === "waiting") return;
  if (!call) return void dial(line.value.replace(/\s/g, ""));
  call.inputs.push(line.value);
  hop();
}

function watchPatience() {
  const now = Date.now();
  byId("time").textContent = clock.format(now);
  if (!call) return void (byId("patience").textContent = "No session open");
  const waiting = screen.dataset.state === "waiting";
  const idle = waiting ? IDLE_SECONDS : Math.ceil(IDLE_SECONDS - (now - call.shown) / 1000);
  const whole = Math.ceil(CALL_SECONDS - (now - call.begun) / 1000);
  const over = idle <= 0 || whole <= 0;
  if (over && !byId("no-limit").checked) {
    const why = whole <= 0 ? `${CALL_SECONDS} s are over.` : `no answer in ${IDLE_SECONDS} s.`;
    return void hangUp("Incomplete", `Session closed by the network: ${why}`, "en");
  }
  byId("patience").textContent = over ? "A real network would have hung up" : `${idle} s to answer, ${whole} s in all`;
}

// ---- keys ----

function setMode(letters) {
  letterMode = letters;
  lastTap = { key: "", at: 0 };
  byId("mode").textContent = letters ? "abc" : "123";
}

function pressKey(key) {
  if (line.readOnly) return;
  if (call && key === "#") return setMode(!letterMode);
  const letters = (letterMode && LETTERS[key]) || key;
  const now = performance.now();
  const again = letters.length > 1 && lastTap.key === key && now - lastTap.at < TAP_MS;
  if (again) {
    const next = letters[(letters.indexOf(line.value.at(-1)) + 1) % letters.length];
    line.value = line.value.slice(0, -1) + next;
  } else if (line.value.length < line.maxLength) {
    line.value += letters[0];
  }
  lastTap = { key, at: now };
}

function pressClear() {
  if (!line.readOnly) line.value = line.value.slice(0, -1);
  lastTap = { key: "", at: 0 };
}

function onKeydown(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const onButton = event.target.tagName === "BUTTON";
  if (event.key === "Escape") pressEnd();
  else if (event.target === line) return;
  else if (event.key === "Enter" && !onButton) pressSend();
  else if (event.key === "Backspace") pressClear();
  else if (event.key.length === 1 && event.key !== " " && !line.readOnly && line.value.length < line.maxLength) {
    line.value += event.key;
  } else return;
  event.preventDefault();
}

// ---- whose phone ----

function asE164(typed) {
  const digits = typed.replace(/[\s().-]/g, "").replace(/^(?:00)?254|^0/, "+254");
  return /^\+[1-9]\d{8,14}$/.test(digits) ? digits : "";
}

function changeNumber() {
  const own = byId("own-number");
  if (call) hangUp("Incomplete", "Session closed.", "en");
  byId("own").hidden = caller.value !== "";
  number = caller.value || asE164(own.value);
  own.setCustomValidity(own.value && !number ? "Not a telephone number." : "");
  if (own.value) own.reportValidity();
  if (caller.value) network.value = caller.selectedOptions[0].dataset.network;
  language = "sw";
  changeNetwork();
  renderInbox();
  poll();
}

function changeNetwork() {
  if (call) hangUp("Incomplete", "Session closed.", "en");
  byId("carrier").textContent = network.selectedOptions[0].textContent;
  showIdle();
}

// ---- texts ----

const inboxes = new Map(); // number → its texts as { id, from, text, at }, oldest first
const sent = []; // { number, text, at } that she wrote
const seen = new Set(); // ids of the texts that were read
let draft = { id: "", text: "" }; // what was not accepted is repeated under its id, as the provider does

async function poll() {
  const asked = number;
  if (!asked) return;
  let answer = { running: false, messages: [] };
  try {
    const response = await fetch(`${inboxUrl}?${new URLSearchParams({ number: asked })}`, { credentials: "omit" });
    if (response.ok) answer = await response.json();
  } catch {
    // This server is gone: the same to the reader as no fake.
  }
  byId("no-fake").hidden = answer.running;
  if (answer.running) receive(asked, answer.messages);
}

function receive(asked, texts) {
  const before = inboxes.get(asked);
  inboxes.set(asked, texts);
  if (asked !== number || (before && before.at(-1)?.id === texts.at(-1)?.id)) return;
  const newest = texts.at(-1);
  if (before && newest) byId("announce").textContent = `New text from ${newest.from}: ${newest.text}`;
  renderInbox();
}

function renderInbox() {
  const received = inboxes.get(number) ?? [];
  const written = sent.filter((text) => text.number === number);
  const newestFirst = [...received, ...written].sort((one, other) => new Date(other.at) - new Date(one.at));
  byId("inbox").replaceChildren(...newestFirst.map(asItem));
  byId("empty").hidden = newestFirst.length > 0;
  const unread = received.filter((text) => !seen.has(text.id)).length;
  byId("unread").textContent = `${unread} new`;
  byId("new-sms").textContent = `SMS ${unread}`;
  for (const id of ["unread", "new-sms", "read-all"]) byId(id).hidden = unread === 0;
  document.title = (unread ? `(${unread}) ` : "") + "Demo phone · Sikiza";
}

function asItem(text) {
  const item = document.createElement("li");
  const unread = text.id && !seen.has(text.id);
  item.dataset.testid = text.id ? "sms" : "sms-sent";
  item.classList.toggle("unread", Boolean(unread));
  item.classList.toggle("sent", !text.id);
  item.append(part("b", text.id ? text.from : `To ${shortCode}`), part("time", timeOf(text.at)));
  if (unread) item.append(part("span", "New"));
  item.append(part("p", text.text));
  item.lastChild.lang = language;
  item.addEventListener("click", () => getSelection().isCollapsed && markRead([text.id]));
  return item;
}

function part(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

function timeOf(at) {
  const when = new Date(at);
  if (Number.isNaN(when.getTime())) return "";
  return day.format(when) === day.format(Date.now()) ? clock.format(when) : `${day.format(when)} ${clock.format(when)}`;
}

function markRead(ids) {
  if (ids.every((id) => !id || seen.has(id))) return;
  ids.forEach((id) => seen.add(id));
  renderInbox();
}

function markAllRead() {
  markRead((inboxes.get(number) ?? []).map((text) => text.id));
}

async function sendText() {
  const box = byId("text"), button = byId("compose-send");
  const text = box.value.trim();
  if (!text || !number || button.disabled) return;
  if (draft.text !== text) draft = { id: randomUuid(), text };
  const now = new Date().toISOString();
  const fields = {
    id: draft.id, from: number, to: shortCode, text, date: now.replace(/\.\d+/, ""),
    linkId: "", cost: "KES 0.00", networkCode: network.value,
  };
  button.disabled = true;
  const answer = await post("sms", fields);
  button.disabled = false;
  showWire("sms", fields, answer);
  if (answer.status !== 200) {
    const why = answer.status || "no answer";
    byId("sent").textContent = `Not accepted (${why}). Send repeats it, as the provider would.`;
    return;
  }
  draft = { id: "", text: "" };
  sent.push({ number: fields.from, text, at: now });
  box.value = "";
  byId("sent").textContent = "Sent";
  markAllRead();
  showLength();
  renderInbox();
}

function showLength() {
  byId("text-length").textContent = byId("text").value ? lengthOf(byId("text").value) : "";
}

// ---- the provider, and the officer's morning ----

// The forms work without this; with it the page, and a session under way, stay as they are.
async function isDone(form) {
  try {
    const fields = new URLSearchParams(new FormData(form));
    const response = await fetch(form.action, { method: "POST", body: fields, redirect: "manual" });
    return response.type === "opaqueredirect";
  } catch {
    return false; // This server is gone.
  }
}

async function bringMorning(form) {
  const done = await isDone(form);
  byId("morning-said").textContent = done ? "On its way, if anything waits at her desk."
    : "Not brought. Is the demo still running?";
}

async function setProvider(form) {
  const set = await isDone(form);
  const words = byId("provider-mode").selectedOptions[0].textContent;
  byId("provider-said").textContent = set ? `From now on: ${words}.` : "Not set. Is the demo still running?";
}

// ---- wiring ----

byId("reply").addEventListener("submit", (event) => { event.preventDefault(); pressSend(); });
byId("who").addEventListener("submit", (event) => event.preventDefault());
byId("compose").addEventListener("submit", (event) => { event.preventDefault(); sendText(); });
byId("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  sendText();
});
byId("text").addEventListener("input", () => { byId("sent").textContent = ""; showLength(); });
byId("read-all").addEventListener("click", markAllRead);
byId("morning").addEventListener("submit", (event) => { event.preventDefault(); bringMorning(event.target); });
byId("provider")?.addEventListener("submit", (event) => { event.preventDefault(); setProvider(event.target); });
byId("dial").addEventListener("click", pressSend);
byId("clear").addEventListener("click", pressClear);
byId("end").addEventListener("click", pressEnd);
byId("handset").addEventListener("keydown", onKeydown);
for (const key of document.querySelectorAll("[data-key]")) {
  key.addEventListener("click", () => pressKey(key.dataset.key));
}
caller.addEventListener("change", () => { changeNumber(); if (!caller.value) byId("own-number").focus(); });
byId("own-number").addEventListener("change", changeNumber);
network.addEventListener("change", changeNetwork);
window.addEventListener("pagehide", () => { if (call) pressEnd(); });

changeNumber();
setInterval(watchPatience, 250);
setInterval(poll, POLL_MS);
