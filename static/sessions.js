// Before the sign-in ends the page says so, and lets one stay; after it, how to go on. The server knows when that is:
// another tab may have been in use, and a laptop's clock may be wrong. To ask is not to stay.

import { make, statusLine } from "./pages.js";

const WARNING = 600; // seconds
const main = document.querySelector("main");
const said = statusLine();
const notice = make("section", {}, said);
const served = document.querySelector(".notice.session");
let end = Date.parse(document.body.dataset.sessionEnds);
let before;

async function ask(method) {
  const headers = { accept: "application/json" };
  const response = await fetch("/stay-signed-in", { method, headers, redirect: "manual" });
  const isOut = response.type === "opaqueredirect";
  const { ends, last, left = 0 } = isOut ? {} : await response.json();
  end = isOut ? 0 : Date.now() + left * 1000;
  const at = ends && new Date(ends).toLocaleTimeString("en-GB", { timeStyle: "short" });
  const kept = document.querySelector("[data-composer]") ? " What you write is kept in this browser tab." : "";
  const link = { href: `/sign-in?next=${encodeURIComponent(document.body.dataset.returnTo)}` };
  if (left > WARNING) show();
  else if (isOut) show(`You are signed out.${kept}`, make("a", link, "Sign in to go on"));
  else if (ends === last) show(`Your sign-in ends at ${at}.${kept}`, make("a", link, "Sign in again"));
  else show(`You will be signed out at ${at}.`, make("button", { onclick: stay }, "Stay signed in"));
}

async function stay() {
  try {
    await ask("POST");
    said.textContent ||= "You stay signed in.";
  } catch {
    said.textContent = "That did not work. Try again.";
  }
}

/** Above the page, which stays where it is on the screen. */
function show(words = "", way = "") {
  if (words === said.textContent) return;
  const top = main.getBoundingClientRect().top;
  const hadFocus = notice.contains(document.activeElement);
  served?.remove();
  said.textContent = words;
  said.nextSibling?.remove();
  notice.append(way);
  notice.className = words ? "notice session" : "hidden";
  notice.ariaLabel = words && "Your sign-in";
  scrollBy({ top: main.getBoundingClientRect().top - top, behavior: "instant" });
  if (hadFocus) (way || before)?.focus({ preventScroll: true });
}

function look() {
  if (end - Date.now() < WARNING * 1000) ask().catch(() => {}); // not reached, it asks again
}

if (end) {
  main.before(notice);
  notice.addEventListener("focusin", ({ relatedTarget }) => (before = relatedTarget ?? before));
  document.addEventListener("visibilitychange", () => document.hidden || look());
  setInterval(() => end && look(), 60_000); // not once for all: no timer lasts for weeks, or through a laptop's sleep
  look();
}
