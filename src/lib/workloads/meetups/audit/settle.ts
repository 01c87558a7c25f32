import { pause } from '../../../base/abort.ts'
import type { Broker } from '../../../ports/broker.ts'
import type { Store } from '../../../ports/database.ts'
import type { Violation } from '../../../ports/workload.ts'
import { findLeft, isNothing, type Left } from '../left.ts'

/** Between two looks, ms. */
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
  let left = await findLeft(store, broker)
  while (!isNothing(left) && performance.now() - movedAt < standstillMs) {
    await pause(lookEveryMs, signal)
    signal.throwIfAborted()
    left = await findLeft(store, broker)
    const now = JSON.stringify(left)
    if (now !== before) movedAt = performance.now()
    before = now
  }
  yield* describe(left)
}

function* describe({ events, sagas: open, backlogs }: Left): Generator<Violation> {
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
