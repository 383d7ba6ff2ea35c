// What the page gives to the player, and what the player takes from a run's files.

/** How events are cut; pipeline/events.py describes the fields. */
export interface EventRule {
  low: number;
  shortest: number;
  gap: number;
  lead: number;
  longest_lead: number;
}

/** A stretch of frames, `last` inclusive. */
export interface Span {
  first: number;
  last: number;
  label: string;
}

/** An event: `kind` is the index of the kind of score that is the greatest at the peak. */
export interface EventSpan {
  first: number;
  last: number;
  peak: number;
  score: number;
  kind: number;
}

/** A thing followed over time: frames ascending, boxes (x1, y1, x2, y2) in pixels of the clip, one after the other. */
export interface Tube {
  label: string;
  frames: number[];
  boxes: number[];
}

/** A playback copy: frames a second as a fraction, and the size of its pictures without the blocks below them. */
export interface Copy {
  frames: number;
  rate: [number, number];
  width: number;
  height: number;
}

/** The component's data: small, and sent with each rerun of the page. */
export interface PlayerData {
  run: string;
  /** Changes with the run's files. */
  version: string;
  /** The playback copy; null while there is none. */
  copy: Copy | null;
  threshold: number;
  /** The frame to show; the player seeks when it changes. */
  at: number | null;
  /** Another one whenever the page was drawn. */
  turn: number;
  /** Causes of the event that is looked at, best first. */
  causes: Tube[];
  /** Rank of the cause that is followed, from 1; 0 for none. */
  highlight: number;
}

/** The head of a run's timeline. */
export interface TimelineHead {
  width: number;
  height: number;
  step: number;
  kinds: string[];
  /** Of the scores: nats or dB. */
  unit: string;
  rule: EventRule;
  disturbances: Span[];
  /** Events of what stands or is gone, which the threshold does not cut. */
  standing: Span[];
  truth: Span[];
}

/** What a key says of the event beside the player. */
export type Review = "reviewed" | "true" | "false" | "unsure" | "case";

export type Notify = (name: "threshold" | "event" | "cause" | "review", value: number | Review) => void;
