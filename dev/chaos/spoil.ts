import { audit, type Audited } from './audit.ts'
import { withRows } from './rows.ts'
import type { System } from './systems.ts'
import { findTruth, readAcknowledged, type Wrongs } from './truth.ts'

/** Verdicts of the check and of the audit on tables that were spoilt on purpose. */
export interface Spoilt {
  readonly truth: Wrongs
  readonly audit: Wrongs
}

/**
 * Takes away and doubles what was acknowledged, past rushbench, and asks both once more. Null where the database speaks no
 * SQL, the system says no way to, or there are too few bookings.
 */
export async function spoil({ place, spoilBy }: System, audited: Audited): Promise<Spoilt | null> {
  const statements = spoilBy?.(await readAcknowledged(audited.ledger)) ?? []
  if (statements.length === 0) return null
  const truth = await withRows(audited.database.directUrl, async (read, execute) => {
    if (!execute) return null
    for (const statement of statements) await execute(statement)
    return findTruth(audited.ledger, read, place)
  })
  if (truth === null) return null
  const { lost, duplicate, oversold } = await audit(audited)
  return { truth, audit: { lost, duplicate, oversold } }
}
