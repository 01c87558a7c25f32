import { errorAsText } from '../../base/errors/error-text.ts'
import { RushbenchError } from '../../base/errors/errors.ts'
import { monotonicMs, realClock } from '../../base/measure/clock.ts'
import type { Ledger, LedgerEntry } from '../../ports/scenario.ts'
import type { GeneratorHooks, LoadGenerator } from '../engine/generator.ts'
import type { Command, CoordinatorPort } from './protocol.ts'

/** The worker's side: runs the generator that `open` gives as the coordinator says, and closes it. */
export async function serveShard(
  { send, listen }: CoordinatorPort,
  open: (hooks: GeneratorHooks) => Promise<LoadGenerator>,
): Promise<void> {
  const abort = new AbortController()
  const ledger = createLedgerChannel((batch, entries) => send({ kind: 'entries', batch, entries }))
  const begun = Promise.withResolvers<Extract<Command, { kind: 'begin' }> | null>()
  listen((command) => {
    if (command.kind === 'begin') begun.resolve(command)
    if (command.kind === 'recorded') ledger.settle(command.batch, command.reasons)
    if (command.kind !== 'stop') return
    begun.resolve(null)
    abort.abort()
  })
  let generator: LoadGenerator | null = null
  try {
    generator = await open({
      ledger,
      signal: abort.signal,
      onSecond: (interval) => send({ kind: 'interval', interval }),
      onPreparing: (progress) => send({ kind: 'preparing', ...progress }),
      onMistake: (error) => send({ kind: 'mistake', error: errorAsText(error) }),
    })
    await generator.prepare()
    send({ kind: 'prepared' })
    const begin = await begun.promise
    if (!begin) return
    const { at } = begin
    const { last, lost } = await generator.run(at === null ? undefined : realClock.now() + at - monotonicMs())
    if (last) send({ kind: 'last', interval: last })
    send({ kind: 'end', lost })
  } catch (error) {
    if (!(error instanceof RushbenchError)) throw error
    send({ kind: 'failed', error: errorAsText(error) })
  } finally {
    await generator?.close()
  }
}

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
