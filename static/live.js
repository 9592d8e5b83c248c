// The live thread. Whatever way a post comes (socket, /changes, the answer to a reply) and however often, the page ends
// with it at its newest revision, once, in its place.

import { make } from "./pages.js";
import { tellTimes } from "./times.js";

const SILENCE = 40_000; // the server says something every 25 seconds
const PATIENCE = 10_000; // for a socket to open
const POLL = 15_000;
const SAY = {
  connected: "Connected: new posts appear by themselves",
  reconnecting: "Reconnecting…",
  offline: "Offline: this page may be out of date. Reload to see what is new",
};
const ENDS = {
  4401: ["You are signed out.", "Sign in to go on.", "/sign-in?next="],
  4404: ["This thread is not available any longer.", "Go to your groups.", "/groups"],
  4409: ["You have too many pages open. Close some, then reload this one."],
};

const main = document.querySelector("main[data-thread]");
const log = document.getElementById("posts");
const state = document.getElementById("live-state");
const newer = document.getElementById("newer");
const { thread, epoch } = main.dataset;
ENDS[4401][2] += encodeURIComponent(`/threads/${thread}${location.search}`);
const [page, size] = [Number(main.dataset.page), Number(main.dataset.pageSize)];
const loaded = `${epoch} ${main.dataset.revision}`;
let revision = Number(main.dataset.revision);
let newest = Number(main.dataset.posts);
const ours = Math.max(newest, page * size); // posts up to this number are on this page, or were when it was loaded

// What is heard

function hear({ reset, html, head, revision: theirs = 0 }) {
  if (reset) return reload();
  if (html) show(html);
  raise(theirs);
  if (head > revision) catchUp().then(() => raise(head), () => {});
}

function raise(to) {
  if (to > revision) main.dataset.revision = revision = to;
}

async function catchUp() {
  const response = await fetch(`/threads/${thread}/changes?${since()}`);
  if (response.status === 401 || response.status === 404) return stop(4000 + response.status);
  if (!response.ok) throw new Error(response.status);
  for (const message of await response.json()) hear(message);
}

function since() {
  return new URLSearchParams({ since: revision, epoch });
}

/** Once: a page that was loaded afresh and is told the same again would only turn in circles. */
function reload() {
  if (sessionStorage.getItem(`reset ${thread}`) === loaded) return stop();
  sessionStorage.setItem(`reset ${thread}`, loaded);
  const stands = location.pathname === `/threads/${thread}`; // not so when it is the answer to a form
  stands ? location.reload() : location.replace(`/threads/${thread}`);
}

// What is shown

function show(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  put(template.content.firstElementChild);
}

function put(fresh) {
  const number = Number(fresh.dataset.number);
  const old = document.getElementById(fresh.id);
  newest = Math.max(newest, number);
  if (old ? Number(old.dataset.revision) >= Number(fresh.dataset.revision) : Math.ceil(number / size) !== page) {
    return tellNewer();
  }
  tellTimes(fresh);
  const letGo = holdStill();
  if (old) replace(old, fresh);
  else log.insertBefore(fresh, [...log.children].find((post) => Number(post.dataset.number) > number) ?? null);
  letGo();
}

/** Into the same element, so that focus and place stay; silent, so that an edit is not read out as a new post. */
function replace(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  for (const { name } of [...old.attributes]) fresh.hasAttribute(name) || old.removeAttribute(name);
  old.setAttribute("aria-live", "off");
  for (const { name, value } of fresh.attributes) old.setAttribute(name, value);
  old.replaceChildren(...fresh.childNodes);
  if (focused) {
    old.querySelector(`a[href="${CSS.escape(focused.getAttribute("href") ?? "")}"]`)?.focus({ preventScroll: true });
    if (!old.contains(document.activeElement)) {
      old.tabIndex = -1;
      old.focus({ preventScroll: true });
    }
  }
  setTimeout(() => old.removeAttribute("aria-live"), 1000);
}

/** What the reader looks at, or writes in, stays where it is on the screen. */
function holdStill() {
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight;
  };
  const focused = document.activeElement?.closest("#posts > *, .composer *");
  const held = focused && seen(focused) ? focused : [...log.children].find(seen);
  const top = held?.getBoundingClientRect().top;
  return () => held && scrollBy({ top: held.getBoundingClientRect().top - top, behavior: "instant" });
}

function tellNewer() {
  const posts = newest - ours;
  if (posts <= 0) return;
  newer.hidden = false;
  const words = posts === 1 ? "1 newer post" : `${posts} newer posts`;
  if (newer.firstElementChild.textContent !== words) newer.firstElementChild.textContent = words;
}

function say(name, words = SAY[name], link = "", href = "") {
  const more = link && [" ", make("a", { href }, link)];
  if (state.textContent === words + (more && ` ${link}`)) return;
  state.hidden = false;
  state.dataset.state = name;
  state.replaceChildren(words, ...more);
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
  if (ENDS[code]) return stop(code);
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
  if (isThere && !socket) connect(); // the server is back, or sockets do not get through
}

function stop(code) {
  stopped = true;
  clearInterval(poller);
  drop();
  say(code ? "ended" : "offline", ...(ENDS[code] ?? []));
}

function isStale() {
  return !socket || Date.now() - heard > (socket.readyState === WebSocket.CONNECTING ? PATIENCE : SILENCE);
}

function wake() {
  if (isStale()) connect();
}

document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake());
addEventListener("pageshow", (event) => event.persisted && wake());
addEventListener("pagehide", drop);
addEventListener("online", wake);
addEventListener("offline", () => !stopped && lost(0));
setInterval(() => socket && isStale() && lost(0), 5000);
document.addEventListener("posted", ({ detail }) => detail.querySelectorAll("#posts > .post").forEach(put));

connect();
