/** Node's own, below the checks that `toString` makes first: they cost as much as a short text itself. */
interface Texts {
  utf8Slice(start: number, end: number): string
}

/** Reads a text. */
export function readText(bytes: Buffer, start: number, end: number): string {
  return (bytes as unknown as Texts).utf8Slice(start, end)
}

const [minus, zero, nine] = [0x2d, 0x30, 0x39]
/** Digits of which every number is exact. */
const safeDigits = 15

/** Reads a number from its text; a whole one beyond 2^53 - 1 stays the text that it is. */
export function readNumber(bytes: Buffer, start: number, end: number): number | string {
  const isNegative = bytes[start] === minus
  const first = isNegative ? start + 1 : start
  if (end - first <= safeDigits) {
    let number = 0
    for (let at = first; at < end; at++) {
      const digit = bytes[at] as number
      if (digit < zero || digit > nine) return Number(bytes.toString('latin1', start, end))
      number = 10 * number + digit - zero
    }
    return isNegative ? -number : number
  }
  const text = bytes.toString('latin1', start, end)
  const number = Number(text)
  return Number.isSafeInteger(number) || !/^-?\d+$/.test(text) ? number : text
}
