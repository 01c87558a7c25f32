import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compareShapes,
  describeDifference,
  describeExtras,
} from '../../../../src/lib/adapters/databases/table-shapes.ts'
import { normalisePostgresType } from '../../../../src/lib/adapters/databases/postgres/shape.ts'
import { postgresDialect } from '../../../../src/lib/adapters/databases/sql/dialect.ts'
import { expectedSqlShape } from '../../../../src/lib/adapters/databases/sql/shape.ts'
import type { IndexShape, TableShape } from '../../../../src/lib/ports/table-shape.ts'
import { seats } from '../../../support/database/seats.ts'

const expected = expectedSqlShape(postgresDialect, seats, normalisePostgresType)

const index = (name: string, columns: readonly string[], rest: Partial<IndexShape> = {}): IndexShape => ({
  name,
  columns,
  unique: false,
  limits: '',
  ...rest,
})

const [holderKey, showIndex] = expected.indexes as [IndexShape, IndexShape]
const withIndexes = (...indexes: IndexShape[]): TableShape => ({ ...expected, indexes })
const withColumns = (change: (columns: NonNullable<TableShape['columns']>) => TableShape['columns']): TableShape => ({
  ...expected,
  columns: change(expected.columns ?? []),
})

/** Both as they are told. */
function told(found: TableShape): { readonly differences: string[]; readonly extras: string[] } {
  const { differences, extras } = compareShapes(expected, found)
  return {
    differences: differences.map((difference) => describeDifference('seats', difference)),
    extras: describeExtras(extras),
  }
}

