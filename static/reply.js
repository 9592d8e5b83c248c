// Reply, wherever one reads: the composer comes to the foot of the window, and goes back when one is done with it.

import { focusOn, make } from "./pages.js";

const composer = document.getElementById("reply");
const reach = composer?.parentElement;
const toReply = document.getElementById("to-reply");
// So much of it is to be seen before it counts as in sight.
const ENOUGH = 150;
// A window so low is for the words: nothing sticks or docks, and the link stays, or its row would move what has focus.
const low = matchMedia("(max-height: 30rem)");

const isDocked = () => reach.matches(".docked");
const dock = (on) => reach.classList.toggle("docked", on);

function shut() {
  dock(false);
  const isInSight = composer.getBoundingClientRect().top < innerHeight - ENOUGH;
  toReply.hidden = isInSight;
  (isInSight ? document.getElementById("body") : toReply).focus();
}

if (composer) {
  composer.prepend(make("button", { className: "quiet close", type: "button", onclick: shut }, "Close"));
  composer.addEventListener("keydown", ({ key }) => key === "Escape" && isDocked() && shut());
  toReply.onclick = (event) => {
    if (low.matches) return;
    event.preventDefault();
    dock(true);
    document.getElementById("body").focus({ preventScroll: true });
  };
  new ResizeObserver(() => {
    // At the top of a page there is no room for it yet.
    if (isDocked()) reach.scrollIntoView({ block: "nearest" });
    // live.js looks what it covers.
    dispatchEvent(new Event("resize"));
  }).observe(reach);
  new IntersectionObserver(([{ isIntersecting }]) => (toReply.hidden = isIntersecting && !low.matches), {
    rootMargin: `0px 0px -${ENOUGH}px`,
  }).observe(composer);
  document.addEventListener("posted", ({ detail }) => {
    if (!isDocked()) return;
    dock(false);
    focusOn(document.getElementById(detail));
  });
}
