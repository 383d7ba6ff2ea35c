// The component in which an area is drawn on a camera's picture; ui/area.py mounts it. Corners are shares of the
// picture's width and height. By mouse: a click adds a corner, corners are dragged. By keyboard: arrows move the mark.

import { element } from "./dom.ts";
import { Echo } from "./echo.ts";

type Point = [number, number];

interface AreaData {
  /** A `data:` address of the picture. */
  picture: string;
  points: Point[];
}

interface Mount {
  data: AreaData;
  parentElement: HTMLElement | ShadowRoot;
  setTriggerValue(name: string, value: string): void;
}

/** Steps of the mark, in shares of the picture; with Shift the large one. */
const [STEP, LARGE] = [0.01, 0.05];
/** How near the pointer must be to a corner to take it, in pixels. */
const REACH = 10;
const HELP = "Click to add a corner, drag one to move it. Keys: arrows move the mark (Shift: further), Enter adds a corner "
  + "there, Backspace takes the last one back, Delete clears all.";
const SVG = "http://www.w3.org/2000/svg";
const MOUNTED = new WeakMap<Node, AreaEditor>();

export default function mount({ data, parentElement, setTriggerValue }: Mount): void {
  const place = parentElement.querySelector<HTMLElement>("#area")!;
  let editor = MOUNTED.get(place);
  if (!editor) {
    editor = new AreaEditor();
    MOUNTED.set(place, editor);
    place.replaceChildren(editor.root);
  }
  editor.update(data, (points) => setTriggerValue("points", JSON.stringify(points)));
}

class AreaEditor {
  readonly root: HTMLElement;
  private readonly image = element("img", { alt: "", draggable: "false" });
  private readonly svg = document.createElementNS(SVG, "svg");
  private readonly told = element("p", { role: "status", class: "told" });
  private points: Point[] = [];
  private mark: Point = [0.5, 0.5];
  private dragged = -1;
  private readonly echo = new Echo<string>(undefined);
  private notify: (points: Point[]) => void = () => {};

  constructor() {
    this.svg.setAttribute("viewBox", "0 0 1000 1000");
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.svg.setAttribute("aria-hidden", "true");
    const picture = element("div", { class: "picture", tabindex: "0", role: "application", "aria-label": `Area of the picture. ${HELP}` },
      this.image, this.svg as unknown as Node);
    picture.onpointerdown = (event) => this.press(event, picture);
    picture.onpointermove = (event) => this.move(event, picture);
    picture.onpointerup = () => this.release();
    picture.onkeydown = (event) => this.key(event);
    this.root = element("div", { class: "area" }, picture, element("p", { class: "help" }, HELP), this.told);
  }

  update(data: AreaData, notify: (points: Point[]) => void): void {
    if (this.image.getAttribute("src") !== data.picture) this.image.src = data.picture;
    this.notify = notify;
    if (this.dragged < 0 && this.echo.news(text(data.points))) this.points = data.points.map(([x, y]) => [x, y]);
    this.draw();
  }

  private press(event: PointerEvent, picture: HTMLElement): void {
    const at = this.at(event, picture);
    this.mark = at;
    this.dragged = this.near(event, picture);
    if (this.dragged < 0) {
      this.points.push(at);
      this.dragged = this.points.length - 1;
    }
    picture.setPointerCapture(event.pointerId);
    this.draw();
  }

  private move(event: PointerEvent, picture: HTMLElement): void {
    if (this.dragged < 0) return;
    this.points[this.dragged] = this.mark = this.at(event, picture);
    this.draw();
  }

  private release(): void {
    if (this.dragged < 0) return;
    this.dragged = -1;
    this.changed();
  }

  private key(event: KeyboardEvent): void {
    const by = event.shiftKey ? LARGE : STEP;
    const ways: Record<string, Point> = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] };
    const way = ways[event.key];
    if (way) this.mark = [kept(this.mark[0] + way[0]), kept(this.mark[1] + way[1])];
    else if (event.key === "Enter" || event.key === " ") this.points.push([...this.mark]);
    else if (event.key === "Backspace") this.points.pop();
    else if (event.key === "Delete") this.points = [];
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (way) this.draw();
    else this.changed();
  }

  private changed(): void {
    this.draw();
    this.echo.send(text(this.points));
    this.notify(this.points.map(([x, y]) => [rounded(x), rounded(y)]));
  }

  private at(event: PointerEvent, picture: HTMLElement): Point {
    const { left, top, width, height } = picture.getBoundingClientRect();
    return [kept((event.clientX - left) / width), kept((event.clientY - top) / height)];
  }

  private near(event: PointerEvent, picture: HTMLElement): number {
    const { left, top, width, height } = picture.getBoundingClientRect();
    return this.points.findIndex(([x, y]) => Math.hypot(left + x * width - event.clientX, top + y * height - event.clientY) <= REACH);
  }

  private draw(): void {
    const corners = this.points.map(([x, y]) => `${1000 * x},${1000 * y}`).join(" ");
    const shape = drawn("polygon", { points: corners, class: "shape" });
    const dots = this.points.map(([x, y]) => dot(x, y, "corner"));
    this.svg.replaceChildren(shape, ...dots, ...cross(this.mark));
    const mark = this.mark.map((value) => `${Math.round(100 * value)} %`).join(", ");
    this.told.textContent = `${this.points.length} corners · mark at ${mark}`;
  }
}

/** A dot of a fixed size on the screen, whatever the picture's: a line of no length with a round, unscaled end. */
function dot(x: number, y: number, kind: string): SVGElement {
  return drawn("path", { d: `M ${1000 * x} ${1000 * y} l 0.01 0`, class: kind });
}

function cross([x, y]: Point): SVGElement[] {
  const [across, down] = [1000 * x, 1000 * y];
  return [drawn("path", { d: `M ${across - 15} ${down} h 30 M ${across} ${down - 25} v 50`, class: "mark" })];
}

function drawn(name: string, attributes: Record<string, string>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function kept(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}

function text(points: Point[]): string {
  return JSON.stringify(points.map(([x, y]) => [rounded(x), rounded(y)]));
}

function rounded(value: number): number {
  return Math.round(1000 * value) / 1000;
}
