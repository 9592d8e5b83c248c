// The live thread. Whatever way a post comes (socket, /changes, the answer to a form) and however often, the page ends
// with it at its newest revision, once, in its place.

import { focusOn, make } from "./pages.js";
import { tellTimes } from "./times.js";

// The server says something every 25 seconds; a socket may take 10 to open.
const SILENCE = 40_000;
const PATIENCE = 10_000;
const POLL = 15_000;
const $ = (id) => document.getElementById(id);
const main = $("content");
const [posts, newer, rail, unseen, state] = ["posts", "newer", "rail", "unseen", "live-state"].map($);
const [log, pause] = ["log", "pause"].map($);
const { thread, epoch } = main.dataset;
const [page, size] = [+main.dataset.page, +main.dataset.pageSize];
const loaded = `${epoch} ${main.dataset.revision}`;
let revision = +main.dataset.revision;
let newest = +main.dataset.posts;
// Posts up to this number are on this page, or were when it was loaded.
const ours = Math.max(newest, page * size);

// What is heard

function hear({ reset, html, head, revision: theirs = 0 }) {
  if (reset) return reload();
  if (html) put(make("template", { innerHTML: html }).content.firstElementChild);
  raise(theirs);
  if (head > revision) catchUp().then(() => raise(head), () => {});
}

function raise(to) {
  if (to > revision) main.dataset.revision = revision = to;
}

async function catchUp() {
  const response = await fetch(`/threads/${thread}/changes?${since()}`);
  if (response.status === 401 || response.status === 404) return stop(4000 + response.status);
  if (!response.ok) throw response;
  for (const message of await response.json()) hear(message);
}

function since() {
  return new URLSearchParams({ since: revision, epoch });
}

/** Once: a page that was loaded afresh and is told the same again would only turn in circles. */
function reload() {
  if (sessionStorage.getItem(`reset ${thread}`) === loaded) return stop();
  sessionStorage.setItem(`reset ${thread}`, loaded);
  // Not `reload` on a page that is the answer to a form: that would send it again.
  location.pathname === `/threads/${thread}` ? location.reload() : location.replace(`/threads/${thread}`);
}

// What is shown

function put(fresh) {
  const number = +fresh.dataset.number;
  const old = $(fresh.id);
  newest = Math.max(newest, number);
  if (old ? +old.dataset.revision >= +fresh.dataset.revision : Math.ceil(number / size) !== page) return tellNewer();
  tellTimes(fresh);
  const letGo = holdStill();
  if (old) replace(old, fresh);
  else posts.insertBefore(fresh, [...posts.children].find((post) => +post.dataset.number > number) ?? null);
  letGo();
  if (!old && fresh.dataset.author !== document.body.dataset.person && !isHidden(fresh)) {
    waiting.add(fresh);
    announce(fresh);
  }
  look();
  // The rail may be higher now.
  letGo();
}

/** Into the same element, so that focus and place stay. */
function replace(old, fresh) {
  const focused = old.contains(document.activeElement) && document.activeElement;
  const isOpen = old.querySelector("details[open]");
  for (const { name, value } of fresh.attributes) old.setAttribute(name, value);
  old.toggleAttribute("data-hidden", isHidden(fresh));
  old.replaceChildren(...fresh.childNodes);
  if (isOpen) old.querySelector("details")?.setAttribute("open", "");
  if (!focused) return;
  const href = focused.getAttribute("href");
  const within = focused.closest(".post-links") ? ".post-links " : "";
  const same = old.querySelector(within + focused.localName + (href ? `[href="${CSS.escape(href)}"]` : ""));
  focusOn(same ?? old, { preventScroll: true });
}

/** What the reader looks at, or writes in, stays where it is on the screen. */
function holdStill() {
  const seen = (element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  };
  const focused = document.activeElement.closest("#posts > *, .reach:not(.docked) *");
  const parts = document.querySelectorAll("#posts > *, #reply, .side, .foot");
  const held = focused && seen(focused) ? focused : [...parts].find(seen);
  const top = held?.getBoundingClientRect().top;
  return () => held && scrollBy({ top: held.getBoundingClientRect().top - top, behavior: "instant" });
}

function isHidden(post) {
  return "hidden" in post.dataset;
}

function count(posts, kind) {
  return `${posts} ${kind} ${posts === 1 ? "post" : "posts"}`;
}

function tellNewer() {
  const words = count(newest - ours, "newer");
  if (newest <= ours || newer.firstChild.textContent === words) return;
  newer.hidden = false;
  newer.firstChild.textContent = words;
}

