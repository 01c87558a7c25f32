import type { SettingName, Settings } from './settings.ts'

/** What scenarios of workloads may ask for: no address of a server and no password is among it. */
const names = ['workload', 'mix', 'seed', 'from', 'orders', 'bookedStatuses', 'conflictStatuses', 'cache'] as const

/** The settings that make a workload's scenarios. */
export type ScenarioSettings = Pick<Settings, (typeof names)[number] & SettingName>

/** Those of all settings that scenarios know of. Of the cache they only know whether there is one. */
export function scenarioSettings(settings: Settings): ScenarioSettings {
  const chosen = Object.fromEntries(names.map((name) => [name, settings[name]])) as unknown as ScenarioSettings
  return { ...chosen, cache: settings.cache === 'none' ? 'none' : 'memory' }
}
