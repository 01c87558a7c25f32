import { describe, expect, it } from 'vitest'
import { canonicalOf } from '../../../src/lib/audit/canonical.ts'
import { mongoCollation } from '../../../src/lib/adapters/databases/mongodb/shape.ts'
import { mysqlCollation } from '../../../src/lib/adapters/databases/mysql/shape.ts'
import type { ColumnCollation } from '../../../src/lib/ports/database.ts'

const id = '01a1fd1f-f4fb-7057-bf95-e1b115714b8d'

const [padded, numeric, uuid]: readonly ColumnCollation[] = [
  { type: 'bpchar', compares: 'text', ignoresEndSpaces: true },
  { type: 'numeric', compares: 'number' },
  { type: 'uuid', compares: 'uuid' },
] as const

describe('what columns compare by', () => {
  it.each([
    [padded, 'ADA   ', 'ADA', true],
    [padded, ' ADA', 'ADA', false],
    [padded, 'ADA', 'ada', false],
    [numeric, '15859600.00', '15859600', true],
    [numeric, '007', '7', true],
    [numeric, '1e2', '100.0', true],
    [numeric, '9007199254740993', '9007199254740992', false],
    [numeric, 'NaN', '0', false],
    [uuid, id.toUpperCase(), id, true],
    [uuid, `{${id}}`, id.replaceAll('-', ''), true],
    [uuid, id.replace('8d', '8c'), id, false],
    [uuid, 'no UUID', 'NO UUID', false],
    [mysqlCollation('varchar', 'utf8mb4_general_ci'), 'Zoë ', 'ZOE', true],
    [mysqlCollation('varchar', 'utf8mb4_0900_ai_ci'), 'Zoë', 'zoe', true],
    [mysqlCollation('varchar', 'utf8mb4_0900_ai_ci'), 'zoe ', 'zoe', false],
    [mysqlCollation('varchar', 'utf8mb4_0900_as_ci'), 'Zoë', 'zoë', true],
    [mysqlCollation('varchar', 'utf8mb4_0900_as_ci'), 'zoë', 'zoe', false],
    [mysqlCollation('varchar', 'utf8mb4_0900_as_cs'), 'Zoë', 'zoë', false],
    [mysqlCollation('varchar', 'utf8mb4_bin'), 'zoe ', 'zoe', true],
    [mysqlCollation('varchar', 'utf8mb4_bin'), 'Zoe', 'zoe', false],
    [mysqlCollation('varchar', 'uca1400_nopad_ai_ci'), 'zoe ', 'ZOE', false],
    [mysqlCollation('char', 'utf8mb4_0900_bin'), 'zoe ', 'zoe', true],
    [mysqlCollation('decimal', null), '7.50', '7.5', true],
    [mysqlCollation('uuid', null), id.toUpperCase(), id, true],
    [mongoCollation(7), '7.0', '7', true],
    [mongoCollation({ _bsontype: 'Decimal128' }), '7.50', '7.5', true],
    [mongoCollation({ _bsontype: 'ObjectId' }), '65ABCDEF', '65abcdef', true],
    [mongoCollation({ _bsontype: 'Binary', sub_type: 4 }), id.toUpperCase(), id, true],
    [mongoCollation('a'), 'A', 'a', false],
    [mongoCollation('a', 2), 'Ä', 'ä', true],
    [mongoCollation('a', 2), 'ä', 'a', false],
    [mongoCollation('a', 1), 'Ä', 'a', true],
  ] as [ColumnCollation, string, string, boolean][])(
    '%j: %j and %j are equal: %j',
    (collation, one, other, areEqual) => {
      const canonical = canonicalOf(collation)
      expect(canonical(one) === canonical(other)).toBe(areEqual)
    },
  )

  it.each([
    mysqlCollation('binary', null),
    mysqlCollation('blob', null),
    mysqlCollation('json', null),
    mysqlCollation('datetime', null),
    mongoCollation(new Date(0)),
    mongoCollation({ _bsontype: 'Binary', sub_type: 0 }),
    mongoCollation(['a']),
    mongoCollation({ a: 1 }),
  ])('are nothing that a ledger has: %j', ({ compares }) => expect(compares).toBe('other'))
})