// New posts that are not on the screen are offered, and forgotten once they were seen.

const waiting = new Set();

function look() {
  const floor = innerHeight - (document.querySelector(".docked") ?? rail).offsetHeight;
  for (const post of waiting) {
    const { top, bottom } = post.getBoundingClientRect();
    if (isHidden(post) || (bottom > 60 && top < floor - 60)) waiting.delete(post);
  }
  unseen.hidden = !waiting.size;
  unseen.textContent = count(waiting.size, "new");
}

unseen.onclick = () => {
  const [first] = waiting;
  first.scrollIntoView();
  focusOn(first, { preventScroll: true });
};
addEventListener("scroll", look, { passive: true });
addEventListener("resize", look);

// Announced is one short line for each new post, in a log of its own. If the posts themselves were the log, screen
// readers would read each to its end with its menu, and an edit or a hiding as if it were new. A page that comes back
// after hours says how many came.

const lines = [];

function announce(post) {
  const [author, meta, words] = ["h2", ".meta", ".words"].map((part) => post.querySelector(part).innerText);
  if (lines.push(`New post by ${author}, ${meta.split(" ·")[0]}: ${words.slice(0, 200)}`) === 1) setTimeout(speak, 500);
}

function speak() {
  const said = lines.splice(0);
  for (const line of said.length > 3 ? [count(said.length, "new")] : said) {
    const spoken = make("p", {}, line);
    log.append(spoken);
    // It is no text of the page that one may come upon.
    setTimeout(() => spoken.remove(), 10_000);
  }
}

function quiet(isPaused) {
  pause.ariaPressed = isPaused;
  log.ariaLive = newer.ariaLive = isPaused ? "off" : "polite";
}

pause.hidden = false;
pause.onclick = () => {
  quiet(pause.ariaPressed !== "true");
  sessionStorage.setItem("paused", pause.ariaPressed);
};
quiet(sessionStorage.getItem("paused") === "true");

/** The page brings the words for every state of the line. */
function say(name) {
  if (state.dataset.state === name) return;
  state.hidden = false;
  state.dataset.state = name;
  state.replaceChildren($(`say-${name}`).content.cloneNode(true));
}

// The way to the server

let socket = null;
let stopped = false;
let failures = 0;
let heard = 0;
let opened = 0;
let retry, poller;

function connect() {
  if (stopped) return;
  drop();
  heard = Date.now();
  opened = 0;
  const mine = new WebSocket(`${location.origin.replace("http", "ws")}/threads/${thread}/live?${since()}`);
  socket = mine;
  mine.onopen = () => {
    if (mine !== socket) return;
    opened = heard = Date.now();
    clearInterval(poller);
    poller = 0;
    say("connected");
  };
  mine.onmessage = ({ data }) => {
    if (mine !== socket) return;
    heard = Date.now();
    failures = 0;
    hear(JSON.parse(data));
  };
  mine.onclose = ({ code }) => mine === socket && lost(code);
}

/** Forget a socket without waiting for it: one whose network has gone closes minutes later. */
function drop() {
  clearTimeout(retry);
  socket?.close();
  socket = null;
}

function lost(code) {
  if ($(`say-${code}`)) return stop(code);
  if (opened && Date.now() - opened > 5000) failures = 0;
  drop();
  failures += 1;
  if (!navigator.onLine) say("offline");
  else if (failures < 3) say("reconnecting");
  else if (!poller) {
    poller = setInterval(poll, POLL);
    poll();
  }
  retry = setTimeout(connect, Math.random() * Math.min(30_000, 1000 * 2 ** (failures - 1)));
}

async function poll() {
  const isThere = await catchUp().then(() => true, () => false);
  if (stopped || socket?.readyState === WebSocket.OPEN) return;
  say(isThere ? "connected" : "offline");
  // The server is back, or sockets do not get through.
  if (isThere && !socket) connect();
}

function stop(code = "offline") {
  stopped = true;
  clearInterval(poller);
  drop();
  say(code);
}

function isStale() {
  return !socket || Date.now() - heard > (socket.readyState === WebSocket.CONNECTING ? PATIENCE : SILENCE);
}

function wake() {
  if (isStale()) connect();
}

document.addEventListener("visibilitychange", () => document.hidden || wake());
addEventListener("pageshow", ({ persisted }) => persisted && wake());
addEventListener("pagehide", drop);
addEventListener("online", wake);
addEventListener("offline", () => stopped || lost());
setInterval(() => socket && isStale() && lost(), 5000);
document.addEventListener("changed", ({ detail }) => detail.querySelectorAll("#posts > .post").forEach(put));

connect();
