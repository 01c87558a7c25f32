import { cosmiconfig, type CosmiconfigResult } from 'cosmiconfig'
import { failure, reasonOf, RushbenchError } from '../base/errors/errors.ts'
import { formatCount } from '../base/format.ts'
import { settingNames } from './settings.ts'

/** A config file, and the settings in it. */
export interface ConfigFile {
  readonly path: string
  readonly content: Readonly<Record<string, unknown>>
}

/**
 * Reads the config file that is found from `cwd` up to the root of the project; null where there is none or an empty one.
 * Throws `config-unreadable` or `setting-unknown`.
 */
export async function readConfigFile(cwd: string): Promise<ConfigFile | null> {
  const found = await loadConfigFile(cwd).catch((error: unknown) => {
    throw unreadableConfig((error as { filepath?: string } | null)?.filepath ?? cwd, error)
  })
  if (!found || found.isEmpty) return null
  const { config, filepath: file } = found as { readonly config: unknown; readonly filepath: string }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw failure('config-unreadable', { file, reason: 'it is not an object of settings' })
  }
  const content = copyPlain(config, file)
  for (const key of Object.keys(content)) {
    if (!Object.hasOwn(content, key) || !(settingNames as string[]).includes(key)) {
      throw failure('setting-unknown', { key, source: file, allowed: settingNames })
    }
  }
  return { path: file, content }
}

/** How long a config file that is a program may take until its settings are there, ms. */
const loadedWithinMs = 20_000

/** Throws what the file does, and Error where it does not come to an end: an await outside of its functions may never settle. */
async function loadConfigFile(cwd: string): Promise<CosmiconfigResult> {
  const late = Promise.withResolvers<never>()
  const reason = `it was not read within ${loadedWithinMs / 1000} s: an await in it may never settle`
  const timer = setTimeout(() => late.reject(new Error(reason)), loadedWithinMs)
  try {
    return await Promise.race([cosmiconfig('rushbench', { searchStrategy: 'project' }).search(cwd), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** The settings of a file, which may be a program's: a getter of theirs may throw. Throws `config-unreadable`. */
function copyPlain(config: object, file: string): Readonly<Record<string, unknown>> {
  try {
    const why = whyNotPlain(config)
    if (why === null) return { ...config }
    throw failure('config-unreadable', { file, reason: why })
  } catch (error) {
    throw error instanceof RushbenchError ? error : unreadableConfig(file, error)
  }
}

/** Place at which a parser of YAML gave up, counted from 0. */
interface Mark {
  readonly line: number
  readonly column: number
}

/**
 * Returns `config-unreadable` for an error that loading a config file threw. A parser's message quotes the broken file,
 * perhaps in the middle of a password: only the place is said, and nothing is kept for --verbose.
 */
function unreadableConfig(file: string, error: unknown): Error {
  const broken = whereBroken(error)
  if (broken !== null) return failure('config-unreadable', { file, reason: broken })
  return failure('config-unreadable', { file, reason: reasonOf(error) }, error)
}

/** Says where a file is broken; null for an error that is no parser's. */
function whereBroken(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const { mark } = error as { readonly mark?: Mark }
  if (error.name === 'YAMLException') {
    return mark ? `it breaks off in line ${mark.line + 1}, column ${mark.column + 1}` : 'it is not valid YAML'
  }
  if (!(error instanceof SyntaxError)) return null
  const [, line, column] = /\(line (\d+) column (\d+)\)/.exec(error.message) ?? []
  if (line !== undefined) return `it breaks off in line ${line}, column ${column}`
  if (error.message.startsWith('JSON Error')) return 'it is not whole JSON'
  const [, ofModule] = /^[^\n]*:(\d+)\n/.exec(error.stack ?? '') ?? []
  return ofModule === undefined ? 'it is not valid JavaScript' : `it breaks off in line ${ofModule}`
}

/** Values in a config file, at most, those that anchors repeat counted each time; and the levels in which they may lie. */
const mostValues = 10_000
const deepest = 20

/** Says why a config file's content is no plain data of a size that settings could have; null where it is. */
export function whyNotPlain(content: unknown): string | null {
  let left = mostValues
  const around = new Set<object>()

  function look(value: unknown): string | null {
    if (--left < 0) return `it holds more than ${formatCount(mostValues)} values, those that anchors repeat included`
    if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
      return `it holds a ${typeof value}, which no setting can be`
    }
    // No path, name or variable takes it, and what is said of that differs everywhere.
    if (typeof value === 'string' && value.includes('\0')) return 'it holds a text with the character U+0000'
    if (typeof value !== 'object' || value === null) return null
    if (around.has(value)) return 'it holds a value that contains itself'
    if (around.size === deepest) return `it is more than ${deepest} levels deep`
    around.add(value)
    for (const inner of Object.values(value)) {
      const why = look(inner)
      if (why !== null) return why
    }
    around.delete(value)
    return null
  }

  return look(content)
}
