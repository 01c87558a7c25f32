import { failure } from '../../base/errors/errors.ts'
import type { DataRow, Document } from '../document/document.ts'

/** The data of a document as CSV (RFC 4180) under a head. Throws `view-missing` where it has none. */
export function csvText({ name, data }: Pick<Document, 'name' | 'data'>): string {
  const [first] = data
  if (!first) throw failure('view-missing', { kind: name, view: 'csv' })
  return [Object.keys(first), ...data.map((row) => Object.values(row))]
    .map((cells) => `${cells.map(csvCell).join(',')}\r\n`)
    .join('')
}

/** A cell, quoted where it must be; text that a spreadsheet would run as a formula begins with an apostrophe. */
export function csvCell(value: DataRow[string]): string {
  if (typeof value === 'number') return String(value)
  const text = (value ?? '').replace(/^(?=[=+\-@\t\r])/, "'")
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
