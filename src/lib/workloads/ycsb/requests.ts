import type { StepCommand, StepStatement } from '../../ports/database-user.ts'
import type { DatabaseUser } from '../../ports/database-user.ts'
import { sqlFor } from '../shared/sql-text.ts'

/** A field with its new value. */
export type FieldValue = readonly [field: string, value: string]

/** YCSB's operations on its one table, in the words of an engine. */
export interface Requests {
  read(step: string, key: string): StepStatement | StepCommand
  update(step: string, key: string, value: FieldValue): StepStatement | StepCommand
  insert(key: string, values: readonly FieldValue[]): StepStatement | StepCommand
  scan(from: string, records: number): StepStatement | StepCommand
}

/** The operations on an engine. */
export function requestsOf(engine: string | undefined): Requests {
  return engine === 'mongodb' ? documentRequests : sqlRequests(engine)
}

/** Sends an operation in the way that it needs. */
export function send(user: Pick<DatabaseUser, 'query' | 'command'>, request: StepStatement | StepCommand) {
  return 'sql' in request ? user.query(request) : user.command(request)
}

const table = 'usertable'

function sqlRequests(engine: string | undefined): Requests {
  const readOne = sqlFor(engine, `SELECT * FROM ${table} WHERE ycsb_key = ?`)
  const scanFrom = sqlFor(engine, `SELECT * FROM ${table} WHERE ycsb_key >= ? ORDER BY ycsb_key LIMIT ?`)
  return {
    read: (step, key) => ({ step, sql: readOne, parameters: [key] }),
    update: (step, key, [field, value]) => ({
      step,
      sql: sqlFor(engine, `UPDATE ${table} SET ${field} = ? WHERE ycsb_key = ?`),
      parameters: [value, key],
    }),
    insert(key, values) {
      const columns = ['ycsb_key', ...values.map(([field]) => field)]
      const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`
      return { step: 'insert', sql: sqlFor(engine, sql), parameters: [key, ...values.map(([, value]) => value)] }
    },
    scan: (from, records) => ({ step: 'scan', sql: scanFrom, parameters: [from, records] }),
  }
}

const documentRequests: Requests = {
  read: (step, key) => ({ step, command: { find: table, filter: { _id: key }, limit: 1, singleBatch: true } }),
  update: (step, key, [field, value]) => ({
    step,
    command: { update: table, updates: [{ q: { _id: key }, u: { $set: { [field]: value } } }] },
  }),
  insert: (key, values) => ({
    step: 'insert',
    command: { insert: table, documents: [{ _id: key, ...Object.fromEntries(values) }] },
  }),
  scan: (from, records) => ({
    step: 'scan',
    command: { find: table, filter: { _id: { $gte: from } }, sort: { _id: 1 }, limit: records, singleBatch: true },
  }),
}
