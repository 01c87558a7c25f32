import { cutTo } from '../base/cut-text.ts'
import { failure } from '../base/errors/errors.ts'
import { definitionOf, namesWith, variableName, type NamesWith, type Settings } from './settings.ts'

const names = namesWith('scenario')

/** The settings that make a workload's scenarios. */
export type ScenarioSettings = Pick<Settings, NamesWith<'scenario'>>

/** Chooses the settings that scenarios may ask for. Of the cache they only know whether there is one. */
export function scenarioSettings(settings: Settings): ScenarioSettings {
  const chosen = Object.fromEntries(names.map((name): [string, unknown] => [name, settings[name]])) as ScenarioSettings
  return { ...chosen, cache: settings.cache === 'none' ? 'none' : 'memory' }
}

const longestShown = 100

/** Reads these settings, which came from `source`, by the limits that they have everywhere. Throws `setting-invalid`, `setting-unknown`. */
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
  return Object.fromEntries(read) as ScenarioSettings
}

/** The environment by which an API in a process of its own gets its settings, secrets among them. */
export function serveEnvironment(values: Settings): Readonly<Record<string, string>> {
  const given = namesWith('served').flatMap((name) => {
    const value = values[name]
    return value === undefined
      ? []
      : [[variableName(name), `${[value].flat().join(',')}${definitionOf(name).served === 'ms' ? 'ms' : ''}`]]
  })
  return Object.fromEntries(given)
}
