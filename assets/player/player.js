// src/binary.ts
var TYPES = {
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  f4: Float32Array,
  f8: Float64Array
}, Packed = class {
  constructor(buffer) {
    this.buffer = buffer;
    let length = new DataView(buffer).getUint32(0, !0), text = new TextDecoder().decode(new Uint8Array(buffer, 4, length)), { arrays, ...head } = JSON.parse(text);
    this.head = head, this.places = arrays;
  }
  buffer;
  head;
  places;
  array(name, kind) {
    let place = this.places[name];
    if (!place || place[0] !== kind) throw new Error(`the run's data has no array '${name}' of type ${kind}`);
    return new TYPES[kind](this.buffer, place[1], place[2]);
  }
};
async function fetchPacked(address) {
  let answer = await fetch(new URL(address, document.baseURI));
  if (!answer.ok) throw new Error(`${await answer.text()}`);
  return new Packed(await answer.arrayBuffer());
}

// src/clock.ts
var Clock = class {
  constructor(times, step) {
    this.times = times;
    this.step = step;
    this.gap = Math.max(1, 5 * step);
  }
  times;
  step;
  gap;
  get length() {
    return this.times.length;
  }
  at(frame) {
    let last = this.times.length - 1;
    return frame <= last ? this.times[Math.max(frame, 0)] : this.times[last] + this.step * (frame - last);
  }
  /** When a frame gives way to the next one; before a gap and at the end, after one step. */
  end(frame) {
    let following = this.at(frame + 1);
    return following - this.at(frame) > this.gap ? this.at(frame) + this.step : following;
  }
  /** The last frame that is shown at or before a moment. */
  frame(seconds) {
    let low = 0, high = this.times.length;
    for (; low < high; ) {
      let middle = low + high >> 1;
      this.times[middle] <= seconds + 1e-9 ? low = middle + 1 : high = middle;
    }
    return Math.max(low - 1, 0);
  }
  spanLength(first, last) {
    return this.end(last) - this.at(first);
  }
  /** Stretches of frames between gaps: [first, stop) each. */
  segments() {
    let found = [], first = 0;
    for (let frame = 1; frame <= this.times.length; frame++)
      (frame === this.times.length || this.times[frame] - this.times[frame - 1] > this.gap) && (found.push([first, frame]), first = frame);
    return found;
  }
};
function timestamp(seconds, decimals = 2) {
  let scale = 10 ** decimals, ticks2 = Math.round(seconds * scale), whole = Math.floor(ticks2 / scale), two = (value) => String(value).padStart(2, "0"), [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60], start = hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
  return decimals ? `${start}.${String(ticks2 % scale).padStart(decimals, "0")}` : start;
}

