// The keys of the player. keys.json is the list that the player's help and the page Help show.

import list from "./keys.json";
import type { Review } from "./types.ts";

export const KEYS = list as [string, string][];

export interface Actions {
  toggle(): void;
  step(frames: number): void;
  skip(seconds: number): void;
  speed(steps: number): void;
  event(steps: number): void;
  lock(): void;
  help(): void;
  /** Tell the page what is said of the event beside the player. */
  review(told: Review): void;
}

const ACTIONS: Record<string, (player: Actions, shift: boolean) => void> = {
  " ": (player) => player.toggle(),
  ArrowLeft: (player, shift) => (shift ? player.skip(-1) : player.step(-1)),
  ArrowRight: (player, shift) => (shift ? player.skip(1) : player.step(1)),
  "[": (player) => player.speed(-1),
  "]": (player) => player.speed(1),
  n: (player) => player.event(1),
  p: (player) => player.event(-1),
  l: (player) => player.lock(),
  r: (player) => player.review("reviewed"),
  1: (player) => player.review("true"),
  2: (player) => player.review("false"),
  3: (player) => player.review("unsure"),
  e: (player) => player.review("case"),
  "?": (player) => player.help(),
};

const OWNERS =
  "input, textarea, select, [contenteditable], [role=slider], [role=combobox], [role=listbox], [role=option], [role=tab]";

/** Do what a key stands for, unless it belongs to whatever has the focus; tell whether it was done. */
export function handleKey(event: KeyboardEvent, player: Actions, root: Element): boolean {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return false;
  const focused = event.composedPath()[0] as Element;
  const own = root.contains(focused);
  // What is typed belongs to its field, and the space bar to a button; within the player, arrows to a slider.
  if (focused.matches?.(own ? "input[type=range]" : OWNERS) && (!own || event.key.startsWith("Arrow"))) return false;
  if (event.key === " " && focused.matches?.("button, a, summary, input, [role=button]")) return false;
  const action = ACTIONS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return false;
  event.preventDefault();
  event.stopImmediatePropagation(); // Streamlit would draw the page anew on R, at the address of before
  action(player, event.shiftKey);
  return true;
}
