// Boxes of things in a frame. A thing is looked at in some frames only: between two of them its box is interpolated,
// and drawn as a dashed line.

import type { Clock } from "./clock.ts";
import type { Tube } from "./types.ts";

/** Seconds between two looks from which on nothing is said of the frames between them. */
const LONGEST_SECONDS = 1.0;
const TRAIL_SECONDS = 4.0;

export interface Placed {
  box: [number, number, number, number];
  exact: boolean;
}

/** Where a tube's thing is in a frame; null where that is not known. */
export function placed(tube: Tube, frame: number, clock: Clock): Placed | null {
  const after = firstNotBefore(tube.frames, frame);
  if (tube.frames[after] === frame) return { box: boxAt(tube, after), exact: true };
  if (after === 0 || after === tube.frames.length) return null;
  const [from, to] = [clock.at(tube.frames[after - 1]), clock.at(tube.frames[after])];
  if (to - from > LONGEST_SECONDS) return null;
  const share = (clock.at(frame) - from) / (to - from);
  const [start, end] = [boxAt(tube, after - 1), boxAt(tube, after)];
  return { box: start.map((value, i) => value + share * (end[i] - value)) as Placed["box"], exact: false };
}

/** Where a thing stood before a frame, oldest first: middles of the lower edges, in pixels. */
export function trail(tube: Tube, frame: number, clock: Clock): [number, number][] {
  const stop = firstNotBefore(tube.frames, frame + 1);
  const since = clock.at(frame) - TRAIL_SECONDS;
  const found: [number, number][] = [];
  for (let i = 0; i < stop; i++) {
    const box = boxAt(tube, i);
    if (clock.at(tube.frames[i]) >= since) found.push([(box[0] + box[2]) / 2, box[3]]);
  }
  const now = placed(tube, frame, clock);
  if (now && !now.exact) found.push([(now.box[0] + now.box[2]) / 2, now.box[3]]);
  return found;
}

function boxAt(tube: Tube, index: number): Placed["box"] {
  return tube.boxes.slice(4 * index, 4 * index + 4) as Placed["box"];
}

function firstNotBefore(sorted: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

export interface Style {
  colour: string;
  caption: string;
}

/** Draws boxes and trails over a picture of the clip's size, stretched to the canvas. */
export class BoxPainter {
  private readonly context: CanvasRenderingContext2D;
  private scale = 1;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d")!;
  }

  /** Begin anew for a picture `width` pixels wide in the clip. */
  clear(width: number): void {
    const ratio = window.devicePixelRatio || 1;
    const [across, down] = [this.canvas.clientWidth * ratio, this.canvas.clientHeight * ratio].map(Math.round);
    if (this.canvas.width !== across || this.canvas.height !== down) [this.canvas.width, this.canvas.height] = [across, down];
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.scale = this.canvas.width / width;
  }

  box(place: Placed, style: Style): void {
    const { context, scale } = this;
    const ratio = window.devicePixelRatio || 1;
    const [x1, y1, x2, y2] = place.box.map((value) => value * scale);
    context.setLineDash(place.exact ? [] : [6 * ratio, 4 * ratio]);
    this.outlined(style.colour, 2 * ratio, () => context.strokeRect(x1, y1, x2 - x1, y2 - y1));
    context.setLineDash([]);
    context.font = `600 ${12 * ratio}px system-ui, sans-serif`;
    const width = context.measureText(style.caption).width + 8 * ratio;
    const height = 17 * ratio;
    const left = Math.min(Math.max(x1, 0), Math.max(this.canvas.width - width, 0));
    const top = y1 >= height ? y1 - height : Math.min(y2, this.canvas.height - height);
    context.fillStyle = "rgba(16, 18, 18, 0.85)";
    context.fillRect(left, top, width, height);
    context.fillStyle = style.colour;
    context.fillText(style.caption, left + 4 * ratio, top + 12.5 * ratio);
  }

  trail(points: [number, number][], colour: string): void {
    if (points.length < 2) return;
    const { context, scale } = this;
    const ratio = window.devicePixelRatio || 1;
    context.lineJoin = "round";
    context.beginPath();
    points.forEach(([x, y], i) => (i ? context.lineTo(x * scale, y * scale) : context.moveTo(x * scale, y * scale)));
    this.outlined(colour, 2 * ratio, () => context.stroke());
    const [x, y] = points[points.length - 1];
    context.fillStyle = colour;
    context.beginPath();
    context.arc(x * scale, y * scale, 3.5 * ratio, 0, 2 * Math.PI);
    context.fill();
  }

  private outlined(colour: string, width: number, draw: () => void): void {
    for (const [stroke, wide] of [["rgba(16, 18, 18, 0.85)", width + 2], [colour, width]] as const) {
      this.context.strokeStyle = stroke;
      this.context.lineWidth = wide;
      draw();
    }
  }
}
