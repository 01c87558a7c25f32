import { failure, reasonOf } from '../base/errors/errors.ts'
import type { Checkpoint } from '../insert-bench/measure.ts'
import type { InsertBenchReport } from '../record/record.ts'
import { listReports, readReport, replaceReport, saveReport } from '../record/store.ts'

/** What a sweep was asked for, as its report keeps it. */
export type Sweep = NonNullable<InsertBenchReport['sweep']>

/** How far a sweep has come. */
export interface SweepState {
  readonly checkpoints: readonly Checkpoint[]
  /** Table sizes, rows. */
  readonly missing: readonly number[]
}

/** A sweep that another process has begun. */
export interface UnfinishedSweep {
  readonly file: string
  readonly report: InsertBenchReport & { readonly sweep: Sweep }
}

/**
 * The latest sweep of `database` (its URL as reports show it) whose report in `folder` says that sizes are missing. Throws
 * `sweep-none`. Reports that cannot be read are passed over.
 */
export async function findUnfinishedSweep(folder: string, database: string | null): Promise<UnfinishedSweep> {
  const files = await listReports(folder).catch(() => [])
  for (const file of files.filter((name) => name.includes('-insert-bench')).toReversed()) {
    const report = await readReport(file).catch(() => null)
    if (report?.kind !== 'insert-bench' || report.config['db'] !== database) continue
    const { sweep, missing = [] } = report
    if (sweep && missing.length > 0) return { file, report: { ...report, sweep } }
  }
  throw failure('sweep-none', { folder })
}

/** Checkpoints that are whole; what was cut short is measured again. */
export function wholeCheckpoints({ sweep, checkpoints, missing = [] }: UnfinishedSweep['report']): Checkpoint[] {
  return checkpoints.filter(({ rows, inserts }) => inserts === sweep.inserts && !missing.includes(rows)) as Checkpoint[]
}

/** The report of a sweep on file, which is replaced as the sweep goes on. */
export interface SweepFile {
  /** Null until something was saved. */
  readonly path: () => string | null
  save(report: InsertBenchReport): Promise<string>
}

/** `resumed` is the file of the sweep that is gone on with. */
export function createSweepFile(folder: string, resumed: string | null): SweepFile {
  let path = resumed
  return {
    path: () => path,
    async save(report) {
      path = path === null ? await saveReport(report, folder) : await replaceReport(report, path)
      return path
    },
  }
}

/** The error that a sweep ended with, which says what of it is on file, if anything is. */
export function unfinishedSweep(error: unknown, file: SweepFile, { missing }: SweepState, sizes: number): unknown {
  const path = file.path()
  if (path === null || missing.length === sizes) return error
  return failure('sweep-unfinished', { reason: reasonOf(error), path, measured: sizes - missing.length, sizes }, error)
}
