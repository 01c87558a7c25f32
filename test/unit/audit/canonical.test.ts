import { describe, expect, it } from 'vitest'
import { canonicalOf } from '../../../src/lib/audit/canonical.ts'
import { mongoNature } from '../../../src/lib/adapters/databases/mongodb/shape.ts'
import { mysqlNature } from '../../../src/lib/adapters/databases/mysql/shape.ts'
import type { ColumnNature } from '../../../src/lib/ports/database.ts'

const id = '01a1fd1f-f4fb-7057-bf95-e1b115714b8d'

const [padded, numeric, uuid]: readonly ColumnNature[] = [
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
    [mysqlNature('varchar', 'utf8mb4_general_ci'), 'Zoë ', 'ZOE', true],
    [mysqlNature('varchar', 'utf8mb4_0900_ai_ci'), 'Zoë', 'zoe', true],
    [mysqlNature('varchar', 'utf8mb4_0900_ai_ci'), 'zoe ', 'zoe', false],
    [mysqlNature('varchar', 'utf8mb4_0900_as_ci'), 'Zoë', 'zoë', true],
    [mysqlNature('varchar', 'utf8mb4_0900_as_ci'), 'zoë', 'zoe', false],
    [mysqlNature('varchar', 'utf8mb4_0900_as_cs'), 'Zoë', 'zoë', false],
    [mysqlNature('varchar', 'utf8mb4_bin'), 'zoe ', 'zoe', true],
    [mysqlNature('varchar', 'utf8mb4_bin'), 'Zoe', 'zoe', false],
    [mysqlNature('varchar', 'uca1400_nopad_ai_ci'), 'zoe ', 'ZOE', false],
    [mysqlNature('char', 'utf8mb4_0900_bin'), 'zoe ', 'zoe', true],
    [mysqlNature('decimal', null), '7.50', '7.5', true],
    [mysqlNature('uuid', null), id.toUpperCase(), id, true],
    [mongoNature(7), '7.0', '7', true],
    [mongoNature({ _bsontype: 'Decimal128' }), '7.50', '7.5', true],
    [mongoNature({ _bsontype: 'ObjectId' }), '65ABCDEF', '65abcdef', true],
    [mongoNature({ _bsontype: 'Binary', sub_type: 4 }), id.toUpperCase(), id, true],
    [mongoNature('a'), 'A', 'a', false],
    [mongoNature('a', 2), 'Ä', 'ä', true],
    [mongoNature('a', 2), 'ä', 'a', false],
    [mongoNature('a', 1), 'Ä', 'a', true],
  ] as [ColumnNature, string, string, boolean][])('%j: %j and %j are equal: %j', (nature, one, other, areEqual) => {
    const canonical = canonicalOf(nature)
    expect(canonical(one) === canonical(other)).toBe(areEqual)
  })

  it.each([
    mysqlNature('binary', null),
    mysqlNature('blob', null),
    mysqlNature('json', null),
    mysqlNature('datetime', null),
    mongoNature(new Date(0)),
    mongoNature({ _bsontype: 'Binary', sub_type: 0 }),
    mongoNature(['a']),
    mongoNature({ a: 1 }),
  ])('are nothing that a ledger has: %j', ({ compares }) => expect(compares).toBe('other'))
})
