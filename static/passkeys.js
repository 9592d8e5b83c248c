// A form with data-passkey asks the browser for a passkey, puts its answer into a field, and is then sent as forms are.
// What to ask for comes only then: the page may have stood open for long, and a challenge lasts five minutes.

const WORDS = {
  AbortError: "Nothing was sent. Try again.",
  InvalidStateError: "This device has a passkey for your account already.",
  NotAllowedError: "No passkey was used. Try again when you have it at hand.",
  SecurityError: "Your browser does not allow passkeys at this address.",
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const said = form.querySelector("[role=status]");
  if (!window.PublicKeyCredential || !navigator.credentials) {
    said.textContent = "This browser does not know passkeys.";
    continue;
  }
  said.textContent = "";
  form.querySelector("button").hidden = false;
  let isBusy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    said.textContent = "Your browser asks you for your passkey…";
    said.textContent = await ask(form).catch(({ name }) => WORDS[name] ?? "That did not work. Try again.");
    isBusy = false;
  });
}

/** Send the form with the browser's answer in it; or else give back what is in the way, in words. */
async function ask(form) {
  const response = await fetch(`${form.action}/options`, { method: "POST", redirect: "manual" });
  if (response.type === "opaqueredirect") location.reload(); // they have to sign in, or show who they are, first
  if (response.status === 429) return "You tried too often. Wait a quarter of an hour, then try again.";
  if (!response.ok) return "That did not work. Open this page again.";
  const { user, excludeCredentials, allowCredentials, ...options } = await response.json();
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  if (user) publicKey.user = { ...user, id: bytes(user.id) };
  if (excludeCredentials) publicKey.excludeCredentials = excludeCredentials.map(named);
  if (allowCredentials) publicKey.allowCredentials = allowCredentials.map(named);
  const { id, type, response: answer } = await navigator.credentials[form.dataset.passkey]({ publicKey });
  const parts = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (answer[part]) parts[part] = text(answer[part]);
  }
  form.elements.credential.value = JSON.stringify({ id, rawId: id, type, response: parts });
  form.submit();
  return "Sending…";
}

function named(credential) {
  return { ...credential, id: bytes(credential.id) };
}

function bytes(words) {
  return Uint8Array.from(atob(words.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
