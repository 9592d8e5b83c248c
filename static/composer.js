// Forms that people write in. No words get lost: this tab keeps them, with the key they are sent with, until the hub
// has them; so a second try after a failure posts nothing twice.

import { fetchPage, focusOn, make, statusLine } from "./pages.js";

const { person } = document.body.dataset;
const ANSWERS = ["problems", "standing", "preview"];

for (const form of document.querySelectorAll("form[data-composer]")) {
  const status = statusLine();
  form.after(status);
  setUp(form, status);
  const isAnswer = ANSWERS.some((id) => document.getElementById(id)); // then its words are newer than the kept ones
  if (!isAnswer && restore(form)) status.textContent = "Your unsent words are back.";
}

function setUp(form, status) {
  const main = form.closest("main");
  const address = form.getAttribute("action");
  form.addEventListener("input", () => keep(form));
  form.addEventListener("click", ({ target }) => target.closest("a") && forget(form)); // Cancel
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(event.submitter);
  });

  async function send(button) {
    const body = new URLSearchParams(new FormData(form));
    if (button?.name) body.set(button.name, button.value);
    keep(form);
    lock(true);
    status.textContent = "Sending…";
    try {
      take(await fetchPage(address, { method: "POST", body }), body.has("preview"));
    } catch {
      fail("The hub could not be reached.");
    }
    lock(false);
    if (document.activeElement === document.body) button?.focus();
  }

  function take({ response, page, isSignedOut }, isPreview) {
    if (isSignedOut) {
      const back = main.dataset.thread ? `/threads/${main.dataset.thread}` : location.pathname;
      fail("You are signed out.", make("a", { href: `/sign-in?next=${back}` }, "Sign in"));
    } else if (response.status === 422 || (isPreview && response.ok)) {
      keep(swap(page));
      focusOn(main.querySelector("#problems, #preview"));
    } else if (response.ok) {
      forget(form);
      posted(new URL(response.url), page);
    } else if (response.status === 404) {
      fail("You can no longer see this, or it is gone.");
    } else {
      fail(`${page.querySelector("h1")?.textContent ?? response.status}.`);
    }
  }

  function posted(target, page) {
    const theirs = page.querySelector("main");
    if (main.dataset.thread && theirs.dataset.page === main.dataset.page) {
      document.dispatchEvent(new CustomEvent("posted", { detail: page }));
      swap(page).elements.body.focus({ preventScroll: true });
      status.textContent = "Posted";
      return;
    }
    const mine = [...page.querySelectorAll(`.post[data-author="${person}"]`)].pop();
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
    status.textContent = "";
    status.classList.remove("problem");
    setUp(fresh, status);
    return fresh;
  }

  function lock(on) {
    for (const control of form.elements) control[control.type === "submit" ? "disabled" : "readOnly"] = on;
  }

  function fail(why, ...more) {
    status.classList.add("problem");
    status.replaceChildren(`Not sent. ${why} Your words are kept here. `, ...more);
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
