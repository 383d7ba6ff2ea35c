// Joins the parts: pictures, layers, timeline, buttons and keys.

import type { Packed } from "./binary.ts";
import { Clock, timestamp } from "./clock.ts";
import { button, element, keyList, toggle } from "./dom.ts";
import { Echo } from "./echo.ts";
import { HeatStore } from "./heat.ts";
import { handleKey, KEYS, type Actions } from "./keys.ts";
import { Reviews } from "./reviews.ts";
import { eventAt, type Scores } from "./rule.ts";
import { PictureSource, VideoSource, type Source } from "./source.ts";
import { Stage, type Layers } from "./stage.ts";
import { Things } from "./things.ts";
import { Timeline } from "./timeline.ts";
import { Tip } from "./tip.ts";
import type { EventSpan, Notify, PlayerData, Review, TimelineHead } from "./types.ts";

const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4, 8];
/** Outlives a player: where each run was left, and what was switched on. */
const LEFT_AT = new Map<string, { frame: number; at: number | null }>();
const LAYERS: Layers = { heat: true, strength: 0.55, causes: true, trails: false, things: false };

export class Workbench implements Actions {
  readonly root: HTMLElement;
  private readonly clock: Clock;
  private readonly scores: Scores;
  private readonly stage: Stage;
  private readonly timeline: Timeline;
  private readonly source: Source;
  private readonly tip: Tip;
  private readonly playButton = button("▶", "Play", () => this.toggle());
  private readonly lockButton = button("⟲", "Play within the event", () => this.lock());
  private readonly speedText = element("span", { class: "speed", title: "Speed" });
  private readonly told = element("output", { class: "told" });
  private readonly keys = keyList(KEYS);
  private readonly onKey = (event: KeyboardEvent) => void handleKey(event, this, this.root);
  private notify: Notify = () => {};
  private speedAt = SPEEDS.indexOf(1);
  private locked: EventSpan | null = null;
  private threshold: number;
  private readonly unit: string;
  private at: number | null = null;
  private opening = true;
  private readonly frames = new Echo<number | null>(undefined);
  private readonly thresholds: Echo<number>;
  private readonly reviews = new Reviews((told) => this.notify("review", told));

  constructor(
    private readonly data: PlayerData,
    packed: Packed<TimelineHead>,
  ) {
    const { head } = packed;
    const base = `play/${data.run}`;
    this.threshold = data.threshold;
    this.unit = head.unit;
    this.thresholds = new Echo(data.threshold);
    this.clock = new Clock(packed.array("seconds", "f8"), head.step);
    this.scores = { raw: packed.array("scores", "f4"), smooth: packed.array("smooth", "f4"), kinds: packed.array("kind", "u1") };
    const drawn = () => this.stage.drawLayers();
    const heats = new HeatStore(base, data.version, heatFrames(packed.array("analysed", "u1")), drawn);
    const things = new Things(`${base}/things?v=${encodeURIComponent(data.version)}`, drawn, (said) => this.stage.say(said));
    this.stage = new Stage(head, this.clock, packed.array("palette", "u1"), LAYERS, heats, things);
    const canvas = element("canvas", { class: "timeline", role: "img", "aria-label": "Score over time, with the events" });
    this.timeline = new Timeline(canvas, head, this.scores, this.clock, {
      seek: (frame) => this.seek(frame),
      chosen: (frame) => this.choose(frame),
      threshold: (value, final) => this.setThreshold(value, final),
      hover: (frame, x) => this.hover(frame, x),
    });
    this.tip = new Tip(packed.array("pictures", "u4"), (frame) => this.address(`picture/${frame}?size=176`));
    this.source = this.opened(packed.array("pictures", "u4"));
    this.root = element("div", { class: "player" }, this.stage.root, this.bar(), this.keys,
      element("div", { class: "time" }, canvas, this.tip.root));
    this.stage.root.onclick = (event) => this.click(event);
    window.addEventListener("keydown", this.onKey, true);
    this.timeline.setThreshold(this.threshold);
    this.showSpeed();
  }

