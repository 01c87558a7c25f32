import { failure } from '../../base/errors/errors.ts'
import type { Database } from '../../ports/database.ts'
import { positionTable, type OutboxLog } from '../shared/outbox/log.ts'
import type { Outbox } from '../shared/outbox/outbox.ts'
import { startRelay } from '../shared/outbox/relay.ts'
import { outboxChannel, topic } from './events.ts'
import type { RunningService, ServiceContext } from './services.ts'
import { outbox, type OutboxRow } from './post/tables.ts'
import { leaseTable } from '../shared/outbox/lease.ts'

/** The lease by which one of several processes publishes from the outbox. */
export const leases = leaseTable('meetup_relay_leases')

/** Up to where the log of the database was followed. */
export const positions = positionTable('meetup_relay_positions')

export const relayTables = [leases, positions]

/** How the relay learns of events: `auto` follows the log where the database lets it. */
export type RelayWay = 'auto' | 'log' | 'poll'

/** Starts the relay, also where the broker is away. Throws `cache-unreachable`, and `log-unavailable` where the log has to be followed. */
export async function startRelayService(
  { database, openBroker, openPubSub, onError }: ServiceContext,
  way: RelayWay,
): Promise<RunningService> {
  const log = await findLog(database, way, onError)
  const pubsub = await openPubSub()
  const { store } = database
  const relay = startRelay({ store, outbox: outgoing, openBroker, onError, onPublished: () => {}, log })
  const subscription = await pubsub.subscribe(outboxChannel, { onMessage: relay.wake, onGap: relay.wake })
  return {
    contracts: [],
    async close() {
      await subscription.close()
      await relay.close()
    },
  }
}

/** The log, where it is to be followed and can be; where it only could be if somebody changed something, that is told. */
async function findLog(
  { rowLog, url, engine }: Database,
  way: RelayWay,
  onError: (error: Error) => void,
): Promise<OutboxLog | undefined> {
  if (way === 'poll') {
    // One that was killed may have left something that the database keeps its log for.
    await rowLog?.forget(outbox).catch(onError)
    return undefined
  }
  const reason = rowLog ? await rowLog.unavailable() : `${engine.name} has no log that tells of rows`
  if (rowLog && reason === null) return { rowLog, positions }
  const error = failure('log-unavailable', { url, reason: reason ?? '', polls: way !== 'log' })
  if (way === 'log') throw error
  // An engine without a log is no matter of settings.
  if (rowLog) onError(error)
  return undefined
}

/** The events that are to be published. A row is marked once it is, and stays: the audit holds what followed against it. */
export const outgoing: Outbox<OutboxRow> = {
  table: outbox,
  leases,
  topic,
  waiting: { published_at: 0 },
  messageOf: ({ aggregate, event }) => ({ key: aggregate, value: Buffer.from(event) }),
  async settle(store, ids) {
    await store.update(outbox, { id: { in: ids } }, { published_at: Date.now() })
  },
}
