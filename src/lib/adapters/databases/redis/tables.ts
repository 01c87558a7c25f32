import { failure, reasonOf, RushbenchError } from '../../../base/errors/errors.ts'
import type { AnyTable, TableState } from '../../../ports/database.ts'
import type { RedisConnection } from './connection.ts'
import { dataPrefix, defineTable, definitionsKey, type Definition } from './definition.ts'
import { buildIndexesScript, createTablesScript, dropIndexesScript, dropTablesScript } from './table-scripts.ts'

/** Keys of the whole database that the server looks at in one step. */
const keysPerScan = '1000'
/** Rows that get their entries in the indexes in one step. */
const rowsPerStep = '500'

/** Ours, which have a definition, and names under which others have keys. */
export async function listTables(connection: RedisConnection): Promise<TableState[]> {
  const names = (await connection.command<string[]>('HKEYS', definitionsKey)).filter((name) => !name.includes(':'))
  const definitions =
    names.length === 0 ? [] : await connection.command<(string | null)[]>('HMGET', definitionsKey, ...names)
  const marks = new Map(names.map((name, at) => [name, markIn(definitions[at] ?? '')]))
  for (const name of await listForeign(connection)) if (!marks.has(name)) marks.set(name, null)
  return [...marks].map(([name, mark]) => ({ name, mark }))
}

/** Others may keep something in a hash of the same name. */
function markIn(definition: string): string | null {
  try {
    return (JSON.parse(definition) as Partial<Definition>).mark ?? null
  } catch {
    return null
  }
}

async function listForeign(connection: RedisConnection): Promise<Set<string>> {
  const names = new Set<string>()
  let cursor = '0'
  do {
    const pattern = ['MATCH', `${dataPrefix}*`, 'COUNT', keysPerScan]
    const [next, keys] = await connection.command<[string, string[]]>('SCAN', cursor, ...pattern)
    for (const key of keys) names.add(key.slice(dataPrefix.length).split(':', 1)[0] ?? '')
    cursor = next
  } while (cursor !== '0')
  return names
}

/** All or none. Throws `migration-failed`. */
export async function createTables(
  connection: RedisConnection,
  tables: readonly { readonly table: AnyTable; readonly mark: string }[],
): Promise<void> {
  try {
    const definitions = tables.flatMap(({ table, mark }) => [table.name, JSON.stringify(defineTable(table, mark))])
    await connection.run(createTablesScript, definitions)
  } catch (error) {
    if (error instanceof RushbenchError) throw error
    throw failure('migration-failed', { url: connection.url, reason: reasonOf(error), left: [] }, error)
  }
}

/** Those that are there and ours; keys of others are left alone. */
export async function dropTables(connection: RedisConnection, tables: readonly AnyTable[]): Promise<void> {
  await connection.run(
    dropTablesScript,
    tables.map(({ name }) => name),
  )
}

/** Drops the indexes, but for those of keys and unique columns. */
export async function dropIndexes(connection: RedisConnection, table: AnyTable): Promise<void> {
  await connection.run(dropIndexesScript, [table.name])
}

/** Makes the indexes that were dropped, some rows at a time; whoever writes meanwhile keeps them too. */
export async function createIndexes(connection: RedisConnection, table: AnyTable): Promise<void> {
  let after: string | null = ''
  while (after !== null)
    after = await connection.run<string | null>(buildIndexesScript, [table.name, after, rowsPerStep])
}
