// Pages fetched by scripts: what both forms and panels need.

// What the hub answers instead while one is not, or not wholly, signed in.
const GATES = ["/sign-in", "/second-factor", "/account/second-factor", "/terms"];

/** Fetch a page without its head, whose styles this page's policy would refuse. */
export async function fetchPage(address, options) {
  const response = await fetch(address, options);
  const html = await response.text();
  const page = new DOMParser().parseFromString(html.slice(html.indexOf("<main")), "text/html");
  return { response, page, isSignedOut: GATES.includes(new URL(response.url).pathname) };
}

export function make(name, properties, ...inside) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...inside);
  return element;
}

/** An empty line that is read out when words come into it. */
export function statusLine() {
  const line = make("p", { className: "said" });
  line.setAttribute("role", "status");
  return line;
}

/** Send what was typed, and give back the page that answers. If it was not taken, `line` says so and nothing comes. */
export async function send(address, body, line) {
  line.className = "said";
  line.textContent = "Sending…";
  const { response, page, isSignedOut } = await fetchPage(address, { method: "POST", body }).catch(() => ({}));
  line.textContent = "";
  if (!isSignedOut && (response?.ok || response?.status === 422)) return { response, page };
  let why = "The hub could not be reached";
  const gate = isSignedOut && new URL(response.url).pathname;
  if (gate === GATES[0]) why = "You are signed out";
  else if (gate) why = "There is something to do first";
  else if (response?.status === 404) why = "You can no longer see this, or it is gone";
  else if (page) why = page.querySelector("h1").textContent;
  line.classList.add("problem");
  line.append(`Not sent. ${why}. Your words are kept here. `);
  const what = gate === GATES[0] ? "Sign in in a new tab" : "Do it in a new tab";
  if (gate) line.append(make("a", { href: gate, target: "_blank" }, what));
}

const title = document.title.replace("Error: ", "");

/** To what is new on the page; its title tells of problems, as a fresh one's would. */
export function focusOn(element, options) {
  if (element.tabIndex < 0) element.tabIndex = -1;
  element.focus(options);
  document.title = (document.getElementById("problems") ? "Error: " : "") + title;
}
