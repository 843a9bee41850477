// Adds comfort to pages that work without it: letters are counted, a form is sent once, the first mistake gets the
// focus. What a page needs less (`keys.js`) comes when it stands there.
for (const count of document.querySelectorAll(".count[data-limit]")) {
  const field = document.getElementById(count.dataset.for);
  const tell = () => {
    count.textContent = `${field.value.length} of ${count.dataset.limit} letters`;
  };
  field.addEventListener("input", tell);
  if (field.value) tell();
}

// Who stopped the page, or waits in vain, may press again: a second press is known by what is in it.
const PATIENCE = 10_000;
for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (Date.now() - form.dataset.sent < PATIENCE) event.preventDefault();
    else form.dataset.sent = Date.now();
  });
}
// Coming back to a page by the browser's own button makes its forms usable again.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

document.getElementById("summary")?.focus();

const { keys } = document.currentScript.dataset;
addEventListener("load", () => import(keys));
