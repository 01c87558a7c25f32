import { parseExactJson } from '../../base/exact-json.ts'
import type { LedgerEntry, Outcome } from '../../ports/scenario.ts'

/** The version of the format, in the head line of every ledger. */
const ledgerSchema = 'rushbench.ledger/v1'

/** The first line of a ledger. */
export interface LedgerHead {
  /** Sets this run's bookings apart from every other's. */
  readonly run: string
  readonly workload: string
  /** Origin of the API. */
  readonly target: string
  /** When the run began, ISO 8601, UTC. */
  readonly startedAt: string
}

const outcomes: readonly Outcome[] = ['booked', 'conflict', 'unknown', 'failed']

/**
 * The most refusals that a ledger has: about 80 MB of lines, and 27 MB of memory in an audit. Those after them are only
 * counted: a load that is refused a thousand times a second should not fill a disk.
 */
export const mostRefusals = 1_000_000

/** The line that stands where the refusals after the first `mostRefusals` are left out, with its end. */
export const refusalsCutLine = '{"refusals":"cut"}\n'

/** Whether a line, without its end, says that refusals are left out from here on. */
export function isRefusalsCut(line: string): boolean {
  return line === refusalsCutLine.trimEnd()
}

/** The head as a line, with its end. */
export function formatHead({ run, workload, target, startedAt }: LedgerHead): string {
  return `${JSON.stringify({ schema: ledgerSchema, run, workload, target, startedAt })}\n`
}

/** Far longer than any line that makes sense, and short enough to be held in memory. */
export const maxLineBytes = 64 * 1024

/** One entry as a line, with its end. Throws Error for one that could not be read again, which a scenario may make. */
export function formatEntry({ outcome, key, resource, id }: LedgerEntry): string {
  const line = JSON.stringify({ outcome, key, resource, id })
  if (Buffer.byteLength(line) > maxLineBytes) throw new Error(`it is longer than ${maxLineBytes} bytes`)
  parseEntry(line)
  return `${line}\n`
}

/** Reads a head. Throws Error with the reason why the line is none. */
export function parseHead(line: string): LedgerHead {
  const { schema, ...head } = parseObject(line)
  if (schema !== ledgerSchema) throw new Error(`its schema is ${quote(schema)}, and this version reads ${ledgerSchema}`)
  refuseOthers(head, ['run', 'workload', 'target', 'startedAt'])
  const { run, workload, target, startedAt } = head
  return {
    run: requireText('run', run),
    workload: requireText('workload', workload),
    target: requireText('target', target),
    startedAt: requireText('startedAt', startedAt),
  }
}

/** Reads an entry. Throws Error with the reason why the line is none. */
export function parseEntry(line: string): LedgerEntry {
  const fields = parseObject(line)
  refuseOthers(fields, ['outcome', 'key', 'resource', 'id'])
  const { key, resource, id } = fields
  const outcome = outcomes.find((known) => known === fields['outcome'])
  if (outcome === undefined) {
    throw new Error(`outcome is ${quote(fields['outcome'])}, not one of ${outcomes.join(', ')}`)
  }
  const entry = { outcome, key: requireText('key', key), resource: requireName('resource', resource) }
  if (id === undefined) return entry
  if (outcome !== 'booked') throw new Error(`it has an id, though its outcome is ${outcome}`)
  return { ...entry, id: requireName('id', id) }
}

function parseObject(line: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new Error('it is not whole JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is not a JSON object')
  // What is written as it would be written again says what it means; a look at each character takes twice as long.
  if (line.includes('\\') || JSON.stringify(value) !== line) requireExact(line)
  return value as Record<string, unknown>
}

/** Refuses what `JSON.parse` alters: the first of two fields of one name, digits of numbers, halves of characters. */
function requireExact(line: string): void {
  const { parseError } = parseExactJson(line)
  if (parseError) throw new Error(`${parseError.field === 'body' ? 'it' : parseError.field} ${parseError.reason}`)
}

function refuseOthers(fields: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const other = Object.keys(fields).find((field) => !known.includes(field))
  if (other !== undefined) throw new Error(`it has ${quote(other)}, which this version does not know`)
}

function requireText(field: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new Error(`${field} is ${quote(value)}, not a text`)
}

/** Reads the name that the API gave something. */
function requireName(field: string, value: unknown): string | number {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return value as number
  if (typeof value === 'string' && value !== '') return value
  throw new Error(`${field} is ${quote(value)}, neither a text nor a whole number`)
}

const longestQuote = 40

function quote(value: unknown): string {
  const shown = Object.is(value, -0) ? '-0' : (JSON.stringify(value) ?? 'missing')
  return shown.length > longestQuote ? `${shown.slice(0, longestQuote)}...` : shown
}
