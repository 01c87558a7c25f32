import { ignoreFailure } from '../../base/abort.ts'
import { reasonOf } from '../../base/errors/errors.ts'
import { unwritable, type AppendOnlyFile } from './ledger-file.ts'
import { formatEntry, formatHead, mostRefusals, refusalsCutLine, type LedgerHead } from './ledger-format.ts'
import type { Ledger, LedgerEntry, Outcome } from '../../ports/scenario.ts'

/** Attempts by what became of them. */
export type OutcomeCounts = Readonly<Record<Outcome, number>>

/** A ledger that counts what it is told. */
export interface CountingLedger extends Ledger {
  counts(): OutcomeCounts
}

/** A ledger that is being written. */
export interface LedgerWriter extends CountingLedger {
  /** Rejects with `ledger-unwritable` at the first line that cannot be written; every line after it is refused. */
  readonly failed: Promise<never>
  /**
   * Writes what is left and returns where it is written, or removes a file in which nothing stands and returns null.
   * Throws `ledger-unwritable` when any line could not be written.
   */
  close(): Promise<string | null>
}

/**
 * Keeps a ledger in `file`. Entries that come together share a write (group commit): those that come while a write is
 * under way make up the next one. Of refusals it writes the first `refusals`, and counts the others.
 */
export async function startLedger(
  file: AppendOnlyFile,
  head: LedgerHead,
  refusals: number = mostRefusals,
): Promise<LedgerWriter> {
  const counts = { booked: 0, conflict: 0, failed: 0, unknown: 0 }
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  void ignoreFailure(failed)
  let waiting = ''
  let nextWrite: Promise<void> | null = null
  let lastWrite = Promise.resolve()

  async function write(): Promise<void> {
    // After this turn's sockets are read, so that all responses that are here already go together.
    await Promise.all([lastWrite, new Promise((resolve) => void setImmediate(resolve))])
    const text = waiting
    waiting = ''
    nextWrite = null
    await file.append(text).catch((error: unknown) => {
      throw unwritable(file.path, error)
    })
  }

  function append(text: string): Promise<void> {
    waiting += text
    if (nextWrite) return nextWrite
    // Rejects for ever once it has rejected: what follows a line that is missing must not be written either.
    nextWrite = lastWrite = write()
    nextWrite.catch(fail)
    return nextWrite
  }

  await append(formatHead(head)).catch(async (error: unknown) => {
    await file.close()
    throw error
  })
  return {
    failed,
    async record(entry) {
      const line = lineOf(entry)
      counts[entry.outcome]++
      if (entry.outcome !== 'conflict' || counts.conflict <= refusals) await append(line)
      else if (counts.conflict === refusals + 1) await append(refusalsCutLine)
    },
    counts: () => ({ ...counts }),
    async close() {
      try {
        await lastWrite
      } finally {
        await file.close()
      }
      const isEmpty = counts.booked + counts.conflict + counts.failed + counts.unknown === 0
      if (!isEmpty || !file.remove) return file.path
      await file.remove()
      return null
    },
  }
}

/** The ledger of a run in which nothing books: no file is made for it. */
export function unwrittenLedger(): LedgerWriter {
  return {
    failed: new Promise<never>(() => {}),
    record: async () => {},
    counts: () => ({ booked: 0, conflict: 0, failed: 0, unknown: 0 }),
    close: async () => null,
  }
}

/** Throws TypeError for what is no entry. */
function lineOf(entry: LedgerEntry): string {
  try {
    return formatEntry(entry)
  } catch (error) {
    throw new TypeError(`the ledger refuses an entry: ${reasonOf(error)}`, { cause: error })
  }
}