// src/dom.ts
function element(name, attributes = {}, ...children) {
  let made = document.createElement(name);
  for (let [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made.append(...children), made;
}
function button(sign, name, onClick) {
  let made = element("button", { type: "button", "aria-label": name, title: name }, sign);
  return made.onclick = onClick, made;
}
function toggle(name, on, onChange) {
  let box = element("input", { type: "checkbox" });
  return box.checked = on, box.onchange = () => onChange(box.checked), [element("label", {}, box, name), box];
}
function keyList(keys) {
  let list = element("dl", { class: "keys", role: "note", "aria-label": "Keys", hidden: "" });
  for (let [key, told] of keys) list.append(element("dt", {}, key), element("dd", {}, told));
  return list;
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

// src/heat.ts
var CHUNK = 128, KEPT_CHUNKS = 24, HeatStore = class {
  /**
   * @param base address of the run's data.
   * @param heatFrame frame of whose heat a frame's score is, of each frame: a frame that repeats the one before has its.
   * @param onArrived called when more is known.
   */
  constructor(base, version, heatFrame, onArrived) {
    this.base = base;
    this.version = version;
    this.heatFrame = heatFrame;
    this.onArrived = onArrived;
  }
  base;
  version;
  heatFrame;
  onArrived;
  chunks = /* @__PURE__ */ new Map();
  /** The heat of a frame; null where none is kept; undefined while it is on its way. */
  of(frame) {
    let source = this.heatFrame[frame];
    if (!(source >= 0)) return null;
    let chunk = this.chunk(Math.floor(source / CHUNK));
    if (this.chunk(Math.floor(Math.min(frame + CHUNK / 2, this.heatFrame.length - 1) / CHUNK)), chunk === "coming") return;
    if (chunk === "none") return null;
    let row = search(chunk.frames, source);
    if (row < 0) return null;
    let size = chunk.width * chunk.height;
    return { levels: chunk.grids.subarray(row * size, (row + 1) * size), width: chunk.width, height: chunk.height };
  }
  chunk(index) {
    let known = this.chunks.get(index);
    return known || (this.chunks.set(index, "coming"), this.fetch(index), "coming");
  }
  async fetch(index) {
    try {
      let packed = await fetchPacked(
        `${this.base}/heat/${index}?v=${encodeURIComponent(this.version)}`
      ), { width, height } = packed.head, frames = packed.array("frames", "u4");
      this.chunks.set(index, frames.length ? { frames, grids: packed.array("grids", "u1"), width, height } : "none");
    } catch {
      this.chunks.set(index, "none");
    }
    for (let key of this.chunks.keys()) {
      if (this.chunks.size <= KEPT_CHUNKS) break;
      this.chunks.get(key) !== "coming" && Math.abs(key - index) > KEPT_CHUNKS / 2 && this.chunks.delete(key);
    }
    this.onArrived();
  }
};
function paintHeat(canvas, heat, palette) {
  let context = canvas.getContext("2d");
  if (!heat) {
    context.clearRect(0, 0, canvas.width, canvas.height);
    return;
  }
  (canvas.width !== heat.width || canvas.height !== heat.height) && ([canvas.width, canvas.height] = [heat.width, heat.height]);
  let image = context.createImageData(heat.width, heat.height);
  heat.levels.forEach((level, pixel) => {
    image.data.set(palette.subarray(3 * level, 3 * level + 3), 4 * pixel), image.data[4 * pixel + 3] = Math.min(1.6 * level, 255);
  }), context.putImageData(image, 0, 0);
}
function search(sorted, value) {
  let low = 0, high = sorted.length;
  for (; low < high; ) {
    let middle = low + high >> 1;
    sorted[middle] < value ? low = middle + 1 : high = middle;
  }
  return sorted[low] === value ? low : -1;
}

// src/keys.json
var keys_default = [
  ["Space", "play or pause"],
  ["← →", "one frame back or ahead"],
  ["Shift + ← →", "one second back or ahead"],
  ["[ ]", "slower or faster"],
  ["N P", "next or previous event"],
  ["L", "keep playing within the event, on or off"],
  ["R", "reviewed, or take that back"],
  ["1 2 3", "verdict: true, false, unsure"],
  ["E", "add the event to a case, or export it"],
  ["?", "show or hide these keys"]
];

// src/keys.ts
var KEYS = keys_default, ACTIONS = {
  " ": (player) => player.toggle(),
  ArrowLeft: (player, shift) => shift ? player.skip(-1) : player.step(-1),
  ArrowRight: (player, shift) => shift ? player.skip(1) : player.step(1),
  "[": (player) => player.speed(-1),
  "]": (player) => player.speed(1),
  n: (player) => player.event(1),
  p: (player) => player.event(-1),
  l: (player) => player.lock(),
  r: (player) => player.review("reviewed"),
  1: (player) => player.review("true"),
  2: (player) => player.review("false"),
  3: (player) => player.review("unsure"),
  e: (player) => player.review("case"),
  "?": (player) => player.help()
}, OWNERS = "input, textarea, select, [contenteditable], [role=slider], [role=combobox], [role=listbox], [role=option], [role=tab]";
function handleKey(event, player, root) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return !1;
  let focused = event.composedPath()[0], own = root.contains(focused);
  if (focused.matches?.(own ? "input[type=range]" : OWNERS) && (!own || event.key.startsWith("Arrow")) || event.key === " " && focused.matches?.("button, a, summary, input, [role=button]")) return !1;
  let action = ACTIONS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  return action ? (event.preventDefault(), event.stopImmediatePropagation(), action(player, event.shiftKey), !0) : !1;
}

// src/reviews.ts
var Reviews = class {
  constructor(tell) {
    this.tell = tell;
  }
  tell;
  waiting = [];
  asked = [];
  at = null;
  turn = -1;
  told = -1;
  /** Note that the page is asked to show the event at a frame. */
  ask(frame) {
    (this.asked.length || frame !== this.at) && this.asked.push(frame);
  }
  say(said) {
    this.waiting.push(said), this.next();
  }
  /** Take that the page was drawn, for the `turn`th time and at a frame. */
  drawn(turn, at) {
    let own = at === null ? -1 : this.asked.indexOf(at);
    own >= 0 ? this.asked = this.asked.slice(own + 1) : at !== this.at && (this.asked = []), [this.turn, this.at] = [turn, at], this.next();
  }
  next() {
    this.asked.length || this.told === this.turn || !this.waiting.length || (this.told = this.turn, this.tell(this.waiting.shift()));
  }
};

// src/rule.ts
function findEvents(scores, threshold, clock, rule) {
  let low = threshold > 0 ? threshold * rule.low : threshold, found = [];
  for (let [start, stop] of clock.segments())
    for (let [first, last] of runs(scores.smooth, start, stop, low, threshold, clock, rule)) {
      if (clock.spanLength(first, last) < rule.shortest - 1e-6) continue;
      let peak = highest(scores.raw, first, last);
      found.push({ first, last, peak, score: scores.raw[peak], kind: scores.kinds[peak] });
    }
  return found;
}
function eventAt(events, frame) {
  let best = -1, gap = 1 / 0;
  return events.forEach((one, index) => {
    let apart = Math.max(one.first - frame, frame - one.last, 0);
    apart < gap && ([best, gap] = [index, apart]);
  }), best;
}
function* runs(values, start, stop, low, high, clock, rule) {
  let [lowest, highest2] = [Math.fround(low), Math.fround(high)], open2 = null;
  for (let frame = start; frame < stop; frame++) {
    if (!(values[frame] > lowest)) continue;
    let begin = frame, exceeds = -1;
    for (; frame < stop && values[frame] > lowest; frame++)
      exceeds < 0 && values[frame] > highest2 && (exceeds = frame);
    if (exceeds < 0) continue;
    let first = onset(values, start, begin, exceeds, high, clock, rule);
    if (open2 && clock.at(first) - clock.end(open2[1]) <= rule.gap + 1e-6) {
      open2[1] = frame - 1;
      continue;
    }
    open2 && (yield open2), open2 = [first, frame - 1];
  }
  open2 && (yield open2);
}
function onset(values, start, begin, exceeds, high, clock, rule) {
  let quieter = begin > start && Number.isFinite(values[begin - 1]);
  if (clock.at(exceeds) - clock.at(begin) <= (quieter ? rule.longest_lead : rule.lead) + 1e-6) return begin;
  let foot = begin;
  for (let frame = begin; frame < exceeds; frame++) values[frame + 1] <= values[frame] && (foot = frame + 1);
  let half = Math.fround((values[foot] + high) / 2);
  for (let frame = foot; frame <= exceeds; frame++) if (values[frame] >= half) return frame;
  return foot;
}
function highest(values, first, last) {
  let best = first, top = -1 / 0;
  for (let frame = first; frame <= last; frame++) values[frame] > top && ([best, top] = [frame, values[frame]]);
  return best;
}

// src/marks.ts
function stripHeight(width) {
  return 8 * Math.ceil(28 / Math.floor(width / 8));
}
function readNumber(context, width, pictureHeight) {
  let { data } = context.getImageData(0, pictureHeight, width, stripHeight(width)), columns = Math.floor(width / 8), [number, told] = [0, 0];
  for (let bit = 0; bit < 28; bit++) {
    let x = bit % columns * 8 + 4, y = Math.floor(bit / columns) * 8 + 8 / 2;
    data[4 * (y * width + x) + 1] <= 127 || (bit < 24 ? number += 2 ** bit : told += 2 ** (bit - 24));
  }
  let check = 5;
  for (let place = 0; place < 6; place++) check += (2 * place + 1) * (number >> 4 * place & 15);
  return check % 16 === told ? number : null;
}

// src/source.ts
var AIMS = [0.5, 0.25, 0.75], SETTLE_MS = 400, VideoSource = class {
  constructor(video, copy, onShown, onTrouble) {
    this.video = video;
    this.onShown = onShown;
    this.onTrouble = onTrouble;
    [this.rate, this.frames] = [copy.rate[0] / copy.rate[1], copy.frames], this.size = [copy.width + copy.width % 2, copy.height + copy.height % 2], [this.whole.width, this.whole.height] = [this.size[0], this.size[1] + stripHeight(this.size[0])], [this.picture.width, this.picture.height] = [copy.width, copy.height], this.context = this.whole.getContext("2d", { willReadFrequently: !0 }), this.watch(), video.onseeked = () => this.seeked(), video.onerror = () => onTrouble("The playback copy cannot be played; reload the page, or delete the run and analyse the clip again.");
  }
  video;
  onShown;
  onTrouble;
  wanted = null;
  going = null;
  shown = -1;
  tries = 0;
  asked = 0;
  timer = 0;
  closed = !1;
  rate;
  frames;
  size;
  whole = document.createElement("canvas");
  context;
  picture = document.createElement("canvas");
  get playing() {
    return !this.video.paused && !this.video.ended;
  }
  get aim() {
    return this.wanted ?? this.going ?? Math.max(this.shown, 0);
  }
  seek(frame) {
    this.wanted = Math.min(Math.max(frame, 0), this.frames - 1), this.going === null && this.next();
  }
  play() {
    this.video.play().catch(() => this.onTrouble("The browser does not start to play."));
  }
  pause() {
    this.video.pause();
  }
  /** Set how fast the copy runs against real time, for a clip whose frames are not evenly spaced. */
  pace(factor) {
    let bounded = Math.min(Math.max(factor, 0.0625), 16);
    Math.abs(this.video.playbackRate / bounded - 1) > 0.01 && (this.video.playbackRate = bounded);
  }
  close() {
    this.closed = !0, clearTimeout(this.timer), this.video.onseeked = this.video.onerror = null, this.video.pause(), this.video.removeAttribute("src"), this.video.load();
  }
  next() {
    if (this.wanted === null || this.wanted === this.shown) {
      this.wanted = this.going = null;
      return;
    }
    [this.going, this.wanted, this.tries, this.asked] = [this.wanted, null, 0, performance.now()], this.go();
  }
  go() {
    this.going !== null && (this.video.currentTime = (this.going + AIMS[this.tries]) / this.rate);
  }
  watch() {
    this.video.requestVideoFrameCallback(() => {
      this.closed || (this.present(), this.watch());
    });
  }
  /** Draw what the video shows, and tell its number. */
  present() {
    this.context.drawImage(this.video, 0, 0);
    let frame = readNumber(this.context, this.size[0], this.size[1]);
    frame === null || frame === this.shown || (this.shown = frame, this.picture.getContext("2d").drawImage(this.whole, 0, 0), this.onShown(frame, this.picture), frame === this.going && (performance.measure("whycam:seek", { start: this.asked, end: performance.now() }), clearTimeout(this.timer), this.going = null, this.next()));
  }
  /** The picture comes with or soon after the event, not always with a callback: it is looked for with each redraw. */
  seeked() {
    this.closed || (this.present(), clearTimeout(this.timer), this.going !== null && (this.timer = window.setTimeout(() => this.tryAgain(), SETTLE_MS), this.lookFor(this.going)));
  }
  lookFor(frame) {
    requestAnimationFrame(() => {
      this.closed || this.going !== frame || this.video.seeking || (this.present(), this.going === frame && this.lookFor(frame));
    });
  }
  tryAgain() {
    this.going === null || this.closed || (this.wanted !== null || this.playing ? (this.going = null, this.next()) : ++this.tries < AIMS.length ? this.go() : (this.onTrouble(`The browser shows frame ${this.shown} in place of frame ${this.going}.`), this.going = null));
  }
}, PictureSource = class {
  constructor(kept, address, onShown, onTrouble) {
    this.kept = kept;
    this.address = address;
    this.onShown = onShown;
    this.onTrouble = onTrouble;
  }
  kept;
  address;
  onShown;
  onTrouble;
  playing = !1;
  shown = -1;
  asked = -1;
  get aim() {
    return Math.max(this.asked, this.shown, 0);
  }
  seek(frame) {
    if (!this.kept.length) return;
    let away = frame > this.aim ? 1 : -1, best = this.kept[0];
    for (let one of this.kept)
      Math.abs(one - frame) < Math.abs(best - frame) && (best = one);
    best === this.shown && frame !== this.shown && (best = this.neighbour(best, away)), this.asked = best;
    let picture = new Image();
    picture.onload = () => {
      this.asked === best && (this.shown = best, this.onShown(best, picture));
    }, picture.onerror = () => this.onTrouble(`The picture kept of frame ${best} cannot be read.`), picture.src = this.address(best);
  }
  play() {
    this.onTrouble("The clip can be played once its playback copy is made.");
  }
  pause() {
  }
  close() {
    this.asked = -1;
  }
  neighbour(frame, away) {
    let index = this.kept.indexOf(frame) + away;
    return this.kept[Math.min(Math.max(index, 0), this.kept.length - 1)];
  }
};

// src/boxes.ts
function placed(tube, frame, clock) {
  let after = firstNotBefore(tube.frames, frame);
  if (tube.frames[after] === frame) return { box: boxAt(tube, after), exact: !0 };
  if (after === 0 || after === tube.frames.length) return null;
  let [from, to] = [clock.at(tube.frames[after - 1]), clock.at(tube.frames[after])];
  if (to - from > 1) return null;
  let share = (clock.at(frame) - from) / (to - from), [start, end] = [boxAt(tube, after - 1), boxAt(tube, after)];
  return { box: start.map((value, i) => value + share * (end[i] - value)), exact: !1 };
}
function trail(tube, frame, clock) {
  let stop = firstNotBefore(tube.frames, frame + 1), since = clock.at(frame) - 4, found = [];
  for (let i = 0; i < stop; i++) {
    let box = boxAt(tube, i);
    clock.at(tube.frames[i]) >= since && found.push([(box[0] + box[2]) / 2, box[3]]);
  }
  let now = placed(tube, frame, clock);
  return now && !now.exact && found.push([(now.box[0] + now.box[2]) / 2, now.box[3]]), found;
}
function boxAt(tube, index) {
  return tube.boxes.slice(4 * index, 4 * index + 4);
}
function firstNotBefore(sorted, value) {
  let low = 0, high = sorted.length;
  for (; low < high; ) {
    let middle = low + high >> 1;
    sorted[middle] < value ? low = middle + 1 : high = middle;
  }
  return low;
}
var BoxPainter = class {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }
  canvas;
  context;
  scale = 1;
  /** Begin anew for a picture `width` pixels wide in the clip. */
  clear(width) {
    let ratio = window.devicePixelRatio || 1, [across, down] = [this.canvas.clientWidth * ratio, this.canvas.clientHeight * ratio].map(Math.round);
    (this.canvas.width !== across || this.canvas.height !== down) && ([this.canvas.width, this.canvas.height] = [across, down]), this.context.clearRect(0, 0, this.canvas.width, this.canvas.height), this.scale = this.canvas.width / width;
  }
  box(place, style) {
    let { context, scale } = this, ratio = window.devicePixelRatio || 1, [x1, y1, x2, y2] = place.box.map((value) => value * scale);
    context.setLineDash(place.exact ? [] : [6 * ratio, 4 * ratio]), this.outlined(style.colour, 2 * ratio, () => context.strokeRect(x1, y1, x2 - x1, y2 - y1)), context.setLineDash([]), context.font = `600 ${12 * ratio}px system-ui, sans-serif`;
    let width = context.measureText(style.caption).width + 8 * ratio, height = 17 * ratio, left = Math.min(Math.max(x1, 0), Math.max(this.canvas.width - width, 0)), top = y1 >= height ? y1 - height : Math.min(y2, this.canvas.height - height);
    context.fillStyle = "rgba(16, 18, 18, 0.85)", context.fillRect(left, top, width, height), context.fillStyle = style.colour, context.fillText(style.caption, left + 4 * ratio, top + 12.5 * ratio);
  }
  trail(points, colour) {
    if (points.length < 2) return;
    let { context, scale } = this, ratio = window.devicePixelRatio || 1;
    context.lineJoin = "round", context.beginPath(), points.forEach(([x2, y2], i) => i ? context.lineTo(x2 * scale, y2 * scale) : context.moveTo(x2 * scale, y2 * scale)), this.outlined(colour, 2 * ratio, () => context.stroke());
    let [x, y] = points[points.length - 1];
    context.fillStyle = colour, context.beginPath(), context.arc(x * scale, y * scale, 3.5 * ratio, 0, 2 * Math.PI), context.fill();
  }
  outlined(colour, width, draw) {
    for (let [stroke, wide] of [["rgba(16, 18, 18, 0.85)", width + 2], [colour, width]])
      this.context.strokeStyle = stroke, this.context.lineWidth = wide, draw();
  }
};

// src/stage.ts
var [FIRST, OTHERS, THINGS] = ["rgb(95, 227, 245)", "rgb(255, 176, 66)", "rgb(200, 200, 196)"], FAINT = 0.35, Stage = class {
  constructor(head, clock, palette, layers, heats, things) {
    this.head = head;
    this.clock = clock;
    this.palette = palette;
    this.layers = layers;
    this.heats = heats;
    this.things = things;
    this.video.muted = !0, this.root = element("div", { class: "stage" }, this.video, this.picture, this.heat, this.boxes, this.message), this.root.style.setProperty("--ratio", String(head.width / head.height)), this.watching = new ResizeObserver(() => this.drawLayers()), this.watching.observe(this.root);
  }
  head;
  clock;
  palette;
  layers;
  heats;
  things;
  root;
  video = element("video", { playsinline: "", preload: "auto", tabindex: "-1", "aria-hidden": "true" });
  picture = element("canvas", { class: "picture", role: "img", "aria-label": "Frame of the clip" });
  heat = element("canvas", { class: "heat", "aria-hidden": "true" });
  boxes = element("canvas", { class: "boxes", "aria-hidden": "true" });
  message = element("p", { class: "message", role: "status", hidden: "" });
  painter = new BoxPainter(this.boxes);
  watching;
  causes = [];
  /** Rank of the cause that is followed, from 1: the others are faint; 0 for none. */
  highlight = 0;
  frame = -1;
  /** Show a frame's picture, with its layers. */
  show(frame, picture) {
    let [width, height] = sizeOf(picture);
    (this.picture.width !== width || this.picture.height !== height) && ([this.picture.width, this.picture.height] = [width, height]), this.picture.getContext("2d").drawImage(picture, 0, 0), this.frame = frame, this.picture.dataset.frame = String(frame), this.say(""), this.drawLayers();
  }
  /** Draw the layers of the frame that is shown. */
  drawLayers() {
    if (this.frame < 0) return;
    let { layers, frame, clock } = this, heat = layers.heat ? this.heats.of(frame) : null;
    if (paintHeat(this.heat, heat ?? null, this.palette), this.heat.style.opacity = String(layers.strength), this.heat.dataset.state = heat ? "shown" : heat === void 0 ? "coming" : "none", this.boxes.dataset.highlight = String(this.highlight), this.painter.clear(this.head.width), layers.things)
      for (let { place, label } of this.things.in(frame, clock)) this.painter.box(place, { colour: THINGS, caption: label });
    [...this.causes].reverse().forEach((tube, back) => this.drawCause(tube, this.causes.length - back));
  }
  drawCause(tube, rank) {
    let colour = rank === 1 ? FIRST : OTHERS, place = placed(tube, this.frame, this.clock);
    if (!place) return;
    let [followed, faint] = [rank === this.highlight, this.highlight > 0 && rank !== this.highlight];
    this.boxes.getContext("2d").globalAlpha = faint ? FAINT : 1, (this.layers.trails || followed) && this.painter.trail(trail(tube, this.frame, this.clock), colour), (this.layers.causes || followed) && this.painter.box(place, { colour, caption: `${rank} ${tube.label}` }), this.boxes.getContext("2d").globalAlpha = 1;
  }
  /** Rank of the cause whose box is at a place of the window, the smallest box first; 0 where none is drawn there. */
  causeAt(x, y) {
    if (!this.layers.causes && !this.highlight) return 0;
    let { left, top, width, height } = this.boxes.getBoundingClientRect(), [px, py] = [(x - left) * this.head.width / width, (y - top) * this.head.height / height], [found, least] = [0, 1 / 0];
    return this.causes.forEach((tube, index) => {
      let box = placed(tube, this.frame, this.clock)?.box;
      if (!box || px < box[0] || px > box[2] || py < box[1] || py > box[3]) return;
      let area = (box[2] - box[0]) * (box[3] - box[1]);
      area < least && ([found, least] = [index + 1, area]);
    }), found;
  }
  /** Say a sentence over the picture; empty: nothing. */
  say(sentence) {
    this.message.textContent = sentence, this.message.hidden = !sentence;
  }
  close() {
    this.watching.disconnect();
  }
};
function sizeOf(picture) {
  return picture instanceof HTMLCanvasElement ? [picture.width, picture.height] : [picture.naturalWidth, picture.naturalHeight];
}

// src/things.ts
var Things = class {
  constructor(address, onArrived, onTrouble) {
    this.address = address;
    this.onArrived = onArrived;
    this.onTrouble = onTrouble;
  }
  address;
  onArrived;
  onTrouble;
  tubes = null;
  asked = !1;
  /** The things of a frame; empty while they are on their way. */
  in(frame, clock) {
    if (!this.tubes)
      return this.asked || this.fetch(), [];
    let found = [];
    for (let tube of this.tubes) {
      if (tube.frames[0] > frame || tube.frames[tube.frames.length - 1] < frame) continue;
      let place = placed(tube, frame, clock);
      place && found.push({ place, label: tube.label });
    }
    return found;
  }
  async fetch() {
    this.asked = !0;
    try {
      let packed = await fetchPacked(this.address), [frames, starts] = [packed.array("frames", "u4"), packed.array("starts", "u4")], [boxes, names] = [packed.array("boxes", "f4"), packed.array("names", "u2")];
      this.tubes = Array.from(names, (name, i) => ({
        label: packed.head.labels[name],
        frames: Array.from(frames.subarray(starts[i], starts[i + 1])),
        boxes: Array.from(boxes.subarray(4 * starts[i], 4 * starts[i + 1]))
      })), this.onArrived();
    } catch (error) {
      this.onTrouble(`The boxes of this run cannot be read: ${error.message}`);
    }
  }
};

// src/curve.ts
var xOf = (view, seconds) => view.left + (seconds - view.from) / (view.to - view.from) * (view.right - view.left), secondsAt = (view, x) => view.from + (x - view.left) / (view.right - view.left) * (view.to - view.from), yOf = (view, score) => view.lower - (score - view.bottom) / (view.top - view.bottom) * (view.lower - view.upper), scoreAt = (view, y) => view.bottom + (view.lower - y) / (view.lower - view.upper) * (view.top - view.bottom);
function drawCurve(context, scores, clock, view, colours) {
  let first = clock.frame(view.from), last = clock.frame(view.to);
  for (let [values, colour, wide] of [[scores.raw, colours.raw, 1], [scores.smooth, colours.smooth, 1.5]])
    context.strokeStyle = colour, context.lineWidth = wide, context.beginPath(), drawColumns(context, values, clock, view, first, last), context.stroke();
}
function drawColumns(context, values, clock, view, first, last) {
  let pen = !1;
  for (let frame = first; frame <= last; ) {
    let column = Math.floor(xOf(view, clock.times[frame])), [low, high, end] = [1 / 0, -1 / 0, NaN], begin = values[frame];
    for (; frame <= last && Math.floor(xOf(view, clock.times[frame])) === column; frame++)
      values[frame] < low && (low = values[frame]), values[frame] > high && (high = values[frame]), end = values[frame];
    if (!Number.isFinite(begin) || low > high) {
      pen = !1;
      continue;
    }
    pen ? context.lineTo(column, yOf(view, begin)) : context.moveTo(column, yOf(view, begin)), context.lineTo(column, yOf(view, high)), context.lineTo(column, yOf(view, low)), Number.isFinite(end) && context.lineTo(column, yOf(view, end)), pen = Number.isFinite(end) && !(frame <= last && clock.times[frame] - clock.times[frame - 1] > clock.gap);
  }
}
function ticks(from, to, most) {
  let step = [0.04, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400].find((one) => (to - from) / one <= most) ?? 86400 * Math.ceil((to - from) / 86400 / most), found = [];
  for (let number = Math.ceil(from / step); number * step <= to; number++) found.push(number * step);
  return found;
}

// src/timeline.ts
var KIND_COLOURS = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00"], CAMERA = "#7c8794", STANDS = "#8a63b8", TRUTH = "#56b4e9", LIMIT = "#c83e4d", [GUTTER, EDGE, LANE, AXIS, GRIP] = [52, 10, 12, 16, 7], SHORTEST_VIEW_FRAMES = 8, Timeline = class {
  constructor(canvas, head, scores, clock, call) {
    this.canvas = canvas;
    this.head = head;
    this.scores = scores;
    this.clock = clock;
    this.call = call;
    this.context = canvas.getContext("2d"), this.whole = [clock.times[0], clock.end(clock.length - 1)], this.scoreRange = [0, scores.raw.reduce((top, value) => value > top ? value : top, 1e-6)];
    let lanes = [
      ["stands", head.standing, STANDS],
      ["camera", head.disturbances, CAMERA],
      ["truth", head.truth, TRUTH]
    ];
    this.lanes = lanes.filter(([, spans]) => spans.length), this.view = { from: this.whole[0], to: this.whole[1], bottom: 0, top: 1, left: GUTTER, right: 100, upper: 6, lower: 60 }, canvas.onpointerdown = (event) => this.press(event), canvas.onpointermove = (event) => this.move(event), canvas.onpointerup = (event) => this.release(event), canvas.onpointercancel = (event) => this.release(event), canvas.onpointerleave = () => call.hover(null, 0), canvas.ondblclick = () => this.show(...this.whole), canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: !1 });
  }
  canvas;
  head;
  scores;
  clock;
  call;
  events = [];
  threshold = 0;
  now = 0;
  selected = null;
  drag = null;
  scheduled = !1;
  curve = document.createElement("canvas");
  curveOf = "";
  view;
  whole;
  scoreRange;
  context;
  lanes;
  /** Whether the threshold's line is being dragged. */
  get dragging() {
    return this.drag === "threshold";
  }
  /** Cut the events anew at a threshold. */
  setThreshold(value) {
    let started = performance.now();
    this.threshold = value, this.events = findEvents(this.scores, value, this.clock, this.head.rule), this.redraw(), performance.measure("whycam:events", { start: started, end: performance.now() });
  }
  setFrame(frame, selected) {
    [this.now, this.selected] = [frame, selected];
    let seconds = this.clock.at(frame);
    if (!this.drag && (seconds < this.view.from || seconds > this.view.to)) {
      let length = this.view.to - this.view.from;
      this.show(seconds - 0.1 * length, seconds + 0.9 * length);
    }
    this.redraw();
  }
  redraw() {
    this.scheduled || (this.scheduled = !0, requestAnimationFrame(() => {
      this.scheduled = !1, this.draw();
    }));
  }
  /** Show a stretch of time, in seconds, kept within the clip. */
  show(from, to) {
    let [first, last] = this.whole, length = Math.min(Math.max(to - from, SHORTEST_VIEW_FRAMES * this.clock.step), last - first);
    this.view.from = Math.min(Math.max(from, first), last - length), this.view.to = this.view.from + length, this.redraw();
  }
  press(event) {
    event.button === 0 && (this.canvas.setPointerCapture(event.pointerId), this.drag = this.overLimit(event) ? "threshold" : "scrub", this.move(event));
  }
  move(event) {
    let frame = this.frameAt(event.offsetX);
    if (this.drag === "threshold") {
      let value = this.rounded(scoreAt(this.view, event.offsetY));
      this.setThreshold(value), this.call.threshold(value, !1);
    } else this.drag === "scrub" && this.call.seek(frame);
    this.canvas.style.cursor = this.drag === "threshold" || this.overLimit(event) ? "ns-resize" : "crosshair", this.call.hover(this.drag === "threshold" ? null : frame, event.offsetX);
  }
  release(event) {
    let drag = this.drag;
    this.drag = null, drag === "threshold" && this.call.threshold(this.threshold, !0), drag === "scrub" && event.type === "pointerup" && this.call.chosen(this.frameAt(event.offsetX));
  }
  wheel(event) {
    event.preventDefault();
    let { from, to } = this.view;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      let by = (event.deltaX || event.deltaY) / 500 * (to - from);
      this.show(from + by, to + by);
      return;
    }
    let here = secondsAt(this.view, event.offsetX), factor = Math.exp(Math.min(Math.max(event.deltaY, -200), 200) / 300);
    this.show(here - (here - from) * factor, here + (to - here) * factor);
  }
  overLimit(event) {
    return Math.abs(event.offsetY - yOf(this.view, this.threshold)) <= GRIP && event.offsetX >= this.view.left - GUTTER;
  }
  frameAt(x) {
    return Math.min(this.clock.frame(secondsAt(this.view, x)), this.clock.length - 1);
  }
  /** Round a threshold to the step of the page's own field, between 0 and the highest score. */
  rounded(value) {
    let top = Math.max(this.scoreRange[1], this.threshold), step = 10 ** (Math.floor(Math.log10(top)) - 3);
    return Number((Math.round(Math.min(Math.max(value, 0), top) / step) * step).toPrecision(12));
  }
  draw() {
    let ratio = window.devicePixelRatio || 1, [across, down] = [this.canvas.clientWidth, this.canvas.clientHeight];
    if (!across) return;
    let size = [across, down].map((length) => Math.round(length * ratio));
    (this.canvas.width !== size[0] || this.canvas.height !== size[1]) && ([this.canvas.width, this.canvas.height] = size);
    let view = this.view;
    [view.right, view.lower] = [across - EDGE, down - AXIS - LANE * (1 + this.lanes.length) - 4], [view.bottom, view.top] = [Math.min(0, this.threshold), 1.04 * Math.max(this.scoreRange[1], this.threshold)];
    let context = this.context;
    context.setTransform(ratio, 0, 0, ratio, 0, 0), context.clearRect(0, 0, across, down);
    let style = getComputedStyle(this.canvas), colours = { text: style.color, raw: style.getPropertyValue("--raw"), smooth: style.getPropertyValue("--smooth") };
    this.drawSpans(context), this.drawBase(context, colours, across, down, ratio), this.drawLimit(context);
    let x = xOf(view, this.clock.at(this.now));
    context.fillStyle = colours.text, context.fillRect(x - 0.75, 0, 1.5, down - AXIS);
  }
  /** Curve, axes and the names of the lanes: what depends on the view alone is drawn once. */
  drawBase(context, colours, across, down, ratio) {
    let key = JSON.stringify([this.view, colours, across, down, ratio]);
    if (key !== this.curveOf) {
      this.curveOf = key, [this.curve.width, this.curve.height] = [Math.round(across * ratio), Math.round(down * ratio)];
      let own = this.curve.getContext("2d");
      own.setTransform(ratio, 0, 0, ratio, 0, 0), own.save(), own.beginPath(), own.rect(this.view.left, 0, this.view.right - this.view.left, down), own.clip(), drawCurve(own, this.scores, this.clock, this.view, colours), own.restore(), this.drawAxes(own, colours.text, down);
    }
    context.drawImage(this.curve, 0, 0, across, down);
  }
  drawAxes(context, text, down) {
    let view = this.view;
    context.fillStyle = text, context.globalAlpha = 0.7, context.font = "10.5px system-ui, sans-serif", context.textAlign = "right", context.textBaseline = "middle";
    for (let score of ticks(view.bottom, view.top, 4)) context.fillText(String(score), view.left - 6, yOf(view, score));
    ["events", ...this.lanes.map(([name]) => name)].forEach((name, i) => context.fillText(name, view.left - 6, view.lower + 4 + LANE * (i + 0.5))), context.textAlign = "center";
    let short = view.to - view.from < 10 ? 2 : 0;
    for (let seconds of ticks(view.from, view.to, (view.right - view.left) / 70)) {
      let x = xOf(view, seconds);
      context.fillRect(x, down - AXIS, 1, 3), context.fillText(timestamp(seconds, short), Math.min(Math.max(x, view.left + 14), view.right - 14), down - AXIS / 2 + 2);
    }
    context.globalAlpha = 0.25, context.fillRect(view.left, view.lower, view.right - view.left, 1), context.globalAlpha = 1;
  }
  drawSpans(context) {
    let top = this.view.lower + 4;
    for (let one of this.events) {
      let colour = KIND_COLOURS[one.kind % KIND_COLOURS.length], chosen = this.selected?.first === one.first && this.selected.last === one.last;
      this.span(context, one, this.view.upper, top - 4, colour, chosen ? 0.28 : 0.13), this.span(context, one, top, top + LANE - 2, colour, chosen ? 1 : 0.75);
    }
    this.lanes.forEach(([, spans, colour], i) => {
      for (let one of spans) this.span(context, one, top + LANE * (i + 1), top + LANE * (i + 2) - 3, colour, 0.8);
    });
  }
  span(context, one, upper, lower, colour, alpha) {
    let [from, to] = [this.clock.at(one.first), this.clock.end(one.last)];
    if (to < this.view.from || from > this.view.to) return;
    let left = Math.max(xOf(this.view, from), this.view.left), right = Math.min(xOf(this.view, to), this.view.right);
    context.globalAlpha = alpha, context.fillStyle = colour, context.fillRect(left, upper, Math.max(right - left, 1.5), lower - upper), context.globalAlpha = 1;
  }
  drawLimit(context) {
    let y = yOf(this.view, this.threshold);
    context.strokeStyle = context.fillStyle = LIMIT, context.lineWidth = 1.5, context.setLineDash([6, 4]), context.beginPath(), context.moveTo(this.view.left, y), context.lineTo(this.view.right, y), context.stroke(), context.setLineDash([]), context.beginPath(), context.roundRect(this.view.left - 40, y - 8, 38, 16, 3), context.fill(), context.fillStyle = "#fff", context.font = "600 10.5px system-ui, sans-serif", context.textAlign = "center", context.textBaseline = "middle", context.fillText(this.threshold.toFixed(2), this.view.left - 21, y + 0.5);
  }
  /** What the lanes say of a frame, in words. */
  said(frame) {
    let inside = ({ first, last }) => first <= frame && frame <= last, found = this.events.findIndex(inside);
    return [...found < 0 ? [] : [`event ${found + 1}: raised by ${this.head.kinds[this.events[found].kind]}`], ...this.lanes.flatMap(([name, spans]) => spans.filter(inside).map((one) => `${name}: ${one.label}`))];
  }
};

