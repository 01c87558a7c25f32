import type { ClientBase } from 'pg'
import { failure } from '../../../base/errors/errors.ts'

/** Stands for the schema of the user's own name, where there is one. */
const ofUser = '$user'

/**
 * Schemas that a URL asks for, in its order: by `search_path`, or by `options` as the server reads them (`-c name=value`,
 * `--name=value`, a backslash before a space that belongs to the value). Null where it asks for none.
 */
export function namedSchemas(searchPath: string | undefined, options: string | undefined): readonly string[] | null {
  const path = searchPath ?? (options === undefined ? undefined : pathIn(options))
  return path === undefined ? null : splitNames(path)
}

/** The last one counts. */
function pathIn(options: string): string | undefined {
  const words = (options.match(/(?:\\.|[^\\\s])+/gs) ?? []).map((word) => word.replaceAll(/\\(.)/gs, '$1'))
  const settings = words.flatMap((word, at) => {
    if (word === '-c') return words[at + 1] ?? []
    return word.startsWith('-c') || word.startsWith('--') ? word.slice(2) : []
  })
  return settings.map((setting) => /^search[_-]path=(.*)$/is.exec(setting)?.[1]).findLast((path) => path !== undefined)
}

/** As PostgreSQL reads a list of names: in lower case unless they stand in quotes. */
function splitNames(path: string): string[] {
  return (path.match(/(?:"(?:[^"]|"")*"|[^,"])+/g) ?? [])
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase()))
}

/**
 * Throws `schema-missing` unless the session works in the first of these schemas: tables of another one would be seeded,
 * or dropped, in its stead.
 */
export async function requireSchema(client: ClientBase, url: string, named: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ schema: string | null; role: string }>(
    'select current_schema() as schema, current_user as role',
  )
  const { schema = null, role = '' } = rows[0] ?? {}
  const wanted = named.find((name) => name !== ofUser) ?? null
  const isOfUser = named[0] === ofUser && schema === role
  if (schema === null || (schema !== wanted && !isOfUser)) throw failure('schema-missing', { url, schema: wanted })
}
