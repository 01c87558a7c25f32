import { nothing, unknown } from '../../adapters/databases/durability.ts'
import { plain } from '../../base/format.ts'
import type { Environment } from '../../record/record.ts'

/** How inserts that are committed one by one are called: durable only where the report says that nothing is at risk. */
export function nameSingleInserts({ durability }: Environment): string {
  return durability['at_risk'] === nothing ? 'single durable inserts' : 'single inserts'
}

/** Why commits are not durable, beginning with that verdict; null where they are, or the report does not say. */
export function notDurable({ durability }: Environment): { readonly verdict: string; readonly because: string } | null {
  const { at_risk: atRisk = nothing } = durability
  if (atRisk === nothing) return null
  return atRisk === unknown
    ? { verdict: 'NOT called durable', because: 'the server does not tell what a crash may undo' }
    : { verdict: 'NOT durable', because: `a crash may undo ${atRisk}` }
}

/** A line of a summary: the database, and what a crash of it may undo; none where nothing is at risk, or nothing is known. */
export function durabilityLines(environment: Environment): string[] {
  const found = notDurable(environment)
  if (found === null) return []
  const { engine, engineVersion } = environment
  return [`database   ${plain(`${engine} ${engineVersion}`)}, ${found.verdict}: ${plain(found.because)}`]
}

/** The settings that say what a commit survives: `fsync=on, wal_level=replica`. */
export function durabilitySettings({ durability }: Environment): string {
  return Object.entries(durability)
    .filter(([name]) => name !== 'at_risk')
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
}
