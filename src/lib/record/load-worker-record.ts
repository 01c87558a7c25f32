import { Type } from 'typebox'
import { count, ms, number, object, orNull, text } from './fields.ts'

/** How a generator fared. */
export const health = {
  cpuPercent: number('of one core'),
  eventLoopLagP99: number('99th percentile, ms'),
  maxRssMb: number('memory of the process, MB'),
  lateStartP99: ms('99th percentile of how late requests were sent'),
  lateStart: Type.Optional(
    orNull(
      object('by what lateness was judged; null without requests', {
        percentile: number('the highest with 20 requests beyond it; 100, the latest of all, of fewer than 40'),
        ms: number('how late requests were sent at it'),
      }),
    ),
  ),
  watchedMs: Type.Optional(number('how long its event loop was watched')),
  stalledMs: Type.Optional(number('of it, the time in which it stood still for longer than 100 ms')),
  longestStallMs: Type.Optional(number('the longest time for which it stood still')),
}

/** A worker process of a load. */
export const LoadWorker = object('one worker process, and what it did up to its end', {
  name: text('of the worker'),
  host: text('where it ran'),
  pid: count('of its process'),
  version: text('of rushbench'),
  requests: count('sent'),
  failures: count('that failed'),
  errors: Type.Optional(count('iterations whose scenario threw')),
  bookings: count('that the API acknowledged'),
  cpuPercent: Type.Optional(health.cpuPercent),
  eventLoopLagP99: Type.Optional(health.eventLoopLagP99),
  maxRssMb: Type.Optional(health.maxRssMb),
  lateStartP99: Type.Optional(health.lateStartP99),
  lateStart: health.lateStart,
  watchedMs: health.watchedMs,
  stalledMs: health.stalledMs,
  longestStallMs: health.longestStallMs,
  clockOffsetMs: Type.Optional(number('what its time of day lacks to the time of the queue, ms')),
  clockRoundTripMs: Type.Optional(number('of the comparison of clocks, which is at most half of it wrong, ms')),
  lost: Type.Optional(text('why it was not there until the end')),
})
