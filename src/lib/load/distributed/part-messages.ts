import type { RushbenchError } from '../../base/errors/errors.ts'
import { readError } from '../../queue/error-text.ts'
import type { GeneratorNews, WorkerFacts } from '../engine/generator.ts'
import { parseEntry } from '../ledger/ledger-format.ts'
import type { LedgerEntry } from '../../ports/scenario.ts'
import { newEntries, partEnd, workerFacts } from './load-part.ts'
import { decodeNews } from './metrics-bytes.ts'

/** What a worker says of its part. */
export type PartMessage =
  /** It has taken it. */
  | { readonly kind: 'hello'; readonly worker: WorkerFacts }
  | { readonly kind: 'prepared' }
  /** After each second, and once more after the last. */
  | { readonly kind: 'second' | 'last'; readonly news: GeneratorNews }
  | { readonly kind: 'entries'; readonly entries: readonly LedgerEntry[] }
  /** Why it gave its part back; null when it was done. */
  | { readonly kind: 'end'; readonly left: string | null }
  /** Why it does not do it, or what has to end the run but not what was measured up to then. */
  | { readonly kind: 'failed' | 'mistake'; readonly error: RushbenchError }

/** Bytes of a message's data, at most: of bookings, and of anything else but counts, which may fill a message. */
const mostBytes = { entries: 4 * 1024 * 1024, words: 64 * 1024 } as const

/** Bytes of lines that one message brings, unless a single one is longer. */
export const linesBytes = 1024 * 1024

/** Reads what came from the queue. Null for a kind that nobody knows; throws Error with the reason why it is no message. */
export function readMessage(kind: string, data: Buffer): PartMessage | null {
  requireShort(kind, data)
  if (kind === 'prepared') return { kind }
  if (kind === 'second' || kind === 'last') return { kind, news: decodeNews(data) }
  if (kind === 'hello') return { kind, worker: workerFacts.parse(parseJson(data)) }
  if (kind === 'end') return { kind, ...partEnd.parse(parseJson(data)) }
  if (kind === 'failed' || kind === 'mistake') return { kind, error: requireError(data.toString()) }
  if (kind !== 'entries') return null
  const { lines } = newEntries.parse(parseJson(data))
  return { kind, entries: lines.map(parseEntry) }
}

/** Before it is parsed. */
function requireShort(kind: string, { length }: Buffer): void {
  if (kind === 'second' || kind === 'last') return
  const most = kind === 'entries' ? mostBytes.entries : mostBytes.words
  if (length > most) throw new Error(`it has ${length} bytes, and one of its kind ${most} at most`)
}

function requireError(text: string): RushbenchError {
  const error = readError(text)
  if (error === null) throw new Error('it tells of an error that is none')
  return error
}

function parseJson(data: Buffer): unknown {
  return JSON.parse(data.toString())
}
