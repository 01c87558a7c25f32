import { Flags } from '@oclif/core'
import type { FlagInput } from '@oclif/core/interfaces'
import { defaultConnections } from '../app/load/request-model.ts'
import { engineNames } from '../base/arrivals.ts'
import { cutTo } from '../base/cut-text.ts'
import { failure } from '../base/errors/errors.ts'
import { mostConnections } from '../base/limits.ts'
import { definitionOf, flagName, namesWith, variableName, type SettingName } from '../config/settings.ts'
import type { AllowedScenarios } from '../load/distributed/travelling-scenario.ts'
import { defaultExpected } from '../load/clients/fixed-request.ts'

/** Settings that say which tables of a database workload there are, and how large. */
export const tableFlags = namesWith('sizesTables')

/** Returns the flags of the named settings, except for secrets; each is text here and is parsed by its setting's schema. */
export function settingFlags(...names: readonly SettingName[]): FlagInput {
  const open = names.filter((name) => !definitionOf(name).secret)
  return Object.fromEntries(open.map((name) => [flagName(name), settingFlag(name)]))
}

/** Names the flags of settings, for what other flags exclude. */
export function flagNames(...names: readonly SettingName[]): string[] {
  return names.map(flagName)
}

function settingFlag(name: SettingName) {
  const { summary, char, default: fallback, repeated, isSwitch, replaces = [] } = definitionOf(name)
  const notes = [fallback === undefined ? null : `default: ${fallback}`, `env: ${variableName(name)}`]
  const description = `${summary} [${notes.filter((note) => note !== null).join(', ')}]`
  const exclusive = flagNames(...(replaces as readonly SettingName[]))
  const common = { summary: description, setting: name, exclusive, ...(char ? { char } : {}) } as const
  if (isSwitch) return Flags.boolean(common)
  return repeated ? Flags.string({ ...common, multiple: true }) : Flags.string(common)
}

/** The flag that shows figures of the program that the workload is modelled on: few people ask for them. */
export const besideOriginalFlag = {
  'beside-original': Flags.boolean({
    summary: 'also show what was measured of the program that the workload is modelled on, and where',
  }),
}

/** The heading of those flags in the help. */
const helpGroup = 'REQUEST'

/** Flags of the loads that run scenarios instead. */
const scenarioFlags = [...flagNames('users', 'rampUp', 'stages', 'scenario', 'mix'), 'ledger']

/** The flags of `load` that send one request over and over. They stand in no config file: headers hold passwords. */
export const requestFlags = {
  request: Flags.string({
    summary: "send this request over and over, such as 'POST /booking', instead of running scenarios",
    helpGroup,
    exclusive: scenarioFlags,
  }),
  header: Flags.string({
    summary: "header of the request, such as 'Authorization: Bearer x'; may be repeated, also under one name",
    helpGroup,
    multiple: true,
    secret: true,
    dependsOn: ['request'],
  }),
  body: Flags.string({
    summary: 'body of the request, or @FILE to read it from a file; JSON unless a header says otherwise',
    helpGroup,
    secret: true,
    dependsOn: ['request'],
  }),
  expect: Flags.string({
    summary: `statuses that count as right, such as 200,304 or 2xx,409 [default: ${defaultExpected}]`,
    helpGroup,
    dependsOn: ['request'],
  }),
  connections: Flags.integer({
    summary: `connections that each send the request again as soon as it is answered [default: ${defaultConnections}]`,
    helpGroup,
    min: 1,
    max: mostConnections,
    dependsOn: ['request'],
    exclusive: flagNames('arrivalRate'),
  }),
  requests: Flags.integer({
    summary: 'times to send it in all, however long that takes',
    helpGroup,
    min: 1,
    dependsOn: ['request'],
    exclusive: flagNames('duration', 'arrivalRate', 'findLimit'),
  }),
  engine: Flags.option({
    options: engineNames,
    summary: 'what sends the request; autocannon is a second opinion, which can do less [default: rushbench]',
    helpGroup,
    dependsOn: ['request'],
  })(),
}

/** Parses `none`, `any`, or hashes such as `sha256:ab...`. Throws `usage-wrong`, which says what is allowed. */
export function readAllowed(given: readonly string[]): AllowedScenarios {
  const [first] = given
  if (given.length === 1 && (first === 'none' || first === 'any')) return first
  const hashes = given.map((text) => /^sha256:([\da-f]{64})$/i.exec(text)?.[1]?.toLowerCase())
  const wrong = hashes.indexOf(undefined)
  if (wrong === -1) return new Set(hashes as readonly string[])
  throw failure('usage-wrong', {
    reason: `--allow-scenarios cannot be ${cutTo(100, given[wrong] ?? '')}. Allowed: none, any, or sha256: and 64 hexadecimal digits for each file.`,
  })
}
