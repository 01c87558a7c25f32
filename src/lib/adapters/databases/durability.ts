import type { Durability } from '../../ports/database-facts.ts'

/** The risk where there is none. */
export const nothing = 'nothing'

/** The risk where the server does not tell. */
export const unknown = 'unknown'

/** The settings, and all that they put at risk; null for what puts nothing at risk. */
export function judgeDurability(
  settings: Readonly<Record<string, string>>,
  risks: readonly (string | null)[],
): Durability {
  const found = [...new Set(risks.filter((risk) => risk !== null))]
  return { holds: found.length === 0, atRisk: found.join('; ') || nothing, settings }
}

/** A durability that the server does not tell: no commit is called durable. */
export function untoldDurability(settings: Readonly<Record<string, string>>): Durability {
  return judgeDurability(settings, [unknown])
}

/** As it stands in a report: the settings, and `at_risk`. */
export function recordDurability({ settings, atRisk }: Durability): Record<string, string> {
  return { ...settings, at_risk: atRisk }
}

/** In one line: `fsync=on, at_risk=nothing`. */
export function describeDurability(durability: Durability): string {
  return Object.entries(recordDurability(durability))
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
}
