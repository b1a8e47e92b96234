// Copying an address: a button with data-copy copies the field of that id. Pages work without it.
"use strict";

(() => {
  async function copy(button) {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      // There is no clipboard on a page without https: then the selected text is copied by hand.
      await navigator.clipboard.writeText(field.value);
    } catch {
      button.textContent = button.dataset.byHand;
      return;
    }
    button.textContent = button.dataset.copied;
    document.getElementById("copied").textContent = button.dataset.copied;
  }

  document.addEventListener("click", (event) => {
    const copies = event.target.closest("[data-copy]");
    if (copies) copy(copies);
  });
})();
