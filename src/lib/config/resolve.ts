import { redactUrl } from '../base/redact-url.ts'
import { failure } from '../base/errors/errors.ts'
import { hideInWord } from '../base/secret-text.ts'
import { readConfigFile, type ConfigFile } from './config-file.ts'
import {
  definitionOf,
  flagName,
  namesWith,
  settingNames,
  variableName,
  type NamesWith,
  type SettingName,
  type Settings,
} from './settings.ts'

/** Sources of settings. */
export interface ConfigSources {
  /** Raw flags by the name of their setting; undefined where not given. */
  readonly flags: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
  /** The config file is searched from here up to the project's root. */
  readonly cwd: string
}

/** A setting's value, and its source. */
export interface ResolvedSetting {
  readonly name: SettingName
  /** As text, with secrets hidden; null when not set. */
  readonly shown: string | null
  readonly origin: (typeof strengths)[number]
  /** The flag, the variable or the file. */
  readonly source: string
}

/** All settings, and where each came from. */
export interface ResolvedConfig {
  readonly values: Settings
  readonly settings: Readonly<Record<SettingName, ResolvedSetting>>
}

/** Whether a setting was set, by a flag, a variable or a file. */
export function isSet({ origin }: ResolvedSetting): boolean {
  return origin !== 'default'
}

/** The settings of one run. */
export interface RunConfig extends ResolvedConfig {
  /** The command line that makes such a run again, passwords hidden. */
  readonly command: string
}

interface Candidate {
  readonly raw: unknown
  readonly origin: ResolvedSetting['origin']
  readonly source: string
}

/** Variables with our prefix that are read by the test suite and by oclif, not by the settings. */
const otherVariables = [
  /^RUSHBENCH_REQUIRE_SERVICES$/,
  /^RUSHBENCH_(TEST|SERVICES)_/,
  /^RUSHBENCH_(AC_|BINPATH$|CACHE_DIR$|CONFIG_DIR$|CONTENT_TYPE$|DATA_DIR$|DEBUG$|DISABLE_THEME$|REDIRECTED$|SKIP_)/,
]

/**
 * Resolves every setting: default, then config file, then environment, then flag; the last one wins.
 * Throws `setting-unknown`, `setting-invalid` or `config-unreadable`.
 */
export async function resolveConfig(sources: ConfigSources): Promise<ResolvedConfig> {
  const file = await readConfigFile(sources.cwd)
  refuseUnknownVariables(sources.env)
  const found = settingNames.map((name) => ({ name, ...strongest(name, file, sources) }))
  const values = found.map(({ name, raw, ...from }) => [name, raw === undefined ? raw : parse(name, { raw, ...from })])
  const settings = found.map(({ name, raw, origin, source }): [SettingName, ResolvedSetting] => {
    return [name, { name, origin, source, shown: raw === undefined ? null : show(name, raw) }]
  })
  return { values: Object.fromEntries(values), settings: Object.fromEntries(settings) as ResolvedConfig['settings'] }
}

const strengths = ['default', 'file', 'environment', 'flag'] as const

/**
 * Returns the values for one load model: of the settings that each ask for a model of their own, only the one from the
 * strongest source stays set, and those that have a default.
 */
export function modelValues({ values, settings }: ResolvedConfig): Settings {
  const strength = (name: NamesWith<'model'>) => {
    const { shown, origin } = settings[name]
    return shown === null ? -1 : strengths.indexOf(origin)
  }
  const names = namesWith('model')
  const chosen = names.reduce((best, name) => (strength(name) >= strength(best) ? name : best))
  const weaker = names.filter((name) => name !== chosen && definitionOf(name).default === undefined)
  return { ...values, ...Object.fromEntries(weaker.map((name) => [name, undefined])) }
}

function refuseUnknownVariables(env: ConfigSources['env']): void {
  const allowed = settingNames.map(variableName)
  for (const key of Object.keys(env)) {
    if (!key.startsWith('RUSHBENCH_') || allowed.includes(key)) continue
    if (otherVariables.some((pattern) => pattern.test(key))) continue
    throw failure('setting-unknown', { key, source: 'The environment', allowed })
  }
}

function strongest(name: SettingName, file: ConfigFile | null, sources: ConfigSources): Candidate {
  const flag = sources.flags[name]
  if (flag !== undefined) return { raw: flag, origin: 'flag', source: `--${flagName(name)}` }
  const variable = sources.env[variableName(name)]
  if (variable !== undefined) return { raw: variable, origin: 'environment', source: variableName(name) }
  if (file && Object.hasOwn(file.content, name)) {
    return { raw: file.content[name], origin: 'file', source: file.path }
  }
  return { raw: definitionOf(name).default, origin: 'default', source: 'default' }
}

function parse(name: SettingName, candidate: Candidate): unknown {
  const { schema, allowed, explain } = definitionOf(name)
  const parsed = schema.safeParse(candidate.raw)
  if (parsed.success) return parsed.data
  throw failure('setting-invalid', {
    key: name,
    source: candidate.source,
    value: show(name, candidate.raw),
    allowed: explain?.(candidate.raw) ?? allowed,
  })
}

function show(name: SettingName, raw: unknown): string {
  const { secret, secretUrl } = definitionOf(name)
  if (secret) return '***'
  const text = typeof raw === 'string' ? raw : JSON.stringify(raw)
  // A URL may have been given where none belongs.
  return secretUrl ? redactUrl(text) : hideInWord(text)
}
