import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '../../ports/database.ts'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import { readBaseUrl } from '../../load/clients/http/base-url.ts'
import { shownTarget } from '../../load/clients/target.ts'
import type { Inspection, Violation } from '../../ports/workload.ts'
import { createChecksum, type OrderChecksum } from './order-map.ts'
import { group, topic } from './inbox.ts'
import { orders } from './tables.ts'
import type { Watch } from '../../base/progress.ts'

/** How long maps, and messages that are not handled yet, are waited for, ms; while messages become fewer, longer. */
const defaultPatienceMs = 10_000
const askEveryMs = 20
const responseTimeoutMs = 30_000

/**
 * Holds every replica's map against the table, once the messages that are there are handled: `inconsistent` when they do
 * not become equal. Throws `target-unreachable` for a replica that does not response.
 */
export async function* inspectReplicas(
  { database, openBroker, origins }: Inspection,
  { signal }: Watch,
  patienceMs: number = defaultPatienceMs,
): AsyncGenerator<Violation> {
  const broker = await openBroker()
  let giveUpAt = performance.now() + patienceMs
  let fewest = Infinity
  for (;;) {
    const waiting = await broker.backlog(topic, group)
    if (waiting < fewest) giveUpAt = performance.now() + patienceMs
    fewest = Math.min(fewest, waiting)
    const maps = await Promise.all(origins.map(readChecksum))
    const count = waiting === 0 ? await database.store.count(orders) : -1
    // Reading a whole table costs far more than counting it.
    const table = maps.every((map) => map.count === count) ? await checksumOfTable(database.store, signal) : null
    if (table && maps.every(({ checksum }) => checksum === table.checksum)) return
    signal.throwIfAborted()
    if (performance.now() > giveUpAt) {
      yield* describe(origins, maps, await checksumOfTable(database.store, signal))
      return
    }
    await sleep(askEveryMs)
  }
}

function* describe(
  origins: readonly string[],
  maps: readonly OrderChecksum[],
  table: OrderChecksum,
): Generator<Violation> {
  for (const [index, { count, checksum }] of maps.entries()) {
    if (count === table.count && checksum === table.checksum) continue
    const detail = `its map has ${count} orders with checksum ${checksum}, the table ${table.count} with ${table.checksum}`
    yield { kind: 'inconsistent', key: shownTarget(origins[index] as string), detail }
  }
}

async function checksumOfTable(store: Store, signal: AbortSignal): Promise<OrderChecksum> {
  const sum = createChecksum()
  for await (const row of store.scan(orders)) {
    sum.add(row)
    signal.throwIfAborted()
  }
  return sum.total()
}

async function readChecksum(origin: string): Promise<OrderChecksum> {
  const { shown, authorization } = readBaseUrl(origin)
  try {
    // fetch takes no user and password in a URL.
    const response = await fetch(`${shown}/digest`, {
      headers: authorization === null ? {} : { authorization },
      signal: AbortSignal.timeout(responseTimeoutMs),
    })
    if (!response.ok) throw new Error(`status ${response.status}`)
    return (await response.json()) as OrderChecksum
  } catch (error) {
    throw failure('target-unreachable', { target: shown, reason: reasonOf(error) }, error)
  }
}
