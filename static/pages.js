// Pages fetched by scripts: what both forms and panels need.

/** Fetch a page without its head, whose styles this page's policy would refuse. */
export async function fetchPage(address, options) {
  const response = await fetch(address, options);
  const html = await response.text();
  const page = new DOMParser().parseFromString(html.slice(html.indexOf("<main")), "text/html");
  return { response, page, isSignedOut: new URL(response.url).pathname === "/sign-in" };
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

export function focusOn(element) {
  if (!element) return;
  element.tabIndex = -1;
  element.focus();
}
