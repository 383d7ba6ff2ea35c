// The heat of a run's frames, fetched in chunks around the frame that is shown, and its colours.

import { fetchPacked } from "./binary.ts";

/** Frames of a chunk, as the server cuts them. */
export const CHUNK = 128;
const KEPT_CHUNKS = 24;

interface Chunk {
  frames: Uint32Array;
  grids: Uint8Array;
  width: number;
  height: number;
}

/** One frame's heat: levels from 0 to 255, row by row. */
export interface Heat {
  levels: Uint8Array;
  width: number;
  height: number;
}

export class HeatStore {
  private readonly chunks = new Map<number, Chunk | "coming" | "none">();

  /**
   * @param base address of the run's data.
   * @param heatFrame frame of whose heat a frame's score is, of each frame: a frame that repeats the one before has its.
   * @param onArrived called when more is known.
   */
  constructor(
    private readonly base: string,
    private readonly version: string,
    private readonly heatFrame: Int32Array,
    private readonly onArrived: () => void,
  ) {}

  /** The heat of a frame; null where none is kept; undefined while it is on its way. */
  of(frame: number): Heat | null | undefined {
    const source = this.heatFrame[frame];
    if (!(source >= 0)) return null;
    const chunk = this.chunk(Math.floor(source / CHUNK));
    this.chunk(Math.floor(Math.min(frame + CHUNK / 2, this.heatFrame.length - 1) / CHUNK));
    if (chunk === "coming") return undefined;
    if (chunk === "none") return null;
    const row = search(chunk.frames, source);
    if (row < 0) return null;
    const size = chunk.width * chunk.height;
    return { levels: chunk.grids.subarray(row * size, (row + 1) * size), width: chunk.width, height: chunk.height };
  }

  private chunk(index: number): Chunk | "coming" | "none" {
    const known = this.chunks.get(index);
    if (known) return known;
    this.chunks.set(index, "coming");
    void this.fetch(index);
    return "coming";
  }

  private async fetch(index: number): Promise<void> {
    try {
      const packed = await fetchPacked<{ width: number; height: number }>(
        `${this.base}/heat/${index}?v=${encodeURIComponent(this.version)}`,
      );
      const { width, height } = packed.head;
      const frames = packed.array("frames", "u4");
      this.chunks.set(index, frames.length ? { frames, grids: packed.array("grids", "u1"), width, height } : "none");
    } catch {
      this.chunks.set(index, "none");
    }
    for (const key of this.chunks.keys()) {
      if (this.chunks.size <= KEPT_CHUNKS) break;
      if (this.chunks.get(key) !== "coming" && Math.abs(key - index) > KEPT_CHUNKS / 2) this.chunks.delete(key);
    }
    this.onArrived();
  }
}

/** Draw heat into a canvas of its own size, which the page stretches over the picture. */
export function paintHeat(canvas: HTMLCanvasElement, heat: Heat | null, palette: Uint8Array): void {
  const context = canvas.getContext("2d")!;
  if (!heat) {
    context.clearRect(0, 0, canvas.width, canvas.height);
    return;
  }
  if (canvas.width !== heat.width || canvas.height !== heat.height) {
    [canvas.width, canvas.height] = [heat.width, heat.height];
  }
  const image = context.createImageData(heat.width, heat.height);
  heat.levels.forEach((level, pixel) => {
    image.data.set(palette.subarray(3 * level, 3 * level + 3), 4 * pixel);
    image.data[4 * pixel + 3] = Math.min(1.6 * level, 255);
  });
  context.putImageData(image, 0, 0);
}

function search(sorted: Uint32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === value ? low : -1;
}
