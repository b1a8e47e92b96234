// Staff pages: copying an address, and showing what htmx loads into a dialog as one.
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
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });

  document.addEventListener("htmx:after:swap", () => {
    const dialog = document.getElementById("share-dialog");
    if (!dialog || dialog.open || !dialog.querySelector("#share > *")) return;
    // The menu closes first and gives the focus to its button; the dialog will give it back there.
    document.querySelector(".menu:popover-open")?.hidePopover();
    dialog.showModal();
    dialog.querySelector("#share-address").select();
  });

  // An empty dialog shows no old address while the next one is on its way.
  document.getElementById("share-dialog")?.addEventListener("close", (event) => {
    event.target.querySelector("#share").replaceChildren();
  });
})();