  /** Take over what the page says with a rerun: another frame, threshold or event; what the user does goes on. */
  update(data: PlayerData, notify: Notify): void {
    this.notify = notify;
    this.stage.causes = data.causes;
    this.stage.highlight = data.highlight;
    if (this.thresholds.news(data.threshold) && !this.timeline.dragging) {
      this.threshold = data.threshold;
      this.timeline.setThreshold(data.threshold);
    }
    const left = this.opening ? LEFT_AT.get(data.run) : undefined;
    const news = this.frames.news(data.at);
    if (this.opening) this.seek(left && left.at === data.at ? left.frame : (data.at ?? 0));
    else if (news && data.at !== null) this.seek(data.at);
    [this.opening, this.at] = [false, data.at];
    this.reviews.drawn(data.turn, data.at);
    this.stage.drawLayers();
  }

  close(): void {
    window.removeEventListener("keydown", this.onKey, true);
    this.source.close();
    this.stage.close();
  }

  /** A click on the box of a cause follows that cause, or no longer; anywhere else it plays or pauses. */
  private click(event: MouseEvent): void {
    const rank = this.stage.causeAt(event.clientX, event.clientY);
    if (rank) this.notify("cause", rank);
    else this.toggle();
  }

  toggle(): void {
    if (this.source.playing) {
      this.source.pause();
    } else {
      if (this.source.aim >= this.clock.length - 1) this.seek(this.locked?.first ?? 0);
      this.source.play();
    }
    this.showPlaying();
  }

  step(frames: number): void {
    this.source.pause();
    this.seek(this.source.aim + frames);
    this.showPlaying();
  }

  skip(seconds: number): void {
    this.seek(this.clock.frame(this.clock.at(this.source.aim) + seconds));
  }

  speed(steps: number): void {
    this.speedAt = Math.min(Math.max(this.speedAt + steps, 0), SPEEDS.length - 1);
    this.showSpeed();
  }

  event(steps: number): void {
    const { events } = this.timeline;
    const here = this.source.aim;
    const found = steps > 0 ? events.find((one) => one.first > here && one.peak > here)
      : events.findLast((one) => one.last < here || (one.peak < here && one.last >= here));
    if (found) this.choose(found.peak);
  }

  lock(): void {
    const index = eventAt(this.timeline.events, this.source.aim);
    this.locked = this.locked || index < 0 ? null : this.timeline.events[index];
    if (this.locked) this.holdInEvent(this.source.aim);
    this.lockButton.setAttribute("aria-pressed", String(this.locked !== null));
  }

  help(): void {
    this.keys.hidden = !this.keys.hidden;
  }

  review(told: Review): void {
    this.reviews.say(told);
  }

  private opened(kept: Uint32Array): Source {
    const shown = (frame: number, picture: HTMLCanvasElement | HTMLImageElement) => this.shown(frame, picture);
    const trouble = (sentence: string) => this.stage.say(sentence);
    if (!this.data.copy) {
      this.stage.say(kept.length ? "" : "No picture is kept of this run; wait for its playback copy.");
      return new PictureSource(kept, (frame) => this.address(`picture/${frame}`), shown, trouble);
    }
    const { video } = this.stage;
    video.src = this.address("clip.mp4");
    video.onplay = video.onpause = video.onended = () => this.showPlaying();
    return new VideoSource(video, this.data.copy, shown, trouble);
  }

  private address(path: string): string {
    const mark = path.includes("?") ? "&" : "?";
    return new URL(`play/${this.data.run}/${path}${mark}v=${encodeURIComponent(this.data.version)}`, document.baseURI).href;
  }

