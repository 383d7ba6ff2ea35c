// The timeline: score, threshold, events, camera faults and ground truth over time, drawn on a canvas.

import { timestamp, type Clock } from "./clock.ts";
import { drawCurve, scoreAt, secondsAt, ticks, xOf, yOf, type View } from "./curve.ts";
import { findEvents, type Scores } from "./rule.ts";
import type { EventSpan, Span, TimelineHead } from "./types.ts";

/** Colours of the kinds of score, and of camera faults and truth: Okabe and Ito's, which the colour-blind tell apart. */
export const KIND_COLOURS = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00"];
const CAMERA = "#7c8794";
const STANDS = "#8a63b8";
const TRUTH = "#56b4e9";
const LIMIT = "#c83e4d";
const [GUTTER, EDGE, LANE, AXIS, GRIP] = [52, 10, 12, 16, 7];
const SHORTEST_VIEW_FRAMES = 8;

export interface TimelineCallbacks {
  seek(frame: number): void;
  /** A frame was chosen by a click. */
  chosen(frame: number): void;
  threshold(value: number, final: boolean): void;
  hover(frame: number | null, x: number): void;
}

export class Timeline {
  events: EventSpan[] = [];
  private threshold = 0;
  private now = 0;
  private selected: EventSpan | null = null;
  private drag: "threshold" | "scrub" | null = null;
  private scheduled = false;
  private readonly curve = document.createElement("canvas");
  private curveOf = "";
  private view: View;
  private readonly whole: [number, number];
  private readonly scoreRange: [number, number];
  private readonly context: CanvasRenderingContext2D;
  private readonly lanes: [string, Span[], string][];

