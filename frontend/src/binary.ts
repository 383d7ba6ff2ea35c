// Reads what pipeline/player_data.py packs: the length of a JSON head, the head, and arrays on 8-byte boundaries.

const TYPES = {
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  f4: Float32Array,
  f8: Float64Array,
} as const;

type Kinds = typeof TYPES;

/** Parsed arrays by name, beside the head. */
export class Packed<Head> {
  readonly head: Head;
  private readonly places: Record<string, [keyof Kinds, number, number]>;

  constructor(private readonly buffer: ArrayBuffer) {
    const length = new DataView(buffer).getUint32(0, true);
    const text = new TextDecoder().decode(new Uint8Array(buffer, 4, length));
    const { arrays, ...head } = JSON.parse(text);
    this.head = head as Head;
    this.places = arrays;
  }

  array<Kind extends keyof Kinds>(name: string, kind: Kind): InstanceType<Kinds[Kind]> {
    const place = this.places[name];
    if (!place || place[0] !== kind) throw new Error(`the run's data has no array '${name}' of type ${kind}`);
    return new TYPES[kind](this.buffer, place[1], place[2]) as InstanceType<Kinds[Kind]>;
  }
}

/** Fetch and parse; the address is relative to the app's own. */
export async function fetchPacked<Head>(address: string): Promise<Packed<Head>> {
  const answer = await fetch(new URL(address, document.baseURI));
  if (!answer.ok) throw new Error(`${await answer.text()}`);
  return new Packed<Head>(await answer.arrayBuffer());
}
