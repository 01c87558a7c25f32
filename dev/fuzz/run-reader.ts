import * as fc from 'fast-check'
import { reasonOf } from '../../src/lib/base/errors/errors.ts'
import type { Reader } from './reader.ts'
import { whyNoRefusal } from './refusal.ts'

/** Number of inputs, and the seed of the first. */
export interface FuzzPlan {
  readonly inputs: number
  readonly seed: number
  /** Called before each input. */
  readonly onInput?: (count: number) => void
  /** Frees memory, where that can be done, so that growth is seen. */
  readonly collectGarbage?: (() => void) | null
}

/** Result of feeding a reader. */
export interface FuzzResult {
  readonly inputs: number
  readonly seconds: number
  /** Null when all is well. */
  readonly fault: { readonly reason: string; readonly input: string } | null
}

/** Longest processor time of an input, ms; other programs may make it wait for a processor. */
const mostMs = 100

/** Garbage is collected, or code compiled, at any input once. */
const triesOfSlow = 4

/** Memory that may be kept after the first quarter of the inputs, bytes: caches have been filled by then. */
const mostGrowth = 24 * 1024 * 1024

/** Characters of a failing input that are shown. */
const shownOfInput = 1500

/** Feeds a reader, and looks for what it must not do: throw what is no refusal, hang, or keep memory. */
export async function runReader(reader: Reader, plan: FuzzPlan): Promise<FuzzResult> {
  const { inputs, seed, onInput, collectGarbage = null } = plan
  const beganAt = performance.now()
  const { read, close } = await reader.open()
  let count = 0
  let warmBytes = 0
  const heap = (): number => {
    collectGarbage?.()
    return process.memoryUsage().heapUsed
  }

  const property = fc.asyncProperty(reader.inputs, async (input) => {
    onInput?.(++count)
    if (collectGarbage && count === Math.ceil(inputs / 4)) warmBytes = heap()
    await readInTime(read, input)
  })
  try {
    const found = await fc.check(property, { numRuns: inputs, seed })
    const growth = collectGarbage && !found.failed ? heap() - warmBytes : 0
    const seconds = (performance.now() - beganAt) / 1000
    if (found.failed) {
      const reason = reasonOf(found.errorInstance)
      return { inputs: found.numRuns, seconds, fault: { reason, input: show(found.counterexample?.[0]) } }
    }
    const megabytes = (growth / 1e6).toFixed(0)
    const fault =
      growth > mostGrowth ? { reason: `it keeps ${megabytes} MB more at its end`, input: 'all of them' } : null
    return { inputs: found.numRuns, seconds, fault }
  } finally {
    await close()
  }
}

/** Throws an Error with the reason where the reader does what it must not. */
async function readInTime(read: (input: unknown) => void | Promise<void>, input: unknown): Promise<void> {
  let fastest = Infinity
  for (let tries = 0; tries < triesOfSlow && fastest > mostMs; tries++) {
    const before = process.cpuUsage()
    try {
      await read(input)
    } catch (error) {
      const why = whyNoRefusal(error)
      if (why !== null) throw new Error(why, { cause: error })
    }
    const { user, system } = process.cpuUsage(before)
    fastest = Math.min(fastest, (user + system) / 1000)
  }
  if (fastest > mostMs) throw new Error(`it takes ${fastest.toFixed(0)} ms`)
}

/** An input as a person can read it, cut where it is long. */
export function show(input: unknown): string {
  const text = Buffer.isBuffer(input) ? `${input.toString('latin1')} (latin1)` : fc.stringify(input)
  return text.length <= shownOfInput ? text : `${text.slice(0, shownOfInput)}... (${text.length} characters)`
}
