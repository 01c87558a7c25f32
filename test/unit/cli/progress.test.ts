import { afterEach, expect, it, vi } from 'vitest'
import { createRecorder } from '../../../src/lib/load/metrics/recorder.ts'
import { createTimeline } from '../../../src/lib/load/metrics/timeline.ts'
import { showSeconds } from '../../../src/lib/cli/progress.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

it('shows in a line the rate and the percentile of all the seconds since the line before', () => {
  const lines: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0)
  const timeline = createTimeline(1, showSeconds(10_000, false).update)
  const recorder = createRecorder()
  // Every fifth second is the trough of a wave: it has 10 requests of 1 ms, each of the others 100 of 20 ms.
  for (let second = 0; second < 10; second++) {
    const isTrough = second % 5 === 4
    const sample = { step: 'get', due: 0, sent: 0, ended: isTrough ? 1 : 20, bytes: 0, failure: null }
    for (let count = 0; count < (isTrough ? 10 : 100); count++) recorder.record(sample)
    timeline.add(0, recorder.take(3))
  }
  expect(lines).toEqual([
    '5 of 10 s: 3 users, 82.0 req/s, p99 20.0 ms, 410 requests, 0 failures\n',
    '10 of 10 s: 3 users, 82.0 req/s, p99 20.0 ms, 820 requests, 0 failures\n',
  ])
})
