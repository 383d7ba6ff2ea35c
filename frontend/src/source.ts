// Pictures of a clip by the number of the frame. The number that is told is always that of the picture handed over.
//
// The playback copy has one picture for each frame of the clip, at a constant rate and without reordering, so that
// picture n begins at n / rate exactly (pipeline/playback.py). A seek goes to the middle of its interval; which picture
// the browser then draws is read from the blocks below it.

import { readNumber, stripHeight } from "./marks.ts";
import type { Copy } from "./types.ts";

/** Told the number of each picture that is presented, with what draws it. */
export type Shown = (frame: number, picture: HTMLCanvasElement | HTMLImageElement) => void;

export interface Source {
  readonly playing: boolean;
  /** The frame that will be shown once all is settled. */
  readonly aim: number;
  seek(frame: number): void;
  /** Play at `speed` times the clip's own pace from the next frame on. */
  play(): void;
  pause(): void;
  close(): void;
}

/** Where in a frame's interval a seek aims, in the order of the tries. */
const AIMS = [0.5, 0.25, 0.75];
const SETTLE_MS = 400;

export class VideoSource implements Source {
  private wanted: number | null = null;
  private going: number | null = null;
  private shown = -1;
  private tries = 0;
  private asked = 0;
  private timer = 0;
  private closed = false;
  private readonly rate: number;
  private readonly frames: number;
  private readonly size: [number, number];
  private readonly whole = document.createElement("canvas");
  private readonly context: CanvasRenderingContext2D;
  private readonly picture = document.createElement("canvas");

  constructor(
    private readonly video: HTMLVideoElement,
    copy: Copy,
    private readonly onShown: Shown,
    private readonly onTrouble: (sentence: string) => void,
  ) {
    [this.rate, this.frames] = [copy.rate[0] / copy.rate[1], copy.frames];
    this.size = [copy.width + (copy.width % 2), copy.height + (copy.height % 2)];
    [this.whole.width, this.whole.height] = [this.size[0], this.size[1] + stripHeight(this.size[0])];
    [this.picture.width, this.picture.height] = [copy.width, copy.height];
    this.context = this.whole.getContext("2d", { willReadFrequently: true })!;
    this.watch();
    video.onseeked = () => this.seeked();
    video.onerror = () => onTrouble("The playback copy cannot be played; reload the page, or delete the run and analyse the clip again.");
  }

  get playing(): boolean {
    return !this.video.paused && !this.video.ended;
  }

  get aim(): number {
    return this.wanted ?? this.going ?? Math.max(this.shown, 0);
  }

  seek(frame: number): void {
    this.wanted = Math.min(Math.max(frame, 0), this.frames - 1);
    if (this.going === null) this.next();
  }

  play(): void {
    void this.video.play().catch(() => this.onTrouble("The browser does not start to play."));
  }

  pause(): void {
    this.video.pause();
  }

  /** Set how fast the copy runs against real time, for a clip whose frames are not evenly spaced. */
  pace(factor: number): void {
    const bounded = Math.min(Math.max(factor, 0.0625), 16);
    if (Math.abs(this.video.playbackRate / bounded - 1) > 0.01) this.video.playbackRate = bounded;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.video.onseeked = this.video.onerror = null;
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }

  private next(): void {
    if (this.wanted === null || this.wanted === this.shown) {
      this.wanted = this.going = null;
      return;
    }
    [this.going, this.wanted, this.tries, this.asked] = [this.wanted, null, 0, performance.now()];
    this.go();
  }

  private go(): void {
    if (this.going !== null) this.video.currentTime = (this.going + AIMS[this.tries]) / this.rate;
  }

  private watch(): void {
    this.video.requestVideoFrameCallback(() => {
      if (this.closed) return;
      this.present();
      this.watch();
    });
  }

  /** Draw what the video shows, and tell its number. */
  private present(): void {
    this.context.drawImage(this.video, 0, 0);
    const frame = readNumber(this.context, this.size[0], this.size[1]);
    if (frame === null || frame === this.shown) return;
    this.shown = frame;
    this.picture.getContext("2d")!.drawImage(this.whole, 0, 0);
    this.onShown(frame, this.picture);
    if (frame !== this.going) return;
    performance.measure("whycam:seek", { start: this.asked, end: performance.now() });
    clearTimeout(this.timer);
    this.going = null;
    this.next();
  }

  /** The picture comes with or soon after the event; where another one came, aim elsewhere in the frame's interval. */
  private seeked(): void {
    if (!this.closed) this.present();
    clearTimeout(this.timer);
    if (this.going !== null) this.timer = window.setTimeout(() => this.tryAgain(), SETTLE_MS);
  }

  private tryAgain(): void {
    if (this.going === null || this.closed) return;
    if (this.wanted !== null || this.playing) {
      this.going = null;
      this.next();
    } else if (++this.tries < AIMS.length) {
      this.go();
    } else {
      this.onTrouble(`The browser shows frame ${this.shown} in place of frame ${this.going}.`);
      this.going = null;
    }
  }
}

/** The pictures that a run keeps of its events' frames, while there is no playback copy. */
export class PictureSource implements Source {
  readonly playing = false;
  private shown = -1;
  private asked = -1;

  constructor(
    private readonly kept: Uint32Array,
    private readonly address: (frame: number) => string,
    private readonly onShown: Shown,
    private readonly onTrouble: (sentence: string) => void,
  ) {}

  get aim(): number {
    return Math.max(this.asked, this.shown, 0);
  }

  seek(frame: number): void {
    if (!this.kept.length) return;
    const away = frame > this.aim ? 1 : -1;
    let best = this.kept[0];
    for (const one of this.kept) {
      if (Math.abs(one - frame) < Math.abs(best - frame)) best = one;
    }
    // A step of one frame goes to the next picture that is kept.
    if (best === this.shown && frame !== this.shown) best = this.neighbour(best, away);
    this.asked = best;
    const picture = new Image();
    picture.onload = () => {
      if (this.asked !== best) return;
      this.shown = best;
      this.onShown(best, picture);
    };
    picture.onerror = () => this.onTrouble(`The picture kept of frame ${best} cannot be read.`);
    picture.src = this.address(best);
  }

  play(): void {
    this.onTrouble("The clip can be played once its playback copy is made.");
  }

  pause(): void {}

  close(): void {
    this.asked = -1;
  }

  private neighbour(frame: number, away: number): number {
    const index = this.kept.indexOf(frame) + away;
    return this.kept[Math.min(Math.max(index, 0), this.kept.length - 1)];
  }
}