// src/tip.ts
var WAIT_MS = 90, NEAR_FRAMES = 8, Tip = class {
  constructor(kept, address) {
    this.kept = kept;
    this.address = address;
  }
  kept;
  address;
  image = element("img", { alt: "", hidden: "" });
  text = element("div");
  root = element("div", { class: "tip", role: "tooltip", hidden: "" }, this.image, this.text);
  timer = 0;
  pictured = -1;
  show(lines, frame, x, width) {
    this.text.replaceChildren(...lines.map((line) => element("div", {}, line))), this.root.hidden = !1, this.root.style.left = `${Math.min(Math.max(x - 90, 0), Math.max(width - 184, 0))}px`;
    let near = this.nearest(frame);
    near !== this.pictured && (this.image.hidden = !0, this.pictured = near, clearTimeout(this.timer), !(near < 0) && (this.timer = window.setTimeout(() => {
      this.image.onload = () => this.image.hidden = !1, this.image.src = this.address(near);
    }, WAIT_MS)));
  }
  hide() {
    clearTimeout(this.timer), this.root.hidden = !0, this.pictured = -1;
  }
  nearest(frame) {
    let best = -1;
    for (let one of this.kept) Math.abs(one - frame) <= NEAR_FRAMES && (best < 0 || Math.abs(one - frame) < Math.abs(best - frame)) && (best = one);
    return best;
  }
};

