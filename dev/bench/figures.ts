import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { formatNumber } from '../../src/lib/base/format.ts'

/** Median; for an even number of values the upper of the two in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}

/** The least and the most of them: `0.95 - 1.10`. */
export function formatRange(values: readonly number[]): string {
  return `${formatNumber(Math.min(...values))} - ${formatNumber(Math.max(...values))}`
}

/** Measures all of them `rounds` times, in turns, so that the machine's moods hit them alike; `what` is shown meanwhile. */
export async function measureInTurns<T>(
  what: string,
  rounds: number,
  measurements: readonly (() => Promise<T>)[],
): Promise<T[][]> {
  const results = measurements.map((): T[] => [])
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < measurements.length; turn++) {
      // Whoever begins, and whoever follows whom, changes from round to round.
      const at = (turn + round) % measurements.length
      results[at]?.push(await (measurements[at] as () => Promise<T>)())
    }
    process.stderr.write(`${what}: round ${round + 1} of ${rounds}\n`)
  }
  return results
}

/** Whether a program is on PATH. */
export async function isInstalled(program: string): Promise<boolean> {
  return promisify(execFile)('which', [program]).then(
    () => true,
    () => false,
  )
}
