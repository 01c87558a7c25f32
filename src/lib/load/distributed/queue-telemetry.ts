import { z } from 'zod'
import { readError } from '../../base/errors/error-text.ts'
import type { LedgerEntry } from '../../ports/scenario.ts'
import type { WorkerFacts } from '../engine/generator.ts'
import { formatEntry, parseEntry } from '../ledger/ledger-format.ts'
import { decodeInterval, encodeInterval } from './interval-bytes.ts'
import type { Telemetry } from './protocol.ts'

const text = z.string().max(10_000)

const workerFacts: z.ZodType<WorkerFacts> = z.strictObject({
  name: text,
  host: text,
  pid: z.number().int().min(0),
  version: text,
  clock: z.strictObject({ offsetMs: z.number(), roundTripMs: z.number().min(0) }).nullable(),
})
/** Lines as the ledger has them. */
const newEntries = z.strictObject({ lines: z.array(z.string()) })
const ending = z.strictObject({ lost: text.nullable() })

/** Bytes of a message's data, at most: of bookings, and of anything else but counts, which may fill a message. */
const mostBytes = { entries: 4 * 1024 * 1024, words: 64 * 1024 } as const

/** Bytes of lines that one message brings, unless a single one is longer. */
const linesBytes = 1024 * 1024

/** The data of a message on the queue, but of ledger entries; null for what is told on one machine alone. */
export function encodeTelemetry(message: Exclude<Telemetry, { kind: 'entries' }>): Buffer | null {
  if (message.kind === 'prepared') return Buffer.alloc(0)
  if (message.kind === 'interval' || message.kind === 'last') return encodeInterval(message.interval)
  if (message.kind === 'hello') return asJson(message.worker)
  if (message.kind === 'end') return asJson({ lost: message.lost })
  return message.kind === 'failed' || message.kind === 'mistake' ? Buffer.from(message.error) : null
}

/** Ledger entries as the data of messages, in order, at least one. */
export function encodeEntries(entries: readonly LedgerEntry[]): {
  readonly messages: readonly Buffer[]
  /** Why the ledger refuses an entry; null for those that are in the messages. */
  readonly reasons: readonly (string | null)[]
} {
  const groups: string[][] = [[]]
  let bytes = 0
  const reasons = entries.map((entry) => {
    try {
      const line = formatEntry(entry).trimEnd()
      bytes += Buffer.byteLength(line)
      if (bytes > linesBytes) {
        groups.push([])
        bytes = Buffer.byteLength(line)
      }
      groups.at(-1)?.push(line)
      return null
    } catch (error) {
      return `the ledger refuses an entry: ${(error as Error).message}`
    }
  })
  return { messages: groups.map((lines) => asJson({ lines })), reasons }
}

/** Reads what came from the queue. Null for a kind that nobody knows; throws Error with the reason why it is no message. */
export function decodeTelemetry(kind: string, data: Buffer): Telemetry | null {
  requireShort(kind, data)
  if (kind === 'prepared') return { kind }
  if (kind === 'interval' || kind === 'last') return { kind, interval: decodeInterval(data) }
  if (kind === 'hello') return { kind, worker: workerFacts.parse(parseJson(data)) }
  if (kind === 'end') return { kind, ...ending.parse(parseJson(data)) }
  if (kind === 'failed' || kind === 'mistake') return { kind, error: requireError(data.toString()) }
  if (kind !== 'entries') return null
  const { lines } = newEntries.parse(parseJson(data))
  return { kind, batch: 0, entries: lines.map(parseEntry) }
}

/** Before it is parsed. */
function requireShort(kind: string, { length }: Buffer): void {
  if (kind === 'interval' || kind === 'last') return
  const most = kind === 'entries' ? mostBytes.entries : mostBytes.words
  if (length > most) throw new Error(`it has ${length} bytes, and one of its kind ${most} at most`)
}

function requireError(error: string): string {
  if (readError(error) === null) throw new Error('it tells of an error that is none')
  return error
}

function asJson(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}

function parseJson(data: Buffer): unknown {
  return JSON.parse(data.toString())
}
