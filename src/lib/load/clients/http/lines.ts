/** A line is refused beyond this length, its end not counted: above the 8 to 16 kB that servers and clients allow. */
export const maxLineBytes = 64 * 1024

/** What `findLineEnd` says when more bytes are needed to tell. */
export const incomplete = -1

/** What `findLineEnd` says of a line that is refused: a key of `lineErrors`. */
export const lineErrors: Readonly<Record<number, string>> = {
  [-2]: 'a bare line feed',
  [-3]: 'a bare carriage return',
  [-4]: 'a control character',
  [-5]: 'a line too long',
}

const bareLineFeed = -2
const bareCarriageReturn = -3
const controlCharacter = -4
const tooLong = -5

const tab = 0x09
const lineFeed = 0x0a
const carriageReturn = 0x0d

/** 1 for a byte that a line may hold: anything but control characters, of which the tab is allowed. */
const isLineByte = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === tab || (byte >= 0x20 && byte !== 0x7f) ? 1 : 0,
)

/**
 * Where the line that begins at `start` ends: the position of its CRLF, `incomplete`, or a key of
 * `lineErrors`. What it says does not depend on how much follows the line. `sound` is how many of its
 * bytes were looked at before and were found to be allowed.
 */
export function findLineEnd(bytes: Uint8Array, start: number, end: number, sound = 0): number {
  const limit = Math.min(end, start + maxLineBytes + 1)
  let at = start + sound
  while (at < limit && isLineByte[bytes[at] as number] === 1) at++
  if (at - start > maxLineBytes) return tooLong
  if (at === end) return incomplete
  if (bytes[at] === lineFeed) return bareLineFeed
  if (bytes[at] !== carriageReturn) return controlCharacter
  if (at + 1 === end) return incomplete
  return bytes[at + 1] === lineFeed ? at : bareCarriageReturn
}
