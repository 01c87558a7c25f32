import type { Random } from '../../base/random.ts'
import { defineScenario } from '../../load/scenarios/define-scenario.ts'
import type { Scenario, VirtualUser } from '../../ports/scenario.ts'
import { zipf, type DrawRow } from '../shared/distributions.ts'
import { requestsOf, send, type FieldValue, type Requests } from './requests.ts'
import { recordKey, spreadKey, type RecordSize } from './tables.ts'

/** YCSB's zipfian constant. */
const zipfianConstant = 0.99
/** The most records of a scan, whose lengths are all as likely. */
const longestScan = 100
/** Keys that were inserted last, which the latest distribution asks for. */
const keptInserts = 10_000

type Operation = 'read' | 'update' | 'insert' | 'scan' | 'read-modify-write'

/** YCSB's core workloads (https://github.com/brianfrankcooper/YCSB/wiki/Core-Workloads): shares of operations. */
const mixes: Readonly<Record<string, { readonly shares: Partial<Record<Operation, number>>; readonly latest?: true }>> =
  {
    a: { shares: { read: 0.5, update: 0.5 } },
    b: { shares: { read: 0.95, update: 0.05 } },
    c: { shares: { read: 1 } },
    d: { shares: { read: 0.95, insert: 0.05 }, latest: true },
    e: { shares: { scan: 0.95, insert: 0.05 } },
    f: { shares: { read: 0.5, 'read-modify-write': 0.5 } },
  }

/** Records as the users of one generator see them. */
interface Records extends RecordSize {
  readonly requests: Requests
  readonly draw: DrawRow
  readonly runId: string
  /** Keys of this generator's inserts, the last first once there are enough. */
  readonly inserted: string[]
}

/** Users of YCSB's core workloads a to f. */
export function createScenarios(size: RecordSize, runId: string, engine?: string): readonly Scenario[] {
  const { tableRows, fields, fieldLength } = size
  const records: Records = {
    tableRows,
    fields,
    fieldLength,
    runId,
    requests: requestsOf(engine),
    draw: zipf(tableRows, zipfianConstant),
    inserted: [],
  }
  return Object.entries(mixes).map(([name, { shares, latest = false }]) =>
    defineScenario({
      name,
      prepare: () => ({ inserts: 0 }),
      run: (user, state) =>
        operate(user, { ...records, isLatest: latest, letter: name, state }, drawFrom(shares, user.random)),
    }),
  )
}

interface Iteration extends Records {
  readonly isLatest: boolean
  /** Users insert in two of the workloads, and count in each. */
  readonly letter: string
  readonly state: { inserts: number }
}

function drawFrom(shares: Partial<Record<Operation, number>>, random: Random): Operation {
  let left = random.float()
  const all = Object.entries(shares) as [Operation, number][]
  return all.find(([, share]) => (left -= share) < 0)?.[0] ?? (all[0] as [Operation, number])[0]
}

async function operate(user: VirtualUser, iteration: Iteration, operation: Operation): Promise<unknown> {
  const { requests } = iteration
  const { random } = user
  if (operation === 'insert') return insert(user, iteration)
  const key = drawKey(random, iteration)
  if (operation === 'read') return send(user, requests.read('read', key))
  if (operation === 'update') return send(user, requests.update('update', key, drawValue(random, iteration)))
  if (operation === 'scan') return send(user, requests.scan(key, random.integer(1, longestScan)))
  await send(user, requests.read('read to modify', key))
  return send(user, requests.update('modify', key, drawValue(random, iteration)))
}

async function insert(user: VirtualUser, iteration: Iteration): Promise<void> {
  const { requests, runId, inserted, letter, state, fields } = iteration
  const key = spreadKey(`${runId}-${user.id.toString(36)}-${letter}${(state.inserts++).toString(36)}`)
  const values = Array.from({ length: fields }, (_, number): FieldValue => [
    `field${number}`,
    randomText(user.random, iteration.fieldLength),
  ])
  const { outcome } = await send(user, requests.insert(key, values))
  await user.ledger.record({ key, resource: 'usertable', outcome })
  if (outcome !== 'booked') return
  inserted.unshift(key)
  if (inserted.length > keptInserts) inserted.length = keptInserts
}

/** The most popular record first, or the latest. */
function drawKey(random: Random, { draw, isLatest, inserted, tableRows }: Iteration): string {
  const rank = draw(random) - 1
  if (!isLatest) return recordKey(rank)
  return inserted[rank] ?? recordKey(Math.max(0, tableRows - 1 - (rank - inserted.length)))
}

function drawValue(random: Random, { fields, fieldLength }: Iteration): FieldValue {
  return [`field${random.integer(0, fields - 1)}`, randomText(random, fieldLength)]
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-'

/** Text of so many characters, five from each draw. */
function randomText(random: Random, length: number): string {
  let text = ''
  while (text.length < length) {
    let drawn = random.integer(0, 2 ** 30 - 1)
    for (let times = 0; times < 5; times++) {
      text += letters[drawn & 63]
      drawn >>>= 6
    }
  }
  return text.slice(0, length)
}
