// All things that the object model followed through a clip, fetched when their layer is first switched on.

import { fetchPacked } from "./binary.ts";
import { placed, type Placed } from "./boxes.ts";
import type { Clock } from "./clock.ts";
import type { Tube } from "./types.ts";

export class Things {
  private tubes: Tube[] | null = null;
  private asked = false;

  constructor(
    private readonly address: string,
    private readonly onArrived: () => void,
    private readonly onTrouble: (sentence: string) => void,
  ) {}

  /** The things of a frame; empty while they are on their way. */
  in(frame: number, clock: Clock): { place: Placed; label: string }[] {
    if (!this.tubes) {
      if (!this.asked) void this.fetch();
      return [];
    }
    const found = [];
    for (const tube of this.tubes) {
      if (tube.frames[0] > frame || tube.frames[tube.frames.length - 1] < frame) continue;
      const place = placed(tube, frame, clock);
      if (place) found.push({ place, label: tube.label });
    }
    return found;
  }

  private async fetch(): Promise<void> {
    this.asked = true;
    try {
      const packed = await fetchPacked<{ labels: string[] }>(this.address);
      const [frames, starts] = [packed.array("frames", "u4"), packed.array("starts", "u4")];
      const [boxes, names] = [packed.array("boxes", "f4"), packed.array("names", "u2")];
      this.tubes = Array.from(names, (name, i) => ({
        label: packed.head.labels[name],
        frames: Array.from(frames.subarray(starts[i], starts[i + 1])),
        boxes: Array.from(boxes.subarray(4 * starts[i], 4 * starts[i + 1])),
      }));
      this.onArrived();
    } catch (error) {
      this.onTrouble(`The boxes of this run cannot be read: ${(error as Error).message}`);
    }
  }
}