describe('compareShapes', () => {
  it('finds nothing in a table as it was made', () => {
    expect(told(expected)).toEqual({ differences: [], extras: [] })
    expect(expected).toMatchObject({
      columns: [
        { name: 'id', type: 'varchar(36) collate "C" not null' },
        { name: 'holder', type: 'varchar(64) collate "C" not null' },
        { name: 'show_id', type: 'bigint not null' },
        { name: 'wishes', type: 'jsonb not null' },
      ],
      primaryKey: ['id'],
      indexes: [
        { name: 'seats_holder_unique', columns: ['holder'], unique: true },
        { name: 'seats_show_id_index', columns: ['show_id'], unique: false },
      ],
      references: [{ columns: ['show_id'], parent: 'shows (id)' }],
    })
  })

  it.each<[string, TableShape, string]>([
    [
      'a column that is missing',
      withColumns(([, ...rest]) => rest),
      'seats lacks column id varchar(36) collate "C" not null',
    ],
    [
      'a column of another type',
      withColumns((columns) =>
        columns.map((column) => (column.name === 'show_id' ? { ...column, type: 'integer not null' } : column)),
      ),
      'seats has column show_id integer not null, and not bigint not null',
    ],
    [
      'a column that takes null',
      withColumns((columns) =>
        columns.map((column) =>
          column.name === 'show_id' ? { ...column, type: 'bigint null', optional: true } : column,
        ),
      ),
      'seats has column show_id bigint null, and not bigint not null',
    ],
    [
      'a column more that rows cannot leave out',
      withColumns((columns) => [...columns, { name: 'note', type: 'text not null', optional: false }]),
      'seats has column note text not null, which may refuse rows',
    ],
    ['no primary key', { ...expected, primaryKey: [] }, 'seats lacks primary key (id)'],
    [
      'a wider primary key',
      { ...expected, primaryKey: ['id', 'show_id'] },
      'seats has primary key (id, show_id), and not (id)',
    ],
    ['an index that is missing', withIndexes(holderKey), 'seats lacks index (show_id)'],
    ['a key that is missing', withIndexes(showIndex), 'seats lacks unique index (holder)'],
    [
      'an index of some rows',
      withIndexes(holderKey, { ...showIndex, limits: 'where (show_id > 1)' }),
      'seats has index (show_id) where (show_id > 1), and not (show_id)',
    ],
    [
      'a unique index more, which refuses what ours takes',
      withIndexes(holderKey, showIndex, index('one_each', ['show_id'], { unique: true })),
      'seats has unique index one_each (show_id), which may refuse rows',
    ],
    [
      'a unique index of a part of a key',
      withIndexes(holderKey, showIndex, index('short', ['holder(3)'], { unique: true })),
      'seats has unique index short (holder(3)), which may refuse rows',
    ],
    ['no reference', { ...expected, references: [] }, 'seats lacks reference (show_id) to shows (id)'],
    [
      'another reference',
      { ...expected, references: [{ columns: ['show_id'], parent: 'films (id)' }] },
      'seats has reference (show_id) to films (id), and not (show_id) to shows (id)',
    ],
    [
      'a reference with another rule',
      { ...expected, references: [{ columns: ['show_id'], parent: 'shows (id) on delete cascade' }] },
      'seats has reference (show_id) to shows (id) on delete cascade, and not (show_id) to shows (id)',
    ],
    [
      'a reference more of a column of ours',
      { ...expected, references: [...expected.references, { columns: ['holder'], parent: 'people (name)' }] },
      'seats has reference (holder) to people (name), which may refuse rows',
    ],
  ])('finds %s', (_name, found, sentence) => {
    expect(told(found)).toEqual({ differences: [sentence], extras: [] })
  })

  it('finds a trigger of ours that is gone, and names those of others', () => {
    const watched = { ...expected, triggers: ['tell'] }
    expect(compareShapes(watched, { ...expected, triggers: ['log'] })).toEqual({
      differences: [{ what: 'trigger', expected: 'tell', found: null }],
      extras: [{ what: 'trigger', name: 'log', of: '' }],
    })
  })

  it('finds checks that are gone, by what they say, and those that may refuse rows', () => {
    const wanted = {
      ...expected,
      checks: [
        { name: 'a', condition: '(1)' },
        { name: 'b', condition: '(2)' },
      ],
    }
    const found = {
      ...expected,
      checks: [
        { name: 'other', condition: '(2)' },
        { name: '', condition: '(3)' },
      ],
    }
    expect(compareShapes(wanted, found)).toEqual({
      differences: [
        { what: 'check', expected: '(1)', found: null },
        { what: 'check', expected: null, found: '(3)' },
      ],
      extras: [],
    })
  })

  it('names what is there beside, where it refuses nothing', () => {
    const found: TableShape = {
      ...expected,
      columns: [...(expected.columns ?? []), { name: 'note', type: 'text null', optional: true }],
      indexes: [
        index('by_holder', ['holder', 'show_id']),
        index('again', ['show_id']),
        index('wide', ['show_id', 'holder'], { unique: true }),
        ...expected.indexes,
      ],
      references: [...expected.references, { columns: ['note'], parent: 'notes (id)' }],
      triggers: ['log'],
      partitions: ['p0', 'p1', 'p2', 'p3', 'p4', 'p5'],
    }
    expect(told(found)).toEqual({
      differences: [],
      extras: [
        'column note text null',
        'index by_holder (holder, show_id)',
        'index again (show_id)',
        'unique index wide (show_id, holder)',
        'reference (note) to notes (id)',
        'trigger log',
        '6 partitions: p0, p1, p2, p3, p4, ...',
      ],
    })
  })

  it('knows an index by its columns, whatever its name', () => {
    expect(told(withIndexes(index('mine', ['show_id']), { ...holderKey, name: 'also_mine' }))).toEqual({
      differences: [],
      extras: [],
    })
  })

  it('is not led astray by any number of other indexes', () => {
    const names = fc.constantFrom('id', 'holder', 'show_id', 'wishes')
    const columns = fc.uniqueArray(names, { minLength: 1 })
    fc.assert(
      fc.property(fc.array(columns), (lists) => {
        const others = lists.map((list, at) => index(`other_${at}`, list))
        const { differences, extras } = compareShapes(expected, withIndexes(...others, ...expected.indexes))
        expect(differences).toEqual([])
        expect(extras.map(({ name }) => name)).toEqual(others.map(({ name }) => name))
      }),
    )
  })
})
