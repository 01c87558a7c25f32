import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Counter, Database, InsertStrategy, RowLayout } from '../databases/port.ts'
import { createRandom, type Random } from '../random.ts'
import type { Progress } from '../workloads/workload.ts'
import type { Allotment } from './allot.ts'

/** Rows that are stored with one commit. Fewer cost more commits, more grow the log and the wait at Ctrl-C. */
const rowsPerBlock = 50_000

/** Writes one row at `offset`. `serial` is unique in the table, `parent` the key of the row's parent. */
export type RowWriter = (target: Buffer, offset: number, serial: number, parent: number, random: Random) => void

/** What is to be seeded. */
export interface SeedPlan<R extends object> {
  readonly layout: RowLayout<R>
  readonly counter: Counter
  /** In ascending order of their keys. */
  readonly allotments: readonly Allotment[]
  /** Serial number of the first row. */
  readonly firstSerial: number
  readonly writeRow: RowWriter
  readonly seed: string
}

/** What came of it. */
export interface SeedResult {
  readonly rows: number
  readonly seconds: number
  readonly rowsPerSecond: number
  /** Of this process, MB. */
  readonly maxRssMb: number
  readonly strategy: string
  readonly durability: string
  /** Why a faster way in was not taken; empty when the fastest was. */
  readonly passedOver: readonly string[]
  /** The signal aborted before all rows were stored; those that were are whole blocks. */
  readonly interrupted: boolean
}

/**
 * Stores the plan's rows by the engine's fastest way in, a block at a time. Each block is drawn from
 * its own seed, so that the data depends on the plan alone, and is committed together with its
 * parents' counters, so that these are true whenever it stops.
 */
export async function seedRows<R extends object>(
  database: Database,
  plan: SeedPlan<R>,
  onProgress: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<SeedResult> {
  const total = plan.allotments.reduce((sum, { rows }) => sum + rows, 0)
  const { strategy, passedOver } = await chooseStrategy(database)
  const startedAt = performance.now()
  const loader = await strategy.open(plan.layout)
  const random = createRandom(plan.seed)
  const buffer = Buffer.allocUnsafe(Math.min(rowsPerBlock, Math.max(1, total)) * plan.layout.rowBytes)
  let done = 0
  try {
    for (const block of splitIntoBlocks(plan.allotments)) {
      if (signal?.aborted) break
      const serial = plan.firstSerial + done
      const rows = writeBlock(buffer, block, plan, serial, random.fork(serial))
      const range = { from: (block[0] as Allotment).key, to: (block.at(-1) as Allotment).key }
      await loader.load({ bytes: buffer.subarray(0, rows * plan.layout.rowBytes), rows }, plan.counter, range)
      done += rows
      onProgress({ done, total })
      // SQLite never waits; without a turn of the event loop Ctrl-C would not be heard until the end.
      await nextTurn()
    }
  } finally {
    await loader.close()
  }
  const seconds = (performance.now() - startedAt) / 1000
  return {
    rows: done,
    seconds,
    rowsPerSecond: seconds > 0 ? done / seconds : 0,
    maxRssMb: process.resourceUsage().maxRSS / 1024,
    strategy: strategy.name,
    durability: strategy.durability,
    passedOver,
    interrupted: done < total,
  }
}

async function chooseStrategy(
  database: Database,
): Promise<{ strategy: InsertStrategy; passedOver: readonly string[] }> {
  const passedOver: string[] = []
  for (const strategy of database.insertStrategies) {
    const reason = await strategy.unavailable()
    if (reason === null) return { strategy, passedOver }
    passedOver.push(`${strategy.name}: ${reason}`)
  }
  throw new Error(`no way to insert into ${database.engine.name}: ${passedOver.join('; ')}`)
}

/** Cuts the allotments into runs of at most `rowsPerBlock` rows; a parent may be cut in two. */
export function* splitIntoBlocks(allotments: readonly Allotment[], size = rowsPerBlock): Generator<Allotment[]> {
  let block: Allotment[] = []
  let room = size
  for (const { key, rows } of allotments) {
    let left = rows
    while (left > 0) {
      const part = Math.min(left, room)
      block.push({ key, rows: part })
      left -= part
      room -= part
      if (room === 0) {
        yield block
        block = []
        room = size
      }
    }
  }
  if (block.length > 0) yield block
}

function writeBlock<R extends object>(
  target: Buffer,
  block: readonly Allotment[],
  plan: SeedPlan<R>,
  firstSerial: number,
  random: Random,
): number {
  let row = 0
  for (const { key, rows } of block) {
    for (let i = 0; i < rows; i++) {
      plan.writeRow(target, row * plan.layout.rowBytes, firstSerial + row, key, random)
      row++
    }
  }
  return row
}
