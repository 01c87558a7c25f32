import type { Random } from '../../base/random.ts'
import { sqlFor } from '../shared/sql-text.ts'

/** sysbench's statements on table `number`, by the names of their rows in a report. */
export function sbtestStatements(number: number, engine: string | undefined) {
  const table = `sbtest${number}`
  const sql = (text: string): string => sqlFor(engine, text)
  return {
    pointSelect: sql(`SELECT c FROM ${table} WHERE id = ?`),
    simpleRange: sql(`SELECT c FROM ${table} WHERE id BETWEEN ? AND ?`),
    sumRange: sql(`SELECT SUM(k) AS sum FROM ${table} WHERE id BETWEEN ? AND ?`),
    orderRange: sql(`SELECT c FROM ${table} WHERE id BETWEEN ? AND ? ORDER BY c`),
    distinctRange: sql(`SELECT DISTINCT c FROM ${table} WHERE id BETWEEN ? AND ? ORDER BY c`),
    updateIndex: sql(`UPDATE ${table} SET k = k + 1 WHERE id = ?`),
    updateNonIndex: sql(`UPDATE ${table} SET c = ? WHERE id = ?`),
    remove: sql(`DELETE FROM ${table} WHERE id = ?`),
    insertAgain: sql(`INSERT INTO ${table} (id, k, c, pad) VALUES (?, ?, ?, ?)`),
    insert: sql(`INSERT INTO ${table} (k, c, pad) VALUES (?, ?, ?)`),
  }
}

export type SbtestStatements = ReturnType<typeof sbtestStatements>

/** Digits of `c` and of `pad`, in groups of eleven with a dash between two, as sysbench fills them. */
const digits = { c: 119, pad: 59 } as const

/** Between a key in `pad` and what fills it up: a row that a user has stored. */
export const keyEnd = '~'

/** A text for `c`. */
export function randomC(random: Random): string {
  return digitGroups(random, digits.c)
}

/** A text for `pad` that begins with a key. */
export function randomPad(random: Random, key: string): string {
  return (key + keyEnd + digitGroups(random, digits.pad)).slice(0, digits.pad)
}

/** A text of so many characters: groups of eleven digits, a dash between two. */
function digitGroups(random: Random, length: number): string {
  let text = ''
  while (text.length < length) {
    if (text.length > 0) text += '-'
    text += String(random.integer(10_000_000_000, 99_999_999_999))
  }
  return text.slice(0, length)
}
