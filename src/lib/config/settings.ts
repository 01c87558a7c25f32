import { z } from 'zod'
import { longestSeed } from '../base/limits.ts'
import { someOf } from '../base/parse-values.ts'
import { viewNames } from '../record/names.ts'
import { databaseSettings } from './database-settings.ts'
import { apiSettings } from './api-settings.ts'
import { loadSettings } from './load-settings.ts'
import type { Setting } from './setting.ts'
import { tableSettings } from './table-settings.ts'
import { workloadSettings } from './workload-settings.ts'

/** Every setting, by its name in the config file. The flag is the same in kebab-case. */
const settings = {
  ...apiSettings,
  ...workloadSettings,
  ...databaseSettings,
  ...loadSettings,
  seed: {
    schema: z.union([z.string().min(1).max(longestSeed), z.number().transform(String)]),
    default: 'rushbench',
    summary: 'seed of every random choice; the same seed gives the same data and users',
    allowed: `any text up to ${longestSeed} characters`,
    scenario: true,
    recipe: true,
    benchPlan: true,
  },
  reports: {
    schema: z.string().min(1),
    default: 'reports',
    summary: 'folder that reports are saved in',
    allowed: 'a path',
  },
  report: {
    schema: someOf(...viewNames),
    default: undefined,
    summary: `forms of the report to save beside it: ${viewNames.join(', ')}; several with commas`,
    allowed: `${viewNames.join(', ')}, or several of them with commas`,
  },
  ...tableSettings,
} satisfies Record<string, Setting>

/** The name of a setting. */
export type SettingName = keyof typeof settings

/** Every setting's value; durations in milliseconds, times of day in minutes after midnight. */
export type Settings = {
  readonly [Name in SettingName]:
    | z.output<(typeof settings)[Name]['schema']>
    | ((typeof settings)[Name]['default'] extends undefined ? undefined : never)
}

/** Names of the settings that have an attribute. */
export type NamesWith<Attribute extends keyof Setting> = {
  [Name in SettingName]: Attribute extends keyof (typeof settings)[Name] ? Name : never
}[SettingName]

/** Every setting's name, in the order in which they are explained. */
export const settingNames = Object.keys(settings) as SettingName[]

/** Returns a setting without its type. */
export function definitionOf(name: SettingName): Setting {
  return settings[name]
}

/** Names the settings that have an attribute, in the order in which they are explained. */
export function namesWith<Attribute extends keyof Setting>(attribute: Attribute): NamesWith<Attribute>[] {
  return settingNames.filter((name): name is NamesWith<Attribute> => attribute in settings[name])
}

/** `rampUp` -> `ramp-up`, unless the setting has a flag of another name. */
export function flagName(name: SettingName): string {
  return definitionOf(name).flag ?? kebabCase(name)
}

/** `rampUp` -> `RUSHBENCH_RAMP_UP` */
export function variableName(name: SettingName): string {
  return `RUSHBENCH_${kebabCase(name).replaceAll('-', '_').toUpperCase()}`
}

function kebabCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
