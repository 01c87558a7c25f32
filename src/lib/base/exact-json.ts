import { cite } from './cut-text.ts'
import { decimalOf } from './decimal.ts'

/** JSON that says what was meant, or where it does not and why: `{field: 'ticket.id', reason: 'is there twice'}`. */
export type ExactJson =
  | { readonly value: unknown; readonly parseError: null }
  | { readonly value: null; readonly parseError: JsonParseError }

/** Why a text is not taken for JSON. */
export interface JsonParseError {
  /** Its path, with dots; `body` for the whole. */
  readonly field: string
  /** Follows the field in a sentence. */
  readonly reason: string
}

/**
 * Parses JSON, and refuses what `JSON.parse` would take and alter: numbers of which it drops digits, the first of two
 * fields with one name, and texts with halves of surrogate pairs, which no database stores as they are. Never throws.
 */
export function parseExactJson(text: string): ExactJson {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { value: null, parseError: { field: 'body', reason: 'is not valid JSON' } }
  }
  const parseError = findParseError(text)
  return parseError ? { value: null, parseError } : { value, parseError: null }
}

/** An object or a list that is open where the scan is. */
interface Level {
  /** Names of its fields so far; null for a list. */
  readonly names: Set<string> | null
  /** Name of the current field, or number of the entry. */
  at: string | number
  /** Whether a text would be the name of a field. */
  isName: boolean
}

const noText = 'has characters that are no text'

/** Deeper than anything that an API takes; a schema would refuse it later, at more cost. */
const maxDepth = 100

const [quote, comma, colon, backslash] = [0x22, 0x2c, 0x3a, 0x5c]
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d]

/** Goes once through a text that is known to be JSON. */
function findParseError(text: string): JsonParseError | null {
  const levels: Level[] = []
  const errorOf = (reason: string): JsonParseError => ({ field: pathOf(levels), reason })
  // Only escaped texts need a closer look.
  if (!text.isWellFormed()) return errorOf(noText)
  const texts = createTextFinder(text)
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const top = levels.at(-1)
    if (code === quote) {
      const end = texts.endOf(at)
      const isEscaped = texts.hasEscape(at, end)
      const isName = top?.isName === true
      const read = isEscaped || isName ? readText(text, at, end, isEscaped) : ''
      if (!read.isWellFormed()) return errorOf(noText)
      if (isName) {
        top.at = read
        if (read === '__proto__') return errorOf('is no name of a field')
        if (top.names?.has(read)) return errorOf('is there twice')
        top.names?.add(read)
      }
      at = end
    } else if (isOfNumber(code)) {
      const end = endOfNumber(text, at)
      if (!isExact(text.slice(at, end))) return errorOf('has more digits than a number can hold')
      at = end - 1
    } else if (code === openObject || code === openList) {
      if (levels.length === maxDepth) return errorOf('is nested too deeply')
      levels.push({
        names: code === openObject ? new Set() : null,
        at: code === openObject ? '' : 0,
        isName: code === openObject,
      })
    } else if (code === closeObject || code === closeList) levels.pop()
    else if (top && code === colon) top.isName = false
    else if (top && code === comma) nextPart(top)
  }
  return null
}

function nextPart(level: Level): void {
  if (typeof level.at === 'number') level.at++
  else level.isName = true
}

/** The path to the scan's place, cut: names are as long as their sender likes. */
function pathOf(levels: readonly Level[]): string {
  const path = levels
    .map(({ at }) => at)
    .filter((at) => at !== '')
    .join('.')
  return path === '' ? 'body' : cite(path)
}

/** Finds the ends of texts, which are asked for from the first to the last. */
function createTextFinder(text: string) {
  let escape = -1

  /** Whether a backslash stands between both; each is looked for once, however many texts have none. */
  function hasEscape(start: number, end: number): boolean {
    if (escape < start) escape = text.indexOf('\\', start)
    if (escape === -1) escape = Infinity
    return escape < end
  }

  return {
    hasEscape,
    /** Finds the quote that closes the text whose opening quote is at `start`. */
    endOf(start: number): number {
      const first = text.indexOf('"', start + 1)
      if (!hasEscape(start, first)) return first
      for (let at = start + 1; ; at++) {
        const code = text.charCodeAt(at)
        if (code === quote) return at
        if (code === backslash) at++
      }
    },
  }
}

function readText(text: string, start: number, end: number, isEscaped: boolean): string {
  return isEscaped ? (JSON.parse(text.slice(start, end + 1)) as string) : text.slice(start + 1, end)
}

/** A digit or a minus; letters of a number come after one. */
function isOfNumber(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2d
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && '0123456789+-.eE'.includes(text.charAt(at))) at++
  return at
}

/** Up to so many digits a number always is what it is written as. */
const safeDigits = 15

/** No number that is meant needs as many characters. */
const maxDigits = 100

/** Whether the number is the one that is written, to the last digit. */
function isExact(written: string): boolean {
  if (written.length <= safeDigits && !/e/i.test(written)) return true
  if (written.length > maxDigits) return false
  const number = Number(written)
  if (!Number.isFinite(number) || (Number.isInteger(number) && !Number.isSafeInteger(number))) return false
  return decimalOf(written) === decimalOf(String(number))
}
