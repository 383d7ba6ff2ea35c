// The key R on a page with a button "Reviewed" (ui/review_actions.py): Streamlit itself would only draw the page anew.
// data.button: key of the button.
const OWNERS = "input, textarea, select, [contenteditable], [role=combobox], [role=listbox], [role=option]";

export default function ({ data }) {
  const pressed = (event) => {
    if (event.key.toLowerCase() !== "r" || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.composedPath()[0].matches?.(OWNERS)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat) document.querySelector(`.st-key-${data.button} button:not(:disabled)`)?.click();
  };
  window.addEventListener("keydown", pressed, true);
  return () => window.removeEventListener("keydown", pressed, true);
}
