import { formatCount } from '../base/format.ts'

/** Values that a config file may hold, those that anchors repeat counted each time, and how deep they may lie. */
const mostValues = 10_000
const deepest = 20

/** Why what a config file holds is no plain data of a size that settings could have; null where it is. */
export function whyNotPlain(content: unknown): string | null {
  let left = mostValues
  const around = new Set<object>()

  function look(value: unknown): string | null {
    if (--left < 0) return `it holds more than ${formatCount(mostValues)} values, those that anchors repeat included`
    if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
      return `it holds a ${typeof value}, which no setting can be`
    }
    if (typeof value !== 'object' || value === null) return null
    if (around.has(value)) return 'it holds a value that contains itself'
    if (around.size === deepest) return `it is more than ${deepest} levels deep`
    around.add(value)
    for (const inner of Object.values(value)) {
      const why = look(inner)
      if (why !== null) return why
    }
    around.delete(value)
    return null
  }

  return look(content)
}
