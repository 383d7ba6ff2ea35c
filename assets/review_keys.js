// Keys of a page with buttons that speak of events selected in a table (ui/review_actions.py). Streamlit gives R to no
// button, and it presses others at once: while a selection is on its way, or the page is drawn anew, that would speak of
// events that were selected before, or of none. A key waits here until the page has come to rest.
// data.keys: key to the key of the button that it presses; data.turn: another one whenever the page was drawn.
const OWNERS = "input, textarea, select, [contenteditable], [role=combobox], [role=listbox], [role=option]";
/** Between two scripts that were both asked for, Streamlit says for a moment that none is at work. */
const REST_MS = 250;
const LOOK_MS = 40;
/** Looks at a page at rest are counted, not timed: a starved browser's clock runs on while its timers stand still. A table
 * tells of a selection 150 ms after it was made, on a busy machine later. */
const SELECTED_LOOKS = 38;
/** For which a key waits for something to be selected. */
const DISABLED_LOOKS = 100;
/** A page that is not at rest so long after a key has forgotten it. */
const LONGEST_MS = 15_000;
const MODIFIERS = ["Shift", "Control", "Alt", "Meta"];

/** In which turn the page is, and in which ones a button was pressed and the table was touched. */
let [turn, pressedIn, touchedIn] = [null, null, null];
/** When something was last done by the user, and when a script began or ended. */
let [touched, changed] = [0, 0];
/** Keys that were pressed and not passed on yet: the button of each, and when. */
let [waiting, looking] = [[], false];
/** Looks in a row at which the page was at rest. */
let looks = 0;

const app = document.querySelector(".stApp");
new MutationObserver(() => (changed = performance.now())).observe(app, { attributeFilter: ["data-test-script-state"] });

function atRest() {
  const now = performance.now();
  if (app.dataset.testScriptState !== "notRunning" || now - changed < REST_MS || now - touched < REST_MS) return false;
  return pressedIn !== turn;
}

function pass() {
  const now = performance.now();
  waiting = waiting.filter((one) => now - one.at < LONGEST_MS);
  looks = waiting.length && atRest() ? looks + 1 : 0;
  if (looks > (touchedIn === turn ? SELECTED_LOOKS : 0)) {
    const found = document.querySelector(`.st-key-${waiting[0].button} button:not(:disabled)`);
    if (found) {
      waiting.shift();
      [pressedIn, touched, looks] = [turn, now, 0];
      found.click();
    } else if (looks > DISABLED_LOOKS) waiting = []; // what was pressed after it speaks of nothing either
  }
  looking = waiting.length > 0;
  if (looking) setTimeout(pass, LOOK_MS);
}

/** Note that the user did something else: what waits was not meant for what comes of that. */
function touch(event) {
  if (MODIFIERS.includes(event.key)) return;
  touched = performance.now();
  if (event.composedPath().some((one) => one.dataset?.testid === "stDataFrame")) touchedIn = turn;
  if (event.type !== "pointerup") waiting = [];
}

export default function ({ data }) {
  turn = data.turn;
  const page = location.pathname; // what was left stands there until the other page is drawn
  const press = (event) => {
    const held = event.ctrlKey || event.altKey || event.metaKey || location.pathname !== page;
    const button = held ? undefined : data.keys[event.key.toLowerCase()];
    if (!button || event.composedPath()[0].matches?.(OWNERS)) return touch(event);
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.repeat || document.querySelector("[data-testid=stDialog]")) return;
    waiting.push({ button, at: performance.now() });
    if (!looking) pass();
  };
  const listeners = [["keydown", press], ["pointerdown", touch], ["pointerup", touch]];
  for (const [name, listener] of listeners) window.addEventListener(name, listener, true);
  return () => {
    for (const [name, listener] of listeners) window.removeEventListener(name, listener, true);
  };
}
