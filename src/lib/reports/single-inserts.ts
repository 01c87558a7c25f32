import type { Report } from './record.ts'

/** What inserts that are committed one by one are called: durable, unless the engine says what a crash may undo. */
export function nameSingleInserts({ durability }: Report['environment']): string {
  const { at_risk: atRisk = 'nothing' } = durability
  return atRisk === 'nothing' ? 'single durable inserts' : 'single inserts'
}
