// The last resort, and short: what neither the server nor htmx can know. Pages work without it.
"use strict";

(() => {
  const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const language = document.documentElement.lang;
  const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  function clockIn(timeZone) {
    const time = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" });
    const day = new Intl.DateTimeFormat(language, {
      timeZone, weekday: "long", month: "long", day: "numeric",
    });
    const weekday = new Intl.DateTimeFormat(language, { timeZone, weekday: "short" });
    return {
      time: (at) => time.format(at),
      day: (at) => day.format(at),
      weekday: (at) => weekday.format(at),
    };
  }

  function zoneWords() {
    // It's called by its offset otherwise, and "UTC" by the server: see zone_name in templating.py.
    if (["UTC", "Etc/UTC"].includes(ownZone)) return "UTC";
    const parts = new Intl.DateTimeFormat(language, {
      timeZone: ownZone, timeZoneName: "longGeneric",
    }).formatToParts();
    const name = parts.find((part) => part.type === "timeZoneName").value;
    return `${name} (${ownZone.split("/").pop().replaceAll("_", " ")})`;
  }

  // Times on the visitor's own clock, beside the clinic's, where the two differ.

  function timesBesideOpenings() {
    const zones = document.querySelector(".zones[data-words]");
    if (!zones) return;
    const clinics = clockIn(zones.dataset.zone);
    const own = clockIn(ownZone);
    let differ = false;
    const put = (place, at) => {
      const time = own.time(at);
      const sameDay = own.day(at) === clinics.day(at);
      if (sameDay && time === clinics.time(at)) return;
      differ = true;
      const small = document.createElement("small");
      small.textContent = sameDay ? time : `${own.weekday(at)} ${time}`;
      place.append(" ", small);
    };
    for (const button of document.querySelectorAll(".slots button")) {
      put(button, new Date(Number(button.value.split("@")[1]) * 1000));
    }
    for (const time of document.querySelectorAll(".earliest time")) {
      put(time.parentElement, new Date(time.dateTime));
    }
    if (differ) {
      zones.lastElementChild.append(" ", fill(zones.dataset.words, { zone: zoneWords() }));
      for (const input of document.querySelectorAll("input[name=tz]")) input.value = ownZone;
    }
    delete zones.dataset.words;
  }

  function timesBesideSessions() {
    for (const line of document.querySelectorAll(".own-time[data-words]")) {
      const clinics = clockIn(line.dataset.zone);
      const own = clockIn(ownZone);
      const start = new Date(line.dataset.start);
      if (own.time(start) !== clinics.time(start) || own.day(start) !== clinics.day(start)) {
        // Without an end it's a moment of the next minutes, of which the time says enough.
        const { end } = line.dataset;
        const times = end ? `${own.time(start)}–${own.time(new Date(end))}` : own.time(start);
        const sameDay = !end || own.day(start) === clinics.day(start);
        const period = sameDay ? times : `${own.day(start)}, ${times}`;
        line.textContent = fill(line.dataset.words, { period, zone: zoneWords() });
        line.hidden = false;
      }
      delete line.dataset.words;
    }
  }

  // Links that are called buttons are pressed by the space bar, as buttons are.

  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || !event.target.matches("a[role=button]")) return;
    event.preventDefault();
    event.target.click();
  });

  // How long a held time is still held.

  function countDown() {
    for (const place of document.querySelectorAll("[data-until]")) {
      const left = Math.ceil((new Date(place.dataset.until) - Date.now()) / 60000);
      const words = left > 0 ? fill(place.dataset.words, { minutes: left }) : place.dataset.over;
      if (place.textContent !== words) place.textContent = words;
    }
  }

  function enhance() {
    timesBesideOpenings();
    timesBesideSessions();
    countDown();
  }

  // A second click on the button of a form that is on its way would only compete with the first.

  const sent = new WeakSet();
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-once]") || event.defaultPrevented) return;
    if (sent.has(event.target)) event.preventDefault();
    sent.add(event.target);
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) for (const form of document.forms) sent.delete(form);
  });

  // What was wrong with a field was said of what stood in it before.

  document.addEventListener("input", ({ target }) => {
    if (target.getAttribute("aria-invalid") !== "true") return;
    const id = CSS.escape(target.id);
    for (const said of document.querySelectorAll(`#${id}-error, [data-error-of="${id}"]`)) {
      said.remove();
    }
    target.removeAttribute("aria-invalid");
    const described = target.getAttribute("aria-describedby") ?? "";
    target.setAttribute("aria-describedby", described.replace(`${target.id}-error`, "").trim());
  });

  // What changed, said to those who can't see it; and what went wrong, said where it happened.

  const problem = () => document.getElementById("problem");
  document.addEventListener("htmx:after:swap", () => {
    enhance();
    const changed = document.querySelector("[data-announce]");
    if (changed) document.getElementById("status").textContent = changed.dataset.announce;
  });
  document.addEventListener("htmx:after:request", (event) => {
    if (event.detail.ctx.response.status < 400) problem()?.replaceChildren();
  });
  document.addEventListener("htmx:error", () => {
    const words = document.createElement("p");
    words.textContent = document.getElementById("no-answer").content.textContent;
    problem()?.replaceChildren(words);
  });

  enhance();
  setInterval(countDown, 5000);
})();
