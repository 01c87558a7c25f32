import { userIn, type MissingRight } from '../right.ts'

/** By how a statement begins; to change or lock rows, they are read. */
const ofTables: readonly (readonly [RegExp, string])[] = [
  [/^\s*(insert|copy)\b/i, 'INSERT'],
  [/^\s*update\b/i, 'SELECT, UPDATE'],
  [/^\s*delete\b/i, 'SELECT, DELETE'],
  [/^\s*select\b.*\bfor (no key )?(update|share)\b/is, 'SELECT, UPDATE'],
  [/^\s*select\b/i, 'SELECT'],
  [/^\s*lock\b/i, 'UPDATE'],
  [/^\s*create trigger\b/i, 'TRIGGER'],
  [/^\s*(create|alter) table\b.*\breferences\b/is, 'REFERENCES'],
]

const denied = /^permission denied for (table|relation|schema|database) "?(.+?)"?$/
const notOwner = /^must be owner of (table|relation|index|schema|view|function) "?(.+?)"?$/

/** COPY says so without the code of a missing right. */
export const rowSecurity = /row-level security/i

/** What PostgreSQL said no to `sql` for. Null where nobody can tell. */
export function findPostgresRight(reason: string, url: string, sql = ''): MissingRight | null {
  const user = userIn(url)
  const granted = (right: string, object: string): MissingRight => ({
    right: `the right ${right} on ${object}`,
    ...(user !== null && { grant: `GRANT ${right} ON ${object} TO ${quoted(user)}` }),
  })
  if (rowSecurity.test(reason)) {
    return {
      right: 'the right BYPASSRLS, which a table needs whose policies (row-level security) hide or refuse rows',
      ...(user !== null && { grant: `ALTER ROLE ${quoted(user)} BYPASSRLS` }),
    }
  }
  const [, ownedKind, owned = ''] = notOwner.exec(reason) ?? []
  if (ownedKind !== undefined) {
    const isTable = ownedKind === 'table' || ownedKind === 'relation'
    return {
      right: `the ownership of ${ownedKind} ${owned}`,
      ...(user !== null && isTable && { grant: `ALTER TABLE ${quoted(owned)} OWNER TO ${quoted(user)}` }),
    }
  }
  const [, kind, name = ''] = denied.exec(reason) ?? []
  if (kind === 'schema') return granted(/^\s*create\b/i.test(sql) ? 'USAGE, CREATE' : 'USAGE', `SCHEMA ${quoted(name)}`)
  if (kind === 'database') return granted('CONNECT', `DATABASE ${quoted(name)}`)
  const right = ofTables.find(([text]) => text.test(sql))?.[1]
  return kind === undefined || right === undefined ? null : granted(right, `TABLE ${quoted(name)}`)
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
