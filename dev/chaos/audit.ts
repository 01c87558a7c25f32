import type { AuditReport } from '../../src/lib/record/record.ts'
import { describeEnd, startCommand } from './command.ts'
import type { Victim } from './servers.ts'
import type { Wrongs } from './truth.ts'

/** Database and ledger that an audit reads. */
export interface Audited {
  readonly folder: string
  readonly workload: string
  readonly database: Victim
  /** Null where the workload has none. */
  readonly broker: Victim | null
  readonly ledger: string
}

/** Runs `rushbench audit` past everything that is hurt. Throws where it does not come to a verdict. */
export async function audit(
  { folder, workload, database, broker, ledger }: Audited,
  flags: readonly string[] = [],
): Promise<Wrongs & { readonly inconsistent: number }> {
  const result = await startCommand(folder, [
    'audit',
    `--workload=${workload}`,
    `--db=${database.directUrl}`,
    ...(broker ? [`--broker=${broker.directUrl}`] : []),
    `--ledger=${ledger}`,
    `--reports=${folder}`,
    ...flags,
    '--json',
  ]).ended
  // It ends with 4 where something is wrong, as it should.
  if (result.code !== 0 && result.code !== 4) throw new Error(`no audit: ${describeEnd(result)}`)
  const { lost, duplicate, oversold, inconsistent = 0 } = (JSON.parse(result.stdout) as AuditReport).audit
  return { lost, duplicate, oversold, inconsistent }
}
