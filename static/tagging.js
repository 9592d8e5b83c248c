// The tagging panel, on a page of its own or beside its thread. Positions are code points of the stored source, which
// stands in the box as it is.

import { fetchPage, focusOn, make } from "./pages.js";
import { tellTimes } from "./times.js";

const main = document.querySelector("main");
const { thread } = main.dataset;
let place = null; // where the panel is
let turn = null; // one thing is asked of the hub at a time

const $ = (selector) => place?.querySelector(selector);
const say = (words) => place && ($(".said").textContent = words);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link?.pathname.endsWith("/taggings") || link.hash || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (thread && !matchMedia("(min-width: 64rem)").matches) return;
  event.preventDefault();
  turn ??= load(link.href);
});
if (!thread) begin(main);

function begin(here) {
  place = here;
  place.onsubmit = (event) => {
    event.preventDefault();
    const { target, submitter } = event;
    turn ??= load(target.action, { method: "POST", body: new URLSearchParams(new FormData(target, submitter)) });
  };
  place.onkeydown = async (event) => {
    const { key, target, ctrlKey, metaKey, altKey, repeat } = event;
    const isTyping = target.matches("input:not([type=checkbox]), select, textarea:not(#source)");
    if (key === "Escape" && thread && !event.defaultPrevented && !(isTyping && target.value)) close();
    if (!/^[0-6fnpu]$/.test(key) || ctrlKey || metaKey || altKey || repeat || isTyping) return;
    event.preventDefault(); // or the letter goes on into the field that gets focus
    await turn;
    $(`[data-key="${key}"]`)?.click();
  };
  setUp();
}

function close() {
  place.remove();
  place = null;
  (main.querySelector("[aria-current] .for-tagger") ?? main.querySelector("[href$='/taggings']")).focus();
  mark();
}

async function load(address, options) {
  try {
    say("");
    const { response, page, isSignedOut } = await fetchPage(address, options);
    if (page.querySelector(".panel")) take(page.querySelector("main"), response);
    else say(isSignedOut ? "You are signed out." : `${page.querySelector("h1").textContent}.`);
  } catch {
    say("The hub could not be reached. What you chose is still here.");
  } finally {
    turn = null;
    if (!place) location.assign(address); // the page it leads to says why
  }
}

function take(fresh, { ok, url }) {
  const [old, typed] = [$("#source"), $("#theme")];
  if (place) {
    say(fresh.querySelector(".said").textContent);
    for (const part of fresh.querySelectorAll(".part")) $(`#${part.id}`).replaceWith(part);
    setUp();
  } else {
    const button = make("button", { className: "quiet", onclick: close }, "Close tagging");
    main.after(make("aside", { className: "beside", ariaLabel: "Tagging" }, button, ...fresh.childNodes));
    begin(main.nextSibling);
  }
  const source = $("#source");
  if (!ok && old.value === source.value) {
    source.setSelectionRange(old.selectionStart, old.selectionEnd);
    $("#theme").value ||= typed.value;
  }
  if (ok && !thread) history.replaceState(null, "", url);
  mark($(".panel").dataset.post);
  (thread ? place : window).scrollTo(0, 0);
  focusOn($("#problems") ?? source);
}

/** Which post of the thread this is about. */
function mark(id) {
  for (const post of main.querySelectorAll(".post")) post.ariaCurrent = post.id === id || null;
  main.querySelector(".post[aria-current]")?.scrollIntoView({ block: "nearest" });
}

function setUp() {
  tellTimes(place);
  for (const it of place.querySelectorAll("[data-swap]")) it.hidden = !it.hidden;
  for (const it of place.querySelectorAll("[data-key]")) it.ariaKeyShortcuts = it.dataset.key;
  if (!$("#find")) return; // a hidden post, and no facilitator
  chooseWords($("#source"));
  findThemes($("#theme"), $("#find"), $("#matches"));
}

function chooseWords(source) {
  // Only what can be edited gets a caret, and with it selecting by keyboard: so it can be, and nothing comes of it.
  const text = source.value;
  source.readOnly = false;
  source.onbeforeinput = (event) => event.preventDefault();
  source.oninput = () => (source.value = text);

  const chosen = () => text.slice(source.selectionStart, source.selectionEnd).trim();
  const selected = $("#selected");
  document.onselectionchange = () => (selected.textContent = chosen() ? `“${chosen()}”` : "The whole post");
  source.form.onformdata = ({ formData }) => {
    formData.delete("sentence");
    if (!chosen()) return;
    const start = [...text.slice(0, text.indexOf(chosen(), source.selectionStart))].length;
    formData.set("start", start);
    formData.set("end", start + [...chosen()].length);
  };
}

/** A combobox: words filter the themes, and the best is taken unless another is chosen. */
function findThemes(select, typed, list) {
  const plain = (words) => ` ${words.toLowerCase().replace(/\W+/g, " ")}`;
  const themes = [...select.options].slice(1).map(({ value, text, dataset }) =>
    make("li", { id: value, role: "option", words: plain(text) }, text, make("small", {}, dataset.says)));
  let active = null;

  select.id = "";
  typed.id = "theme"; // what the label and the list of problems lead to
  choose(select.value);

  typed.oninput = () => {
    select.value = "";
    offer();
  };
  typed.onclick = () => {
    typed.select();
    offer();
  };
  typed.onblur = () => choose(active?.id ?? select.value);
  typed.onkeydown = (event) => {
    const { key } = event;
    const isOpen = typed.ariaExpanded === "true";
    if (key === "Enter") done(active?.id ?? select.value);
    else if (key === "Escape" && isOpen) choose(select.value);
    else if (key === "ArrowDown") isOpen ? point(active?.nextSibling ?? list.firstChild) : offer();
    else if (key === "ArrowUp" && isOpen) point(active?.previousSibling ?? list.lastChild);
    else return;
    event.preventDefault();
  };
  list.onmousedown = (event) => event.preventDefault(); // focus stays in the field
  list.onclick = ({ target }) => done(target.closest("li")?.id);
  $(".used-last").onclick = ({ target }) => done(target.value);

  function offer() {
    const asked = select.value ? " " : plain(typed.value);
    const parts = asked.split(" ").filter(Boolean);
    const all = (words, before) => parts.every((part) => words.includes(before + part));
    const fit = ({ words }) => all(words, "") && 1 + all(words, " ") + words.startsWith(asked);
    const fitting = themes.filter(fit).sort((one, other) => fit(other) - fit(one));
    list.replaceChildren(...fitting);
    typed.ariaExpanded = fitting.length > 0;
    $("#found").textContent = `${fitting.length} of ${themes.length} themes`;
    point(parts[0] && fitting[0]);
  }

  function point(item) {
    active = item;
    for (const theme of themes) theme.ariaSelected = theme === item;
    item?.scrollIntoView({ block: "nearest" });
    typed.setAttribute("aria-activedescendant", item?.id ?? "");
  }

  function choose(code) {
    select.value = code;
    if (code) typed.value = select.selectedOptions[0].text;
    typed.ariaExpanded = false;
    point();
  }

  /** The theme is found; its kind is next. */
  function done(code) {
    if (!code) return;
    choose(code);
    $("[name=kind]").focus();
  }
}
