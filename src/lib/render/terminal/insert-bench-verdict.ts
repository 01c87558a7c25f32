import { formatCount, formatNumber, plain } from '../../base/format.ts'
import type { CheckpointRecord, InsertBenchReport } from '../../record/record.ts'
import { formatActual, isMet } from '../document/answers.ts'

/** What did not go as it was asked for, a sentence each; empty where all did. */
export function scheduleMisses({ checkpoints, stream }: InsertBenchReport): string[] {
  const broken = checkpoints.flatMap(({ rows, schedule }) => (schedule && !schedule.kept ? [{ rows, schedule }] : []))
  // All orders of keys at one size share its schedule.
  const sizes = broken.filter(({ rows }, index) => broken.findIndex((other) => other.rows === rows) === index)
  const places = sizes.map(({ rows, schedule }) => missPhrase(schedule, ` at ${formatCount(rows)} rows`))
  return stream?.schedule && !stream.schedule.kept ? [...places, missPhrase(stream.schedule, '')] : places
}

type Schedule = NonNullable<CheckpointRecord['schedule']>

function missPhrase({ asked, reached }: Schedule, where: string): string {
  return `the schedule was not kept${where}: ${formatNumber(asked)} inserts a second were asked for, ${formatNumber(reached)} were reached; response times hold the wait in line, which grew`
}

/** What a run that was ended early lacks, and what to do about it. */
export function leftPhrase({ missing = [] }: InsertBenchReport): string {
  if (missing.length === 0) return 'what follows is what was measured so far'
  const sizes = missing.map(formatCount).join(', ')
  return `${sizes} rows ${missing.length === 1 ? 'is' : 'are'} missing; go on with --resume`
}

/** Lines under the tables: schedules that were not kept, and each threshold. */
export function verdictLines(report: InsertBenchReport): string[] {
  const thresholds = (report.thresholds ?? []).map((threshold) => {
    const word = isMet(threshold) ? 'met        ' : 'NOT MET    '
    return plain(`${word}${threshold.expression} (was ${formatActual(threshold)})`)
  })
  return [...scheduleMisses(report).map((miss) => `NOT KEPT   ${miss}`), ...thresholds]
}
