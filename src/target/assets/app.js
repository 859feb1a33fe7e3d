"use strict";

// A form is sent once: a second click would spend its CSRF token again.
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button")) {
      button.disabled = true;
    }
  });
}

// Coming back with the browser's back button shows the page as it was left: the buttons work again.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button")) {
    button.disabled = false;
  }
});
