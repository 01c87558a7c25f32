import * as fc from 'fast-check'
import { BSON } from 'mongodb'
import { expect, it } from 'vitest'
import { createRowEncoder } from '../../../../../src/lib/adapters/databases/mongodb/encode.ts'
import type { RowLayout, Table } from '../../../../../src/lib/ports/database.ts'

interface Note {
  readonly text: string
  readonly id: string
  readonly small: number
  readonly large: number
}

const table: Table<Note> = {
  name: 'notes',
  columns: {
    text: { type: 'text', maxLength: 5 },
    id: { type: 'ascii', length: 8 },
    small: { type: 'integer' },
    large: { type: 'integer' },
  },
  primaryKey: 'id',
  unique: [],
  indexes: [],
  references: [],
}

// The key is not the first field of a row.
const layout: RowLayout<Note> = {
  table,
  fields: [
    { column: 'text', offset: 0, width: 5 },
    { column: 'id', offset: 6, width: 8 },
    { column: 'small', offset: 15, width: 9 },
    { column: 'large', offset: 25, width: 16 },
  ],
  rowBytes: 42,
}

const ascii = (length: number) =>
  fc.string({
    unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCodePoint(code)),
    minLength: length,
    maxLength: length,
  })

const note = fc.record<Note>({
  text: ascii(5),
  id: ascii(8),
  small: fc.integer({ min: 0, max: 999_999_999 }),
  large: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
})

function encodeRow({ text, id, small, large }: Note): string {
  return `${text}\t${id}\t${String(small).padStart(9, '0')}\t${String(large).padStart(16, '0')}\n`
}

it('makes the documents that the driver would read back as the rows', () => {
  const encoder = createRowEncoder(layout)
  fc.assert(
    fc.property(fc.array(note, { minLength: 1, maxLength: 20 }), fc.nat(), (notes, skip) => {
      const rows = Buffer.from(notes.map(encodeRow).join(''), 'latin1')
      const first = skip % notes.length
      const bytes = encoder.encode(rows, first, notes.length - first)
      expect(bytes).toHaveLength((notes.length - first) * encoder.documentBytes)
      for (const [index, { id, ...rest }] of notes.entries()) {
        expect(encoder.document(rows, index)).toEqual({ _id: id, ...rest })
        expect([encoder.key(rows, index), encoder.value(rows, index, 'large')]).toEqual([id, rest.large])
        if (index < first) continue
        const at = (index - first) * encoder.documentBytes
        const document = bytes.subarray(at, at + encoder.documentBytes)
        expect(BSON.deserialize(document)).toEqual({ _id: id, ...rest })
        expect(Object.keys(BSON.deserialize(document))[0]).toBe('_id')
      }
    }),
  )
})
