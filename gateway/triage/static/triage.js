// Adds comfort to pages that work without it: letters are counted, a form is sent once, the first mistake gets the focus.
for (const count of document.querySelectorAll(".count[data-limit]")) {
  const field = document.getElementById(count.dataset.for);
  const tell = () => {
    count.textContent = `${field.value.length} of ${count.dataset.limit} letters`;
  };
  field.addEventListener("input", tell);
  if (field.value) tell();
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
