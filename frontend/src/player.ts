// The component: a frame-exact player with its timeline. ui/player.py mounts it; docs/player.md says how it works.

import { fetchPacked } from "./binary.ts";
import type { PlayerData, TimelineHead } from "./types.ts";
import { Workbench } from "./workbench.ts";

interface Mount {
  data: PlayerData;
  parentElement: HTMLElement | ShadowRoot;
  setTriggerValue(name: string, value: number | string): void;
}

interface Mounted {
  version: string;
  calls: number;
  made: Promise<Workbench>;
}

/** What is mounted, by the element that it is in: Streamlit calls the function again with each rerun of the page. */
const MOUNTED = new WeakMap<Node, Mounted>();
/** A call that another one overtakes is cleaned up after, too: what the other one uses must not be closed. */
const OVERTAKEN_MS = 200;

export default function mount({ data, parentElement, setTriggerValue }: Mount): () => void {
  const place = parentElement.querySelector<HTMLElement>("#player")!;
  const mounted = mountedIn(place, data);
  const call = ++mounted.calls;
  mounted.made.then(
    (player) => player.update(data, setTriggerValue),
    (error: Error) => place.replaceChildren(`The run's frames cannot be shown: ${error.message}`),
  );
  return () => {
    setTimeout(() => {
      if (mounted.calls !== call) return;
      if (MOUNTED.get(place) === mounted) MOUNTED.delete(place);
      close(mounted);
    }, OVERTAKEN_MS);
  };
}

function mountedIn(place: HTMLElement, data: PlayerData): Mounted {
  const known = MOUNTED.get(place);
  if (known?.version === data.version) return known;
  if (known) close(known);
  const fresh = { version: data.version, calls: 0, made: open(data, place) };
  MOUNTED.set(place, fresh);
  return fresh;
}

function close(mounted: Mounted): void {
  mounted.made.then((player) => player.close(), () => {});
}

async function open(data: PlayerData, place: HTMLElement): Promise<Workbench> {
  const packed = await fetchPacked<TimelineHead>(`play/${data.run}/timeline?v=${encodeURIComponent(data.version)}`);
  const player = new Workbench(data, packed);
  place.replaceChildren(player.root);
  return player;
}

export { Clock } from "./clock.ts";
export { findEvents } from "./rule.ts";
