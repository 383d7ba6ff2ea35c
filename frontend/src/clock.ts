// When each frame of a clip is shown: the twin of core/clock.py.

const GAP_SECONDS = 1.0;
const GAP_STEPS = 5.0;

export class Clock {
  readonly gap: number;

  constructor(
    readonly times: Float64Array,
    readonly step: number,
  ) {
    this.gap = Math.max(GAP_SECONDS, GAP_STEPS * step);
  }

  get length(): number {
    return this.times.length;
  }

  at(frame: number): number {
    const last = this.times.length - 1;
    return frame <= last ? this.times[Math.max(frame, 0)] : this.times[last] + this.step * (frame - last);
  }

  /** When a frame gives way to the next one; before a gap and at the end, after one step. */
  end(frame: number): number {
    const following = this.at(frame + 1);
    return following - this.at(frame) > this.gap ? this.at(frame) + this.step : following;
  }

  /** The last frame that is shown at or before a moment. */
  frame(seconds: number): number {
    let low = 0;
    let high = this.times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] <= seconds + 1e-9) low = middle + 1;
      else high = middle;
    }
    return Math.max(low - 1, 0);
  }

  spanLength(first: number, last: number): number {
    return this.end(last) - this.at(first);
  }

  /** Stretches of frames between gaps: [first, stop) each. */
  segments(): [number, number][] {
    const found: [number, number][] = [];
    let first = 0;
    for (let frame = 1; frame <= this.times.length; frame++) {
      if (frame === this.times.length || this.times[frame] - this.times[frame - 1] > this.gap) {
        found.push([first, frame]);
        first = frame;
      }
    }
    return found;
  }
}

/** Write seconds as m:ss.ff, or h:mm:ss.ff from an hour on. */
export function timestamp(seconds: number, decimals = 2): string {
  const scale = 10 ** decimals;
  const ticks = Math.round(seconds * scale);
  const whole = Math.floor(ticks / scale);
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const start = hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
  return decimals ? `${start}.${String(ticks % scale).padStart(decimals, "0")}` : start;
}
