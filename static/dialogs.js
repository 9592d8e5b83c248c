// A link with data-dialog opens its page in a dialog, where its form is filled in and sent. Without this it is a page.

import { fetchPage, focusOn, make, send, statusLine } from "./pages.js";

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!document.querySelector("dialog")) open(link);
});

function open(link) {
  const close = make("button", { className: "quiet close", onclick: () => dialog.close() }, "Close");
  const place = make("div");
  const said = statusLine();
  const dialog = make("dialog", { ariaLabel: link.textContent }, close, place, said);
  const post = link.closest(".post");
  let isBusy = false;

  dialog.onclose = () => {
    dialog.remove();
    // A post may have changed meanwhile, and its menu with it.
    focusOn(post?.querySelector("summary, .for-facilitator") ?? link);
  };
  // Cancel
  dialog.onclick = (event) => {
    if (!event.target.closest("form a:not([href^='#'])")) return;
    event.preventDefault();
    dialog.close();
  };
  dialog.onsubmit = async (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    const answer = await send(event.target.action, new URLSearchParams(new FormData(event.target)), said);
    isBusy = false;
    if (answer) answer.response.ok ? done(answer) : show(answer);
  };
  document.body.append(dialog);
  dialog.showModal();
  said.textContent = "Loading…";
  fetchPage(link.href).then(show, () => (said.textContent = "The hub could not be reached."));

  function show({ page }) {
    said.textContent = "";
    place.replaceChildren(...page.querySelector("main").childNodes);
    dialog.ariaLabel = place.querySelector("h1").textContent;
    focusOn(place.querySelector("#problems, h1"));
  }

  function done({ response, page }) {
    if (!post) return location.assign(response.url);
    document.dispatchEvent(new CustomEvent("changed", { detail: page }));
    dialog.close();
  }
}
