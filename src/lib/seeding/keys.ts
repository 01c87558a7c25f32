import type { KeyOrder } from '../base/key-order.ts'
import { createRandom, type Random, mix32 } from '../base/random.ts'

/** Writes the key of a seeding's row `index` (from 0) as 36 ASCII bytes. */
export type KeyWriter = (target: Buffer, offset: number, index: number, random: Random) => void

/** Which keys a seeding makes. */
export interface KeyRecipe {
  readonly keys: KeyOrder
  /** Serial number of the first row, so that a later seeding with the same seed makes other keys. */
  readonly firstSerial: number
  readonly rows: number
  readonly seed: string
}

const words = 0x1_0000_0000

/** A writer whose keys are unique by construction, however few random bits a block's generator was seeded with. */
export function createKeyWriter({ keys, firstSerial, rows, seed }: KeyRecipe): KeyWriter {
  if (keys === 'ascending') {
    return (target, offset, index, random) =>
      writeUuidV7(target, offset, firstSerial + index, random.int32(), random.int32())
  }
  if (keys === 'spread') {
    return (target, offset, index, random) => {
      const place = ((index + random.float()) / rows) * words
      const whole = Math.floor(place)
      const rest = Math.floor((place - whole) * 0x1_0000)
      const low = random.int32()
      writeUuidV4(target, offset, whole | 0, (rest << 16) | (low & 0xfff), random.int32(), low)
    }
  }
  const secret = createRandom(`${seed}/keys`).uint32()
  return (target, offset, index, random) => {
    const serial = firstSerial + index
    // A bijection of the serial's low 32 bits; its high bits stand in the last word as they are.
    const a = mix32((serial % words) ^ secret) | 0
    const last = (random.int32() & ~0xff) | Math.floor(serial / words)
    writeUuidV4(target, offset, a, random.int32(), random.int32(), last)
  }
}

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
export function writeUuidV7(target: Buffer, offset: number, serial: number, high: number, low: number): void {
  const ms = epoch + Math.floor(serial / idsPerMs)
  const timeLow = ms % 0x1_0000
  writeWords(target, offset, Math.floor(ms / 0x1_0000), (timeLow << 16) | 0x7000 | (serial % idsPerMs), high, low)
}

/** Writes a version 4 UUID as 36 ASCII bytes, of four words of 32 bits; six bits are given up to version and variant. */
function writeUuidV4(target: Buffer, offset: number, a: number, b: number, c: number, d: number): void {
  writeWords(target, offset, a, (b & 0xffff0fff) | 0x4000, c, d)
}

function writeWords(target: Buffer, offset: number, a: number, b: number, c: number, d: number): void {
  writeWord(target, offset, 0, a)
  writeWord(target, offset, 4, b)
  writeWord(target, offset, 8, 0x8000_0000 | (c & 0x3fff_ffff))
  writeWord(target, offset, 12, d)
  target[offset + 8] = dash
  target[offset + 13] = dash
  target[offset + 18] = dash
  target[offset + 23] = dash
}

function writeWord(target: Buffer, offset: number, index: number, word: number): void {
  writeByte(target, offset, index, word >>> 24)
  writeByte(target, offset, index + 1, (word >>> 16) & 255)
  writeByte(target, offset, index + 2, (word >>> 8) & 255)
  writeByte(target, offset, index + 3, word & 255)
}

function writeByte(target: Buffer, offset: number, index: number, byte: number): void {
  const at = offset + (positions[index] as number)
  target[at] = hexHigh[byte] as number
  target[at + 1] = hexLow[byte] as number
}
