import { nothing, unknown } from '../databases/durability.ts'
import type { Report } from './record.ts'

type Environment = Report['environment']

/** How inserts that are committed one by one are called: durable only where the report says that nothing is at risk. */
export function nameSingleInserts({ durability }: Environment): string {
  return durability['at_risk'] === nothing ? 'single durable inserts' : 'single inserts'
}

/** What a crash of the database may undo, as `a crash may undo ...`; null where that is nothing, or the report has none. */
export function crashPhrase({ durability }: Environment): string | null {
  const { at_risk: atRisk = nothing } = durability
  if (atRisk === nothing) return null
  return atRisk === unknown ? 'the server does not tell what a crash may undo' : `a crash may undo ${atRisk}`
}

/** The settings that say what a commit survives: `fsync=on, wal_level=replica`. */
export function durabilitySettings({ durability }: Environment): string {
  return Object.entries(durability)
    .filter(([name]) => name !== 'at_risk')
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
}
