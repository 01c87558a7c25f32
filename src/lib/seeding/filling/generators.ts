import type { Random } from '../../base/random.ts'
import { writeDigits } from '../digits.ts'

/** Writes the value that a column has in row `index` (from 0, within its part) at `offset`, with all of its width. */
export type ValueWriter = (target: Buffer, offset: number, index: number, random: Random) => void

/** Makes the values of a column; each is as wide as every other, in ASCII without tabs, quotes and backslashes. */
export interface ColumnGenerator {
  /** Bytes. */
  readonly width: number
  readonly write: ValueWriter
}

const digitsOf = (value: number): number => String(value).length

/**
 * Whole numbers up to `last`, from `from` on: one after the other, each for `each` rows, and `of` of them over and over where
 * that is given.
 */
export function sequence(options: { last: number; from?: number; each?: number; of?: number }): ColumnGenerator {
  const { last, from = 1, each = 1, of = Number.MAX_SAFE_INTEGER } = options
  return whole(last, (index) => from + (Math.floor(index / each) % of))
}

/** Whole numbers between `min` and `max`, both in, each as likely as every other. */
export function uniform(min: number, max: number): ColumnGenerator {
  return whole(max, (_index, random) => random.integer(min, max))
}

/** Whole numbers from 0 to `most`, made of a row's index and of chance. */
export function whole(most: number, valueOf: (index: number, random: Random) => number): ColumnGenerator {
  const width = digitsOf(most)
  return {
    width,
    write: (target, offset, index, random) => writeDigits(target, offset, width, valueOf(index, random)),
  }
}

/** The same printable text in every row. Throws RangeError for one that a row cannot have in it. */
export function constant(text: string): ColumnGenerator {
  if (!/^[ -~]*$/.test(text) || /['"\\]/.test(text))
    throw new RangeError(`a text of ASCII without quotes and backslashes, not ${text}`)
  const bytes = Buffer.from(text, 'latin1')
  return {
    width: bytes.length,
    write(target, offset) {
      for (let at = 0; at < bytes.length; at++) target[offset + at] = bytes[at] as number
    },
  }
}

/** So many blanks. */
export function blanks(width: number): ColumnGenerator {
  return constant(' '.repeat(width))
}

/** The same time in every row, without a zone. */
export function time(ms: number): ColumnGenerator {
  return constant(new Date(ms).toISOString().replace('T', ' ').replace('Z', '000'))
}

const dash = 45

/** The ten thousand numbers of four digits, one after the other, so that four digits cost one look. */
const fours = Buffer.from(
  Array.from({ length: 10_000 }, (_, value) => String(value).padStart(4, '0')).join(''),
  'latin1',
)

const digitsInDraw = 8
const ofDraw = 10 ** digitsInDraw / 2 ** 32

/** Groups of random digits with a dash between two: `83868641912-28773972837-...`, as sysbench fills its rows. */
export function digitGroups(groups: number, digits: number): ColumnGenerator {
  const count = groups * digits
  const width = count + groups - 1
  // Digits are drawn eight at a time, whatever group they fall into.
  const scratch = Buffer.alloc(Math.ceil(count / digitsInDraw) * digitsInDraw)
  return {
    width,
    write(target, offset, _index, random) {
      for (let at = 0; at < count; at += digitsInDraw) {
        const drawn = Math.floor((random.int32() >>> 0) * ofDraw)
        const high = Math.floor(drawn / 10_000)
        copyFour(scratch, at, high)
        copyFour(scratch, at + 4, drawn - high * 10_000)
      }
      let to = offset
      for (let group = 0, from = 0; group < groups; group++) {
        if (group > 0) target[to++] = dash
        for (let digit = 0; digit < digits; digit++) target[to++] = scratch[from++] as number
      }
    },
  }
}

function copyFour(target: Buffer, at: number, value: number): void {
  const from = value * 4
  target[at] = fours[from] as number
  target[at + 1] = fours[from + 1] as number
  target[at + 2] = fours[from + 2] as number
  target[at + 3] = fours[from + 3] as number
}

/** 64 characters, so that six bits choose one. */
const alphabet = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1')
const lettersInDraw = 5

/** Random letters and digits. */
export function letters(width: number): ColumnGenerator {
  return {
    width,
    write(target, offset, _index, random) {
      for (let at = 0; at < width; at += lettersInDraw) {
        let bits = random.int32()
        const end = Math.min(at + lettersInDraw, width)
        for (let to = at; to < end; to++) {
          target[offset + to] = alphabet[bits & 63] as number
          bits >>>= 6
        }
      }
    },
  }
}
