// The maps of a frame, side by side under one cursor (ui/why.py). data.maps: [name, address of the picture] of each.
export default function ({ data, parentElement }) {
  const place = parentElement.querySelector("#maps");
  place.replaceChildren(...data.maps.map(([name, source]) => figure(name, source)));
  const lines = (kind) => place.querySelectorAll(`.box > i.${kind}`);

  place.onmousemove = (event) => {
    const box = event.target.closest(".box");
    place.classList.toggle("pointed", box !== null);
    if (!box) return;
    const { left, top, width, height } = box.getBoundingClientRect();
    for (const line of lines("h")) line.style.top = `${(100 * (event.clientY - top)) / height}%`;
    for (const line of lines("v")) line.style.left = `${(100 * (event.clientX - left)) / width}%`;
  };
  place.onmouseleave = () => place.classList.remove("pointed");
}

function figure(name, source) {
  const image = Object.assign(document.createElement("img"), { src: source, alt: name });
  const caption = Object.assign(document.createElement("figcaption"), { textContent: name });
  const box = Object.assign(document.createElement("div"), { className: "box" });
  const lines = ["h", "v"].map((kind) => Object.assign(document.createElement("i"), { className: kind }));
  const drawn = document.createElement("figure");
  box.append(image, ...lines);
  drawn.append(box, caption);
  return drawn;
}
