import { type AuditMapping, mappedTables } from './mapping.ts'
import { migrationStatus, requireTables } from '../adapters/databases/migrate.ts'
import type { AnyTable, Database } from '../ports/database.ts'
import { failure, reasonOf, RushbenchError } from '../base/errors/errors.ts'
import type { LedgerEntries } from '../ports/scenario.ts'
import type { AuditInput, Violation, Workload } from '../ports/workload.ts'
import { auditBookings } from './audit-bookings.ts'
import { afterInspection, collectViolations, type AttemptCounts } from './audit-result.ts'
import { columnsOf } from './booking-tables.ts'
import { auditIsolation } from './isolation/audit-isolation.ts'
import { readCanonicals } from './canonical.ts'
import type { Watch } from '../base/progress.ts'
import type { IsolationRecord } from '../record/isolation-record.ts'
import type { AuditResult } from '../record/record.ts'

/** Checks a ledger against what it was opened on. `onJudged` is told of the isolation, where the workload lets it be judged. */
export type BookingAudit = (
  ledger: LedgerEntries,
  watch: Watch,
  onJudged?: (isolation: IsolationRecord) => void,
) => AsyncIterable<Violation>

/** Counts what an audit finds, after what an inspection found, and keeps `kept` violations in full. */
export async function collectAudit(
  audit: BookingAudit,
  ledger: LedgerEntries,
  { inspected, kept, watch, ...counts }: AuditCourse,
): Promise<AuditResult> {
  let judged: IsolationRecord | null = null
  const audited = audit(ledger, watch, (isolation) => (judged = isolation))
  const result = await collectViolations(afterInspection(inspected, audited), counts, kept)
  return judged === null ? result : { ...result, isolation: judged }
}

/** All that an audit is made with, beside its ledger. */
interface AuditCourse extends AttemptCounts {
  readonly inspected: Iterable<Violation> | AsyncIterable<Violation>
  readonly kept: number
  readonly watch: Watch
}

/**
 * An audit of the workload's own tables or, with a mapping, of somebody else's. Throws `nothing-to-audit`,
 * `mapping-wrong` and what `requireTables` throws, so that it is known before a load, not after it, when they are not there.
 */
export async function openAudit(
  input: Omit<AuditInput, 'ledger'>,
  workload: Pick<Workload, 'name' | 'tables' | 'migrations' | 'audit' | 'history'>,
  mapping: AuditMapping | undefined,
): Promise<BookingAudit> {
  const { database } = input
  if (!mapping) {
    await requireOwnTables(database, workload)
    return (ledger, watch, onJudged = () => {}) => auditOwn(workload, { ...input, ledger }, watch, onJudged)
  }
  const { bookings, resources } = mappedTables(mapping)
  await requireColumns(database, bookings.table)
  if (resources) await requireColumns(database, resources.table)
  const { canonical, isLoose } = await readCanonicals(database, bookings.table, columnsOf(bookings))
  const ofResources = resources && (await readCanonicals(database, resources.table, [resources.table.primaryKey]))
  const tables = {
    bookings: { ...bookings, canonical, hasLooseKeys: isLoose(bookings.key) },
    resources: resources && { ...resources, ...(ofResources && { canonical: ofResources.canonical }) },
  }
  return (ledger, watch) => auditBookings(database, tables, ledger, watch)
}

async function* auditOwn(
  workload: Pick<Workload, 'audit' | 'history'>,
  input: AuditInput,
  watch: Watch,
  onJudged: (isolation: IsolationRecord) => void,
): AsyncGenerator<Violation> {
  yield* workload.audit(input, watch)
  if (workload.history) yield* auditIsolation(await workload.history(input, watch), onJudged)
}

/** A database without any of the tables perhaps belongs to another API, so that nobody is told to make them there. */
async function requireOwnTables(
  database: Database,
  { name, tables, migrations }: Pick<Workload, 'name' | 'tables' | 'migrations'>,
): Promise<void> {
  const status = await migrationStatus(database, name, tables, migrations)
  if (status.every(({ state }) => state === 'missing')) {
    throw failure('nothing-to-audit', { tables: tables.map((table) => table.name), url: database.url })
  }
  await requireTables(database, name, tables, migrations)
}

async function requireColumns(database: Database, table: AnyTable): Promise<void> {
  try {
    await database.store.find(table, {}, { limit: 1 })
  } catch (error) {
    if (error instanceof RushbenchError) throw error
    throw failure('mapping-wrong', { url: database.url, reason: reasonOf(error) }, error)
  }
}
