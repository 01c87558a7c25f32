import { pause } from '../../../base/abort.ts'
import { applyIfAbsent } from '../../../adapters/databases/apply-if-absent.ts'
import type { Store } from '../../../ports/database.ts'
import type { Clients } from '../services.ts'
import { sagas, type SagaRow, maxReasonLength } from './tables.ts'
import { cut } from '../../shared/storable-text.ts'
import { RpcError } from '../rpc/errors.ts'

/** Where a saga goes to from where it is. */
export interface Move {
  readonly step: SagaRow['step']
  readonly reason: string
}

/** A saga that has come to its end moves no more. */
export type UnfinishedStep = Exclude<SagaRow['step'], 'approved' | 'rejected'>

/** Steps behind which there is another. */
export const unfinished: readonly UnfinishedStep[] = ['began', 'room-created', 'rejecting']

/** How long a room may fail to be made before the post is rejected, ms. */
const defaultPatienceMs = 60_000

/** Codes of errors that may be over soon: then the step is tried again. */
const mayPass = new Set(['unavailable', 'internal'])

/**
 * Does what a saga has to do next, and says where that leads. Each of these calls does nothing when it is made again.
 * Throws `RpcError` where it has to be tried again.
 */
async function takeStep(
  saga: SagaRow,
  clients: Pick<Clients, 'get'>,
  patienceMs: number = defaultPatienceMs,
): Promise<Move> {
  if (saga.step === 'began') return createRoom(saga, clients, patienceMs)
  if (saga.step === 'room-created') return approve(saga, clients)
  return undo(saga, clients)
}

async function createRoom(saga: SagaRow, clients: Pick<Clients, 'get'>, patienceMs: number): Promise<Move> {
  try {
    const chat = await clients.get('ChatService')
    await chat.createRoom({ postId: saga.post_id, ownerId: saga.user_id })
    return { step: 'room-created', reason: '' }
  } catch (error) {
    // Perhaps it was made all the same: it is closed then.
    if (passes(error) && Date.now() - saga.updated_at < patienceMs) throw error
    return rejecting('The room could not be made', error)
  }
}

async function approve(saga: SagaRow, clients: Pick<Clients, 'get'>): Promise<Move> {
  try {
    const posts = await clients.get('PostService')
    await posts.approvePost({ id: saga.post_id })
    return { step: 'approved', reason: '' }
  } catch (error) {
    if (passes(error)) throw error
    return rejecting('The post could not be approved', error)
  }
}

async function undo(saga: SagaRow, clients: Pick<Clients, 'get'>): Promise<Move> {
  const { post_id: id, reason } = saga
  const [chat, images, posts] = await Promise.all([
    clients.get('ChatService'),
    clients.get('ImageService'),
    clients.get('PostService'),
  ])
  await chat.closeRoom({ roomId: id })
  await images.deleteImagesOf({ ownerId: id })
  await posts.rejectPost({ id, reason }).catch((error: unknown) => {
    // One that is deleted needs not be rejected.
    if (passes(error)) throw error
  })
  return { step: 'rejected', reason }
}

function passes(error: unknown): boolean {
  return !(error instanceof RpcError) || mayPass.has(error.code)
}

function rejecting(what: string, error: unknown): Move {
  const reason = error instanceof RpcError ? `${what}: ${error.message}` : what
  return { step: 'rejecting', reason: cut(reason, maxReasonLength) }
}

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
export function startRunner(context: RunnerContext, times: RunnerTimes = defaultTimes): Runner {
  const { store, clients, onError, onMove } = context
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
