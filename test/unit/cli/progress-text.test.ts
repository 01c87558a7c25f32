import { expect, it } from 'vitest'
import { progressText } from '../../../src/lib/cli/progress.ts'

it.each([
  [0, 20, 'runs', 31_000, '0/20 runs'],
  [1, 20, 'runs', 31_000, '1/20 runs, 31 s each, 9 min 49 s left'],
  [20, 20, 'runs', 620_000, '20/20 runs, 31 s each'],
  [1, 1, 'rows', 2000, '1/1 row, 2.0 s each'],
  [3, 20, 'runs', 2000, '3/20 runs, 1.50 runs/s, 11 s left'],
  [401_050, 3_900_000, 'rows', 2000, '401,050/3,900,000 rows, 200,525 rows/s, 17 s left'],
  [12_300_000, 41_000_000, 'bytes', 1000, '12.3 MB of 41.0 MB, 12.3 MB/s, 2.3 s left'],
])('progressText says %d of %d %s after %d ms as %s', (done, total, unit, elapsedMs, text) => {
  expect(progressText(done, total, unit, elapsedMs)).toBe(text)
})
