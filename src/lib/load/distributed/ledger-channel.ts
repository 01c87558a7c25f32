import type { Ledger, LedgerEntry } from '../../ports/scenario.ts'

/** A ledger that is kept by another thread. */
export interface LedgerChannel extends Ledger {
  /** The other thread has a batch, but for those of its entries (in order) that it refused for a reason. */
  settle(batch: number, reasons: readonly (string | null)[]): void
}

interface Batch {
  readonly entries: LedgerEntry[]
  readonly settled: PromiseWithResolvers<void>[]
}

/** Sends entries off in batches, numbered from 0: those of one turn of the event loop go together. */
export function createLedgerChannel(send: (batch: number, entries: readonly LedgerEntry[]) => void): LedgerChannel {
  const sent = new Map<number, Batch>()
  let batches = 0
  let waiting: Batch | null = null

  function open(): Batch {
    const batch: Batch = { entries: [], settled: [] }
    setImmediate(() => {
      waiting = null
      sent.set(batches, batch)
      send(batches++, batch.entries)
    })
    return batch
  }

  return {
    record(entry) {
      waiting ??= open()
      const settled = Promise.withResolvers<void>()
      waiting.entries.push(entry)
      waiting.settled.push(settled)
      return settled.promise
    },
    settle(batch, reasons) {
      for (const [index, { resolve, reject }] of (sent.get(batch)?.settled ?? []).entries()) {
        const reason = reasons[index] ?? null
        if (reason === null) resolve()
        else reject(new Error(reason))
      }
      sent.delete(batch)
    },
  }
}