  private shown(frame: number, picture: HTMLCanvasElement | HTMLImageElement): void {
    if (this.source?.playing && this.locked && (frame > this.locked.last || frame < this.locked.first)) {
      this.source.seek(this.locked.first);
      return;
    }
    this.stage.show(frame, picture);
    LEFT_AT.set(this.data.run, { frame, at: this.at });
    if (this.source instanceof VideoSource) this.source.pace(this.paceAt(frame));
    const { events } = this.timeline;
    const index = events.findIndex((one) => one.first <= frame && frame <= one.last);
    this.timeline.setFrame(frame, events[index] ?? null);
    const score = this.scores.raw[frame];
    this.told.textContent = [`frame ${frame.toLocaleString("en")}`, timestamp(this.clock.at(frame)),
      Number.isFinite(score) ? `${score.toFixed(2)} ${this.unit}` : "no score"].join(" · ");
    this.told.dataset.frame = String(frame);
  }

  /** How fast the copy must run for the clip's own pace at a frame: its frames may be shown for any time. */
  private paceAt(frame: number): number {
    const [over, under] = this.data.copy!.rate;
    return (SPEEDS[this.speedAt] * under) / (over * Math.max(this.clock.end(frame) - this.clock.at(frame), 1e-3));
  }

  private seek(frame: number): void {
    this.source.seek(Math.min(Math.max(frame, 0), this.clock.length - 1));
  }

  /** Go to a frame that was chosen, and let the page follow to its event. */
  private choose(frame: number): void {
    this.seek(frame);
    if (this.locked) {
      const index = eventAt(this.timeline.events, frame);
      this.locked = this.timeline.events[index] ?? null;
    }
    this.frames.send(frame);
    this.reviews.ask(frame);
    this.notify("event", frame);
  }

  private setThreshold(value: number, final: boolean): void {
    this.timeline.setThreshold(value);
    if (!final || value === this.threshold) return;
    this.threshold = value;
    this.thresholds.send(value);
    this.notify("threshold", value);
  }

  private hover(frame: number | null, x: number): void {
    if (frame === null) return this.tip.hide();
    const score = this.scores.raw[frame];
    const lines = [`frame ${frame.toLocaleString("en")} · ${timestamp(this.clock.at(frame))}`,
      Number.isFinite(score) ? `score ${score.toFixed(2)} ${this.unit}` : "no score", ...this.timeline.said(frame)];
    this.tip.show(lines, frame, x, this.timeline.canvas.clientWidth);
  }

  private holdInEvent(frame: number): void {
    if (this.locked && (frame < this.locked.first || frame > this.locked.last)) this.seek(this.locked.first);
  }

  private showSpeed(): void {
    this.speedText.textContent = `${SPEEDS[this.speedAt]}×`;
    if (this.source instanceof VideoSource && this.stage.frame >= 0) this.source.pace(this.paceAt(this.stage.frame));
  }

  private showPlaying(): void {
    const playing = this.source.playing;
    this.playButton.textContent = playing ? "❚❚" : "▶";
    this.playButton.setAttribute("aria-label", playing ? "Pause" : "Play");
  }

  private bar(): HTMLElement {
    const redraw = () => this.stage.drawLayers();
    const layer = (name: string, key: "heat" | "causes" | "trails" | "things") => toggle(name, LAYERS[key], (on) => {
      LAYERS[key] = on;
      redraw();
    })[0];
    const strength = element("input", { type: "range", min: "5", max: "100", step: "5", "aria-label": "Strength of the heat" });
    strength.value = String(100 * LAYERS.strength);
    strength.oninput = () => {
      LAYERS.strength = Number(strength.value) / 100;
      redraw();
    };
    return element("div", { class: "bar" },
      element("span", { class: "group" }, button("‹", "One frame back", () => this.step(-1)), this.playButton,
        button("›", "One frame ahead", () => this.step(1)), this.speedText, this.lockButton),
      this.told,
      element("span", { class: "group layers" }, layer("Heat", "heat"), strength, layer("Causes", "causes"),
        layer("Trails", "trails"), layer("All boxes", "things"), button("?", "Keys", () => this.help())));
  }
}

/** Of each frame, the analysed one whose score and heat it has; -1 before the first. */
function heatFrames(analysed: Uint8Array): Int32Array {
  const found = new Int32Array(analysed.length);
  let last = -1;
  analysed.forEach((flag, frame) => {
    if (flag) last = frame;
    found[frame] = last;
  });
  return found;
}
