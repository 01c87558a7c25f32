import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { migrateDown, migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { AnyWhere, Table } from '../../../../src/lib/ports/database.ts'
import { compareValues, createFilter, createOrder } from '../../../../src/lib/adapters/databases/redis/conditions.ts'
import { toTerms } from '../../../../src/lib/adapters/databases/redis/rows.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { borrowDatabase } from '../../../support/database/redis-databases.ts'
import { findService } from '../../../support/services.ts'

const service = await findService('redis')

interface Row {
  readonly key: string
  readonly number: number
  readonly text: string
  readonly unique: number
}

const integer = { type: 'integer' } as const
const text = { type: 'text', maxLength: 20 } as const

const byText: Table<Row> = {
  name: 'by_text',
  columns: { number: integer, key: text, unique: integer, text },
  primaryKey: 'key',
  unique: [['unique'], ['text', 'unique']],
  indexes: [['number'], ['text', 'number']],
  references: [],
}
const byNumber: Table<Row> = { ...byText, name: 'by_number', primaryKey: 'unique', unique: [['key']] }
const tables = [byText, byNumber]

/** Numbers and texts of which many are alike, and some are awkward to sort by their bytes. */
const someNumber = fc.oneof(
  fc.integer({ min: -12, max: 12 }),
  fc.constantFrom(-100, -99, -9, 99, 100, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
)
const someText = fc.constantFrom(
  '',
  'a',
  'A',
  'ab',
  'a b',
  'ä',
  '/',
  '"',
  '\\',
  '\u0001',
  '\uFFFF',
  '\u{10000}',
  '1',
  '-1',
)

const conditionOn = (value: fc.Arbitrary<number | string>) =>
  fc.oneof(
    value,
    fc.record({ gt: value, gte: value, lt: value, lte: value, in: fc.array(value) }, { requiredKeys: [] }),
  )
const where = fc.record(
  {
    key: conditionOn(someText),
    number: conditionOn(someNumber),
    text: conditionOn(someText),
    unique: conditionOn(someNumber),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<AnyWhere>
const question = fc.record({
  where,
  orderBy: fc.subarray(['number', 'text', 'key'] as const),
  descending: fc.boolean(),
  limit: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
})
const someRows = fc
  .uniqueArray(
    fc.record({
      key: fc.tuple(someText, someNumber).map(([a, b]) => a + b),
      number: someNumber,
      text: someText,
      unique: someNumber,
    }),
    { selector: ({ key }) => key, maxLength: 25 },
  )
  .map((rows) => [...new Map(rows.map((row) => [row.unique, row])).values()])

describe.skipIf(service === null)('redis, whichever way it finds them by,', () => {
  it('gives the rows that a look at all of them would give', async () => {
    const { url, remove } = await borrowDatabase(service ?? '')
    {
      await using database = await connectDatabase(url, { poolSize: 1 })
      const { store } = database
      const check = async (
        rows: readonly Row[],
        questions: readonly (typeof question extends fc.Arbitrary<infer Q> ? Q : never)[],
      ) => {
        await migrateDown(database, 'find', tables)
        await migrateUp(database, 'find', tables)
        for (const table of tables) {
          await store.insert(table, rows)
          for (const { where: conditions, orderBy, descending, limit } of questions) {
            const filter = createFilter(table, toTerms(table, conditions))
            // With the key at the end there is one order only.
            const order = [...orderBy, table.primaryKey]
            const expected = rows
              .filter((row) => filter({ ...row }))
              .sort((a, b) => createOrder(order, descending)({ ...a }, { ...b }))
            expect(
              await store.find(table, conditions, {
                orderBy: order,
                descending,
                ...(limit === undefined ? {} : { limit }),
              }),
            ).toEqual(expected.slice(0, limit))
          }
          const numbers = Map.groupBy(rows, ({ number }) => number)
          expect(await store.countBy(table, 'number')).toEqual(
            new Map(
              [...numbers].sort(([a], [b]) => compareValues(a, b)).map(([number, same]) => [number, same.length]),
            ),
          )
        }
      }
      await fc.assert(fc.asyncProperty(someRows, fc.array(question, { minLength: 8, maxLength: 8 }), check), {
        numRuns: 60,
      })
    }
    await remove()
  })
})
