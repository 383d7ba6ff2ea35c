// The score's curve as a picture of its own, drawn anew only when the view changes.

import type { Clock } from "./clock.ts";
import type { Scores } from "./rule.ts";

/** Seconds and scores that a plot shows, and its place on the canvas in pixels. */
export interface View {
  from: number;
  to: number;
  bottom: number;
  top: number;
  left: number;
  right: number;
  upper: number;
  lower: number;
}

export const xOf = (view: View, seconds: number): number =>
  view.left + ((seconds - view.from) / (view.to - view.from)) * (view.right - view.left);

export const secondsAt = (view: View, x: number): number =>
  view.from + ((x - view.left) / (view.right - view.left)) * (view.to - view.from);

export const yOf = (view: View, score: number): number =>
  view.lower - ((score - view.bottom) / (view.top - view.bottom)) * (view.lower - view.upper);

export const scoreAt = (view: View, y: number): number =>
  view.bottom + ((view.lower - y) / (view.lower - view.upper)) * (view.top - view.bottom);

/** Draw the raw score as a band of what each column holds, and the smoothed one, which events are cut from, as a line. */
export function drawCurve(
  context: CanvasRenderingContext2D, scores: Scores, clock: Clock, view: View, colours: { raw: string; smooth: string },
): void {
  const first = clock.frame(view.from);
  const last = clock.frame(view.to);
  for (const [values, colour, wide] of [[scores.raw, colours.raw, 1], [scores.smooth, colours.smooth, 1.5]] as const) {
    context.strokeStyle = colour;
    context.lineWidth = wide;
    context.beginPath();
    drawColumns(context, values, clock, view, first, last);
    context.stroke();
  }
}

function drawColumns(
  context: CanvasRenderingContext2D, values: Float32Array, clock: Clock, view: View, first: number, last: number,
): void {
  let pen = false;
  for (let frame = first; frame <= last; ) {
    const column = Math.floor(xOf(view, clock.times[frame]));
    let [low, high, end] = [Infinity, -Infinity, NaN];
    const begin = values[frame];
    for (; frame <= last && Math.floor(xOf(view, clock.times[frame])) === column; frame++) {
      if (values[frame] < low) low = values[frame];
      if (values[frame] > high) high = values[frame];
      end = values[frame];
    }
    if (!Number.isFinite(begin) || low > high) {
      pen = false;
      continue;
    }
    if (pen) context.lineTo(column, yOf(view, begin));
    else context.moveTo(column, yOf(view, begin));
    context.lineTo(column, yOf(view, high));
    context.lineTo(column, yOf(view, low));
    if (Number.isFinite(end)) context.lineTo(column, yOf(view, end));
    pen = Number.isFinite(end) && !(frame <= last && clock.times[frame] - clock.times[frame - 1] > clock.gap);
  }
}

/** Seconds of the ticks of a time axis: round ones, at most so many. */
export function ticks(from: number, to: number, most: number): number[] {
  const steps = [0.04, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
  const step = steps.find((one) => (to - from) / one <= most) ?? 86400 * Math.ceil((to - from) / 86400 / most);
  const found = [];
  for (let number = Math.ceil(from / step); number * step <= to; number++) found.push(number * step);
  return found;
}
