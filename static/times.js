// Times as people say them: "2 hours ago", with the exact time as title. The server's words come back after a week, and
// on paper.

const STEPS = [["day", 86400], ["hour", 3600], ["minute", 60]];
const speak = new Intl.RelativeTimeFormat("en-GB");

function words(time, exact) {
  const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
  const [unit, size] = STEPS.find(([, size]) => seconds >= size) ?? [];
  if (!(seconds < 7 * 86400)) return exact;
  return unit ? speak.format(-Math.floor(seconds / size), unit) : "just now";
}

/** Say the times inside `root` afresh. None stands in a live region: a clock that moves on is no news. */
export function tellTimes(root = document, say = words) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.title ||= time.textContent;
    const said = say(time, time.title);
    if (time.textContent !== said) time.textContent = said;
  }
}

tellTimes();
setInterval(tellTimes, 60_000);
addEventListener("beforeprint", () => tellTimes(document, (_, exact) => exact));
addEventListener("afterprint", () => tellTimes());
