import { createRandom } from '../../../src/lib/base/random.ts'
import type { Row, StatementValue } from '../../../src/lib/ports/database-client.ts'
import type { SqlScript } from '../../../src/lib/load/sql-script/program.ts'
import {
  createScriptUser,
  runScript,
  type ScriptHost,
  type ScriptUser,
} from '../../../src/lib/load/sql-script/run-script.ts'
import type { ScriptDialect } from '../../../src/lib/load/sql-script/scan.ts'
import { readScript } from '../../../src/lib/load/sql-script/script.ts'
import type { ScriptValue } from '../../../src/lib/load/sql-script/values.ts'

/** Variables that have a value from the start. */
export const startValues = { client_id: 3, scale: 1, random_seed: 7, default_seed: 5432 }

/** Reads a script as that of `mine.sql`. */
export function read(text: string, dialect: ScriptDialect = 'postgres'): SqlScript {
  return readScript(text, { file: 'mine.sql', dialect, variables: Object.keys(startValues) })
}

/** Creates its user, whose chance comes of a seed. */
export function userOf(script: SqlScript, seed = 'a', values: Readonly<Record<string, ScriptValue>> = {}): ScriptUser {
  return createScriptUser(script, { ...startValues, ...values }, createRandom(seed))
}

/** What a host was asked for, in order. */
export type Asked = string | readonly [sql: string, ...parameters: StatementValue[]]

/** Notes what it is asked for; rows are those of `rowsOf`. Waits take no time. */
export function notingHost(
  rowsOf: (sql: string) => readonly Row[] = () => [],
): ScriptHost & { readonly asked: Asked[] } {
  const asked: Asked[] = []
  const send: ScriptHost['send'] = async ({ sql }, parameters) => {
    asked.push([sql, ...parameters])
    return rowsOf(sql)
  }
  return {
    asked,
    send,
    async transaction(begin, body) {
      asked.push(`begin ${JSON.stringify(begin.modes)}`)
      asked.push(await body(send))
    },
    async sleep(ms) {
      asked.push(`sleep ${ms}`)
    },
  }
}

/** Runs a script once. */
export async function runOnce(
  text: string,
  seed?: string,
  rowsOf?: (sql: string) => readonly Row[],
): Promise<readonly Asked[]> {
  const script = read(text)
  const host = notingHost(rowsOf)
  await runScript(script, userOf(script, seed), host)
  return host.asked
}
