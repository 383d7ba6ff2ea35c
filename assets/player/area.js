// src/dom.ts
function element(name, attributes = {}, ...children) {
  let made = document.createElement(name);
  for (let [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made.append(...children), made;
}

// src/echo.ts
var Echo = class {
  constructor(value) {
    this.value = value;
  }
  value;
  sent = [];
  /** Note what is sent to the page. */
  send(value) {
    value !== this.value && this.sent.push(value);
  }
  /** Take what the page says; tell whether it is anything but what it said before or was sent. */
  news(value) {
    if (value === this.value) return !1;
    this.value = value;
    let own = this.sent.indexOf(value);
    return this.sent = this.sent.slice(own + 1), own < 0;
  }
};

// src/area.ts
var [STEP, LARGE] = [0.01, 0.05], REACH = 10, HELP = "Click to add a corner, drag one to move it. Keys: arrows move the mark (Shift: further), Enter adds a corner there, Backspace takes the last one back, Delete clears all.", SVG = "http://www.w3.org/2000/svg", MOUNTED = /* @__PURE__ */ new WeakMap();
function mount({ data, parentElement, setTriggerValue }) {
  let place = parentElement.querySelector("#area"), editor = MOUNTED.get(place);
  editor || (editor = new AreaEditor(), MOUNTED.set(place, editor), place.replaceChildren(editor.root)), editor.update(data, (points) => setTriggerValue("points", JSON.stringify(points)));
}
var AreaEditor = class {
  root;
  image = element("img", { alt: "", draggable: "false" });
  svg = document.createElementNS(SVG, "svg");
  told = element("p", { role: "status", class: "told" });
  points = [];
  mark = [0.5, 0.5];
  dragged = -1;
  echo = new Echo(void 0);
  notify = () => {
  };
  constructor() {
    this.svg.setAttribute("viewBox", "0 0 1000 1000"), this.svg.setAttribute("preserveAspectRatio", "none"), this.svg.setAttribute("aria-hidden", "true");
    let picture = element(
      "div",
      { class: "picture", tabindex: "0", role: "application", "aria-label": `Area of the picture. ${HELP}` },
      this.image,
      this.svg
    );
    picture.onpointerdown = (event) => this.press(event, picture), picture.onpointermove = (event) => this.move(event, picture), picture.onpointerup = () => this.release(), picture.onkeydown = (event) => this.key(event), this.root = element("div", { class: "area" }, picture, element("p", { class: "help" }, HELP), this.told);
  }
  update(data, notify) {
    this.image.getAttribute("src") !== data.picture && (this.image.src = data.picture), this.notify = notify, this.dragged < 0 && this.echo.news(text(data.points)) && (this.points = data.points.map(([x, y]) => [x, y])), this.draw();
  }
  press(event, picture) {
    let at = this.at(event, picture);
    this.mark = at, this.dragged = this.near(event, picture), this.dragged < 0 && (this.points.push(at), this.dragged = this.points.length - 1), picture.setPointerCapture(event.pointerId), this.draw();
  }
  move(event, picture) {
    this.dragged < 0 || (this.points[this.dragged] = this.mark = this.at(event, picture), this.draw());
  }
  release() {
    this.dragged < 0 || (this.dragged = -1, this.changed());
  }
  key(event) {
    let by = event.shiftKey ? LARGE : STEP, way = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[event.key];
    if (way) this.mark = [kept(this.mark[0] + way[0]), kept(this.mark[1] + way[1])];
    else if (event.key === "Enter" || event.key === " ") this.points.push([...this.mark]);
    else if (event.key === "Backspace") this.points.pop();
    else if (event.key === "Delete") this.points = [];
    else return;
    event.preventDefault(), event.stopPropagation(), way ? this.draw() : this.changed();
  }
  changed() {
    this.draw(), this.echo.send(text(this.points)), this.notify(this.points.map(([x, y]) => [rounded(x), rounded(y)]));
  }
  at(event, picture) {
    let { left, top, width, height } = picture.getBoundingClientRect();
    return [kept((event.clientX - left) / width), kept((event.clientY - top) / height)];
  }
  near(event, picture) {
    let { left, top, width, height } = picture.getBoundingClientRect();
    return this.points.findIndex(([x, y]) => Math.hypot(left + x * width - event.clientX, top + y * height - event.clientY) <= REACH);
  }
  draw() {
    let corners = this.points.map(([x, y]) => `${1e3 * x},${1e3 * y}`).join(" "), shape = drawn("polygon", { points: corners, class: "shape" }), dots = this.points.map(([x, y]) => dot(x, y, "corner"));
    this.svg.replaceChildren(shape, ...dots, ...cross(this.mark));
    let mark = this.mark.map((value) => `${Math.round(100 * value)} %`).join(", ");
    this.told.textContent = `${this.points.length} corners · mark at ${mark}`;
  }
};
function dot(x, y, kind) {
  return drawn("path", { d: `M ${1e3 * x} ${1e3 * y} l 0.01 0`, class: kind });
}
function cross([x, y]) {
  let [across, down] = [1e3 * x, 1e3 * y];
  return [drawn("path", { d: `M ${across - 15} ${down} h 30 M ${across} ${down - 25} v 50`, class: "mark" })];
}
function drawn(name, attributes) {
  let made = document.createElementNS(SVG, name);
  for (let [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
function kept(value) {
  return Math.min(Math.max(value, 0), 1);
}
function text(points) {
  return JSON.stringify(points.map(([x, y]) => [rounded(x), rounded(y)]));
}
function rounded(value) {
  return Math.round(1e3 * value) / 1e3;
}
export {
  mount as default
};
