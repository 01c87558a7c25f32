import type { AnyLayout, EncodedRows, Value } from '../ports/database.ts'
import { mix32 } from '../base/random.ts'

/** How many rows there are and the sum of their hashes: the same for the same rows in whatever order. */
export interface RowSum {
  readonly rows: number
  /** 64 bits as 16 hexadecimal digits. */
  readonly checksum: string
}

export const emptySum: RowSum = { rows: 0, checksum: '0000000000000000' }

/** Adds rows up. */
export interface RowSummer {
  addEncoded(chunk: EncodedRows): void
  addRow(row: object): void
  result(): RowSum
}

const tab = 9
const zero = 48

/**
 * Sums a 64-bit hash of each row, two 32-bit lanes of FNV-1a with different primes, finished by MurmurHash3's mixer.
 * A sum, unlike an exclusive or, also changes when a row is there twice. Integers count as their decimal digits.
 * Starts from `before`.
 */
export function createRowSummer(layout: AnyLayout, before: RowSum): RowSummer {
  let { rows } = before
  let high = Number.parseInt(before.checksum.slice(0, 8), 16) | 0
  let low = Number.parseInt(before.checksum.slice(8), 16) | 0
  let a = 0
  let b = 0

  const begin = (): void => {
    a = 0x811c9dc5
    b = 0x1b873593
  }
  const add = (code: number): void => {
    a = Math.imul(a ^ code, 0x01000193)
    b = Math.imul(b ^ code, 0x85ebca6b)
  }
  const end = (): void => {
    high = (high + mix32(a)) | 0
    low = (low + mix32(b ^ (a >>> 7))) | 0
    rows++
  }
  const fields = layout.fields.map(({ column, offset, width }) => ({
    column,
    offset,
    width,
    integer: layout.table.columns[column]?.type === 'integer',
  }))

  return {
    addEncoded({ bytes, rows: count }) {
      for (let row = 0; row < count; row++) {
        begin()
        for (const { offset, width, integer } of fields) {
          let at = row * layout.rowBytes + offset
          const stop = at + width
          if (integer) while (at < stop - 1 && bytes[at] === zero) at++
          for (; at < stop; at++) add(bytes[at] as number)
          add(tab)
        }
        end()
      }
    },
    addRow(row) {
      begin()
      for (const { column } of fields) {
        const text = String((row as Record<string, Value>)[column])
        for (let at = 0; at < text.length; at++) add(text.charCodeAt(at))
        add(tab)
      }
      end()
    },
    result: () => ({ rows, checksum: hex(high) + hex(low) }),
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
