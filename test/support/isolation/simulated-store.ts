import type {
  TransactionHistory,
  RecordedOperation,
  RecordedTransaction,
} from '../../../src/lib/ports/transaction-history.ts'
import type { Random } from '../../../src/lib/base/random.ts'

/**
 * How a store keeps transactions apart. `serializable`: locks until the end for reads and writes; `snapshot`: reads as of its
 * begin, and the first to commit wins; `read-committed`: each statement reads what is committed, writes lock.
 */
export type StoreIsolation = 'serializable' | 'snapshot' | 'read-committed'

/** Sizes of a simulated history; drawn unless given. */
export interface SimulationSizes {
  readonly transactions?: number
  readonly keys?: number
  readonly users?: number
  readonly operations?: number
}

type Stored = readonly number[]

interface OpenTransaction {
  readonly id: number
  readonly beganAt: number
  readonly snapshot: ReadonlyMap<string, Stored>
  readonly versions: ReadonlyMap<string, number>
  readonly left: string[]
  readonly done: RecordedOperation[]
  readonly writes: Map<string, number[]>
}

/**
 * Runs random transactions of several users in turns on a store of lists (keys l0, l1, ...) and registers (r0, r1, ...).
 * Some roll back, and of some the client does not learn what became of them. The last transaction reads everything.
 */
export function simulate(isolation: StoreIsolation, random: Random, sizes: SimulationSizes = {}): TransactionHistory {
  const count = sizes.transactions ?? random.integer(4, 30)
  const keys = sizes.keys ?? random.integer(1, 5)
  const most = sizes.operations ?? 5
  const store = createStore(isolation)
  const users: (OpenTransaction | null)[] = Array.from({ length: sizes.users ?? random.integer(1, 6) }, () => null)
  const transactions: RecordedTransaction[] = []
  let begun = 0
  let now = 0

  function record(open: OpenTransaction, user: number, committed: boolean): void {
    store.end(open, committed)
    const isUnknown = random.integer(0, 19) === 0
    const outcome = isUnknown ? 'unknown' : committed ? 'committed' : 'aborted'
    const times = { beganAt: open.beganAt, endedAt: ++now }
    transactions.push({ id: String(open.id), user: `user ${user}`, outcome, operations: open.done, ...times })
  }

  while (transactions.length < count) {
    const user = random.integer(0, users.length - 1)
    const open = users[user]
    if (!open) {
      if (begun >= count) continue
      users[user] = store.begin(++begun, ++now, drawPlan(random, keys, most))
    } else if (open.left.length > 0) {
      now++
      if (store.step(open)) continue
      record(open, user, false)
      users[user] = null
    } else {
      record(open, user, store.mayCommit(open) && random.integer(0, 14) > 0)
      users[user] = null
    }
  }
  return { transactions: [...transactions, store.readAll(now)] }
}

/** Reads and writes of one transaction: `read l1`, `write r0`. */
function drawPlan(random: Random, keys: number, most: number): string[] {
  return Array.from({ length: random.integer(1, most) }, () => {
    const key = random.integer(0, keys - 1)
    return `${random.pick(['read', 'write'])} ${key % 3 === 2 ? 'r' : 'l'}${key}`
  })
}

function createStore(isolation: StoreIsolation) {
  const committed = new Map<string, Stored>()
  const versions = new Map<string, number>()
  const writers = new Map<string, number>()
  const readers = new Map<string, Set<number>>()
  let nextValue = 1

  /** What the transaction would read now; null where it has to wait, and is rolled back instead. */
  function visible(open: OpenTransaction, key: string): Stored | null {
    const own = open.writes.get(key) ?? []
    if (isolation === 'serializable') {
      if (![undefined, open.id].includes(writers.get(key))) return null
      readers.set(key, (readers.get(key) ?? new Set()).add(open.id))
    }
    const source = isolation === 'snapshot' ? open.snapshot : committed
    return [...(source.get(key) ?? []), ...own]
  }

  function mayWrite(open: OpenTransaction, key: string): boolean {
    if (isolation === 'snapshot') return true
    if (![undefined, open.id].includes(writers.get(key))) return false
    return isolation !== 'serializable' || [...(readers.get(key) ?? [])].every((reader) => reader === open.id)
  }

  return {
    begin: (id: number, beganAt: number, left: string[]): OpenTransaction => {
      const now = { snapshot: new Map(committed), versions: new Map(versions) }
      return { id, beganAt, left, done: [], writes: new Map(), ...now }
    },
    /** Does the next operation; false where the transaction has to be rolled back. */
    step: (open: OpenTransaction): boolean => {
      const [kind, key = ''] = (open.left.shift() ?? '').split(' ')
      const isList = key.startsWith('l')
      if (kind === 'read') {
        const elements = visible(open, key)
        if (!elements) return false
        open.done.push(
          isList ? { kind: 'read-list', key, elements } : { kind: 'read', key, value: elements.at(-1) ?? null },
        )
        return true
      }
      if (!mayWrite(open, key)) return false
      writers.set(key, open.id)
      const value = nextValue++
      open.writes.set(key, [...(open.writes.get(key) ?? []), value])
      open.done.push({ kind: isList ? 'append' : 'write', key, value })
      return true
    },
    mayCommit: (open: OpenTransaction): boolean =>
      isolation !== 'snapshot' || [...open.writes.keys()].every((key) => versions.get(key) === open.versions.get(key)),
    end: (open: OpenTransaction, commit: boolean): void => {
      for (const [key, values] of open.writes) {
        if (commit) {
          committed.set(key, [...(committed.get(key) ?? []), ...values])
          versions.set(key, (versions.get(key) ?? 0) + 1)
        }
      }
      for (const [key, writer] of writers) if (writer === open.id) writers.delete(key)
      for (const ids of readers.values()) ids.delete(open.id)
    },
    readAll: (now: number): RecordedTransaction => {
      const reads = [...committed].map(([key, elements]): RecordedOperation =>
        key.startsWith('l')
          ? { kind: 'read-list', key, elements }
          : { kind: 'read', key, value: elements.at(-1) ?? null },
      )
      const times = { beganAt: now + 1, endedAt: now + 2 }
      return { id: 'last', user: 'audit', outcome: 'committed', operations: reads, ...times, isLast: true }
    },
  }
}
