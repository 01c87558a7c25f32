import type { Broker } from '../../ports/broker.ts'
import type { Store } from '../../ports/database.ts'
import { groups, topic } from './events.ts'
import { outbox } from './post/tables.ts'
import { unfinished } from './saga/runner.ts'
import { sagas } from './saga/tables.ts'
import { pause } from '../../base/abort.ts'
import type { Violation } from '../../ports/workload.ts'

/** Rows of each kind that are maxNamed at, and named where nobody is at them. */
const maxNamed = 1000

/** Work that services have yet to do by themselves. */
export interface PendingWork {
  /** Events that have yet to be published, and sagas that have yet to move. */
  readonly events: readonly string[]
  readonly sagas: readonly string[]
  /** Events that each group has yet to handle. */
  readonly backlogs: readonly (readonly [group: string, count: number])[]
}

/** Finds the work that is left now. Throws `broker-unreachable`. */
export async function findPendingWork(store: Store, broker: Broker): Promise<PendingWork> {
  const events = await store.find(outbox, { published_at: 0 }, { columns: ['id'], orderBy: ['id'], limit: maxNamed })
  const open = await store.find(sagas, { step: { in: unfinished } }, { orderBy: ['id'], limit: maxNamed })
  const backlogs = await Promise.all(
    Object.values(groups).map(async (group) => [group, await broker.backlog(topic, group)] as const),
  )
  return { events: events.map(({ id }) => id), sagas: open.map(({ id, step }) => `${id} (${step})`), backlogs }
}

/** Whether all is done. */
export function isDone({ events, sagas: open, backlogs }: PendingWork): boolean {
  return events.length === 0 && open.length === 0 && backlogs.every(([, count]) => count === 0)
}

const lookEveryMs = 100

/**
 * Waits until all that services do by themselves is done. Where nothing has moved for `standstillMs`, nobody is at it, and
 * what is left is `inconsistent`: after a graceful end nothing may be left, and after a crash the next start does it.
 */
export async function* settle(
  store: Store,
  broker: Broker,
  signal: AbortSignal,
  standstillMs: number,
): AsyncGenerator<Violation> {
  let before = ''
  let movedAt = performance.now()
  let pending = await findPendingWork(store, broker)
  while (!isDone(pending) && performance.now() - movedAt < standstillMs) {
    await pause(lookEveryMs, signal)
    signal.throwIfAborted()
    pending = await findPendingWork(store, broker)
    const now = JSON.stringify(pending)
    if (now !== before) movedAt = performance.now()
    before = now
  }
  yield* describe(pending)
}

function* describe({ events, sagas: open, backlogs }: PendingWork): Generator<Violation> {
  for (const id of events) {
    const detail = 'stored, but not published, and nobody is at it: start the relay again'
    yield { kind: 'inconsistent', key: `event ${id}`, detail }
  }
  for (const saga of open) {
    const detail = 'has not come to its end, and nobody is at it: start the saga service again'
    yield { kind: 'inconsistent', key: `saga ${saga}`, detail }
  }
  for (const [group, count] of backlogs.filter((backlog) => backlog[1] > 0)) {
    const detail = `${count} events wait for it, and nobody is at them: start its service again`
    yield { kind: 'inconsistent', key: `group ${group}`, detail }
  }
}
