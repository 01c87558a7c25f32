import { failure } from '../errors.ts'
import { summarizeInserts, timeInserts, type Checkpoint } from './measure.ts'

/** The parts of an insert benchmark that know the table. */
export interface BenchTable {
  /** Rows in it now. */
  count(): Promise<number>
  /** Adds rows until the table has `rows`; fewer when the signal aborts. */
  seedTo(rows: number): Promise<void>
  /** Opens it for single durable inserts. */
  open(inserts: number): Promise<BenchSession>
}

/** Single inserts into an open table. */
export interface BenchSession {
  /** Resolves when the row is durable. */
  insert(): Promise<void>
  /** Leaves the table's counters true. */
  close(): Promise<void>
}

/** How to measure. */
export interface BenchOptions {
  /** Table sizes in rows, ascending; empty measures at the size that the table has. */
  readonly at: readonly number[]
  readonly inserts: number
  readonly warmup: number
  readonly signal: AbortSignal
}

/**
 * Measures single inserts at each table size, seeding up to it first. Ends early, with the sizes
 * measured so far, once the signal aborts. Throws `usage-wrong` when the sizes do not ascend from the
 * rows that the table has.
 */
export async function runInsertBench(table: BenchTable, options: BenchOptions): Promise<Checkpoint[]> {
  const present = await table.count()
  const sizes = options.at.length > 0 ? options.at : [present]
  refuseUnreachable(sizes, present, options.inserts + options.warmup)
  const checkpoints: Checkpoint[] = []
  for (const size of sizes) {
    await table.seedTo(size)
    if (options.signal.aborted) break
    const checkpoint = await measureAt(table, options)
    if (checkpoint.inserts === 0) break
    checkpoints.push(checkpoint)
  }
  return checkpoints
}

async function measureAt(table: BenchTable, options: BenchOptions): Promise<Checkpoint> {
  const rows = await table.count()
  const session = await table.open(options.inserts + options.warmup)
  try {
    const latencies = await timeInserts(() => session.insert(), options)
    return summarizeInserts(rows, latencies)
  } finally {
    await session.close()
  }
}

/** A table only grows: each size must be at least the rows that are there by then. */
function refuseUnreachable(sizes: readonly number[], present: number, insertsEach: number): void {
  let rows = present
  for (const size of sizes) {
    if (size < rows) {
      const reason = `--at ${size} cannot be measured: the table has ${rows} rows by then. Name larger sizes, or start over with "rushbench migrate --down".`
      throw failure('usage-wrong', { reason })
    }
    rows = size + insertsEach
  }
}
