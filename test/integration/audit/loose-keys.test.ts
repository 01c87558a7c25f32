import { describe, expect, it } from 'vitest'
import { openAudit } from '../../../src/lib/audit/open-audit.ts'
import { auditMapping } from '../../../src/lib/audit/mapping.ts'
import { connectDatabase } from '../../../src/lib/adapters/databases/registry.ts'
import type { LedgerEntry } from '../../../src/lib/ports/scenario.ts'
import { vaccination } from '../../../src/lib/workloads/vaccination/index.ts'
import type { Violation } from '../../../src/lib/ports/workload.ts'
import { entriesOf, noBroker, unwatched } from '../../support/ledgers.ts'
import { testVersions } from '../../support/database/engines.ts'
import { runSql } from '../../support/database/run-sql.ts'
import { openDatabaseClient } from '../../support/database/no-client.ts'

const collated = (collation: string): string => `varchar(20) character set utf8mb4 collate ${collation}`

/** Columns of which only the database knows all that they take for equal, with what is stored and what an API says of it. */
const columns: Readonly<Record<string, readonly (readonly [type: string, stored: string, said: string])[]>> = {
  mariadb: [
    [collated('utf8mb4_unicode_ci'), 'STRASSE', 'stra\u00dfe'],
    [collated('utf8mb4_unicode_ci'), 'FF', '\ufb00'],
    [collated('utf8mb4_general_ci'), 's', '\u00df'],
  ],
  mysql8: [
    [collated('utf8mb4_0900_ai_ci'), 'STRASSE', 'stra\u00dfe'],
    [collated('utf8mb4_0900_ai_ci'), 'FF', '\ufb00'],
  ],
  postgres: [['citext', 'STRASSE', 'strasse']],
}

for (const engine of testVersions.filter(({ name }) => name in columns)) {
  describe.skipIf(engine.open === null)(`bookings under keys that only ${engine.name} can compare`, () => {
    it.each(columns[engine.name]!)(
      'are asked for before they are called lost: %s, %s, %s',
      async (type, stored, said) => {
        const place = await engine.open!()
        try {
          await runSql(place.url, [
            ...(type === 'citext' ? ['create extension if not exists citext'] : []),
            `create table bookings (no integer primary key, reference ${type}, place integer)`,
            `insert into bookings values (1, '${stored}', 7), (2, 'ANOTHER', 7)`,
          ])
          await using database = await connectDatabase(place.url, { poolSize: 1 })
          const bookings = { table: 'bookings', id: 'no', key: 'reference', resource: 'place' }
          const hold = await openAudit(
            { database, openBroker: noBroker, openDatabaseClient },
            vaccination,
            auditMapping.parse({ bookings }),
          )
          const audit = async (...entries: LedgerEntry[]) => {
            const found: Violation[] = []
            for await (const violation of hold(entriesOf(entries), unwatched)) found.push(violation)
            return found.map(({ kind, key }) => `${kind} ${key}`)
          }
          const entry: LedgerEntry = { outcome: 'booked', key: said, resource: 7, id: 1 }
          const others = Array.from({ length: 7 }, (_, index): LedgerEntry => ({
            ...entry,
            key: `${said}${index}`,
            id: 10 + index,
          }))
          expect(await audit(...others, entry)).toEqual(others.map(({ key }) => `lost ${key}`))
          expect(await audit({ ...entry, id: 3 })).toEqual([`lost ${said}`])
          expect(await audit({ ...entry, resource: 8 })).toEqual([`lost ${said}`])
        } finally {
          await place.remove()
        }
      },
    )
  })
}
