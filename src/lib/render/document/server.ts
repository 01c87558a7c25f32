import { countOf, formatBytes, formatCount } from '../../base/format.ts'
import type { ServerRecord } from '../../record/record.ts'
import { factTable, section, type Line, type Section } from './document.ts'

type ServerTable = ServerRecord['tables'][number]

const mostSettings = 3
const mostTables = 3
const mostOthers = 3

/** Facts on tables that servers know by statistics alone, which they bring up to date now and then; the others count. */
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

/** The facts that the database server told of itself, and the sizes of its tables; none where they are not known. */
export function serverSections(server: ServerRecord | undefined): Section[] {
  if (server === undefined) return []
  const { settings, tables, replication, others } = server
  const facts = [
    ...Object.entries(settings),
    ...(replication === null ? [] : [['replication', replication]]),
    ['who else was connected', others === null ? 'not told' : othersPhrase(others)],
    ...Object.entries(others ?? {}).map(([who, connections]) => [`connections of ${who}`, formatCount(connections)]),
  ]
  const sizes = tables.flatMap(({ name, rows, bytes, indexBytes, indexes }) => [
    [name, '', rows === null ? '-' : formatCount(rows), sizeOf(bytes)],
    ...indexes.map((index) => [name, index.name, '', sizeOf(index.bytes)]),
    [name, 'all indexes', '', sizeOf(indexBytes)],
  ])
  const tableSection = section('Tables and indexes', {
    text: [
      'Rows are as the server estimates them by statistics that may lag behind, or counts them where it does; on MySQL and MariaDB so are sizes.',
      ...alterationsOf(tables).map((line) => `${line}.`),
    ],
    table: { head: ['table', 'index', 'rows', 'size'], rows: sizes, numeric: [2, 3] },
    depth: 'appendix',
  })
  return [
    section('Database server', { table: factTable('what', facts), depth: 'appendix' }),
    ...(tables.length > 0 ? [tableSection] : []),
  ]
}

/**
 * The facts on the server, an `engine`, for which a screen has room: its first settings, who else was there, and the largest tables, a
 * line each. `when` says of which moment that is, where a reader could take it for another.
 */
export function serverLines(server: ServerRecord | undefined, engine: string, when = ''): Line[] {
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
    ...(parts.length > 0 ? [{ label: 'server', text: `${parts.join('; ')}${moment}` }] : []),
    ...largest.map((table) => ({ label: 'table', text: `${tablePhrase(table)}${moment}` })),
    ...lagOf(engine, tables),
    ...(smaller > 0 ? [{ label: '', text: `and ${countOf(smaller, 'smaller table')}` }] : []),
    ...alterationsOf(tables).map((text) => ({ label: 'altered', text })),
  ]
}

/** Differences of tables from those that migrate makes, and their extras, a line each. */
function alterationsOf(tables: readonly ServerTable[]): string[] {
  return [
    ...tables.flatMap(({ differences = [] }) => differences),
    ...tables.flatMap(({ name, extras = [] }) =>
      extras.length === 0 ? [] : [`${name} also has ${extras.join('; ')}`],
    ),
  ]
}

/** `2 others connected: admin (psql) 2`. */
function othersPhrase(others: NonNullable<ServerRecord['others']>): string {
  const entries = Object.entries(others).sort(([, a], [, b]) => b - a)
  const all = entries.reduce((sum, [, connections]) => sum + connections, 0)
  if (all === 0) return 'nobody else connected'
  const named = entries.slice(0, mostOthers).map(([who, connections]) => `${who} ${formatCount(connections)}`)
  return `${countOf(all, 'other')} connected: ${named.join(', ')}${entries.length > mostOthers ? ', ...' : ''}`
}

function lagOf(engine: string, tables: readonly ServerTable[]): Line[] {
  const what = Object.hasOwn(byStatistics, engine) ? byStatistics[engine] : undefined
  const isTold = tables.some(({ rows, bytes }) => rows !== null || bytes !== null)
  return what !== undefined && isTold
    ? [{ label: '', text: `(${what} by the server's statistics, which may lag behind)` }]
    : []
}

function tablePhrase({ name, rows, bytes, indexBytes, indexes }: ServerTable): string {
  const parts = [
    ...(rows === null ? [] : [`about ${countOf(rows, 'row')}`]),
    ...(bytes === null ? [] : [formatBytes(bytes)]),
    ...(indexBytes === null ? [] : [`${formatBytes(indexBytes)} of indexes (${indexes.length})`]),
  ]
  return `${name}: ${parts.join(', ') || 'its size is not told'}`
}

function sizeOf(bytes: number | null): string {
  return bytes === null ? '-' : formatBytes(bytes)
}
