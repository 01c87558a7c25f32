import { formatBytes, formatCount } from '../../base/format.ts'
import type { ServerRecord } from '../../record/record.ts'
import { alterationsOf, othersPhrase } from '../terminal/server-text.ts'
import { section, type Section } from './digest.ts'

/** What the database server said of itself, and how large its tables are; nothing where that is not known. */
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
  return [
    section('Database server', { table: { head: ['what', 'value'], rows: facts, numeric: [] }, depth: 'appendix' }),
    ...(tables.length > 0
      ? [
          section('Tables and indexes', {
            text: [
              'Rows are as the server estimates them by statistics that may lag behind, or counts them where it does; on MySQL and MariaDB so are sizes.',
              ...alterationsOf(tables).map((line) => `${line}.`),
            ],
            table: { head: ['table', 'index', 'rows', 'size'], rows: sizes, numeric: [2, 3] },
            depth: 'appendix',
          }),
        ]
      : []),
  ]
}

function sizeOf(bytes: number | null): string {
  return bytes === null ? '-' : formatBytes(bytes)
}
