// Staff pages: dialogs, and what isn't saved yet. Pages work without it.
"use strict";

(() => {
  // What a form holds, as one text for each name, to compare and to put back.

  function values(fields) {
    const found = new Map();
    for (const field of fields) {
      if (!field.name || field.type === "hidden" || field.type === "submit") continue;
      const list = found.get(field.name) ?? [];
      const ticked = field.type !== "checkbox" && field.type !== "radio" || field.checked;
      if (field.type === "file") list.push(field.files.length ? field.files[0].name : "");
      else if (ticked) list.push(field.value);
      found.set(field.name, list);
    }
    return new Map([...found].map(([name, list]) => [name, JSON.stringify(list)]));
  }

  function putBack(fields, kept) {
    for (const field of fields) {
      const list = JSON.parse(kept.get(field.name) ?? "[]");
      if (field.type === "checkbox" || field.type === "radio") {
        field.checked = list.includes(field.value);
      } else if (list.length) field.value = list[0];
    }
  }

  // Dialogs. One that restores puts its fields back unless it's left by its own button. The browser
  // closes it with Escape, and gives the focus back to what opened it.

  const before = new WeakMap();
  const fieldsIn = (element) => element.querySelectorAll("input, select, textarea");

  function open(dialog) {
    before.set(dialog, values(fieldsIn(dialog)));
    delete dialog.dataset.done;
    dialog.showModal();
  }

  document.addEventListener("close", (event) => {
    const dialog = event.target;
    if (!dialog.matches?.("dialog[data-restores]") || "done" in dialog.dataset) return;
    putBack(fieldsIn(dialog), before.get(dialog) ?? new Map());
    dialog.dispatchEvent(new Event("change", { bubbles: true }));
  }, true);

  document.addEventListener("click", (event) => {
    const opens = event.target.closest("[data-opens]");
    if (opens) open(document.getElementById(opens.dataset.opens));
    if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
    const done = event.target.closest("[data-done]");
    if (done) {
      const dialog = done.closest("dialog");
      if (![...fieldsIn(dialog)].every((field) => field.reportValidity())) return;
      dialog.dataset.done = "";
      dialog.close();
      dialog.dispatchEvent(new CustomEvent("done", { bubbles: true }));
    }
  });

  // A dialog that htmx fills is shown when its content has come.

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

  // A form that is saved as a whole says what in it isn't saved yet, and asks before it's left.

  function nameOf(form, name) {
    const field = form.elements[name];
    const first = field instanceof RadioNodeList ? field[0] : field;
    const words = first?.closest("[data-label]")?.dataset.label
      ?? first?.closest("fieldset")?.querySelector("legend")?.textContent
      ?? first?.labels?.[0]?.firstChild?.textContent;
    return words?.trim();
  }

  for (const form of document.querySelectorAll("form[data-editor]")) {
    const place = document.getElementById(`${form.id}-unsaved`);
    const saved = values(form.elements);
    let leaving = false;
    const changed = () => {
      const current = values(form.elements);
      const names = new Set([...saved.keys(), ...current.keys()]);
      return [...names].filter((name) => saved.get(name) !== current.get(name));
    };
    const isUnsaved = () => "changed" in place.dataset || changed().length > 0;
    const say = () => {
      const names = [...new Set(changed().map((name) => nameOf(form, name)).filter(Boolean))];
      let words = names.length
        ? place.dataset.words.replace("{fields}", names.slice(0, 4).join(", "))
        : isUnsaved() ? place.dataset.some : "";
      if (names.length > 4) words += " …";
      if (place.textContent !== words) place.textContent = words;
    };
    for (const kind of ["input", "change", "done"]) form.addEventListener(kind, say);
    document.addEventListener("htmx:after:swap", say);
    form.addEventListener("submit", () => { leaving = true; });
    addEventListener("pageshow", () => { leaving = false; say(); });
    addEventListener("beforeunload", (event) => {
      if (!leaving && isUnsaved()) event.preventDefault();
    });
  }

  // The first mistake gets the focus.
  document.querySelector("[aria-invalid=true]")?.focus();
})();
