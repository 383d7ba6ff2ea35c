// The number of a frame, read from the blocks below its picture: the twin of pipeline/frame_marks.py.

const BLOCK = 8;
const NUMBER_BITS = 24;
const BITS = 28;

/** Lines that the blocks take below a picture of a width. */
export function stripHeight(width: number): number {
  return BLOCK * Math.ceil(BITS / Math.floor(width / BLOCK));
}

/** Read the number below the picture, whose height is even; null where the blocks do not check. */
export function readNumber(context: CanvasRenderingContext2D, width: number, pictureHeight: number): number | null {
  const { data } = context.getImageData(0, pictureHeight, width, stripHeight(width));
  const columns = Math.floor(width / BLOCK);
  let [number, told] = [0, 0];
  for (let bit = 0; bit < BITS; bit++) {
    const x = (bit % columns) * BLOCK + BLOCK / 2;
    const y = Math.floor(bit / columns) * BLOCK + BLOCK / 2;
    if (data[4 * (y * width + x) + 1] <= 127) continue;
    if (bit < NUMBER_BITS) number += 2 ** bit;
    else told += 2 ** (bit - NUMBER_BITS);
  }
  let check = 5;
  for (let place = 0; place < 6; place++) check += (2 * place + 1) * ((number >> (4 * place)) & 15);
  return check % 16 === told ? number : null;
}
