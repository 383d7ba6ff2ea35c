// What keys say of the event beside the player: told one at a time, and not before the page shows the event that is
// meant. The user may have gone on to another event which the page, drawn anew meanwhile, does not show yet.

import type { Review } from "./types.ts";

export class Reviews {
  private waiting: Review[] = [];
  private asked: number[] = [];
  private at: number | null = null;
  private turn = -1;
  private told = -1;

  constructor(private readonly tell: (said: Review) => void) {}

  /** Note that the page is asked to show the event at a frame. */
  ask(frame: number): void {
    if (this.asked.length || frame !== this.at) this.asked.push(frame);
  }

  say(said: Review): void {
    this.waiting.push(said);
    this.next();
  }

  /** Take that the page was drawn, for the `turn`th time and at a frame. */
  drawn(turn: number, at: number | null): void {
    const own = at === null ? -1 : this.asked.indexOf(at);
    if (own >= 0) this.asked = this.asked.slice(own + 1);
    else if (at !== this.at) this.asked = []; // it went elsewhere
    [this.turn, this.at] = [turn, at];
    this.next();
  }

  private next(): void {
    if (this.asked.length || this.told === this.turn || !this.waiting.length) return;
    this.told = this.turn;
    this.tell(this.waiting.shift()!);
  }
}
