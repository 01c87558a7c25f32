import { createYielder, type Watch } from '../../base/progress.ts'
import type { ClientConnection, Row } from '../../ports/database-client.ts'
import type { LedgerEntry } from '../../ports/scenario.ts'
import type { AuditInput, Violation } from '../../ports/workload.ts'
import { conditions } from './conditions.ts'
import { sqlFor } from '../shared/sql-text.ts'
import { placeholders } from './statements.ts'

/** Entries of the ledger that are held at a time, and those of one district that are asked for at once. */
const heldAtOnce = 20_000
const askedAtOnce = 500

/**
 * Holds the ledger and the consistency conditions against the database, as it is at one moment:
 * - every acknowledged new order is there, of the customer that it was acknowledged to (else `lost`), and no two were
 *   acknowledged under one number (else `duplicate`);
 * - the conditions of the specification hold (else `inconsistent`, with both numbers).
 *
 * Throws the signal's reason once it aborts.
 */
export async function* auditTpcc(
  { ledger, openDatabaseClient }: Pick<AuditInput, 'ledger' | 'openDatabaseClient'>,
  watch: Watch,
): AsyncGenerator<Violation> {
  const client = await openDatabaseClient()
  const connection = await client.open()
  const yielder = createYielder(watch, ledger.count + conditions.length)
  try {
    await connection.begin({ isolation: 'repeatable-read', readOnly: true })
    const given = createGivenNumbers()
    let held: Acknowledged[] = []
    for await (const entry of ledger.read()) {
      if (yielder.step()) await yielder.yield()
      const order = acknowledgedOrder(entry)
      if (!order) continue
      if (!given.add(order)) yield { kind: 'duplicate', key: order.key, detail: givenTwice(order) }
      if (held.push(order) < heldAtOnce) continue
      yield* findLost(connection, client.engine, held)
      held = []
    }
    yield* findLost(connection, client.engine, held)
    for (const { sql, keyOf, detailOf } of conditions) {
      watch.signal.throwIfAborted()
      for (const row of (await connection.run({ sql })).rows)
        yield { kind: 'inconsistent', key: keyOf(row), detail: detailOf(row) }
      if (yielder.step()) await yielder.yield()
    }
    await connection.commit()
  } finally {
    connection.close()
  }
}

/** An order that was acknowledged. */
interface Acknowledged {
  readonly key: string
  readonly warehouse: number
  readonly district: number
  readonly customer: number
  readonly number: number
}

/** Null for what was not acknowledged. */
function acknowledgedOrder({ key, outcome, resource, id }: LedgerEntry): Acknowledged | null {
  if (outcome !== 'booked') return null
  const [warehouse = 0, district = 0, customer = 0] = String(resource).split('-').map(Number)
  return { key, warehouse, district, customer, number: Number(id) }
}

const nameOf = ({ warehouse, district, number }: Acknowledged): string => `${warehouse}-${district}-${number}`

function givenTwice(order: Acknowledged): string {
  return `acknowledged as order ${nameOf(order)}, as another order was`
}

/** Remembers the numbers of orders, a bit for each. */
function createGivenNumbers(): { add(order: Acknowledged): boolean } {
  const districts = new Map<string, Uint8Array>()
  return {
    /** False for one that was there before. */
    add({ warehouse, district, number }) {
      const place = `${warehouse}-${district}`
      const [byte, bit] = [number >> 3, 1 << (number & 7)]
      let bits = districts.get(place) ?? new Uint8Array(1024)
      if (byte >= bits.length) {
        const larger = new Uint8Array(Math.max(byte + 1, 2 * bits.length))
        larger.set(bits)
        bits = larger
      }
      districts.set(place, bits)
      const before = bits[byte] as number
      bits[byte] = before | bit
      return (before & bit) === 0
    },
  }
}

/** Yields those of the orders that are not there, or are somebody else's. */
async function* findLost(
  connection: ClientConnection,
  engine: string,
  orders: readonly Acknowledged[],
): AsyncGenerator<Violation> {
  const districts = Map.groupBy(orders, ({ warehouse, district }) => `${warehouse}-${district}`)
  for (const ofDistrict of districts.values()) {
    for (let at = 0; at < ofDistrict.length; at += askedAtOnce) {
      const asked = ofDistrict.slice(at, at + askedAtOnce)
      const customers = await customersOf(connection, engine, asked)
      for (const order of asked) {
        const customer = customers.get(order.number)
        if (customer === order.customer) continue
        const found = customer === undefined ? 'which is not there' : `which is of customer ${customer}`
        const detail = `acknowledged to customer ${order.customer} as order ${nameOf(order)}, ${found}`
        yield { kind: 'lost', key: order.key, detail }
      }
    }
  }
}

/** The customers of orders of one district, by the orders' numbers. */
async function customersOf(
  connection: ClientConnection,
  engine: string,
  orders: readonly Acknowledged[],
): Promise<ReadonlyMap<number, number>> {
  const [first] = orders
  if (!first) return new Map()
  const text = `select o_id, o_c_id from tpcc_orders where o_w_id = ? and o_d_id = ? and o_id in (${placeholders(orders.length)})`
  const parameters = [first.warehouse, first.district, ...orders.map(({ number }) => number)]
  const { rows } = await connection.run({ sql: sqlFor(engine, text), parameters })
  return new Map(rows.map((row: Row) => [Number(row['o_id']), Number(row['o_c_id'])]))
}
