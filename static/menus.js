// Quiet menus: one is open at a time, and Escape, a choice or a look elsewhere closes it.

const open = () => [...document.querySelectorAll("details.menu[open]")];

function leave({ target, type }) {
  for (const menu of open()) {
    if (!menu.contains(target) || (type === "click" && target.closest(".sheet a"))) menu.open = false;
  }
}

document.addEventListener("click", leave);
document.addEventListener("focusin", leave);
document.addEventListener("keydown", ({ key }) => {
  const [menu] = open();
  if (key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
