import { basename } from 'node:path'
import { engineOf } from '../../adapters/databases/registry.ts'
import { failure } from '../../base/errors/errors.ts'
import type { RunConfig } from '../../config/resolve.ts'
import type { Settings } from '../../config/settings.ts'
import type { LoadJob } from '../../load/engine/load-job.ts'
import { loadScriptText, parseDefinitions, parseNamedScript } from '../../load/sql-script/script-file.ts'
import {
  compileScript,
  createScriptScenarios,
  dialectOf,
  requireReading,
  type JobScript,
  type ScriptFacts,
} from '../../load/sql-script/script-scenarios.ts'
import type { Scenario } from '../../ports/scenario.ts'

/**
 * Reads the scripts of --sql, whole and before anything is sent; null where there are none. Throws `usage-wrong`,
 * `sql-unusable` and `sql-unreadable`.
 */
export async function readSqlScripts(
  { values }: RunConfig,
  { request }: { readonly request?: string | undefined },
): Promise<readonly JobScript[] | null> {
  const { sql, db, ownData } = values
  if (sql === undefined) return null
  if (request !== undefined) {
    throw failure('usage-wrong', { reason: 'Either --sql or --request says what is sent: leave one of them out.' })
  }
  const { engine } = await engineOf(db)
  const facts = factsOf(engine, values)
  const scripts: JobScript[] = []
  for (const named of sql) {
    const { file, weight } = parseNamedScript(named)
    const text = await loadScriptText(file)
    const compiled = compileScript({ name: file, weight, text }, facts)
    if (!ownData) requireReading(compiled)
    // Its folder is nobody's business on other machines.
    scripts.push({ name: basename(file), weight, text })
  }
  return scripts
}

/** Makes the scenarios of a job's scripts, in whatever process that is. Throws what is wrong with them. */
export function scriptScenarios(
  { scripts, database, seed }: Pick<LoadJob, 'scripts' | 'database' | 'seed'>,
  settings: Pick<Settings, 'scale' | 'define'>,
): readonly Scenario[] | null {
  if (scripts === undefined) return null
  if (database === undefined)
    throw failure('usage-wrong', { reason: '--sql needs a database, and this load has none.' })
  return createScriptScenarios(scripts, factsOf(database.engine, { ...settings, seed }))
}

function factsOf(
  engine: string,
  { scale, define = [], seed }: Pick<Settings, 'scale' | 'define' | 'seed'>,
): ScriptFacts {
  return { dialect: dialectOf(engine), seed, scale, defined: parseDefinitions(define) }
}
