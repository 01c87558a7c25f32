import { defineTable, text } from '../shared/tables.ts'

/** The name of a key, with the run that it belongs to: `4f6c0a1b/l3.2`. */
const id = text(64)

/** Lists, each in one row: what is appended goes behind a comma. */
export const lists = defineTable({
  name: 'isolation_lists',
  columns: { id, elements: text(4000) },
  primaryKey: 'id',
  updatedOften: true,
})

/** Registers, each with the value that was written last. */
export const registers = defineTable({
  name: 'isolation_registers',
  columns: { id, value: text(40) },
  primaryKey: 'id',
  updatedOften: true,
})
