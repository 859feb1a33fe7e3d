"use strict";

// Hides the items that do not hold the text typed into the filter beside them.
for (const input of document.querySelectorAll("[data-filter]")) {
  const items = document.querySelectorAll(`[data-item="${input.dataset.filter}"]`);
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const item of items) {
      item.hidden = !item.textContent.toLowerCase().includes(wanted);
    }
  });
}
