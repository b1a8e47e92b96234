// The package editor: what the dialog of team booking does besides opening and closing.
"use strict";

(() => {
  const dialog = document.getElementById("team-booking-dialog");
  const toggle = document.querySelector("[data-opens-when-on]");
  if (!dialog || !toggle) return;
  const allow = dialog.querySelector("[name=allow]");
  let turnedOn = false;

  // Turning the toggle on opens the dialog, and leaving that without Done turns it off again.

  toggle.addEventListener("change", () => {
    if (!toggle.checked) return;
    turnedOn = true;
    document.getElementById("edit-settings").click();
  });
  dialog.addEventListener("close", () => {
    showEmpty(null);
    if (turnedOn && !("done" in dialog.dataset)) {
      toggle.checked = false;
      toggle.dispatchEvent(new Event("change", { bubbles: true }));
    }
    turnedOn = false;
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-opens=team-booking-dialog]")) allow.focus();
  });

  // An empty list isn't done yet. The server says the same when it's saved.

  function showEmpty(name) {
    for (const error of dialog.querySelectorAll("[data-empty]")) {
      error.hidden = error.dataset.empty !== name;
    }
  }

  dialog.addEventListener("click", (event) => {
    if (!event.target.closest("[data-done]")) return;
    const list = allow.value;
    const boxes = [...dialog.querySelectorAll(`[name="${CSS.escape(list)}"]`)];
    if (!["members", "roles"].includes(list) || boxes.some((box) => box.checked)) return;
    event.stopPropagation();
    showEmpty(list);
    boxes.find((box) => !box.closest("[hidden]"))?.focus();
  });
  dialog.addEventListener("change", () => showEmpty(null));

  // The assigned practitioner is a fixed chip, and not in the list to choose from.

  const assigned = document.getElementById("assigned_to");
  assigned.addEventListener("change", () => {
    dialog.querySelector("[data-assigned]").textContent = assigned.selectedOptions[0].textContent;
    for (const box of dialog.querySelectorAll("[name=members]")) {
      box.closest("label").hidden = box.value === assigned.value;
    }
  });

  // What was refused stands in the dialog.
  if (dialog.querySelector(".error:not([data-empty])")) {
    document.getElementById("edit-settings").click();
  }
})();
