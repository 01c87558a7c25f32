import { failure } from '../../base/errors/errors.ts'
import type { Scenario } from '../../ports/scenario.ts'

/** Those of a workload's scenarios that its users run: all where `mix` names none. Throws `usage-wrong` for unknown names. */
export function chooseScenarios(
  scenarios: readonly Scenario[],
  mix: readonly string[] | undefined,
): readonly Scenario[] {
  if (mix === undefined) return scenarios
  const names = new Set(scenarios.map(({ name }) => name))
  const unknown = mix.find((name) => !names.has(name))
  if (unknown === undefined) return scenarios.filter(({ name }) => mix.includes(name))
  const allowed = [...names].join(', ')
  throw failure('usage-wrong', { reason: `The workload has no scenario ${unknown} for --mix. Allowed: ${allowed}.` })
}
