// Inline in the HTML of every page (ui/shell.py). Asks how many jobs are at work or wait, and leaves the number to the
// style sheet, as a property of the document: what React has drawn is not touched, so that it may draw it anew at any time.
const EVERY_MS = 3000;
const shown = document.documentElement.style;
const ask = async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch(new URL("live/active", window.__streamlit.BACKEND_BASE_URL));
    const active = answer.ok ? Number(await answer.text()) : 0;
    if (active > 0) shown.setProperty("--active", `"${active}"`);
    else shown.removeProperty("--active");
  } catch {
    // The server is away, which Streamlit's own page says; the next look asks again.
  }
};
ask();
setInterval(ask, EVERY_MS);
addEventListener("visibilitychange", ask);
