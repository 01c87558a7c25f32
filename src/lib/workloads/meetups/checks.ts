import { isStorable, lengthOf } from '../shared/storable-text.ts'
import { RpcError } from './rpc/errors.ts'

/** Throws `invalid` with `<what> <problem>` unless it holds. */
export function requireThat(holds: boolean, what: string, problem: string): void {
  if (!holds) throw new RpcError('invalid', `${what} ${problem}`)
}

/** Throws `invalid` unless the text has from `min` to `max` characters, and every database can store it. */
export function requireText(text: string, what: string, min: number, max: number): void {
  requireThat(isStorable(text), what, 'is no text that can be stored')
  const length = lengthOf(text)
  requireThat(length >= min && length <= max, what, `has ${length} characters instead of ${min} to ${max}`)
}

/** A text as it is stored, composed (NFC), which may make it longer. Throws `invalid` as `requireText` does. */
export function readText(text: string, what: string, min: number, max: number): string {
  const stored = text.normalize('NFC')
  requireText(stored, what, min, max)
  return stored
}

/** A text of one line as it is stored: as `readText` does, without the spaces around it. */
export function readLine(text: string, what: string, min: number, max: number): string {
  return readText(text.trim(), what, min, max)
}

/** Throws `invalid` unless all ids are UUIDs. */
export function requireIds(ids: readonly string[], what: string): void {
  requireThat(ids.length <= maxIds, what, `are more than ${maxIds}`)
  for (const id of ids) requireThat(uuidPattern.test(id), what, 'is no UUID in lower case')
}

/** A UUID as it is stored. */
export const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** In one question. */
const maxIds = 10_000

/** Throws `invalid` unless the number is whole, and from `min` to `max`. */
export function requireWhole(value: number, what: string, min: number, max: number): void {
  requireThat(Number.isSafeInteger(value) && value >= min && value <= max, what, `is not from ${min} to ${max}`)
}

/** Throws `invalid` unless the value is one of those that are allowed. */
export function requireOneOf(value: string, what: string, allowed: readonly string[]): void {
  requireThat(allowed.includes(value), what, `is none of ${allowed.join(', ')}`)
}

/** Times have 13 digits up to here: the year 2286. */
export const maxTime = 9_999_999_999_999
