import { mistaken } from '../scenarios/scenario-mistake.ts'
import type { ThinkTime } from '../../ports/scenario.ts'

/** The longest that a timer of Node waits for, ms: nearly 25 days. It takes anything longer for 1 ms. */
const mostThinkMs = 2 ** 31 - 1

/** What a time to think may be, in words. */
export const thinkTimeAllowed = 'milliseconds from 0 to 2147483647, or [least, most]'

/** Whether a user can think for so long. */
export function isThinkTime(value: unknown): value is ThinkTime {
  if (typeof value === 'number') return value >= 0 && value <= mostThinkMs
  if (!Array.isArray(value) || value.length !== 2) return false
  const [min, max] = value as readonly unknown[]
  return typeof min === 'number' && typeof max === 'number' && min >= 0 && min <= max && max <= mostThinkMs
}

/** Throws ScenarioMistake for what is no time to think. */
export function requireThinkTime(value: unknown): asserts value is ThinkTime {
  if (!isThinkTime(value)) throw mistaken('think', value, thinkTimeAllowed)
}
