// Counts an SMS while it is typed, as it will be sent: letters, parts, price, and what stands for letters it cannot have.
const table = JSON.parse(document.querySelector("meta[name=sms-letters]").content);
const plain = new Set(table.basic);
const escaped = new Set(table.extended);
const invisible = /^[\p{Mn}\p{Cf}\p{Cc}]$/u;
const LISTED = 20;

const known = (letter) => plain.has(letter) || escaped.has(letter);

function nearest(letter) {
  if (known(letter)) return letter;
  if (Object.hasOwn(table.alike, letter)) return table.alike[letter];
  const taken = [...letter.normalize("NFKD")].filter(known).join("");
  return taken || (invisible.test(letter) ? "" : "?");
}

function replaced(words) {
  const told = [...new Set(words)]
    .filter((letter) => !known(letter) && nearest(letter).trim())
    .map((letter) => `${letter} becomes ${nearest(letter)}`);
  const more = told.length - LISTED;
  return [...told.slice(0, LISTED), ...(more > 0 ? [`and ${more} more`] : [])].join(", ");
}

function counted(sms, price) {
  const length = [...sms].reduce((sum, letter) => sum + (escaped.has(letter) ? 2 : 1), 0);
  const parts = length <= table.segment ? 1 : Math.ceil(length / table.part);
  const paid = price ? `, about KES ${(parts * price).toFixed(2)}` : "";
  return `${length} ${length === 1 ? "character" : "characters"}, ${parts} SMS${paid}`;
}

// The SMS that the words travel in: the one of the form, or the one of the ending that is chosen in it.
function around(form, paid) {
  if (!form.dataset.months) return paid.dataset.sms;
  const chosen = form.querySelector("input:checked ~ .told .sms")?.textContent ?? "";
  const month = JSON.parse(form.dataset.months)[form.elements.month?.value];
  return chosen.replace(table.month, () => month ?? table.month);
}

for (const paid of document.querySelectorAll(".paid")) {
  const field = document.getElementById(paid.dataset.for);
  const tell = () => {
    const words = field.value.trim().normalize("NFC");
    const sms = around(field.form, paid);
    if (!words || !sms.includes(table.words)) {
      paid.textContent = "";
      return;
    }
    const whole = [...sms.replace(table.words, () => words)].map(nearest).join("").trim();
    const others = replaced(words);
    paid.textContent = `The whole SMS: ${counted(whole, Number(paid.dataset.price))}.${others ? ` ${others}.` : ""}`;
  };
  field.form.addEventListener("input", tell);
  tell();
}
