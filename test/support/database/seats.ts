import type { AnyTable } from '../../../src/lib/ports/database.ts'

/** A table with every kind of thing that is compared: a key, a unique column, an index and a reference. */
export const seats: AnyTable = {
  name: 'seats',
  columns: {
    id: { type: 'ascii', length: 36 },
    holder: { type: 'text', maxLength: 64 },
    show_id: { type: 'integer' },
    wishes: { type: 'json' },
  },
  primaryKey: 'id',
  unique: [['holder']],
  indexes: [['show_id']],
  references: [{ column: 'show_id', table: 'shows', key: 'id' }],
}
