// Cuts events out of the smoothed score: the twin of find_events in pipeline/events.py, which a test holds this to.
// Smoothed scores are float32 there, and NumPy compares them with limits rounded to float32: so does Math.fround here.

import type { Clock } from "./clock.ts";
import type { EventRule, EventSpan } from "./types.ts";

const HAIR = 1e-6;

/** Scores of a run: raw and smoothed, NaN where a frame has none; `kinds` is the greatest kind of score of each frame. */
export interface Scores {
  raw: Float32Array;
  smooth: Float32Array;
  kinds: Uint8Array;
}

export function findEvents(scores: Scores, threshold: number, clock: Clock, rule: EventRule): EventSpan[] {
  const low = threshold > 0 ? threshold * rule.low : threshold;
  const found: EventSpan[] = [];
  for (const [start, stop] of clock.segments()) {
    for (const [first, last] of runs(scores.smooth, start, stop, low, threshold, clock, rule)) {
      if (clock.spanLength(first, last) < rule.shortest - HAIR) continue;
      const peak = highest(scores.raw, first, last);
      found.push({ first, last, peak, score: scores.raw[peak], kind: scores.kinds[peak] });
    }
  }
  return found;
}

/** The event that holds a frame, else the nearest one; -1 where there is none. */
export function eventAt(events: EventSpan[], frame: number): number {
  let best = -1;
  let gap = Infinity;
  events.forEach((one, index) => {
    const apart = Math.max(one.first - frame, frame - one.last, 0);
    if (apart < gap) [best, gap] = [index, apart];
  });
  return best;
}

function* runs(
  values: Float32Array, start: number, stop: number, low: number, high: number, clock: Clock, rule: EventRule,
): Generator<[number, number]> {
  const [lowest, highest] = [Math.fround(low), Math.fround(high)];
  let open: [number, number] | null = null;
  for (let frame = start; frame < stop; frame++) {
    if (!(values[frame] > lowest)) continue;
    const begin = frame;
    let exceeds = -1;
    for (; frame < stop && values[frame] > lowest; frame++) {
      if (exceeds < 0 && values[frame] > highest) exceeds = frame;
    }
    if (exceeds < 0) continue;
    const first = onset(values, start, begin, exceeds, high, clock, rule);
    if (open && clock.at(first) - clock.end(open[1]) <= rule.gap + HAIR) {
      open[1] = frame - 1;
      continue;
    }
    if (open) yield open;
    open = [first, frame - 1];
  }
  if (open) yield open;
}

/** Where a run above the lower threshold begins, or half-way up to the upper one where its lead is too long. */
function onset(
  values: Float32Array, start: number, begin: number, exceeds: number, high: number, clock: Clock, rule: EventRule,
): number {
  const quieter = begin > start && Number.isFinite(values[begin - 1]);
  if (clock.at(exceeds) - clock.at(begin) <= (quieter ? rule.longest_lead : rule.lead) + HAIR) return begin;
  let foot = begin;
  for (let frame = begin; frame < exceeds; frame++) if (values[frame + 1] <= values[frame]) foot = frame + 1;
  const half = Math.fround((values[foot] + high) / 2);
  for (let frame = foot; frame <= exceeds; frame++) if (values[frame] >= half) return frame;
  return foot;
}

function highest(values: Float32Array, first: number, last: number): number {
  let best = first;
  let top = -Infinity;
  for (let frame = first; frame <= last; frame++) if (values[frame] > top) [best, top] = [frame, values[frame]];
  return best;
}