  constructor(
    readonly canvas: HTMLCanvasElement,
    private readonly head: TimelineHead,
    private readonly scores: Scores,
    private readonly clock: Clock,
    private readonly call: TimelineCallbacks,
  ) {
    this.context = canvas.getContext("2d")!;
    this.whole = [clock.times[0], clock.end(clock.length - 1)];
    this.scoreRange = [0, scores.raw.reduce((top, value) => (value > top ? value : top), 1e-6)];
    const lanes: [string, Span[], string][] = [
      ["stands", head.standing, STANDS], ["camera", head.disturbances, CAMERA], ["truth", head.truth, TRUTH],
    ];
    this.lanes = lanes.filter(([, spans]) => spans.length);
    this.view = { from: this.whole[0], to: this.whole[1], bottom: 0, top: 1, left: GUTTER, right: 100, upper: 6, lower: 60 };
    canvas.onpointerdown = (event) => this.press(event);
    canvas.onpointermove = (event) => this.move(event);
    canvas.onpointerup = (event) => this.release(event);
    canvas.onpointercancel = (event) => this.release(event);
    canvas.onpointerleave = () => call.hover(null, 0);
    canvas.ondblclick = () => this.show(...this.whole);
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  /** Whether the threshold's line is being dragged. */
  get dragging(): boolean {
    return this.drag === "threshold";
  }

  /** Cut the events anew at a threshold. */
  setThreshold(value: number): void {
    const started = performance.now();
    this.threshold = value;
    this.events = findEvents(this.scores, value, this.clock, this.head.rule);
    this.redraw();
    performance.measure("whycam:events", { start: started, end: performance.now() });
  }

  setFrame(frame: number, selected: EventSpan | null): void {
    [this.now, this.selected] = [frame, selected];
    const seconds = this.clock.at(frame);
    // A view that is zoomed in follows the playhead a page at a time.
    if (!this.drag && (seconds < this.view.from || seconds > this.view.to)) {
      const length = this.view.to - this.view.from;
      this.show(seconds - 0.1 * length, seconds + 0.9 * length);
    }
    this.redraw();
  }

  redraw(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.draw();
    });
  }

  /** Show a stretch of time, in seconds, kept within the clip. */
  show(from: number, to: number): void {
    const [first, last] = this.whole;
    const length = Math.min(Math.max(to - from, SHORTEST_VIEW_FRAMES * this.clock.step), last - first);
    this.view.from = Math.min(Math.max(from, first), last - length);
    this.view.to = this.view.from + length;
    this.redraw();
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.drag = this.overLimit(event) ? "threshold" : "scrub";
    this.move(event);
  }

  private move(event: PointerEvent): void {
    const frame = this.frameAt(event.offsetX);
    if (this.drag === "threshold") {
      const value = this.rounded(scoreAt(this.view, event.offsetY));
      this.setThreshold(value);
      this.call.threshold(value, false);
    } else if (this.drag === "scrub") {
      this.call.seek(frame);
    }
    this.canvas.style.cursor = this.drag === "threshold" || this.overLimit(event) ? "ns-resize" : "crosshair";
    this.call.hover(this.drag === "threshold" ? null : frame, event.offsetX);
  }

  private release(event: PointerEvent): void {
    const drag = this.drag;
    this.drag = null;
    if (drag === "threshold") this.call.threshold(this.threshold, true);
    if (drag === "scrub" && event.type === "pointerup") this.call.chosen(this.frameAt(event.offsetX));
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const { from, to } = this.view;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = ((event.deltaX || event.deltaY) / 500) * (to - from);
      this.show(from + by, to + by);
      return;
    }
    const here = secondsAt(this.view, event.offsetX);
    const factor = Math.exp(Math.min(Math.max(event.deltaY, -200), 200) / 300);
    this.show(here - (here - from) * factor, here + (to - here) * factor);
  }

  private overLimit(event: PointerEvent): boolean {
    return Math.abs(event.offsetY - yOf(this.view, this.threshold)) <= GRIP && event.offsetX >= this.view.left - GUTTER;
  }

  private frameAt(x: number): number {
    return Math.min(this.clock.frame(secondsAt(this.view, x)), this.clock.length - 1);
  }

  /** Round a threshold to the step of the page's own field, between 0 and the highest score. */
  private rounded(value: number): number {
    const top = Math.max(this.scoreRange[1], this.threshold);
    const step = 10 ** (Math.floor(Math.log10(top)) - 3);
    return Number((Math.round(Math.min(Math.max(value, 0), top) / step) * step).toPrecision(12));
  }

  private draw(): void {
    const ratio = window.devicePixelRatio || 1;
    const [across, down] = [this.canvas.clientWidth, this.canvas.clientHeight];
    if (!across) return;
    const size = [across, down].map((length) => Math.round(length * ratio));
    if (this.canvas.width !== size[0] || this.canvas.height !== size[1]) [this.canvas.width, this.canvas.height] = size;
    const view = this.view;
    [view.right, view.lower] = [across - EDGE, down - AXIS - LANE * (1 + this.lanes.length) - 4];
    [view.bottom, view.top] = [Math.min(0, this.threshold), 1.04 * Math.max(this.scoreRange[1], this.threshold)];
    const context = this.context;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, across, down);
    const style = getComputedStyle(this.canvas);
    const colours = { text: style.color, raw: style.getPropertyValue("--raw"), smooth: style.getPropertyValue("--smooth") };
    this.drawSpans(context);
    this.drawBase(context, colours, across, down, ratio);
    this.drawLimit(context);
    const x = xOf(view, this.clock.at(this.now));
    context.fillStyle = colours.text;
    context.fillRect(x - 0.75, 0, 1.5, down - AXIS);
  }

  /** Curve, axes and the names of the lanes: what depends on the view alone is drawn once. */
  private drawBase(
    context: CanvasRenderingContext2D, colours: { text: string; raw: string; smooth: string }, across: number, down: number, ratio: number,
  ): void {
    const key = JSON.stringify([this.view, colours, across, down, ratio]);
    if (key !== this.curveOf) {
      this.curveOf = key;
      [this.curve.width, this.curve.height] = [Math.round(across * ratio), Math.round(down * ratio)];
      const own = this.curve.getContext("2d")!;
      own.setTransform(ratio, 0, 0, ratio, 0, 0);
      own.save();
      own.beginPath();
      own.rect(this.view.left, 0, this.view.right - this.view.left, down);
      own.clip();
      drawCurve(own, this.scores, this.clock, this.view, colours);
      own.restore();
      this.drawAxes(own, colours.text, down);
    }
    context.drawImage(this.curve, 0, 0, across, down);
  }

  private drawAxes(context: CanvasRenderingContext2D, text: string, down: number): void {
    const view = this.view;
    context.fillStyle = text;
    context.globalAlpha = 0.7;
    context.font = "10.5px system-ui, sans-serif";
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const score of ticks(view.bottom, view.top, 4)) context.fillText(String(score), view.left - 6, yOf(view, score));
    ["events", ...this.lanes.map(([name]) => name)].forEach((name, i) =>
      context.fillText(name, view.left - 6, view.lower + 4 + LANE * (i + 0.5)));
    context.textAlign = "center";
    const short = view.to - view.from < 10 ? 2 : 0;
    for (const seconds of ticks(view.from, view.to, (view.right - view.left) / 70)) {
      const x = xOf(view, seconds);
      context.fillRect(x, down - AXIS, 1, 3);
      context.fillText(timestamp(seconds, short), Math.min(Math.max(x, view.left + 14), view.right - 14), down - AXIS / 2 + 2);
    }
    context.globalAlpha = 0.25;
    context.fillRect(view.left, view.lower, view.right - view.left, 1);
    context.globalAlpha = 1;
  }

  private drawSpans(context: CanvasRenderingContext2D): void {
    const top = this.view.lower + 4;
    for (const one of this.events) {
      const colour = KIND_COLOURS[one.kind % KIND_COLOURS.length];
      const chosen = this.selected?.first === one.first && this.selected.last === one.last;
      this.span(context, one, this.view.upper, top - 4, colour, chosen ? 0.28 : 0.13);
      this.span(context, one, top, top + LANE - 2, colour, chosen ? 1 : 0.75);
    }
    this.lanes.forEach(([, spans, colour], i) => {
      for (const one of spans) this.span(context, one, top + LANE * (i + 1), top + LANE * (i + 2) - 3, colour, 0.8);
    });
  }

  private span(context: CanvasRenderingContext2D, one: { first: number; last: number }, upper: number, lower: number, colour: string, alpha: number): void {
    const [from, to] = [this.clock.at(one.first), this.clock.end(one.last)];
    if (to < this.view.from || from > this.view.to) return;
    const left = Math.max(xOf(this.view, from), this.view.left);
    const right = Math.min(xOf(this.view, to), this.view.right);
    context.globalAlpha = alpha;
    context.fillStyle = colour;
    context.fillRect(left, upper, Math.max(right - left, 1.5), lower - upper);
    context.globalAlpha = 1;
  }

  private drawLimit(context: CanvasRenderingContext2D): void {
    const y = yOf(this.view, this.threshold);
    context.strokeStyle = context.fillStyle = LIMIT;
    context.lineWidth = 1.5;
    context.setLineDash([6, 4]);
    context.beginPath();
    context.moveTo(this.view.left, y);
    context.lineTo(this.view.right, y);
    context.stroke();
    context.setLineDash([]);
    context.beginPath();
    context.roundRect(this.view.left - 40, y - 8, 38, 16, 3);
    context.fill();
    context.fillStyle = "#fff";
    context.font = "600 10.5px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(this.threshold.toFixed(2), this.view.left - 21, y + 0.5);
  }

  /** What the lanes say of a frame, in words. */
  said(frame: number): string[] {
    const inside = ({ first, last }: { first: number; last: number }) => first <= frame && frame <= last;
    const found = this.events.findIndex(inside);
    const event = found < 0 ? [] : [`event ${found + 1}: raised by ${this.head.kinds[this.events[found].kind]}`];
    return [...event, ...this.lanes.flatMap(([name, spans]) => spans.filter(inside).map((one) => `${name}: ${one.label}`))];
  }
}
