import { pause } from '../../../base/abort.ts'
import { applyIfAbsent } from '../../../adapters/databases/apply-if-absent.ts'
import type { Store } from '../../../ports/database.ts'
import type { Clients } from '../services.ts'
import { takeStep, unfinished } from './steps.ts'
import { sagas, type SagaRow } from './tables.ts'

export interface Runner {
  /** Stores sagas that begin, those that are new, and drives them; resolves when they are stored. */
  begin(rows: readonly SagaRow[]): Promise<void>
  /** Leaves what is under way to the next process. */
  close(): Promise<void>
}

export interface RunnerContext {
  readonly store: Store
  readonly clients: Pick<Clients, 'get'>
  /** Called with the first failure of a step in a row. */
  readonly onError: (error: Error) => void
  /** Called with each saga that has moved. */
  readonly onMove: (saga: SagaRow) => Promise<void>
}

/** How a runner keeps its time, ms. */
export interface RunnerTimes {
  /** A saga that has not moved for so long is taken up, for its process may have died. */
  readonly staleMs: number
  /** Between two looks for such sagas. */
  readonly lookEveryMs: number
  /** Before a step is tried again, twice as long after each more, up to the second. */
  readonly retryMs: readonly [first: number, longest: number]
  /** How long a room may fail to be made; a minute unless given. */
  readonly patienceMs?: number
}

const defaultTimes: RunnerTimes = { staleMs: 10_000, lookEveryMs: 2000, retryMs: [50, 1000] }

const maxDriven = 200

/**
 * Drives sagas: takes a step, stores where it led if the saga is still where it was, and goes on. Takes up at once those
 * that a former process has left. Two processes that drive the same one do no harm: steps may be taken twice.
 */
export function startRunner(parts: RunnerContext, times: RunnerTimes = defaultTimes): Runner {
  const { store, clients, onError, onMove } = parts
  const stop = new AbortController()
  const driven = new Map<string, Promise<void>>()

  async function drive(first: SagaRow): Promise<void> {
    let failures = 0
    for (let saga: SagaRow | null = first; saga && isUnfinished(saga) && !stop.signal.aborted;) {
      try {
        saga = await move(saga)
        failures = 0
      } catch (error) {
        if (failures === 0) onError(error as Error)
        const [shortest, longest] = times.retryMs
        await pause(Math.min(longest, shortest * 2 ** failures++), stop.signal)
      }
    }
  }

  /** Where the saga is now, also when another process has moved it. */
  async function move(saga: SagaRow): Promise<SagaRow | null> {
    const { id, step } = saga
    const next = { ...(await takeStep(saga, clients, times.patienceMs)), updated_at: Date.now() }
    if ((await store.update(sagas, { id, step }, next)) === 0) return (await store.find(sagas, { id }))[0] ?? null
    const moved = { ...saga, ...next }
    await onMove(moved)
    return moved
  }

  async function take(found: readonly SagaRow[]): Promise<void> {
    for (const saga of found) {
      if (driven.has(saga.id)) continue
      driven.set(
        saga.id,
        drive(saga).finally(() => driven.delete(saga.id)),
      )
      if (driven.size >= maxDriven) await Promise.race(driven.values())
    }
  }

  async function recover(): Promise<void> {
    for (let staleMs = 0; !stop.signal.aborted; staleMs = times.staleMs) {
      try {
        const where = { step: { in: unfinished }, updated_at: { lte: Date.now() - staleMs } }
        await take(await store.find(sagas, where, { limit: maxDriven }))
      } catch (error) {
        onError(error as Error)
      }
      await pause(times.lookEveryMs, stop.signal)
    }
  }

  const recovering = recover()
  return {
    async begin(rows) {
      const results = await applyIfAbsent(
        store,
        rows.map((row) => ({ absent: { table: sagas, row } })),
      )
      const fresh = rows.filter((_, index) => results[index] === 'applied')
      await Promise.all(fresh.map((saga) => onMove(saga)))
      await take(fresh)
    },
    async close() {
      stop.abort()
      await recovering
      await Promise.all(driven.values())
    },
  }
}

function isUnfinished({ step }: SagaRow): boolean {
  return (unfinished as readonly string[]).includes(step)
}
