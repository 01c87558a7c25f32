import { z } from 'zod'
import { reasonOf } from '../../base/errors/errors.ts'
import type { HistogramCounts } from '../../base/measure/histogram.ts'
import type { GeneratorInterval } from '../engine/generator.ts'
import type { StepMetrics } from '../metrics/interval-metrics.ts'

const amount = z.number().min(0)
const whole = z.number().int().min(0)
const name = z.string().max(1000)

const fitness = z.strictObject({
  cpuPercent: amount,
  eventLoopLagP99: amount,
  maxRssMb: amount,
  lateStartP99: amount.nullable(),
  lateStart: z.strictObject({ percentile: amount.max(100), ms: amount }).nullable(),
  watchedMs: amount,
  stalledMs: amount,
  longestStallMs: amount,
  sharesThread: z.boolean().exactOptional(),
})

const stepHeads = z.array(z.strictObject({ name, failures: whole, afterEnd: whole.optional(), bytes: amount })).max(200)

const head = z.strictObject({
  progress: z.strictObject({
    seconds: amount,
    elapsedSeconds: amount,
    users: whole,
    full: z.boolean(),
    unprepared: z.literal(true).optional(),
    iterations: whole,
    startsMs: amount.optional(),
    userMs: amount,
    waitedMs: amount,
  }),
  health: fitness.nullable(),
  users: whole,
  skipped: whole,
  failureReasons: z.record(name, whole),
  errors: whole,
  errorReasons: z.record(name, whole),
  reconnected: whole,
  droppedTexts: whole,
  retryReasons: z.record(name, whole),
  steps: stepHeads,
  parts: stepHeads,
})

const lengthBytes = 4

/**
 * An interval as bytes: the length of what is JSON, that JSON, then of each step and each part the histograms of
 * response and service times, and last that of late starts. In a histogram both values, as their distance from the one before, and
 * counts are numbers of 7 bits a byte, the lowest first.
 */
export function encodeInterval({ recorded, progress, health }: GeneratorInterval): Buffer {
  const { steps, parts, late, retryReasons, ...counts } = recorded
  const json = Buffer.from(
    JSON.stringify({
      progress,
      health,
      ...counts,
      failureReasons: shortened(counts.failureReasons),
      errorReasons: shortened(counts.errorReasons),
      retryReasons: shortened(retryReasons),
      steps: steps.map(headOf),
      parts: parts.map(headOf),
    }),
  )
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32LE(json.length)
  const histograms = [...[...steps, ...parts].flatMap(({ response, service }) => [response, service]), late]
  return Buffer.concat([length, json, Buffer.from(histograms.flatMap(histogramBytes))])
}

function headOf({ response: _response, service: _service, ...step }: StepMetrics) {
  return { ...step, name: short(step.name) }
}

/** A scenario may name a step, or fail for a reason, at any length. */
function short(text: string): string {
  return text.length > 1000 ? `${text.slice(0, 997)}...` : text
}

function shortened(reasons: Readonly<Record<string, number>>): Record<string, number> {
  const sums = new Map<string, number>()
  for (const [reason, times] of Object.entries(reasons)) {
    sums.set(short(reason), (sums.get(short(reason)) ?? 0) + times)
  }
  return Object.fromEntries(sums)
}

function histogramBytes({ valuesUs, counts }: HistogramCounts): number[] {
  const bytes = numberBytes(valuesUs.length)
  let before = 0
  for (const [index, value] of valuesUs.entries()) {
    bytes.push(...numberBytes(value - before), ...numberBytes(counts[index] as number))
    before = value
  }
  return bytes
}

function numberBytes(given: number): number[] {
  const bytes: number[] = []
  let left = given
  while (left >= 128) {
    bytes.push((left % 128) + 128)
    left = Math.floor(left / 128)
  }
  return [...bytes, left]
}

/** Reads what `encodeInterval` has written. Throws Error with the reason why it is none. */
export function decodeInterval(data: Buffer): GeneratorInterval {
  const { value, rest } = readHead(data)
  const reader = createReader(rest)
  const { progress, health, steps: stepsRead, parts: partsRead, ...counts } = value
  const readStep = ({ afterEnd, ...step }: (typeof stepsRead)[number]): StepMetrics => {
    const after = afterEnd === undefined ? {} : { afterEnd }
    return { ...step, ...after, response: readHistogram(reader), service: readHistogram(reader) }
  }
  const steps = stepsRead.map(readStep)
  const parts = partsRead.map(readStep)
  const late = readHistogram(reader)
  if (!reader.atEnd()) throw new Error('there is more in it than histograms')
  return { progress, health, recorded: { ...counts, steps, parts, late } }
}

function readHead(data: Buffer): { readonly value: z.output<typeof head>; readonly rest: Buffer } {
  if (data.length < lengthBytes) throw new Error('it is cut off')
  const end = lengthBytes + data.readUInt32LE()
  if (end > data.length) throw new Error('it is cut off')
  try {
    const value = head.parse(JSON.parse(data.toString('utf8', lengthBytes, end)))
    return { value, rest: data.subarray(end) }
  } catch (error) {
    throw new Error(`its head cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

interface Reader {
  number(): number
  left(): number
  atEnd(): boolean
}

function createReader(data: Buffer): Reader {
  let at = 0
  return {
    left: () => data.length - at,
    atEnd: () => at === data.length,
    number() {
      let sum = 0
      for (let factor = 1; ; factor *= 128) {
        const byte = data[at++]
        if (byte === undefined) throw new Error('it is cut off')
        sum += (byte % 128) * factor
        if (!Number.isSafeInteger(sum)) throw new Error('a number in it is too large')
        if (byte < 128) return sum
      }
    },
  }
}

/** The highest latency that a histogram can hold: an hour. */
const highestUs = 3_600_000_000

function readHistogram(reader: Reader): HistogramCounts {
  const length = reader.number()
  // A value and its count take at least a byte each.
  if (length * 2 > reader.left()) throw new Error('it is cut off')
  const valuesUs = new Float64Array(length)
  const counts = new Float64Array(length)
  let value = 0
  for (let index = 0; index < length; index++) {
    value += reader.number()
    if (value > highestUs) throw new Error('a latency in it is too long')
    valuesUs[index] = value
    counts[index] = reader.number()
  }
  return { valuesUs, counts }
}
