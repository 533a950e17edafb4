// The editor saves by itself: every 20 seconds when something changed, and when the page is left. Without this
// script the Save button does the same.
(() => {
  "use strict";
  const form = document.getElementById("text-form");
  if (!form || !window.fetch) return;
  const status = document.getElementById("text-status");
  const words = document.getElementById("words");
  const hint = document.getElementById("summary-hint");
  const said = form.dataset;
  const EVERY_MS = 20000;
  let kept = snapshot();
  let isSending = false;
  let isStopped = false;
  let isLeaving = false;
  let isPressed = false;

  function fields() {
    const sent = new URLSearchParams();
    for (const [name, value] of new FormData(form)) sent.append(name, value);
    return sent;
  }

  function snapshot() {
    const sent = fields();
    sent.delete("base");
    sent.delete("seal");
    sent.delete("page");
    return sent.toString();
  }

  function say(sentence, time) {
    status.textContent = sentence.replace("{}", time || "");
  }

  function clock(moment) {
    return new Date(moment).toLocaleTimeString(document.documentElement.lang || undefined, { hour: "2-digit", minute: "2-digit" });
  }

  // What somebody else changed meanwhile comes into the form, unless it was changed here since it was sent.
  function take(values, sent) {
    for (const [name, value] of Object.entries(values)) {
      const box = form.elements[name];
      if (!box) return false;
      const isTick = box.type === "checkbox";
      const before = isTick ? (box.checked ? "1" : "") : box.value.replace(/\r\n/g, "\n");
      if (before !== (sent.get(name) || "").replace(/\r\n/g, "\n")) return false;
    }
    for (const [name, value] of Object.entries(values)) {
      const box = form.elements[name];
      if (box.type === "checkbox") box.checked = value === "1";
      else box.value = value;
    }
    return true;
  }

  async function save(isLast) {
    if (isSending || isStopped || isLeaving) return;
    const now = snapshot();
    if (now === kept) return;
    const sent = fields();
    isSending = true;
    if (!isLast) say(said.saving);
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: "POST",
        body: sent,
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        redirect: "error",
        keepalive: isLast && now.length < 60000,
      });
      const told = await answer.json();
      if (answer.ok) settle(told, sent, now);
      else refused(told.error);
    } catch {
      say(said.offline);
    } finally {
      isSending = false;
      if (isPressed) {
        isPressed = false;
        form.requestSubmit();
      }
    }
  }

  function settle(told, sent, now) {
    const changed = Object.keys(told.values).length > 0;
    // Somebody types right there: the old base stays, so that the next save finds that both changed it.
    if (changed && !take(told.values, sent)) {
      kept = now;
      say(said.merged);
      return;
    }
    form.elements.base.value = told.number;
    kept = changed ? snapshot() : now;
    if (changed) say(said.merged);
    else say(said.saved, clock(told.saved_at));
  }

  function refused(reason) {
    isStopped = true;
    if (reason === "signed-out" || reason === "confirm") say(said.signedOut);
    else if (reason === "clash") say(said.clash);
    else if (reason === "too-long") say(said.tooLong);
    else say(said.other);
  }

  function count() {
    const body = form.elements.body;
    if (!body || !words) return;
    const number = body.value.split(/\s+/).filter((each) => /[\p{L}\p{N}]/u.test(each)).length;
    words.textContent = said.words.replace("{}", number);
    if (hint) hint.hidden = !(said.needsSummary && number > 120 && !form.elements.summary.value.trim());
  }

  form.addEventListener("input", () => {
    if (!isStopped && !isSending) say(said.unsaved);
    count();
  });
  form.addEventListener("submit", (event) => {
    if (new TextEncoder().encode((form.elements.source || form.elements.body).value).length > Number(said.max)) {
      event.preventDefault();
      say(said.tooLong);
      return;
    }
    // The answer tells which version these words are made of: the form waits for it.
    if (isSending) {
      event.preventDefault();
      isPressed = true;
      say(said.saving);
      return;
    }
    isLeaving = true;
  });
  // A page that comes back from the browser's memory goes on saving.
  window.addEventListener("pageshow", () => { isLeaving = false; });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save(true); });
  window.addEventListener("pagehide", () => save(true));
  window.addEventListener("beforeunload", (event) => {
    if (!isLeaving && isStopped && snapshot() !== kept) event.preventDefault();
  });
  setInterval(() => save(false), EVERY_MS);
})();
