import { countOf, formatBytes, formatCount, plain } from '../../base/format.ts'
import type { ServerRecord } from '../../record/record.ts'

type ServerTable = ServerRecord['tables'][number]

const mostSettings = 3
const mostTables = 3
const mostOthers = 3

/** What servers know of tables by statistics alone, which they bring up to date now and then; the others count. */
const byStatistics: Readonly<Record<string, string>> = {
  mysql: 'rows and sizes',
  mariadb: 'rows and sizes',
  tidb: 'rows and sizes',
  vitess: 'rows and sizes',
  postgres: 'rows',
  citus: 'rows',
  yugabytedb: 'rows',
  cockroachdb: 'rows',
}

/**
 * What a summary says of the server, an `engine`: its first settings, who else was there, and the largest tables, a line
 * each. `when` says of which moment that is, where a reader could take it for another.
 */
export function serverLines(server: ServerRecord | undefined, engine: string, when = ''): string[] {
  if (server === undefined) return []
  const { settings, tables, replication, others } = server
  const first = Object.entries(settings).slice(0, mostSettings)
  const parts = [
    first.map(([name, value]) => `${name}=${value}`).join(', '),
    replication ?? '',
    others === null ? '' : othersPhrase(others),
  ].filter((part) => part !== '')
  const moment = when === '' ? '' : `, ${when}`
  const largest = [...tables].sort((a, b) => (b.bytes ?? b.rows ?? 0) - (a.bytes ?? a.rows ?? 0)).slice(0, mostTables)
  const smaller = tables.length - largest.length
  return [
    ...(parts.length > 0 ? [`server     ${plain(parts.join('; '))}${moment}`] : []),
    ...largest.map((table) => `table      ${plain(tablePhrase(table))}${moment}`),
    ...lagOf(engine, tables),
    ...(smaller > 0 ? [`           and ${countOf(smaller, 'smaller table')}`] : []),
    ...alterationsOf(tables).map((line) => `altered    ${plain(line)}`),
  ]
}

/** What tables have beside what migrate makes, and how they differ from it, a line each. */
export function alterationsOf(tables: readonly ServerTable[]): string[] {
  return [
    ...tables.flatMap(({ differences = [] }) => differences),
    ...tables.flatMap(({ name, extras = [] }) =>
      extras.length === 0 ? [] : [`${name} also has ${extras.join('; ')}`],
    ),
  ]
}

/** `2 others connected: admin (psql) 2`. */
export function othersPhrase(others: NonNullable<ServerRecord['others']>): string {
  const entries = Object.entries(others).sort(([, a], [, b]) => b - a)
  const all = entries.reduce((sum, [, connections]) => sum + connections, 0)
  if (all === 0) return 'nobody else connected'
  const named = entries.slice(0, mostOthers).map(([who, connections]) => `${who} ${formatCount(connections)}`)
  return `${countOf(all, 'other')} connected: ${named.join(', ')}${entries.length > mostOthers ? ', ...' : ''}`
}

function lagOf(engine: string, tables: readonly ServerTable[]): string[] {
  const what = Object.hasOwn(byStatistics, engine) ? byStatistics[engine] : undefined
  const isTold = tables.some(({ rows, bytes }) => rows !== null || bytes !== null)
  return what !== undefined && isTold ? [`           (${what} by the server's statistics, which may lag behind)`] : []
}

function tablePhrase({ name, rows, bytes, indexBytes, indexes }: ServerTable): string {
  const parts = [
    ...(rows === null ? [] : [`about ${countOf(rows, 'row')}`]),
    ...(bytes === null ? [] : [formatBytes(bytes)]),
    ...(indexBytes === null ? [] : [`${formatBytes(indexBytes)} of indexes (${indexes.length})`]),
  ]
  return `${name}: ${parts.join(', ') || 'its size is not told'}`
}
