// Scripts that few readers need are fetched with the first click that asks for them. What they do works without them.

const NEEDS = [["a[data-dialog]", "dialogs"], ["a[href*='/taggings']", "beside"]];
const fetched = {};

document.addEventListener("click", fetchFirst, true);

async function fetchFirst(event) {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const name = NEEDS.find(([selector]) => link.matches(selector))?.[1];
  const address = document.querySelector(`[data-${name}]`)?.dataset[name];
  if (!address || fetched[name] === true) return;
  event.preventDefault();
  event.stopPropagation();
  if (fetched[name]) return;
  fetched[name] = "on its way";
  await import(address).catch(() => {}); // then the link leads to its page
  fetched[name] = true;
  link.click();
}
