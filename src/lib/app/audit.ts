import { readFacts } from '../adapters/databases/server-facts.ts'
import { collectAudit, openAudit } from '../audit/open-audit.ts'
import { failure } from '../base/errors/errors.ts'
import type { Watch } from '../base/progress.ts'
import type { RunConfig } from '../config/resolve.ts'
import { requireTarget } from '../load/clients/target.ts'
import { joinEntries, readLedgers, type ReadLedger } from '../load/ledger/ledger-reader.ts'
import type { AuditReport } from '../record/record.ts'
import { documentOf } from '../render/render.ts'
import { terminalText } from '../render/terminal/terminal.ts'
import { workloadOf, workloadNames } from '../workloads/registry.ts'
import { describeRun } from './describe-run.ts'
import { openDatabase, untilStopped, type RunContext } from './run-context.ts'
import { requirePlaces, saveAndPrint } from './save-run.ts'
import { createServices, requireServices } from './services.ts'
import { fillJournal } from '../seeding/filling/fill-journal.ts'
import { refuseUnfinished } from '../seeding/journal.ts'
import { refuseUnsettled } from '../seeding/reservation-journal.ts'

/** Options of an audit that are no settings. */
export interface AuditRequest {
  /** Files. */
  readonly ledgers: readonly string[]
  /** Replicas whose memory is audited, where the workload keeps any. */
  readonly targets: readonly string[]
  /** Violations that the report keeps; the others are only counted. */
  readonly maxViolations: number
}

/** Checks ledgers against the database, writes nothing to it, and saves and prints a report. */
export async function auditLedgers(
  context: RunContext,
  config: RunConfig,
  { ledgers: files, targets, maxViolations }: AuditRequest,
): Promise<AuditReport> {
  const { values } = config
  await requirePlaces(values.reports)
  const startedAt = new Date()
  const workload = await workloadOf(values)
  if (!values.audit)
    await requireServices(
      values,
      workload.needs.filter((service) => service === 'broker'),
    )
  const ledgers = await track(context, 'Ledger', 'bytes', (watch) => readLedgers(files, watch))
  if (!values.audit) refuseLedgersOfOthers(ledgers, workload.name)
  await using database = await openDatabase(context, values.db, 1)
  // Stock that is not counted yet would be reported as wrong.
  if (!values.audit && workload.seedsInBlocks) await refuseUnsettled(database)
  if (!values.audit) await refuseUnfinished(database, fillJournal(workload.name))
  await using services = createServices(values)
  const origins = targets.map(requireTarget)
  if (origins.length > 0 && !workload.inspect) throw failure('usage-wrong', { reason: notInspected(workload.name) })
  const input = { ...services, database }
  const audit = await openAudit(input, workload, values.audit)
  const counted = {
    acknowledged: ledgers.reduce((sum, { counts }) => sum + counts.booked, 0),
    refused: ledgers.reduce((sum, { counts }) => sum + counts.conflict, 0),
  }
  const result = await track(context, 'Audit', 'rows', (watch) => {
    const inspected = origins.length > 0 ? (workload.inspect?.({ ...input, origins }, watch) ?? []) : []
    return collectAudit(audit, joinEntries(ledgers), { ...counted, inspected, kept: maxViolations, watch })
  })
  const server = await readFacts(database, workload.tables)
  const report: AuditReport = {
    ...describeRun('audit', { startedAt, config, engine: database.engine, server, version: context.version }),
    audit: result,
    ledgers: ledgers.map(({ file, head, counts, refusalsCut, torn }) => {
      return { file, ...head, ...counts, ...(refusalsCut ? { refusalsCut } : {}), torn }
    }),
  }
  await saveAndPrint(report, values, { log: context.log, summary: terminalText(documentOf(report), context.paint) })
  return report
}

/** Runs a step with its progress shown. Throws `interrupted` when it is stopped. */
function track<T>(
  { progress, signal }: RunContext,
  title: string,
  unit: string,
  step: (watch: Watch) => Promise<T>,
): Promise<T> {
  return untilStopped({ signal }, 'Nothing can be said of the bookings before all are read.', () =>
    progress.track(title, unit, (onProgress) => step({ onProgress, signal })),
  )
}

/** A ledger of one's own scenario has its name, and is audited as that of the workload that it loads. */
function refuseLedgersOfOthers(ledgers: readonly ReadLedger[], workload: string): void {
  for (const { file, head } of ledgers) {
    if (head.workload === workload || !workloadNames.includes(head.workload)) continue
    const reason = `${file} is of the workload ${head.workload}, and ${workload} is audited: add --workload ${head.workload}.`
    throw failure('usage-wrong', { reason })
  }
}

function notInspected(workload: string): string {
  return `The workload ${workload} keeps nothing in memory that could be audited: leave out --target.`
}
