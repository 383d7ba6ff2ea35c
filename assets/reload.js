// Inline in the HTML of every page (ui/shell.py). An error that React catches nowhere takes the whole page out of the
// document, and what is left is blank for good. It is loaded again at its address, which names what it showed, or the page
// before where the browser was still on its way; one that goes blank once more within half a minute stays so, as loading
// it again would not end.
const WAIT_MS = 500;
const AGAIN_MS = 30_000;
const KEPT = "whycam_went_blank";
let last = "no error was told";
addEventListener("error", (event) => (last = event.message || last));
addEventListener("DOMContentLoaded", () => {
  const root = document.getElementById("root");
  let drawn = false;
  const look = () => {
    const before = Number(sessionStorage.getItem(KEPT) ?? -Infinity);
    if (root.childElementCount || Date.now() - before < AGAIN_MS) return;
    sessionStorage.setItem(KEPT, Date.now());
    console.warn(`The page went blank and is loaded again: ${last}`);
    location.reload();
  };
  new MutationObserver(() => {
    drawn ||= root.childElementCount > 0;
    if (drawn && !root.childElementCount) setTimeout(look, WAIT_MS);
  }).observe(root, { childList: true });
});
