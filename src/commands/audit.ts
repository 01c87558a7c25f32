import { Flags } from '@oclif/core'
import { BaseCommand, settingFlags } from '../lib/cli/base-command.ts'
import { letHeapGrow } from '../lib/base/heap.ts'
import { openAudit, type BookingAudit } from '../lib/audit/open-audit.ts'
import { afterInspection, collectViolations } from '../lib/audit/result.ts'
import { readFacts } from '../lib/adapters/databases/server-facts.ts'
import { failure } from '../lib/base/errors/errors.ts'
import { joinEntries, readLedgers, type ReadLedger } from '../lib/load/ledger/ledger-reader.ts'
import { requireTarget } from '../lib/load/clients/target.ts'
import { refuseUnsettled } from '../lib/seeding/journal.ts'
import { auditSummary } from '../lib/render/terminal/audit-text.ts'
import { describeRun } from '../lib/app/describe-run.ts'
import type { AuditReport, AuditResult } from '../lib/record/record.ts'
import { loadWorkload } from '../lib/workloads/registry.ts'
import type { Violation } from '../lib/ports/workload.ts'
import { createServices } from '../lib/app/services.ts'
import { paint } from '../lib/cli/paint.ts'
import { requireServices } from '../lib/app/require-services.ts'
import { requirePlaces, saveAndPrint } from '../lib/app/save-run.ts'
import type { Watch } from '../lib/base/progress.ts'

/** Violations that are shown; with --json all are. */
const shownViolations = 20

export default class Audit extends BaseCommand {
  static override summary = 'Hold what an API acknowledged against the database behind it.'
  static override description = `Reads the ledgers of earlier loads, also of one that was killed, and the bookings in the database:
none may be lost, doubled or stored though it was refused, and no slot oversold or of a wrong stock. Without --ledger
only the slots are looked at, and never while a seeding has not set their stock yet. Nothing is written to the database. The setting audit names the tables of somebody
else's API (docs/audit.md).

Exits with 4 when something is lost, doubled, oversold, of a wrong stock or stored though the API refused it. A booking that is
stored though nobody was told what became of it is shown, and is no fault.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> --ledger reports/2026-11-21T07-53-15Z-load.ledger.jsonl',
    '<%= config.bin %> <%= command.id %> --ledger one.jsonl --ledger two.jsonl --db mysql://user:password@127.0.0.1/test',
    '<%= config.bin %> <%= command.id %> --db postgres://user:password@127.0.0.1/test --json',
  ]
  static override flags = {
    ledger: Flags.string({ summary: 'what a load has written down; may be repeated', multiple: true }),
    target: Flags.string({
      summary: 'replica whose memory is held against the database, where the workload keeps any; may be repeated',
      multiple: true,
    }),
    ...settingFlags('workload', 'db', 'broker', 'reports', 'report'),
  }

  async run(): Promise<AuditReport> {
    letHeapGrow()
    const { flags } = await this.parse(Audit)
    const config = await this.resolveSettings(flags)
    const { values } = config
    await requirePlaces(values.reports)
    const startedAt = new Date()
    const workload = await loadWorkload(values.workload)
    if (!values.audit)
      await requireServices(
        values,
        workload.needs.filter((service) => service === 'broker'),
      )
    const ledgers = await this.#untilStopped('Ledger', 'bytes', (watch) => readLedgers(flags.ledger ?? [], watch))
    await using database = await this.openDatabase(values.db, 1)
    // What is not counted yet would be called a wrong stock.
    if (!values.audit && workload.seedsInBlocks) await refuseUnsettled(database)
    await using services = createServices(values)
    const origins = (flags.target ?? []).map(requireTarget)
    if (origins.length > 0 && !workload.inspect) throw failure('usage-wrong', { reason: notInspected(workload.name) })
    const audit = await this.#audit(
      await openAudit({ ...services, database }, workload, values.audit),
      ledgers,
      (watch) => (origins.length > 0 ? (workload.inspect?.({ ...services, database, origins }, watch) ?? []) : []),
    )
    const server = await readFacts(database, workload.tables)
    const report: AuditReport = {
      ...describeRun('audit', { startedAt, config, engine: database.engine, server, version: this.config.version }),
      audit,
      ledgers: ledgers.map(({ file, head, counts, refusalsCut, torn }) => {
        return { file, ...head, ...counts, ...(refusalsCut ? { refusalsCut } : {}), torn }
      }),
    }
    const summary = auditSummary(report, paint)
    await saveAndPrint(report, values, { log: (text) => this.log(text), summary })
    if (!audit.passed) this.endWith('auditFailed')
    return report
  }

  #audit(audit: BookingAudit, ledgers: readonly ReadLedger[], inspect: Inspect): Promise<AuditResult> {
    const entries = joinEntries(ledgers)
    const counted = {
      acknowledged: ledgers.reduce((sum, { counts }) => sum + counts.booked, 0),
      refused: ledgers.reduce((sum, { counts }) => sum + counts.conflict, 0),
    }
    const kept = this.jsonEnabled() ? Infinity : shownViolations
    return this.#untilStopped('Audit', 'rows', (watch) =>
      collectViolations(afterInspection(inspect(watch), audit(entries, watch)), counted, kept),
    )
  }

  async #untilStopped<T>(title: string, unit: string, step: (watch: Watch) => Promise<T>): Promise<T> {
    try {
      return await this.withProgress(title, unit, (onProgress) => step({ onProgress, signal: this.signal }))
    } catch (error) {
      if (!this.signal.aborted) throw error
      throw failure('interrupted', { done: 'Nothing can be said of the bookings before all are read.' }, error)
    }
  }
}

type Inspect = (watch: Watch) => Iterable<Violation> | AsyncIterable<Violation>

function notInspected(workload: string): string {
  return `The workload ${workload} keeps nothing in memory that could be audited: leave out --target.`
}
