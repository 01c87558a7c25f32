import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import { plain } from '../../base/format.ts'
import { isRefusalsCut, maxLineBytes, parseEntry, parseHead, type LedgerHead } from './ledger-format.ts'
import type { LedgerEntries, LedgerEntry, Outcome } from '../../ports/scenario.ts'
import type { Watch } from '../../base/progress.ts'

/** A ledger that was read to its end once and found whole. What is appended later is not part of it. */
export interface ReadLedger {
  readonly file: string
  readonly head: LedgerHead
  readonly counts: Readonly<Record<Outcome, number>>
  /** There were more refusals than stand in it. */
  readonly refusalsCut: boolean
  /** The last line has no end, since the writer was killed in the middle of it; it is left out. */
  readonly torn: boolean
  readonly entries: LedgerEntries
}

const chunkBytes = 256 * 1024
const newline = 10

/** Lines between two looks at the signal and two signs of progress. */
const stepLines = 10_000

/** Reads and checks ledgers of different runs. Throws `ledger-unreadable`, and `usage-wrong` for a run that is there twice. */
export async function readLedgers(files: readonly string[], watch: Watch): Promise<ReadLedger[]> {
  const ledgers: ReadLedger[] = []
  for (const file of files) {
    const ledger = await readLedger(file, watch)
    const same = ledgers.find(({ head }) => head.run === ledger.head.run)
    if (same)
      throw failure('usage-wrong', { reason: `${same.file} and ${file} are of the same run: name one of them.` })
    ledgers.push(ledger)
  }
  return ledgers
}

/** Reads and checks a whole ledger. Throws `ledger-unreadable`, with the line, or the signal's reason. */
export async function readLedger(file: string, { onProgress, signal }: Watch): Promise<ReadLedger> {
  const total = await sizeOf(file)
  const counts = { booked: 0, conflict: 0, unknown: 0, failed: 0 }
  let head: LedgerHead | null = null
  let end = 0
  let torn = false
  let refusalsCut = false
  for await (const line of readLines(file, Infinity)) {
    torn = line.torn
    if (torn) requireBeginning(file, line)
    else {
      if (head === null) head = parse(file, line, parseHead)
      else {
        const entry = parse(file, line, parseLine)
        if (entry === null) refusalsCut = true
        else counts[entry.outcome]++
      }
      ;({ end } = line)
    }
    if (line.number % stepLines === 0) {
      signal.throwIfAborted()
      onProgress({ done: end, total })
    }
  }
  if (head === null) throw unreadable(file, 1, 'it has no head')
  const count = counts.booked + counts.conflict + counts.unknown + counts.failed
  return { file, head, counts, refusalsCut, torn, entries: { count, read: () => readEntries(file, end, count) } }
}

/** The entries of several ledgers, one after the other. */
export function joinEntries(ledgers: readonly ReadLedger[]): LedgerEntries {
  return {
    count: ledgers.reduce((sum, { entries }) => sum + entries.count, 0),
    async *read() {
      for (const { entries } of ledgers) yield* entries.read()
    },
  }
}

/** Bytes; 0 where there is nothing, which reading says. A pipe would be empty the second time, and all bookings be well. */
async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => null)
  if (found && !found.isFile()) throw changing(file, 'it is no file, and cannot be read more than once')
  return found?.size ?? 0
}

async function* readEntries(file: string, end: number, count: number): AsyncGenerator<LedgerEntry> {
  let left = count
  for await (const line of readLines(file, end)) {
    const entry = line.number > 1 ? parse(file, line, parseLine) : null
    if (entry === null) continue
    left--
    yield entry
  }
  if (left !== 0) throw changing(file, 'it was changed while it was read')
}

/** Null for the line that stands for the refusals that are left out. */
function parseLine(line: string): LedgerEntry | null {
  return isRefusalsCut(line) ? null : parseEntry(line)
}

interface Line {
  /** From 1. */
  readonly number: number
  /** Without its end. */
  readonly bytes: Buffer
  /** Bytes of the file up to its end, that included. */
  readonly end: number
  readonly torn: boolean
}

/** The lines of the file's first `length` bytes; the last may be torn. */
async function* readLines(file: string, length: number): AsyncGenerator<Line> {
  let number = 0
  let end = 0
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of readChunks(file, length)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let from = 0
    for (let to = bytes.indexOf(newline); to !== -1; to = bytes.indexOf(newline, from)) {
      number++
      end += to + 1 - from
      requireShort(file, number, to - from)
      yield { number, bytes: bytes.subarray(from, to), end, torn: false }
      from = to + 1
    }
    rest = bytes.subarray(from)
    requireShort(file, number + 1, rest.length)
  }
  if (rest.length > 0) yield { number: number + 1, bytes: rest, end: end + rest.length, torn: true }
}

async function* readChunks(file: string, length: number): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(file, { end: length - 1, highWaterMark: chunkBytes })) {
      yield chunk as Buffer
    }
  } catch (error) {
    throw failure('ledger-unreadable', { file, line: null, reason: reasonOf(error) }, error)
  }
}

function requireShort(file: string, line: number, bytes: number): void {
  if (bytes > maxLineBytes) throw unreadable(file, line, `it is longer than ${maxLineBytes} bytes`)
}

/** Requires the beginning of an entry, which is all that a killed writer may leave. */
function requireBeginning(file: string, { number, bytes }: Line): void {
  if (bytes[0] !== '{'.charCodeAt(0)) throw unreadable(file, number, 'it is not the beginning of an entry')
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function parse<T>(file: string, { number, bytes }: Line, read: (line: string) => T): T {
  try {
    return read(utf8.decode(bytes))
  } catch (error) {
    throw unreadable(file, number, reasonOf(error))
  }
}

function changing(file: string, reason: string): Error {
  return failure('ledger-unreadable', { file, line: null, reason })
}

/** The reason quotes the file, which may hold anything, and goes to a terminal. */
function unreadable(file: string, line: number, reason: string): Error {
  return failure('ledger-unreadable', { file, line, reason: plain(reason) })
}
