// The player's elements. Text from a run, such as a label, only ever becomes a text node.

type Children = (Node | string)[];

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name, attributes: Record<string, string> = {}, ...children: Children
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A button that shows a sign and is called by a name. */
export function button(sign: string, name: string, onClick: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", "aria-label": name, title: name }, sign);
  made.onclick = onClick;
  return made;
}

/** A switch of a layer. */
export function toggle(name: string, on: boolean, onChange: (on: boolean) => void): [HTMLLabelElement, HTMLInputElement] {
  const box = element("input", { type: "checkbox" });
  box.checked = on;
  box.onchange = () => onChange(box.checked);
  return [element("label", {}, box, name), box];
}

/** A list of keys and what they do. */
export function keyList(keys: [string, string][]): HTMLElement {
  const list = element("dl", { class: "keys", role: "note", "aria-label": "Keys", hidden: "" });
  for (const [key, told] of keys) list.append(element("dt", {}, key), element("dd", {}, told));
  return list;
}
