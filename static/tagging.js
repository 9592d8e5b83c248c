// The tagging panel, on a page of its own or beside its thread. Positions are code points of the stored source, which
// stands in the box as it is.

import { fetchPage, focusOn, make, statusLine } from "./pages.js";
import { tellTimes } from "./times.js";

const thread = document.querySelector("main[data-thread]");
const wide = matchMedia("(min-width: 64rem)");

if (thread) document.addEventListener("click", openBeside);
else begin(document.querySelector("main"));

function openBeside(event) {
  const link = event.target.closest("a[href]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !wide.matches) return;
  if (link.pathname !== `/threads/${thread.dataset.thread}/taggings`) return;
  event.preventDefault();
  load(document.querySelector(".beside") ?? makeAside(link), link.href);
}

function makeAside(opener) {
  const close = make("button", { className: "quiet" }, "Close tagging");
  const aside = make("aside", { className: "beside" }, close);
  const shut = () => {
    aside.remove();
    document.body.classList.remove("with-aside");
    document.querySelector(`main a[href="${opener.getAttribute("href")}"]`)?.focus();
  };
  aside.setAttribute("aria-label", "Tagging");
  aside.addEventListener("keydown", ({ key }) => key === "Escape" && shut());
  close.addEventListener("click", shut);
  thread.after(aside);
  document.body.classList.add("with-aside");
  begin(aside, close);
  return aside;
}

/** A place for panels, one after the other, below the line that says what was done. */
function begin(place, close) {
  const said = statusLine();
  if (close) close.after(said);
  else place.prepend(said);
  place.addEventListener("submit", (event) => {
    event.preventDefault();
    const { action, dataset } = event.target;
    const body = new URLSearchParams(new FormData(event.target));
    load(place, action, { method: "POST", body }, "tagging" in dataset ? "Tagged" : "Taken off");
  });
  setUp(place);
}

async function load(place, address, options, done = "") {
  const said = place.querySelector(".said");
  try {
    const { response, page, isSignedOut } = await fetchPage(address, options);
    if (isSignedOut) return location.assign(response.url);
    const before = place.querySelector("#source");
    while (said.nextSibling) said.nextSibling.remove();
    place.append(...page.querySelector("main").childNodes);
    setUp(place);
    const source = place.querySelector("#source");
    if (response.status === 422 && before?.value === source?.value) {
      source.setSelectionRange(before.selectionStart, before.selectionEnd);
    }
    said.textContent = response.ok ? done : "";
    focusOn(place.querySelector("#problems, h1"));
  } catch {
    said.textContent = "The hub could not be reached. Try again in a moment.";
  }
}

function setUp(place) {
  tellTimes(place);
  const form = place.querySelector("[data-tagging]");
  if (!form) return;
  chooseWords(form);
  findThemes(form);
}

function chooseWords(form) {
  const [box, ticks, source, selected] = find(form, "[data-select]", "[data-sentences]", "#source", "#selected");
  box.hidden = false;
  ticks.hidden = true;
  box.id = ticks.id; // where the list of problems leads to
  ticks.id = "";
  for (const tick of ticks.elements) tick.checked = false;
  source.before(ticks.querySelector(".problem") ?? "");

  // Only what can be edited gets a caret, and with it selecting by keyboard: so it can be, and nothing comes of it.
  const text = source.value;
  source.readOnly = false;
  source.inputMode = "none";
  source.setAttribute("aria-readonly", "true");
  source.addEventListener("beforeinput", (event) => event.preventDefault());
  source.addEventListener("input", () => (source.value = text));

  const chosen = () => text.slice(source.selectionStart, source.selectionEnd).trim();
  const tell = () => {
    const words = chosen() ? `“${chosen()}”` : "The whole post";
    if (selected.textContent !== words) selected.textContent = words;
    if (!source.isConnected) document.removeEventListener("selectionchange", tell);
  };
  document.addEventListener("selectionchange", tell);
  source.addEventListener("select", tell);
  form.addEventListener("formdata", ({ formData }) => {
    if (!chosen()) return;
    const start = [...text.slice(0, text.indexOf(chosen(), source.selectionStart))].length;
    formData.set("start", start);
    formData.set("end", start + [...chosen()].length);
  });
}

function findThemes(form) {
  const [box, typed, found, select] = find(form, "[data-find]", "#find", "#found", "#theme");
  const [nothing, ...themes] = select.options;
  box.hidden = false;
  typed.addEventListener("input", () => {
    const words = typed.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fitting = themes.filter(({ text }) => words.every((word) => text.toLowerCase().includes(word)));
    const kept = select.value;
    select.replaceChildren(nothing, ...fitting);
    select.size = words.length ? Math.min(fitting.length + 1, 8) : 1;
    select.value = fitting.length === 1 ? fitting[0].value : kept;
    if (select.selectedIndex < 0) nothing.selected = true;
    found.textContent = words.length ? `${fitting.length} of ${themes.length} themes` : "";
  });
  typed.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // the form is not finished
    select.focus();
  });
}

function find(form, ...selectors) {
  return selectors.map((selector) => form.querySelector(selector));
}
