import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'redis'

/** One of a server's numbered databases, lent to one test. */
export interface LentDatabase {
  readonly url: string
  /** Empties the database and lets others have it. */
  remove(): Promise<void>
}

/** Says, in a database, who has it; gone by itself when a test ended without giving it back. */
const leaseKey = 'rushbench-test-lease'
/** Says that what is in a database is a test's own, and may go. */
const markKey = 'rushbench-test-database'
const leaseMs = 300_000
/** The server's own default; the first is left to tests of the cache. */
const numbers = Array.from({ length: 15 }, (_, index) => index + 1)

/** Longest wait for a free database, ms: a suite gives its own back sooner. */
const patienceMs = 45_000

/** Borrows an empty database of the server; one that holds anything but leftovers of tests is never taken. */
export async function borrowDatabase(server: string): Promise<LentDatabase> {
  const holder = randomUUID()
  for (const until = performance.now() + patienceMs; performance.now() < until;) {
    for (const number of numbers) {
      const url = Object.assign(new URL(server), { pathname: `/${number}` }).toString()
      if (await withClient(url, (client) => take(client, holder))) {
        return { url, remove: () => withClient(url, (client) => giveBack(client, holder)) }
      }
    }
    await sleep(200)
  }
  throw new Error(`no database of ${server} is free: each is lent (key ${leaseKey}), or holds what is not a test's`)
}

type Client = Awaited<ReturnType<typeof connect>>

async function take(client: Client, holder: string): Promise<boolean> {
  const lease = { condition: 'NX', expiration: { type: 'PX', value: leaseMs } } as const
  if ((await client.set(leaseKey, holder, lease)) === null) return false
  if ((await client.exists(markKey)) === 0 && (await client.dbSize()) > 1) {
    await client.del(leaseKey)
    return false
  }
  await client.multi().flushDb('ASYNC').set(markKey, '').set(leaseKey, holder, lease).exec()
  return true
}

async function giveBack(client: Client, holder: string): Promise<void> {
  if ((await client.get(leaseKey)) === holder) await client.flushDb('ASYNC')
}

/** A client for as long as `use` takes. */
export async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect(url)
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

function connect(url: string) {
  return createClient({ url, socket: { reconnectStrategy: false } })
    .on('error', () => {})
    .connect()
}
