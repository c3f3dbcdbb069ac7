"use strict";
// Every action works without this file: it only keeps a press from being sent twice and Enter from an IME from sending.
for (const form of document.querySelectorAll('form[method="post"]')) {
  form.addEventListener("submit", () => {
    setTimeout(() => { for (const each of form.querySelectorAll("button")) each.disabled = true; }, 0);
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.isComposing) event.preventDefault();
});
addEventListener("pageshow", () => { for (const each of document.querySelectorAll("button")) each.disabled = false; });
