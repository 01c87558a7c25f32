import { definitionOf, type SettingName } from './settings.ts'

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
