// Passkeys: the browser makes one or finds one, and the page's form takes its answer to the site.
"use strict";

(() => {
  const form = document.querySelector("form[data-passkey]");
  if (!form) return;

  const problem = form.querySelector("[data-passkey-problem]");

  function say(words) {
    problem.textContent = form.querySelector(`template[data-words=${words}]`).content.textContent;
    problem.hidden = false;
  }

  // What the site and the browser call bytes is base64 in letters that fit into an address.

  function bytes(text) {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  }

  function text(buffer) {
    const plain = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  }

  function options() {
    const asked = JSON.parse(form.dataset.options);
    asked.challenge = bytes(asked.challenge);
    if (asked.user) asked.user.id = bytes(asked.user.id);
    for (const list of [asked.excludeCredentials, asked.allowCredentials]) {
      for (const key of list ?? []) key.id = bytes(key.id);
    }
    return { publicKey: asked };
  }

  function answer(credential) {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature",
      "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    if (credential.response.getTransports) {
      response.transports = credential.response.getTransports();
    }
    const { id, type } = credential;
    return JSON.stringify({ id, rawId: text(credential.rawId), type, response });
  }

  async function ask() {
    problem.hidden = true;
    if (!navigator.credentials || !window.PublicKeyCredential) {
      say("none");
      return;
    }
    try {
      const credential = await navigator.credentials[form.dataset.passkey](options());
      form.elements.credential.value = answer(credential);
      form.submit();
    } catch (error) {
      say(error.name === "InvalidStateError" ? "known" : "left");
    }
  }

  form.querySelector("[data-passkey-again]").addEventListener("click", ask);
  ask();
})();