// src/workbench.ts
var SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4, 8], LEFT_AT = /* @__PURE__ */ new Map(), LAYERS = { heat: !0, strength: 0.55, causes: !0, trails: !1, things: !1 }, Workbench = class {
  constructor(data, packed) {
    this.data = data;
    let { head } = packed, base = `play/${data.run}`;
    this.threshold = data.threshold, this.unit = head.unit, this.thresholds = new Echo(data.threshold), this.clock = new Clock(packed.array("seconds", "f8"), head.step), this.scores = { raw: packed.array("scores", "f4"), smooth: packed.array("smooth", "f4"), kinds: packed.array("kind", "u1") };
    let drawn = () => this.stage.drawLayers(), heats = new HeatStore(base, data.version, heatFrames(packed.array("analysed", "u1")), drawn), things = new Things(`${base}/things?v=${encodeURIComponent(data.version)}`, drawn, (said) => this.stage.say(said));
    this.stage = new Stage(head, this.clock, packed.array("palette", "u1"), LAYERS, heats, things);
    let canvas = element("canvas", { class: "timeline", role: "img", "aria-label": "Score over time, with the events" });
    this.timeline = new Timeline(canvas, head, this.scores, this.clock, {
      seek: (frame) => this.seek(frame),
      chosen: (frame) => this.choose(frame),
      threshold: (value, final) => this.setThreshold(value, final),
      hover: (frame, x) => this.hover(frame, x)
    }), this.tip = new Tip(packed.array("pictures", "u4"), (frame) => this.address(`picture/${frame}?size=176`)), this.source = this.opened(packed.array("pictures", "u4")), this.root = element(
      "div",
      { class: "player" },
      this.stage.root,
      this.bar(),
      this.keys,
      element("div", { class: "time" }, canvas, this.tip.root)
    ), this.stage.root.onclick = (event) => this.click(event), window.addEventListener("keydown", this.onKey, !0), this.timeline.setThreshold(this.threshold), this.showSpeed();
  }
  data;
  root;
  clock;
  scores;
  stage;
  timeline;
  source;
  tip;
  playButton = button("▶", "Play", () => this.toggle());
  lockButton = button("⟲", "Play within the event", () => this.lock());
  speedText = element("span", { class: "speed", title: "Speed" });
  told = element("output", { class: "told" });
  keys = keyList(KEYS);
  onKey = (event) => {
    handleKey(event, this, this.root);
  };
  notify = () => {
  };
  speedAt = SPEEDS.indexOf(1);
  locked = null;
  threshold;
  unit;
  at = null;
  opening = !0;
  frames = new Echo(void 0);
  thresholds;
  reviews = new Reviews((told) => this.notify("review", told));
  /** Take over what the page says with a rerun: another frame, threshold or event; what the user does goes on. */
  update(data, notify) {
    this.notify = notify, this.stage.causes = data.causes, this.stage.highlight = data.highlight, this.thresholds.news(data.threshold) && !this.timeline.dragging && (this.threshold = data.threshold, this.timeline.setThreshold(data.threshold));
    let left = this.opening ? LEFT_AT.get(data.run) : void 0, news = this.frames.news(data.at);
    this.opening ? this.seek(left && left.at === data.at ? left.frame : data.at ?? 0) : news && data.at !== null && this.seek(data.at), [this.opening, this.at] = [!1, data.at], this.reviews.drawn(data.turn, data.at), this.stage.drawLayers();
  }
  close() {
    window.removeEventListener("keydown", this.onKey, !0), this.source.close(), this.stage.close();
  }
  /** A click on the box of a cause follows that cause, or no longer; anywhere else it plays or pauses. */
  click(event) {
    let rank = this.stage.causeAt(event.clientX, event.clientY);
    rank ? this.notify("cause", rank) : this.toggle();
  }
  toggle() {
    this.source.playing ? this.source.pause() : (this.source.aim >= this.clock.length - 1 && this.seek(this.locked?.first ?? 0), this.source.play()), this.showPlaying();
  }
  step(frames) {
    this.source.pause(), this.seek(this.source.aim + frames), this.showPlaying();
  }
  skip(seconds) {
    this.seek(this.clock.frame(this.clock.at(this.source.aim) + seconds));
  }
  speed(steps) {
    this.speedAt = Math.min(Math.max(this.speedAt + steps, 0), SPEEDS.length - 1), this.showSpeed();
  }
  event(steps) {
    let { events } = this.timeline, here = this.source.aim, found = steps > 0 ? events.find((one) => one.first > here && one.peak > here) : events.findLast((one) => one.last < here || one.peak < here && one.last >= here);
    found && this.choose(found.peak);
  }
  lock() {
    let index = eventAt(this.timeline.events, this.source.aim);
    this.locked = this.locked || index < 0 ? null : this.timeline.events[index], this.locked && this.holdInEvent(this.source.aim), this.lockButton.setAttribute("aria-pressed", String(this.locked !== null));
  }
  help() {
    this.keys.hidden = !this.keys.hidden;
  }
  review(told) {
    this.reviews.say(told);
  }
  opened(kept) {
    let shown = (frame, picture) => this.shown(frame, picture), trouble = (sentence) => this.stage.say(sentence);
    if (!this.data.copy)
      return this.stage.say(kept.length ? "" : "No picture is kept of this run; wait for its playback copy."), new PictureSource(kept, (frame) => this.address(`picture/${frame}`), shown, trouble);
    let { video } = this.stage;
    return video.src = this.address("clip.mp4"), video.onplay = video.onpause = video.onended = () => this.showPlaying(), new VideoSource(video, this.data.copy, shown, trouble);
  }
  address(path) {
    let mark = path.includes("?") ? "&" : "?";
    return new URL(`play/${this.data.run}/${path}${mark}v=${encodeURIComponent(this.data.version)}`, document.baseURI).href;
  }
  shown(frame, picture) {
    if (this.source?.playing && this.locked && (frame > this.locked.last || frame < this.locked.first)) {
      this.source.seek(this.locked.first);
      return;
    }
    this.stage.show(frame, picture), LEFT_AT.set(this.data.run, { frame, at: this.at }), this.source instanceof VideoSource && this.source.pace(this.paceAt(frame));
    let { events } = this.timeline, index = events.findIndex((one) => one.first <= frame && frame <= one.last);
    this.timeline.setFrame(frame, events[index] ?? null);
    let score = this.scores.raw[frame];
    this.told.textContent = [
      `frame ${frame.toLocaleString("en")}`,
      timestamp(this.clock.at(frame)),
      Number.isFinite(score) ? `${score.toFixed(2)} ${this.unit}` : "no score"
    ].join(" · "), this.told.dataset.frame = String(frame);
  }
  /** How fast the copy must run for the clip's own pace at a frame: its frames may be shown for any time. */
  paceAt(frame) {
    let [over, under] = this.data.copy.rate;
    return SPEEDS[this.speedAt] * under / (over * Math.max(this.clock.end(frame) - this.clock.at(frame), 1e-3));
  }
  seek(frame) {
    this.source.seek(Math.min(Math.max(frame, 0), this.clock.length - 1));
  }
  /** Go to a frame that was chosen, and let the page follow to its event. */
  choose(frame) {
    if (this.seek(frame), this.locked) {
      let index = eventAt(this.timeline.events, frame);
      this.locked = this.timeline.events[index] ?? null;
    }
    this.frames.send(frame), this.reviews.ask(frame), this.notify("event", frame);
  }
  setThreshold(value, final) {
    this.timeline.setThreshold(value), !(!final || value === this.threshold) && (this.threshold = value, this.thresholds.send(value), this.notify("threshold", value));
  }
  hover(frame, x) {
    if (frame === null) return this.tip.hide();
    let score = this.scores.raw[frame], lines = [
      `frame ${frame.toLocaleString("en")} · ${timestamp(this.clock.at(frame))}`,
      Number.isFinite(score) ? `score ${score.toFixed(2)} ${this.unit}` : "no score",
      ...this.timeline.said(frame)
    ];
    this.tip.show(lines, frame, x, this.timeline.canvas.clientWidth);
  }
  holdInEvent(frame) {
    this.locked && (frame < this.locked.first || frame > this.locked.last) && this.seek(this.locked.first);
  }
  showSpeed() {
    this.speedText.textContent = `${SPEEDS[this.speedAt]}×`, this.source instanceof VideoSource && this.stage.frame >= 0 && this.source.pace(this.paceAt(this.stage.frame));
  }
  showPlaying() {
    let playing = this.source.playing;
    this.playButton.textContent = playing ? "❚❚" : "▶", this.playButton.setAttribute("aria-label", playing ? "Pause" : "Play");
  }
  bar() {
    let redraw = () => this.stage.drawLayers(), layer = (name, key) => toggle(name, LAYERS[key], (on) => {
      LAYERS[key] = on, redraw();
    })[0], strength = element("input", { type: "range", min: "5", max: "100", step: "5", "aria-label": "Strength of the heat" });
    return strength.value = String(100 * LAYERS.strength), strength.oninput = () => {
      LAYERS.strength = Number(strength.value) / 100, redraw();
    }, element(
      "div",
      { class: "bar" },
      element(
        "span",
        { class: "group" },
        button("‹", "One frame back", () => this.step(-1)),
        this.playButton,
        button("›", "One frame ahead", () => this.step(1)),
        this.speedText,
        this.lockButton
      ),
      this.told,
      element(
        "span",
        { class: "group layers" },
        layer("Heat", "heat"),
        strength,
        layer("Causes", "causes"),
        layer("Trails", "trails"),
        layer("All boxes", "things"),
        button("?", "Keys", () => this.help())
      )
    );
  }
};
function heatFrames(analysed) {
  let found = new Int32Array(analysed.length), last = -1;
  return analysed.forEach((flag, frame) => {
    flag && (last = frame), found[frame] = last;
  }), found;
}

