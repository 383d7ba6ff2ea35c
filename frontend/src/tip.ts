// What is told of the frame under the pointer: its number, time and score, with a small picture where one is kept.

import { element } from "./dom.ts";

const WAIT_MS = 90;
/** Frames between the pointer's frame and the kept one whose picture may stand for it. */
const NEAR_FRAMES = 8;

export class Tip {
  private readonly image = element("img", { alt: "", hidden: "" });
  private readonly text = element("div");
  readonly root = element("div", { class: "tip", role: "tooltip", hidden: "" }, this.image, this.text);
  private timer = 0;
  private pictured = -1;

  constructor(
    private readonly kept: Uint32Array,
    private readonly address: (frame: number) => string,
  ) {}

  show(lines: string[], frame: number, x: number, width: number): void {
    this.text.replaceChildren(...lines.map((line) => element("div", {}, line)));
    this.root.hidden = false;
    this.root.style.left = `${Math.min(Math.max(x - 90, 0), Math.max(width - 184, 0))}px`;
    const near = this.nearest(frame);
    if (near === this.pictured) return;
    this.image.hidden = true;
    this.pictured = near;
    clearTimeout(this.timer);
    if (near < 0) return;
    this.timer = window.setTimeout(() => {
      this.image.onload = () => (this.image.hidden = false);
      this.image.src = this.address(near);
    }, WAIT_MS);
  }

  hide(): void {
    clearTimeout(this.timer);
    this.root.hidden = true;
    this.pictured = -1;
  }

  private nearest(frame: number): number {
    let best = -1;
    for (const one of this.kept) if (Math.abs(one - frame) <= NEAR_FRAMES && (best < 0 || Math.abs(one - frame) < Math.abs(best - frame))) best = one;
    return best;
  }
}
