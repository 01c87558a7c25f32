import { countOf } from '../../base/format.ts'
import type { AnomalyKind, IsolationRecord, JudgedLevel } from '../../record/isolation-record.ts'

/** Names of anomalies for people; the letters are Adya's. */
export const anomalyNames: Readonly<Record<AnomalyKind, string>> = {
  'lost-write': 'lost write',
  'unwritten-value': 'value that nobody wrote',
  'duplicate-elements': 'element that is there twice',
  internal: 'own write not read',
  'incompatible-order': 'orders that contradict each other',
  G0: 'G0, dirty write',
  G1a: 'G1a, aborted read',
  G1b: 'G1b, intermediate read',
  G1c: 'G1c, circular information flow',
  'non-repeatable-read': 'non-repeatable read',
  'lost-update': 'lost update',
  'G-single': 'G-single, read skew',
  'G-nonadjacent': 'G-nonadjacent, long fork',
  'write-skew': 'write skew (G2)',
  'G2-item': 'G2, longer cycle of anti-dependencies',
  'real-time': 'order against real time',
}

/** A level for people. */
export function levelName(level: JudgedLevel): string {
  return level.replaceAll('-', ' ')
}

/**
 * The verdict in a few words: the levels that the run is consistent with, and the one asked for. Strict serializability, which
 * nobody can ask for in SQL, is said apart.
 */
export function judgedPhrase({
  asked,
  committed,
  aborted,
  unknown,
  consistentWith,
  anomalies,
}: IsolationRecord): string {
  const isStrict = consistentWith.includes('strict-serializable')
  const levels = isStrict ? ['serializable' as const] : consistentWith
  const held = levels.length === 0 ? 'not even with read uncommitted' : `with ${levels.map(levelName).join(' and ')}`
  const strict = isStrict ? ', in the order of real time too' : ''
  const missing = unknown > 0 ? `, ${countOf(unknown, 'commit')} without an answer` : ''
  const counts = `${countOf(committed, 'transaction')} committed, ${countOf(aborted, 'attempt')} rolled back${missing}`
  const wanted = asked === undefined ? '' : `, asked for as ${levelName(asked)}`
  const kinds = anomalies.length === 0 ? '' : `; found ${anomalies.map(({ kind }) => anomalyNames[kind]).join('; ')}`
  return `${counts}${wanted}: consistent ${held}${strict}${kinds}`
}
