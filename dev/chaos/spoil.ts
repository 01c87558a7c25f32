import { randomUUID } from 'node:crypto'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { AuditReport } from '../../src/lib/reports/record.ts'
import { withRows } from './rows.ts'
import type { ChaosRun } from './run.ts'
import { findTruth, readAcknowledged, type Wrongs } from './truth.ts'

/** What the check and the audit say of tables that were spoilt on purpose. */
export interface Spoilt {
  readonly truth: Wrongs
  readonly audit: Wrongs
}

/**
 * Takes away two acknowledged bookings of the workload vaccination and doubles a third, past rushbench, and asks both once
 * more. Null where the database speaks no SQL, or there are too few bookings.
 */
export async function spoil(
  { system, workload }: ChaosRun,
  { url, ledger, folder, entryPoint }: Record<'url' | 'ledger' | 'folder' | 'entryPoint', string>,
): Promise<Spoilt | null> {
  const [lost, gone, doubled] = await readAcknowledged(ledger)
  if (workload !== 'vaccination' || !lost || !gone || !doubled) return null
  const truth = await withRows(url, async (read, execute) => {
    if (!execute) return null
    await execute(`delete from reservations where ticket_id in ('${lost.key}', '${gone.key}')`)
    await execute(
      `insert into reservations (id, ticket_id, schedule_id) values ('${randomUUID()}', '${doubled.key}', ${doubled.resource})`,
    )
    return findTruth(ledger, read, system.place)
  })
  if (truth === null) return null
  const words = [entryPoint, 'audit', `--db=${url}`, `--ledger=${ledger}`, `--reports=${folder}`, '--json']
  const env = { PATH: process.env['PATH'], HOME: folder }
  // It ends with 4, as it should.
  const stdout = await promisify(execFile)(process.execPath, words, { cwd: folder, env }).then(
    (result) => result.stdout,
    (error: { readonly stdout: string }) => error.stdout,
  )
  const { audit } = JSON.parse(stdout) as AuditReport
  return { truth, audit: { lost: audit.lost, duplicate: audit.duplicate, oversold: audit.oversold } }
}
