// The picture with its layers: the frame itself, heat stretched over it, and boxes at the screen's own resolution.

import { BoxPainter, placed, trail } from "./boxes.ts";
import type { Clock } from "./clock.ts";
import { element } from "./dom.ts";
import { paintHeat, type HeatStore } from "./heat.ts";
import type { Things } from "./things.ts";
import type { TimelineHead, Tube } from "./types.ts";

/** What is drawn over the picture. */
export interface Layers {
  heat: boolean;
  strength: number;
  causes: boolean;
  trails: boolean;
  things: boolean;
}

/** Colours of the first cause, the others and all things, as in the report's pictures. */
const [FIRST, OTHERS, THINGS] = ["rgb(95, 227, 245)", "rgb(255, 176, 66)", "rgb(200, 200, 196)"];

/** How opaque causes are while another one is followed. */
const FAINT = 0.35;

export class Stage {
  readonly root: HTMLElement;
  readonly video = element("video", { playsinline: "", preload: "auto", tabindex: "-1", "aria-hidden": "true" });
  private readonly picture = element("canvas", { class: "picture", role: "img", "aria-label": "Frame of the clip" });
  private readonly heat = element("canvas", { class: "heat", "aria-hidden": "true" });
  private readonly boxes = element("canvas", { class: "boxes", "aria-hidden": "true" });
  private readonly message = element("p", { class: "message", role: "status", hidden: "" });
  private readonly painter = new BoxPainter(this.boxes);
  private readonly watching: ResizeObserver;
  causes: Tube[] = [];
  /** Rank of the cause that is followed, from 1: the others are faint; 0 for none. */
  highlight = 0;
  frame = -1;

  constructor(
    private readonly head: TimelineHead,
    private readonly clock: Clock,
    private readonly palette: Uint8Array,
    readonly layers: Layers,
    private readonly heats: HeatStore,
    private readonly things: Things,
  ) {
    this.video.muted = true;
    this.root = element("div", { class: "stage" }, this.video, this.picture, this.heat, this.boxes, this.message);
    this.root.style.setProperty("--ratio", String(head.width / head.height));
    this.watching = new ResizeObserver(() => this.drawLayers());
    this.watching.observe(this.root);
  }

  /** Show a frame's picture, with its layers. */
  show(frame: number, picture: HTMLCanvasElement | HTMLImageElement): void {
    const [width, height] = sizeOf(picture);
    if (this.picture.width !== width || this.picture.height !== height) [this.picture.width, this.picture.height] = [width, height];
    this.picture.getContext("2d")!.drawImage(picture, 0, 0);
    this.frame = frame;
    this.picture.dataset.frame = String(frame);
    this.say("");
    this.drawLayers();
  }

  /** Draw the layers of the frame that is shown. */
  drawLayers(): void {
    if (this.frame < 0) return;
    const { layers, frame, clock } = this;
    const heat = layers.heat ? this.heats.of(frame) : null;
    paintHeat(this.heat, heat ?? null, this.palette);
    this.heat.style.opacity = String(layers.strength);
    this.heat.dataset.state = heat ? "shown" : heat === undefined ? "coming" : "none";
    this.boxes.dataset.highlight = String(this.highlight);
    this.painter.clear(this.head.width);
    if (layers.things) {
      for (const { place, label } of this.things.in(frame, clock)) this.painter.box(place, { colour: THINGS, caption: label });
    }
    [...this.causes].reverse().forEach((tube, back) => this.drawCause(tube, this.causes.length - back));
  }

  private drawCause(tube: Tube, rank: number): void {
    const colour = rank === 1 ? FIRST : OTHERS;
    const place = placed(tube, this.frame, this.clock);
    if (!place) return;
    const [followed, faint] = [rank === this.highlight, this.highlight > 0 && rank !== this.highlight];
    this.boxes.getContext("2d")!.globalAlpha = faint ? FAINT : 1;
    if (this.layers.trails || followed) this.painter.trail(trail(tube, this.frame, this.clock), colour);
    if (this.layers.causes || followed) this.painter.box(place, { colour, caption: `${rank} ${tube.label}` });
    this.boxes.getContext("2d")!.globalAlpha = 1;
  }

  /** Rank of the cause whose box is at a place of the window, the smallest box first; 0 where none is drawn there. */
  causeAt(x: number, y: number): number {
    if (!this.layers.causes && !this.highlight) return 0;
    const { left, top, width, height } = this.boxes.getBoundingClientRect();
    const [px, py] = [((x - left) * this.head.width) / width, ((y - top) * this.head.height) / height];
    let [found, least] = [0, Infinity];
    this.causes.forEach((tube, index) => {
      const box = placed(tube, this.frame, this.clock)?.box;
      if (!box || px < box[0] || px > box[2] || py < box[1] || py > box[3]) return;
      const area = (box[2] - box[0]) * (box[3] - box[1]);
      if (area < least) [found, least] = [index + 1, area];
    });
    return found;
  }

  /** Say a sentence over the picture; empty: nothing. */
  say(sentence: string): void {
    this.message.textContent = sentence;
    this.message.hidden = !sentence;
  }

  close(): void {
    this.watching.disconnect();
  }
}

function sizeOf(picture: HTMLCanvasElement | HTMLImageElement): [number, number] {
  return picture instanceof HTMLCanvasElement ? [picture.width, picture.height] : [picture.naturalWidth, picture.naturalHeight];
}
