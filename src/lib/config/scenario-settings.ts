import { cutTo } from '../base/cut-text.ts'
import { failure } from '../base/errors/errors.ts'
import { definitionOf, type SettingName, type Settings } from './settings.ts'

/** What scenarios of workloads may ask for: no address of a server and no password is among it. */
const names = ['workload', 'mix', 'seed', 'from', 'orders', 'bookedStatuses', 'conflictStatuses', 'cache'] as const

/** The settings that make a workload's scenarios. */
export type ScenarioSettings = Pick<Settings, (typeof names)[number] & SettingName>

/** Those of all settings that scenarios know of. Of the cache they only know whether there is one. */
export function scenarioSettings(settings: Settings): ScenarioSettings {
  const chosen = Object.fromEntries(names.map((name) => [name, settings[name]])) as unknown as ScenarioSettings
  return { ...chosen, cache: settings.cache === 'none' ? 'none' : 'memory' }
}

const longestShown = 100

/**
 * Reads those settings as they came from `source`, each by the limits that it has everywhere. Throws `setting-invalid` and
 * `setting-unknown`.
 */
export function readScenarioSettings(given: Readonly<Record<string, unknown>>, source: string): ScenarioSettings {
  const unknown = Object.keys(given).find((key) => !names.some((name) => name === key))
  if (unknown !== undefined) {
    throw failure('setting-unknown', { key: cutTo(longestShown, unknown), source, allowed: names })
  }
  const read = names.map((name): [string, unknown] => {
    const { schema, default: fallback, allowed } = definitionOf(name)
    const raw = given[name]
    if (raw === undefined && fallback === undefined) return [name, undefined]
    const found = schema.safeParse(raw)
    if (found.success) return [name, found.data]
    const value = cutTo(longestShown, JSON.stringify(raw) ?? '')
    throw failure('setting-invalid', { key: name, source, value, allowed })
  })
  return Object.fromEntries(read) as unknown as ScenarioSettings
}
