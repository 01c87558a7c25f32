import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rm } from 'node:fs/promises'
import type { Broker, Message } from '../../../src/lib/ports/broker.ts'
import { openBroker } from '../../../src/lib/adapters/brokers/registry.ts'
import { migrateUp } from '../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../src/lib/adapters/databases/registry.ts'
import type { LedgerEntry } from '../../../src/lib/ports/scenario.ts'
import { ordersWorkload } from '../../../src/lib/workloads/orders/index.ts'
import { createOrderGenerator } from '../../../src/lib/workloads/orders/order-generator.ts'
import type { Violation } from '../../../src/lib/ports/workload.ts'
import type { TestEngine } from '../database/engines.ts'
import type { Watch } from '../../../src/lib/base/progress.ts'

/** A database with the tables of the workload, and an embedded broker. */
export interface OrdersBackends extends AsyncDisposable {
  readonly database: Database
  readonly broker: Broker
}

/** Opens a place on `engine`. */
export async function openOrdersBackends(engine: TestEngine): Promise<OrdersBackends> {
  const made = await engine.open!()
  const database = await connectDatabase(made.url, { poolSize: 4 })
  await migrateUp(database, ordersWorkload.name, ordersWorkload.tables)
  const file = join(tmpdir(), `rushbench-broker-${randomUUID()}.db`)
  const broker = await openBroker(`sqlite:${file}`)
  return {
    database,
    broker,
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
      await made.remove()
      for (const suffix of ['', '-wal', '-shm']) await rm(`${file}${suffix}`, { force: true })
    },
  }
}

const generator = createOrderGenerator('test')

/** A valid order, with other values where they are given. */
export function order(index: number, rest: object = {}): object {
  return { ...generator.at(index), ...rest }
}

/** Its id. */
export function uid(index: number): string {
  return generator.uidAt(index)
}

/** A message that holds this: bytes as they are, anything else as JSON. */
export function message(content: unknown): Message {
  return { key: '', value: Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content)) }
}

/** Nothing is watched. */
export const watch: Watch = { onProgress() {}, signal: new AbortController().signal }

/** A ledger of those entries. */
export function ledgerOf(entries: readonly LedgerEntry[] = []) {
  return {
    count: entries.length,
    async *read() {
      yield* entries
    },
  }
}

/** Violations that were found, as `kind key`. */
export async function found(violations: AsyncIterable<Violation>): Promise<string[]> {
  const list: string[] = []
  for await (const { kind, key } of violations) list.push(`${kind} ${key}`)
  return list
}
