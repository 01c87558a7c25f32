import { hashText } from '../../base/random.ts'
import { failure } from '../../base/errors/errors.ts'
import type { TransactionOptions } from '../../ports/database-client.ts'
import type { StatementFailure } from '../../ports/database-user.ts'
import type { Scenario, VirtualUser } from '../../ports/scenario.ts'
import type { LoadJob } from '../engine/load-job.ts'
import type { ScriptStatement, SqlScript } from './program.ts'
import { createScriptUser, runScript, type ScriptHost, type ScriptUser, type SendStatement } from './run-script.ts'
import type { ScriptDialect } from './scan.ts'
import { describePlace } from './script-error.ts'
import { readScript } from './script.ts'
import { createNamer } from './statement.ts'
import { asOperand, type ScriptValue } from './values.ts'

/** A script as generators are told of it. */
export type JobScript = NonNullable<LoadJob['scripts']>[number]

/** Facts that scripts depend on: the engine's SQL, the value of `:scale` and of what a person defines, and the seed of chance. */
export interface ScriptFacts {
  readonly dialect: ScriptDialect
  readonly seed: string
  readonly scale: number
  /** By their names; a text becomes a number in an expression. */
  readonly defined: Readonly<Record<string, string>>
}

/** Variables that pgbench gives its scripts, beside those that a person defines. */
const givenVariables = ['client_id', 'scale', 'random_seed', 'default_seed'] as const

/** Throws `usage-wrong` for an engine that has no SQL. */
export function dialectOf(engine: string): ScriptDialect {
  if (engine === 'postgres' || engine === 'mysql' || engine === 'sqlite') return engine
  throw failure('usage-wrong', {
    reason: `--sql needs a database with SQL, and ${engine} has none. Name one with --db sqlite:, mysql:// or postgres://.`,
  })
}

/** Compiles a script for a load. Throws `sql-unreadable`. */
export function compileScript({ name, text }: JobScript, { dialect, defined }: ScriptFacts): SqlScript {
  return readScript(text, { file: name, dialect, variables: [...givenVariables, ...Object.keys(defined)] })
}

/** Makes a scenario of each script: an iteration of a user runs one of them once, chosen by their weights. */
export function createScriptScenarios(scripts: readonly JobScript[], facts: ScriptFacts): readonly Scenario[] {
  const nameFile = createNamer()
  const named = scripts.map((script) => ({ script, name: nameFile(scriptName(script.name)) }))
  const isOne = scripts.length === 1
  return named.map(({ script, name }) => {
    const compiled = compileScript(script, facts)
    const names = nameSteps(compiled, name, isOne)
    return {
      name,
      weight: script.weight,
      think: 0,
      prepare: ({ id, random }) => createScriptUser(compiled, { ...variablesOf(facts), client_id: id }, random),
      run: (user, state) => runOnce(user, compiled, names, state as ScriptUser),
    }
  })
}

/** Characters of a scenario's name. */
const mostOfName = 80

/** The name of a file without its folders and `.sql`. */
export function scriptName(file: string): string {
  const base = file.slice(file.lastIndexOf('/') + 1).replace(/\.sql$/i, '')
  return (base === '' ? 'script' : base).slice(0, mostOfName).toWellFormed()
}

function variablesOf({ seed, scale, defined }: ScriptFacts): Record<string, ScriptValue> {
  const number = Number(seed)
  return {
    scale,
    random_seed: /^\d+$/.test(seed) && Number.isSafeInteger(number) ? number : hashText(seed),
    default_seed: hashText(`${seed}/default_seed`),
    ...Object.fromEntries(Object.entries(defined).map(([name, text]) => [name, valueOf(text)])),
  }
}

/** A number where the text is one, so that it is sent as such. */
function valueOf(text: string): ScriptValue {
  return /^-?[\d.]+(?:[eE][-+]?\d+)?$/.test(text) ? asOperand(text) : text
}

/** Rows of the report by statements; a transaction's is that of its BEGIN, and has the name of the script. */
function nameSteps(script: SqlScript, name: string, isOne: boolean): ReadonlyMap<number, string> {
  const nameTransaction = createNamer()
  return new Map(
    script.statements.map(({ at, role, step }) => {
      if (role === 'begin') return [at, nameTransaction(name)]
      return [at, isOne ? step : `${name}: ${step}`]
    }),
  )
}

/** Thrown where a script ends, because a statement that it needs came to nothing: that was counted in its own row. */
const endedEarly = new Error('a statement of the script came to nothing')

async function runOnce(
  user: VirtualUser,
  script: SqlScript,
  names: ReadonlyMap<number, string>,
  state: ScriptUser,
): Promise<void> {
  try {
    await runScript(script, state, createHost(user, names))
  } catch (error) {
    if (error !== endedEarly) throw error
  }
}

function createHost(user: VirtualUser, names: ReadonlyMap<number, string>): ScriptHost {
  const stepOf = ({ at, step }: ScriptStatement): string => names.get(at) ?? step
  const requireDone = (failed: StatementFailure | null): void => {
    if (failed !== null) throw endedEarly
  }
  const send: SendStatement = async (statement, parameters) => {
    const { rows, failure: failed } = await user.query({ step: stepOf(statement), sql: statement.sql, parameters })
    requireDone(failed)
    return rows
  }
  return {
    send,
    async transaction(begin, body) {
      const options: TransactionOptions = begin.modes
      const { failure: failed } = await user.transaction(
        stepOf(begin),
        async (transaction) => {
          const end = await body(async (statement, parameters) => {
            const { sql } = statement
            return (await transaction.query({ step: stepOf(statement), sql, parameters })).rows
          })
          if (end === 'rollback') await transaction.rollback()
        },
        options,
      )
      requireDone(failed)
    },
    sleep: (ms) => user.think(ms),
  }
}

/** Verbs of statements that only read, or that concern their session alone. Functions may still write: the session refuses that. */
const reading = new Set(['SELECT', 'VALUES', 'TABLE', 'WITH', 'EXPLAIN', 'SHOW', 'DESCRIBE', 'DESC', 'SET', 'RESET'])
const savepoints = new Set(['SAVEPOINT', 'RELEASE', 'ROLLBACK', 'BEGIN', 'START', 'COMMIT', 'END', 'ABORT'])

/** Throws `own-data-unconfirmed` for the first statement that changes data, which a person has to allow. */
export function requireReading({ file, text, statements }: SqlScript): void {
  const writing = statements.find(({ verb }) => !reading.has(verb) && !savepoints.has(verb))
  if (writing === undefined) return
  throw failure('own-data-unconfirmed', { place: describePlace(file, text, writing.at), step: writing.step })
}
