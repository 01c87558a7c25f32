import { cosmiconfig } from 'cosmiconfig'
import { redactUrl } from '../base/redact-url.ts'
import { failure } from '../base/errors/errors.ts'
import { hideInWord } from '../base/secret-text.ts'
import { unreadableConfig } from './unreadable-config.ts'
import { flagName, variableName } from './names.ts'
import { whyNotPlain } from './plain-content.ts'
import { definitionOf, settingNames, type SettingName, type Settings } from './settings.ts'

/** Where settings are looked for. */
export interface ConfigSources {
  /** Raw flags by the name of their setting; undefined where not given. */
  readonly flags: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
  /** The config file is searched from here up to the project's root. */
  readonly cwd: string
}

/** One setting as it was found. */
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
  readonly settings: readonly ResolvedSetting[]
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
  const values: Record<string, unknown> = {}
  const found: ResolvedSetting[] = []
  for (const name of settingNames) {
    const candidate = strongest(name, file, sources)
    values[name] = candidate.raw === undefined ? undefined : parse(name, candidate)
    found.push({
      name,
      origin: candidate.origin,
      source: candidate.source,
      shown: candidate.raw === undefined ? null : show(name, candidate.raw),
    })
  }
  return { values: values as unknown as Settings, settings: found }
}

const strengths = ['default', 'file', 'environment', 'flag'] as const

/** Which of the settings comes from the strongest source; the first of several. */
export function strongestOf<Name extends SettingName>(config: ResolvedConfig, names: readonly [Name, ...Name[]]): Name {
  const strength = (wanted: Name): number => {
    const { shown, origin } = config.settings.find(({ name }) => name === wanted) as ResolvedSetting
    return shown === null ? -1 : strengths.indexOf(origin)
  }
  return names.reduce((best, name) => (strength(name) > strength(best) ? name : best))
}

interface ConfigFile {
  readonly path: string
  readonly content: Readonly<Record<string, unknown>>
}

async function readConfigFile(cwd: string): Promise<ConfigFile | null> {
  const explorer = cosmiconfig('rushbench', { searchStrategy: 'project' })
  const found = await explorer.search(cwd).catch((error: unknown) => {
    throw unreadableConfig((error as { filepath?: string }).filepath ?? cwd, error)
  })
  if (!found || found.isEmpty) return null
  const content: unknown = found.config
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw failure('config-unreadable', { file: found.filepath, reason: 'it is not an object of settings' })
  }
  const why = whyNotPlain(content)
  if (why !== null) throw failure('config-unreadable', { file: found.filepath, reason: why })
  for (const key of Object.keys(content)) {
    if (!Object.hasOwn(content, key) || !(settingNames as string[]).includes(key)) {
      throw failure('setting-unknown', { key, source: found.filepath, allowed: settingNames })
    }
  }
  return { path: found.filepath, content: content as Record<string, unknown> }
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
  // A URL may have been given for what takes none.
  return secretUrl ? redactUrl(text) : hideInWord(text)
}
