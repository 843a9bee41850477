// Adds comfort to pages that work without it: letters are counted, a form is sent once, the first mistake gets the focus.
const SMS = 160;
const PART = 153;

for (const count of document.querySelectorAll(".count")) {
  const field = document.getElementById(count.dataset.for);
  const limit = Number(count.dataset.limit);
  const room = Number(count.dataset.room || 0);
  const tell = () => {
    const used = field.value.length;
    const texts = room ? (used <= room ? 1 : Math.ceil((used + SMS - room) / PART)) : 0;
    count.textContent = `${used} of ${limit} letters` + (texts ? `, ${texts} SMS` : "");
  };
  field.addEventListener("input", tell);
  tell();
}

for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
// Coming back to a page by the browser's own button makes its forms usable again.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

document.getElementById("summary")?.focus();
