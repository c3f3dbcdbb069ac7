"use strict";
// Every action works without this file: it only keeps a press from being sent twice and Enter from an IME from sending.
for (const form of document.querySelectorAll('form[method="post"]')) {
  form.addEventListener("submit", () => {
    setTimeout(() => { for (const each of form.elements) if (each.type === "submit") each.disabled = true; }, 0);
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.isComposing) event.preventDefault();
});
addEventListener("pageshow", () => { for (const each of document.querySelectorAll("button")) each.disabled = false; });

// A page counts as shown once half of it, or half of the window, was filled by it for a second. The form then says so.
const form = document.querySelector("form.act-form");
const shown = form && form.querySelector('input[name="shown"]');
const HALF = 0.5, SECOND = 1000;
if (shown) {
  const seen = new Set(shown.value.split(" ").filter(Boolean));
  const timers = new Map();
  const note = (figure) => {
    const image = figure.querySelector("img");
    if (document.visibilityState !== "visible" || (image && !(image.complete && image.naturalWidth))) return wait(figure);
    seen.add(figure.dataset.page);
    shown.value = [...seen].join(" ");
    figure.classList.add("seen");
    watch.unobserve(figure);
  };
  const wait = (figure) => timers.set(figure, setTimeout(note, SECOND, figure));
  const watch = new IntersectionObserver((entries) => {
    for (const each of entries) {
      const part = each.intersectionRect.height / Math.max(1, Math.min(each.boundingClientRect.height, each.rootBounds ? each.rootBounds.height : innerHeight));
      const isShown = each.isIntersecting && each.intersectionRect.width > 0 && part >= HALF;
      if (!isShown) { clearTimeout(timers.get(each.target)); timers.delete(each.target); }
      else if (!timers.has(each.target)) wait(each.target);
    }
  }, { threshold: Array.from({ length: 21 }, (_, step) => step / 20) });
  for (const figure of document.querySelectorAll("figure[data-page]")) {
    if (seen.has(figure.dataset.page)) figure.classList.add("seen"); else watch.observe(figure);
  }
}
for (const each of document.querySelectorAll("button.copy")) {
  each.hidden = !navigator.clipboard;
  each.addEventListener("click", async () => { await navigator.clipboard.writeText(each.dataset.copy); each.textContent = each.dataset.done; });
}
for (const each of document.querySelectorAll("button.print")) {
  each.hidden = false;
  each.addEventListener("click", () => print());
}
// On a phone the mail's text is folded: address, subject and attachments stay in view.
if (matchMedia("(max-width:600px)").matches) for (const each of document.querySelectorAll("details.fold")) each.open = false;
// By keyboard the papers scroll first: the pages that an approval needs are there.
const papers = shown && document.querySelector(".paper");
if (papers) addEventListener("keydown", (event) => {
  if (document.activeElement === document.body && [" ", "PageDown"].includes(event.key)) papers.focus({ preventScroll: true });
});
