import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import module from 'node:module'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import type { Scenario } from '../../ports/scenario.ts'
import { defineScenario } from './define-scenario.ts'

/**
 * Reads the scenarios of a person's own file: JavaScript, or TypeScript whose types Node takes out.
 * It exports one or a list by default. Throws `scenario-unusable`.
 */
export async function readScenarios(file: string): Promise<readonly Scenario[]> {
  const refuse = (reason: string, cause?: unknown) => failure('scenario-unusable', { file, reason }, cause)
  const path = resolve(file)
  const found = await stat(path).catch(() => null)
  if (!found) throw refuse('there is no such file')
  if (!found.isFile()) throw refuse('it is not a file')
  watched.add(pathToFileURL(path).href)
  provideRushbench()
  const loaded = await importFile(path).catch(async (error: unknown) => {
    throw refuse(await explain(error, path), error)
  })
  if (!('default' in loaded)) throw refuse('it has no default export; write "export default defineScenario({...})"')
  const exported: readonly unknown[] = Array.isArray(loaded.default) ? loaded.default : [loaded.default]
  if (exported.length === 0) throw refuse('its default export is an empty list')
  try {
    return exported.map((definition) => defineScenario(definition as Scenario))
  } catch (error) {
    throw refuse(`its default export is no scenario: ${reasonOf(error)}`, error)
  }
}

async function importFile(path: string): Promise<{ readonly default?: unknown }> {
  return (await import(pathToFileURL(path).href)) as { readonly default?: unknown }
}

/** Modules that each file was seen to import beside Node's own and rushbench, by its URL. */
const imports = new Map<string, Set<string>>()

/** Returns the modules that a file imports beside Node's own and rushbench. */
export function importsOf(file: string): readonly string[] {
  return [...(imports.get(pathToFileURL(resolve(file)).href) ?? [])]
}

let provided = false

/** Lets `import ... from 'rushbench'` lead to the rushbench that runs, also where none is installed. */
function provideRushbench(): void {
  if (provided) return
  provided = true
  const url = import.meta.resolve('rushbench')
  // Node before 22.15 has no such hooks; there the file's own project must have rushbench installed.
  module.registerHooks?.({
    resolve(specifier, context, nextResolve) {
      if (specifier === 'rushbench') return { url, shortCircuit: true }
      const { parentURL } = context
      if (parentURL !== undefined && watched.has(parentURL) && !module.isBuiltin(specifier)) {
        imports.set(parentURL, (imports.get(parentURL) ?? new Set()).add(specifier))
      }
      return nextResolve(specifier, context)
    },
  })
}

/** Scenario files, whose imports are of interest. */
const watched = new Set<string>()

async function explain(error: unknown, path: string): Promise<string> {
  if ((error as NodeJS.ErrnoException | null | undefined)?.code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return `files that end in ${extname(path) || 'nothing'} cannot be run; name it .js, .mjs, .ts or .mts`
  }
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const line = lineOf(stack, path) ?? (error instanceof SyntaxError ? lineOf(await check(path), path) : null)
  return line === null ? reasonOf(error) : `${reasonOf(error)} (line ${line})`
}

/** The line of the file at `path` that a stack names first. */
function lineOf(stack: string, path: string): string | null {
  const after = [path, pathToFileURL(path).pathname].flatMap((place) => stack.split(place).slice(1))
  return after.map((text) => /^:(\d+)/.exec(text)?.[1]).find((line) => line !== undefined) ?? null
}

/** Returns Node's own message for a syntax error; the error itself does not name its line. */
async function check(path: string): Promise<string> {
  return new Promise((done) => {
    execFile(process.execPath, ['--check', path], (_error, _stdout, stderr) => done(stderr))
  })
}
