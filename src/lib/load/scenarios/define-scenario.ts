import type { Scenario, ScenarioDefinition } from '../../ports/scenario.ts'
import { refuseOtherFields } from './mistakes.ts'
import { isThinkTime, thinkTimeAllowed } from './step-checks.ts'
import { failure } from '../../base/errors/errors.ts'

/** Makes a scenario. Throws TypeError for what is none, which only types could have refused before. */
export function defineScenario<State = undefined>(definition: ScenarioDefinition<State>): Scenario {
  requireShape(definition)
  const { name, weight = 1, think = 0, iterationMs, database } = definition
  return {
    name,
    weight,
    think,
    ...(iterationMs === undefined ? {} : { iterationMs }),
    ...(database === undefined ? {} : { database }),
    prepare: (user) => definition.prepare?.(user),
    run: (user, state) => definition.run(user, state as State),
  }
}

const fields = new Set(['name', 'weight', 'think', 'iterationMs', 'database', 'prepare', 'run'])

/** It stands before the reason of every error. */
const mostOfName = 100

function requireShape(definition: unknown): void {
  if (typeof definition !== 'object' || definition === null) throw new TypeError('a scenario is an object')
  refuseOtherFields(definition, fields, 'a scenario')
  const { name, weight, think, iterationMs, database, prepare, run } = definition as Readonly<Record<string, unknown>>
  if (typeof name !== 'string' || name === '') throw new TypeError('a scenario needs a name')
  if (name.length > mostOfName) throw new TypeError(`the name of a scenario has at most ${mostOfName} characters`)
  if (weight !== undefined && !(isFinite(weight) && weight > 0)) {
    throw new TypeError(`the weight of ${name} must be a number above 0`)
  }
  if (think !== undefined && !isThinkTime(think)) {
    throw new TypeError(`think of ${name} must be ${thinkTimeAllowed}`)
  }
  if (iterationMs !== undefined && !(isFinite(iterationMs) && iterationMs >= 0)) {
    throw new TypeError(`iterationMs of ${name} must be milliseconds, 0 or more`)
  }
  if (database !== undefined && typeof database !== 'boolean') {
    throw new TypeError(`database of ${name} must be true or false`)
  }
  if (prepare !== undefined && typeof prepare !== 'function') {
    throw new TypeError(`prepare of ${name} must be a function`)
  }
  if (typeof run !== 'function') throw new TypeError(`${name} needs a function run`)
}

function isFinite(value: unknown): value is number {
  return Number.isFinite(value)
}

/** Returns the scenarios that `mix` names, or all where it names none. Throws `usage-wrong` for unknown names. */
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
