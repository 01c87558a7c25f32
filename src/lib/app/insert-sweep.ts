import { failure, reasonOf } from '../base/errors/errors.ts'
import type { Checkpoint } from '../insert-bench/measure.ts'
import type { InsertBenchReport } from '../record/record.ts'
import { listReports, readReport, replaceReport, saveReport } from '../record/store.ts'

/** Plan of a sweep, as its report keeps it. */
export type Sweep = NonNullable<InsertBenchReport['sweep']>

/** Progress of a sweep. */
export interface SweepState {
  readonly checkpoints: readonly Checkpoint[]
  /** Table sizes, rows. */
  readonly missing: readonly number[]
}

/** A sweep that another process began and did not finish. */
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
    if (report?.kind !== 'insert-bench') continue
    const { config, sweep, missing = [] } = report
    const { db } = config
    if (db === database && sweep && missing.length > 0) return { file, report: { ...report, sweep } }
  }
  throw failure('sweep-none', { folder })
}

/** Returns the whole checkpoints; a size that was cut short is measured again. */
export function wholeCheckpoints({ sweep, checkpoints, missing = [] }: UnfinishedSweep['report']): Checkpoint[] {
  return checkpoints.filter(({ rows, inserts }) => inserts === sweep.inserts && !missing.includes(rows)) as Checkpoint[]
}

/** File of a sweep's report, which is replaced as the sweep goes on. */
export interface SweepFile {
  /** Null until something was saved. */
  readonly path: () => string | null
  save(report: InsertBenchReport): Promise<string>
}

/** Creates the file when it is first saved, or goes on with `resumed`. */
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

/** Wraps the error that ended a sweep in `sweep-unfinished` where part of the sweep is on file. */
export function unfinishedSweep(error: unknown, file: SweepFile, { missing }: SweepState, sizes: number): unknown {
  const path = file.path()
  if (path === null || missing.length === sizes) return error
  return failure('sweep-unfinished', { reason: reasonOf(error), path, measured: sizes - missing.length, sizes }, error)
}
