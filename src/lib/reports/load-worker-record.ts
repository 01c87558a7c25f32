import { Type } from 'typebox'
import { count, ms, number, object, text } from './fields.ts'

/** How a generator fared. */
export const health = {
  cpuPercent: number('of one core'),
  eventLoopLagP99: number('99th percentile, ms'),
  maxRssMb: number('memory of the process, MB'),
  lateStartP99: ms('99th percentile of how late requests were sent'),
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
  clockOffsetMs: Type.Optional(number('what its time of day lacks to the time of the queue, ms')),
  clockRoundTripMs: Type.Optional(number('of the comparison of clocks, which is at most half of it wrong, ms')),
  lost: Type.Optional(text('why it was not there until the end')),
})
