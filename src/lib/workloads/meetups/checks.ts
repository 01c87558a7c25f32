import { RpcError } from './rpc/errors.ts'

/** Throws `invalid` with `<what> <problem>` unless it holds. */
export function requireThat(holds: boolean, what: string, problem: string): void {
  if (!holds) throw new RpcError('invalid', `${what} ${problem}`)
}

/** Throws `invalid` unless the text has from `min` to `max` characters, and every database can store it. */
export function requireText(text: string, what: string, min: number, max: number): void {
  requireThat(!text.includes('\0') && text.isWellFormed(), what, 'is no text that can be stored')
  const { length } = Array.from(text)
  requireThat(length >= min && length <= max, what, `has ${length} characters instead of ${min} to ${max}`)
}

/** Throws `invalid` unless all ids are UUIDs. */
export function requireIds(ids: readonly string[], what: string): void {
  requireThat(ids.length <= maxIds, what, `are more than ${maxIds}`)
  for (const id of ids) requireThat(uuidPattern.test(id), what, 'is no UUID in lower case')
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** In one question. */
const maxIds = 10_000
