/** Milliseconds since 1970 at 2000-01-01, where the seeded ids begin: before every id that an API gives today. */
const epoch = Date.UTC(2000, 0, 1)
/** Ids in one millisecond: the 12 bits that RFC 9562 leaves to a counter. */
const idsPerMs = 4096

/** The two hexadecimal digits of every byte, as ASCII codes. */
const hexHigh = new Uint8Array(256)
const hexLow = new Uint8Array(256)
for (let byte = 0; byte < 256; byte++) {
  const digits = byte.toString(16).padStart(2, '0')
  hexHigh[byte] = digits.charCodeAt(0)
  hexLow[byte] = digits.charCodeAt(1)
}

/** Where the 16 bytes of a UUID stand in its text form. */
const positions = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const
const dash = 45

/**
 * Writes a version 7 UUID (RFC 9562, method 1: a counter in rand_a) as 36 ASCII bytes. It ascends
 * with `serial` and is unique for each; `high` and `low` are 32 random bits each.
 */
export function writeUuid(target: Buffer, offset: number, serial: number, high: number, low: number): void {
  const ms = epoch + Math.floor(serial / idsPerMs)
  const counter = serial % idsPerMs
  const timeHigh = Math.floor(ms / 0x1_0000)
  const timeLow = ms % 0x1_0000
  writeByte(target, offset, 0, timeHigh >>> 24)
  writeByte(target, offset, 1, (timeHigh >>> 16) & 255)
  writeByte(target, offset, 2, (timeHigh >>> 8) & 255)
  writeByte(target, offset, 3, timeHigh & 255)
  writeByte(target, offset, 4, timeLow >>> 8)
  writeByte(target, offset, 5, timeLow & 255)
  writeByte(target, offset, 6, 0x70 | (counter >>> 8))
  writeByte(target, offset, 7, counter & 255)
  writeByte(target, offset, 8, 0x80 | ((high >>> 24) & 0x3f))
  writeByte(target, offset, 9, (high >>> 16) & 255)
  writeByte(target, offset, 10, (high >>> 8) & 255)
  writeByte(target, offset, 11, high & 255)
  writeByte(target, offset, 12, low >>> 24)
  writeByte(target, offset, 13, (low >>> 16) & 255)
  writeByte(target, offset, 14, (low >>> 8) & 255)
  writeByte(target, offset, 15, low & 255)
  target[offset + 8] = dash
  target[offset + 13] = dash
  target[offset + 18] = dash
  target[offset + 23] = dash
}

function writeByte(target: Buffer, offset: number, index: number, byte: number): void {
  const at = offset + (positions[index] as number)
  target[at] = hexHigh[byte] as number
  target[at + 1] = hexLow[byte] as number
}
