import { pause } from '../../base/abort.ts'
import type { Broker } from '../../ports/broker.ts'
import { RushbenchError } from '../../base/errors/errors.ts'
import type { Ledger } from '../../ports/scenario.ts'
import type { Clock } from '../../base/measure/clock.ts'
import { deadLetterId, topic } from './inbox.ts'
import { generateMessages, type GeneratedMessage } from './order-generator.ts'
import type { Watch } from '../../base/progress.ts'
import type { WireOptions } from '../shared/scenarios.ts'

export interface PublishOptions extends WireOptions {
  readonly seed: string
  /** Sets the ids of this run apart from those of every other. */
  readonly runId: string
  readonly messages: number
  /** From one message to the next, ms; 0 publishes them as fast as they are acknowledged. */
  readonly interval: number
  /** Share of 1 that are no orders. */
  readonly invalid: number
}

export interface PublishContext extends Watch {
  readonly broker: Broker
  readonly ledger: Ledger
  readonly clock: Clock
  /** Called with messages that the broker has acknowledged, and the time at which they were sent, ms on the clock. */
  readonly onAcknowledged: (messages: readonly GeneratedMessage[], sentAt: number) => void
}

/** Counts of what the broker has acknowledged. */
export interface Published {
  readonly orders: number
  readonly invalid: number
  /** Batches that were published again because the broker was away: their messages may be in the topic twice. */
  readonly repeats: number
  /** From the first message to the last acknowledgement, ms. */
  readonly durationMs: number
}

const maxBatch = 500

/** Messages that are due within so many ms go together: to take each by itself costs NATS four times as much. */
const togetherMs = 10

/** How long a broker that is away is tried again, ms, and how often. */
const patienceMs = 60_000
const retryMs = 200

/**
 * Publishes the messages on their schedule, and notes each in the ledger: acknowledged, or `unknown`. A batch whose
 * acknowledgement did not come is published again. Ends early once the signal aborts. Throws `broker-unreachable` when
 * the broker stays away.
 */
export async function publishOrders(options: PublishOptions, context: PublishContext): Promise<Published> {
  const { seed, runId, messages: total, interval, invalid, wire } = options
  const { clock, signal, onProgress } = context
  const made = generateMessages(seed, runId, total, invalid, wire)
  const startedAt = clock.now()
  const counts = { orders: 0, invalid: 0, repeats: 0 }
  let done = 0
  while (done < total && !signal.aborted) {
    const due = interval === 0 ? total : Math.min(total, Math.floor((clock.now() - startedAt) / interval) + 1)
    if (due === done) {
      const untilNext = startedAt + done * interval - clock.now()
      await rest(interval < 1 ? Math.max(togetherMs, untilNext) : untilNext, signal)
      continue
    }
    const batch = take(made, Math.min(due - done, maxBatch))
    const sentAt = clock.now()
    counts.repeats += await publishBatch(batch, context)
    done += batch.length
    for (const { uid } of batch) counts[uid === null ? 'invalid' : 'orders']++
    context.onAcknowledged(batch, sentAt)
    onProgress({ done, total })
  }
  return { ...counts, durationMs: clock.now() - startedAt }
}

/** Returns how often the batch had to be published again. */
async function publishBatch(
  batch: readonly GeneratedMessage[],
  { broker, ledger, clock, signal }: PublishContext,
): Promise<number> {
  const giveUpAt = clock.now() + patienceMs
  for (let repeats = 0; ; repeats++) {
    try {
      await broker.publish(topic, batch)
      await note(ledger, batch, 'booked')
      return repeats
    } catch (error) {
      const isAway = error instanceof RushbenchError && error.code === 'broker-unreachable'
      if (!isAway || signal.aborted || clock.now() > giveUpAt) {
        if (isAway) await note(ledger, batch, 'unknown')
        throw error
      }
      await rest(retryMs, signal)
    }
  }
}

async function note(ledger: Ledger, batch: readonly GeneratedMessage[], outcome: 'booked' | 'unknown'): Promise<void> {
  await Promise.all(
    batch.map(({ uid, value }) =>
      ledger.record(
        uid === null
          ? { key: deadLetterId(value), resource: 'rejected', outcome }
          : { key: uid, resource: 'order', outcome },
      ),
    ),
  )
}

function take<T>(items: Iterator<T>, count: number): T[] {
  const taken: T[] = []
  while (taken.length < count) {
    const next = items.next()
    if (next.done) break
    taken.push(next.value)
  }
  return taken
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await pause(Math.max(1, Math.ceil(ms)), signal)
}
