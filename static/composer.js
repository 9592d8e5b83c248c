// Forms that people write in. No words get lost: this tab keeps them, with the key they are sent with, until the hub
// has them; so a second try after a failure posts nothing twice.

import { focusOn, send, statusLine } from "./pages.js";

const { person } = document.body.dataset;
const ANSWERS = ["problems", "standing", "preview"];

for (const form of document.querySelectorAll("form[data-composer]")) {
  const status = statusLine();
  form.after(status);
  setUp(form, status);
  // An answer's words are newer than the kept ones.
  const isAnswer = ANSWERS.some((id) => document.getElementById(id));
  if (!isAnswer && restore(form)) status.textContent = "Your unsent words are back.";
}

function setUp(form, status) {
  const main = form.closest("main");
  const address = form.getAttribute("action");
  form.addEventListener("input", () => keep(form));
  form.addEventListener("click", ({ target }) => target.closest("a") && forget(form)); // Cancel
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    const body = new URLSearchParams(new FormData(form, button));
    keep(form);
    lock(true);
    const answer = await send(address, body, status);
    if (answer) take(answer, body.has("preview"));
    lock(false);
    if (document.activeElement === document.body) button?.focus();
  });

  function take({ response, page }, isPreview) {
    if (isPreview || !response.ok) {
      keep(swap(page));
      focusOn(main.querySelector("#problems, #preview"));
    } else {
      forget(form);
      posted(new URL(response.url), page);
    }
  }

  function posted(target, page) {
    const theirs = page.querySelector("main");
    const [mine] = [...page.querySelectorAll(`.post[data-author="${person}"]`)].reverse();
    if (mine && theirs.dataset.page === main.dataset.page) {
      focusOn(swap(page).elements.body, { preventScroll: true });
      status.textContent = "Posted";
      document.dispatchEvent(new CustomEvent("changed", { detail: page }));
      document.dispatchEvent(new CustomEvent("posted", { detail: mine.id }));
      return;
    }
    if (main.dataset.thread) target.hash = mine?.id ?? "";
    if (address.endsWith("/edit")) target.hash = `post-${address.split("/")[2]}`;
    location.assign(target);
  }

  /** The answer's form in place of this one: its words, its key, and what it says about them. */
  function swap(page) {
    const fresh = page.querySelector("form[data-composer]");
    for (const id of ANSWERS) {
      main.querySelector(`#${id}`)?.remove();
      form.before(page.getElementById(id) ?? "");
    }
    form.replaceWith(fresh);
    setUp(fresh, status);
    return fresh;
  }

  function lock(on) {
    for (const control of form.elements) control[control.type === "submit" ? "disabled" : "readOnly"] = on;
  }
}

// Storage may be full or forbidden: then only the page keeps the words.

function place(form) {
  return `draft ${person} ${form.getAttribute("action")}`;
}

function keep(form) {
  try {
    sessionStorage.setItem(place(form), JSON.stringify([...new FormData(form)]));
  } catch {}
}

function forget(form) {
  try {
    sessionStorage.removeItem(place(form));
  } catch {}
}

/** Put kept words back; true when there were some. */
function restore(form) {
  try {
    const kept = new Map(JSON.parse(sessionStorage.getItem(place(form))));
    if (!kept.get("body")) return false;
    for (const control of form.elements) {
      if (control.type === "checkbox") control.checked = kept.has(control.name);
      else if (kept.has(control.name)) control.value = kept.get(control.name);
    }
    return true;
  } catch {
    return false;
  }
}