// src/player.ts
var MOUNTED = /* @__PURE__ */ new WeakMap(), OVERTAKEN_MS = 200;
function mount({ data, parentElement, setTriggerValue }) {
  let place = parentElement.querySelector("#player"), mounted = mountedIn(place, data), call = ++mounted.calls;
  return mounted.made.then(
    (player) => player.update(data, setTriggerValue),
    (error) => place.replaceChildren(`The run's frames cannot be shown: ${error.message}`)
  ), () => {
    setTimeout(() => {
      mounted.calls === call && (MOUNTED.get(place) === mounted && MOUNTED.delete(place), close(mounted));
    }, OVERTAKEN_MS);
  };
}
function mountedIn(place, data) {
  let known = MOUNTED.get(place);
  if (known?.version === data.version) return known;
  known && close(known);
  let fresh = { version: data.version, calls: 0, made: open(data, place) };
  return MOUNTED.set(place, fresh), fresh;
}
function close(mounted) {
  mounted.made.then((player) => player.close(), () => {
  });
}
async function open(data, place) {
  let packed = await fetchPacked(`play/${data.run}/timeline?v=${encodeURIComponent(data.version)}`), player = new Workbench(data, packed);
  return place.replaceChildren(player.root), player;
}
export {
  Clock,
  mount as default,
  findEvents
};
